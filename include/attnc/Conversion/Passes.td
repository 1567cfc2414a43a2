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

    A kernel has one of three forms:

    | form | what runs its body |
    |---|---|
    | roles | a `tile.roles`: one producer thread and warpgroups of consumers |
    | `tile.warpgroups = n` | n warpgroups, all of it; one thread of the block fills rings |
    | scalar: neither | each thread one point of the `tile.grid`; vectors are only reduced, in a loop |

    A register tile becomes the vector of its elements that a thread holds; a product becomes one `llvm.inline_asm`,
    with its accumulators tied; a copy becomes a TMA instruction on a tensor map that is a parameter, one for each panel where rows are no
    multiple of 128 bytes. Loads and stores of global memory are one instruction an element, with a condition where it may not exist. A
    cache tile without a swizzle is memory that threads keep their own elements of.
    An index has 32 bits, in a scalar kernel 64.

    f32 functions use the special function unit, and denormals are flushed. Errors by the PTX ISA manual:

    | op | form | error |
    |---|---|---|
    | `exp2`, `exp` | ex2 of the scaled argument | 2 units in the last place of ex2; of `exp` 2⁻²³·\|x\| more |
    | `log2`, `log` | lg2, scaled | 2⁻²² absolute for arguments of 0.5 … 2, else relative |
    | `tanh` | tanh.approx | 2⁻¹¹ relative |
    | `sqrt`, `rsqrt` | .approx | 2⁻²³ and 2⁻²² relative |
    | `sin`, `cos` | whole turns taken off in three steps, then .approx | 2⁻²⁰ absolute |
    | `divf` | times the approximate reciprocal | 2 units in the last place |
    | `erf`, `log1p` | upstream's polynomials | as there |

    Arithmetic of 16-bit floats is in f32, rounded once. Functions without a fast form are refused by name, and so is any op that is no
    part of a scheduled kernel; tiles without layouts and rings without a place are refused too. Not its job: any decision.
  }];
  let dependentDialects = ["::mlir::gpu::GPUDialect", "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::vector::VectorDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // ATTNC_CONVERSION_PASSES_TD
