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
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"", "target of the kernels: cpu or sm_90a">];
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
    Input: `tile.kernel` ops with target "cpu", with synchronous ops only. Output: a `func.func` for each, on memrefs and
    vectors of at most the target's width; programs and kernels of other targets are left alone.

    - The function's arguments are a memref for each buffer, the scratch memory, the error word and the block's three
      coordinates. `attnc.scratch_bytes` and `attnc.params` keep what the ABI's table needs. A block
      outside the grid does nothing.
    - The rows of a register tile are cut into native vectors, which loops carry.
    - A product becomes micro-kernels of `rows × vectors` accumulators in registers.
    - Every access is clipped by what exists, where the types do not prove that all of it does.
    - exp, exp2, erf, tanh, sin, cos, rsqrt, log and log2 of f32 become arithmetic.

    Refused: buffers carried by control flow, ops other than tile, scf.for, scf.if, arith and math, copies and fills of
    dynamic sizes. Not its job: choosing tiles, promoting buffers to registers.

    ```mlir
    %t = tile.load %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x20xf32, global> -> tensor<1x20xf32>
    // becomes, with 16 lanes and the mask of row %i
    %t0 = vector.maskedload %a[%i, %c0], %m0, %z0 : … into vector<16xf32>
    %t1 = vector.maskedload %a[%i, %c16], %m1, %z1 : … into vector<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::vector::VectorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::x86vector::X86VectorDialect"];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "CPU to compile for, by LLVM's name">];
}

def ConvertTileToNVVMPass : Pass<"convert-tile-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "Lower scheduled Hopper kernels to NVVM";
  let description = [{
    Input: `tile.kernel` ops with target "sm_90a" at the scheduled level, with layouts and a plan of shared memory. Output: for each a
    `gpu.module` with one `llvm.func` on what one thread holds: vectors, with scf, arith and math beside `llvm` and `nvvm`; upstream's
    `convert-scf-to-cf` and `convert-to-llvm` do the rest. The function's attributes `attnc.params` and `attnc.launch` say how to launch it.

    A register tile becomes the vector of its elements that a thread holds; a product becomes one `llvm.inline_asm`,
    with its accumulators tied; a copy becomes a TMA instruction on a tensor map that is a parameter.
    Not its job: any decision. Refuses tiles without layouts and rings without a place.
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::vector::VectorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // ATTNC_CONVERSION_PASSES_TD
