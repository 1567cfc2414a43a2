//===- Passes.td - Conversions between levels --------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In pipeline order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_CONVERSION_PASSES_TD
#define ATTNC_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def OutlineKernelsPass : Pass<"attn-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn functions into programs of kernel launches";
  let description = [{
    Each `func.func` becomes a `tile.program`, each planned `attn` op a `tile.launch` of a `tile.kernel` that holds the op
    between a load of its operands and a store of its results. Equal ops share one kernel. Values become
    global buffers; head views become `tile.view`.
  }];
  let dependentDialects = ["::attnc::tile::TileDialect", "::mlir::arith::ArithDialect"];
}

def ConvertAttnToTilePass
    : Pass<"convert-attn-to-tile", "::attnc::tile::KernelOp"> {
  let summary = "Tile the op of each kernel";
  let description = [{
    Input: a kernel around one planned `attn` op. Output: loops over tiles, with every intermediate an explicit buffer in the cache
    space and elementwise code on strips of rows. No `attn` op remains.
  }];
  let dependentDialects = ["::attnc::tile::TileDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
}

def ConvertTileToVectorPass
    : Pass<"convert-tile-to-vector", "::mlir::ModuleOp"> {
  let summary = "Lower CPU kernels to native-width vectors";
  let description = [{
    Input: `tile.kernel` ops with target "cpu". Output: a `func.func` for each, on memrefs and vectors of the
    target's width; programs are left alone. Register tiles become vectors; products of cache buffers become
    micro-kernels of `rows × columns` accumulators.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::vector::VectorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::x86vector::X86VectorDialect"];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "CPU to compile for, by LLVM's name">];
}

#endif // ATTNC_CONVERSION_PASSES_TD
