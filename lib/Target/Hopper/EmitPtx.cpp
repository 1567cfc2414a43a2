//===- EmitPtx.cpp - Kernels to PTX -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Target/Hopper.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/GPU/IR/CompilationInterfaces.h"
#include "mlir/IR/Threading.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace attnc;

void attnc::buildNvvmToLlvmPipeline(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addNestedPass<gpu::GPUModuleOp>(createConvertToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

gpu::TargetAttrInterface HopperKernel::getTarget() const {
  auto shell = function->getParentOfType<gpu::GPUModuleOp>();
  return cast<gpu::TargetAttrInterface>(shell.getTargetsAttr()[0]);
}

static FailureOr<HopperKernel> getKernel(gpu::GPUModuleOp shell) {
  auto functions = shell.getOps<LLVM::LLVMFuncOp>();
  ArrayAttr targets = shell.getTargetsAttr();
  if (!llvm::hasSingleElement(functions) || !targets || targets.size() != 1)
    return shell.emitError("expected one function and one target");
  if (!isa<gpu::TargetAttrInterface>(targets[0]))
    return shell.emitError("expected an NVVM target");
  return HopperKernel{*functions.begin(), {}, {}};
}

FailureOr<std::vector<HopperKernel>> attnc::emitHopperPtx(ModuleOp module) {
  std::vector<HopperKernel> kernels;
  for (auto shell : module.getOps<gpu::GPUModuleOp>()) {
    FailureOr<HopperKernel> kernel = getKernel(shell);
    if (failed(kernel))
      return failure();
    kernels.push_back(*kernel);
  }
  auto emit = [](HopperKernel &kernel) -> LogicalResult {
    gpu::TargetOptions options({}, {}, {}, {},
                               gpu::CompilationTarget::Assembly);
    std::optional<SmallVector<char, 0>> text =
        kernel.getTarget().serializeToObject(kernel.function->getParentOp(),
                                             options);
    if (!text)
      return failure();
    // Text ends with a zero byte.
    kernel.ptx = StringRef(text->data(), text->size()).rtrim('\0').str();
    return success();
  };
  if (failed(failableParallelForEach(module.getContext(), kernels, emit)))
    return failure();
  return kernels;
}
