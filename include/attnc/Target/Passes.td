//===- Passes.td - Passes of the targets -------------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TARGET_PASSES_TD
#define ATTNC_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def HopperAssembleKernelsPass
    : Pass<"hopper-assemble-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn Hopper kernels into cubins";
  let description = [{
    Input: `gpu.module` ops in the llvm dialect. Output: for each a `gpu.binary` of the kernel's name with the cubin, and with
    the function's `attnc.params` and `attnc.launch`. LLVM makes PTX in process, ptxas assembles it.
    A register spill or an advisory about wgmma (C75xx) is an error: such a kernel is right but slow.
    `format=ptx` stops at PTX and needs no ptxas.
  }];
  let options = [
    Option<"format", "format", "std::string", "\"cubin\"", "cubin or ptx">,
    Option<"dumpDir", "dump-dir", "std::string", "", "folder for NAME.ptx and NAME.cubin">];
  let dependentDialects = ["::mlir::gpu::GPUDialect"];
}

#endif // ATTNC_TARGET_PASSES_TD
