//===- AssembleKernels.cpp - Kernels to PTX and cubins -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Target/Hopper.h"
#include "attnc/Target/Passes.h"
#include "mlir/Dialect/GPU/IR/CompilationInterfaces.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"

namespace attnc {
#define GEN_PASS_DEF_HOPPERASSEMBLEKERNELSPASS
#include "attnc/Target/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;

namespace {
struct HopperAssembleKernels
    : attnc::impl::HopperAssembleKernelsPassBase<HopperAssembleKernels> {
  using HopperAssembleKernelsPassBase::HopperAssembleKernelsPassBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

private:
  LogicalResult run();
  LogicalResult dump(const HopperKernel &kernel, StringRef extension,
                     StringRef bytes);
};
} // namespace

LogicalResult HopperAssembleKernels::dump(const HopperKernel &kernel,
                                          StringRef extension,
                                          StringRef bytes) {
  if (dumpDir.empty())
    return success();
  std::string message,
      path = dumpDir + "/" + (kernel.getName() + extension).str();
  auto file = llvm::sys::fs::create_directories(dumpDir)
                  ? nullptr
                  : openOutputFile(path, &message);
  if (!file)
    return getOperation().emitError("cannot write ") << path << ": " << message;
  file->os() << bytes;
  file->keep();
  return success();
}

/// Puts the code in the place of the kernel's module.
static void replace(const HopperKernel &kernel, bool isCubin) {
  auto shell = kernel.function->getParentOfType<gpu::GPUModuleOp>();
  OpBuilder b(shell);
  StringRef code = isCubin ? kernel.getCubin() : StringRef(kernel.ptx);
  auto object = gpu::ObjectAttr::get(
      b.getContext(), kernel.getTarget(),
      isCubin ? gpu::CompilationTarget::Binary
              : gpu::CompilationTarget::Assembly,
      b.getStringAttr(code), /*properties=*/nullptr, /*kernels=*/nullptr);
  auto binary = gpu::BinaryOp::create(b, shell.getLoc(), kernel.getName(),
                                      /*offloadingHandler=*/Attribute(),
                                      ArrayRef<Attribute>(object));
  for (StringRef attr : {hopper::kParamsAttr, hopper::kLaunchAttr})
    if (Attribute value = kernel.function->getAttr(attr))
      binary->setAttr(attr, value);
  shell.erase();
}

LogicalResult HopperAssembleKernels::run() {
  if (format != "cubin" && format != "ptx")
    return getOperation().emitError(
               "expected the format cubin or ptx, got '")
           << format << "'";
  FailureOr<std::vector<HopperKernel>> kernels = emitHopperPtx(getOperation());
  if (failed(kernels))
    return failure();
  for (const HopperKernel &kernel : *kernels)
    if (failed(dump(kernel, ".ptx", kernel.ptx)))
      return failure();
  bool isCubin = format == "cubin";
  if (isCubin) {
    if (failed(emitHopperCubins(*kernels)))
      return failure();
    for (const HopperKernel &kernel : *kernels)
      if (failed(dump(kernel, ".cubin", kernel.getCubin())))
        return failure();
  }
  for (const HopperKernel &kernel : *kernels)
    replace(kernel, isCubin);
  return success();
}
