//===- AssembleKernels.cpp - Kernels to PTX and cubins -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Ptxas.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Target/Hopper.h"
#include "attnc/Target/Passes.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/GPU/IR/CompilationInterfaces.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"

namespace attnc {
#define GEN_PASS_DEF_HOPPERASSEMBLEKERNELSPASS
#include "attnc/Target/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;

void attnc::buildNvvmToLlvmPipeline(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addNestedPass<gpu::GPUModuleOp>(createConvertToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

namespace {
struct HopperAssembleKernels
    : attnc::impl::HopperAssembleKernelsPassBase<HopperAssembleKernels> {
  using HopperAssembleKernelsPassBase::HopperAssembleKernelsPassBase;

  void runOnOperation() override {
    if (format != "cubin" && format != "ptx") {
      getOperation().emitError("expected the format cubin or ptx, got '")
          << format << "'";
      return signalPassFailure();
    }
    for (auto module :
         llvm::make_early_inc_range(getOperation().getOps<gpu::GPUModuleOp>()))
      if (failed(assemble(module)))
        return signalPassFailure();
  }

private:
  LogicalResult assemble(gpu::GPUModuleOp module);
  LogicalResult checkReport(LLVM::LLVMFuncOp kernel, const PtxasReport &report);
  LogicalResult dump(Operation *kernel, StringRef name, StringRef extension,
                     StringRef bytes);
};
} // namespace

LogicalResult HopperAssembleKernels::checkReport(LLVM::LLVMFuncOp kernel,
                                                 const PtxasReport &report) {
  bool spills = report.spillStores != 0 || report.spillLoads != 0;
  if (!spills && report.advisories.empty())
    return success();
  auto diag = kernel.emitError("expected ");
  if (spills)
    diag << kernel.getName() << " to spill no register, got "
         << report.spillStores << " bytes of spill stores and "
         << report.spillLoads << " of loads: its plan needs smaller tiles";
  else
    diag << "ptxas to keep the products of " << kernel.getName()
         << " in flight";
  if (Attribute plan = kernel->getAttr(tile::kPlanAttr))
    diag.attachNote() << "its plan is " << plan;
  for (StringRef line : report.advisories)
    diag.attachNote() << line;
  return diag;
}

LogicalResult HopperAssembleKernels::dump(Operation *kernel, StringRef name,
                                          StringRef extension,
                                          StringRef bytes) {
  if (dumpDir.empty())
    return success();
  std::string message, path = dumpDir + "/" + (name + extension).str();
  auto file = llvm::sys::fs::create_directories(dumpDir)
                  ? nullptr
                  : openOutputFile(path, &message);
  if (!file)
    return kernel->emitError("cannot write ") << path << ": " << message;
  file->os() << bytes;
  file->keep();
  return success();
}

LogicalResult HopperAssembleKernels::assemble(gpu::GPUModuleOp module) {
  auto kernels = module.getOps<LLVM::LLVMFuncOp>();
  if (!llvm::hasSingleElement(kernels) || !module.getTargetsAttr() ||
      module.getTargetsAttr().size() != 1)
    return module.emitError("expected one function and one target");
  LLVM::LLVMFuncOp kernel = *kernels.begin();
  auto target = dyn_cast<gpu::TargetAttrInterface>(module.getTargetsAttr()[0]);
  if (!target)
    return module.emitError("expected an NVVM target");
  gpu::TargetOptions options({}, {}, {}, {}, gpu::CompilationTarget::Assembly);
  std::optional<SmallVector<char, 0>> text =
      target.serializeToObject(module, options);
  if (!text)
    return failure();
  // Text ends with a zero byte.
  StringRef ptx = StringRef(text->data(), text->size()).rtrim('\0');
  StringRef name = kernel.getName();
  if (failed(dump(kernel, name, ".ptx", ptx)))
    return failure();

  std::string bytes = ptx.str();
  bool isCubin = format == "cubin";
  if (isCubin) {
    llvm::Expected<Cubin> cubin = assemblePtx(ptx);
    if (!cubin)
      return kernel.emitError("cannot assemble ")
             << name << ": " << llvm::toString(cubin.takeError());
    if (failed(checkReport(kernel, cubin->report)))
      return failure();
    bytes.assign(cubin->bytes.begin(), cubin->bytes.end());
    if (failed(dump(kernel, name, ".cubin", bytes)))
      return failure();
  }
  OpBuilder b(module);
  auto object = gpu::ObjectAttr::get(
      &getContext(), target,
      isCubin ? gpu::CompilationTarget::Binary
              : gpu::CompilationTarget::Assembly,
      b.getStringAttr(bytes), /*properties=*/nullptr, /*kernels=*/nullptr);
  auto binary = gpu::BinaryOp::create(b, module.getLoc(), name,
                                      /*offloadingHandler=*/Attribute(),
                                      ArrayRef<Attribute>(object));
  for (StringRef attr : {hopper::kParamsAttr, hopper::kLaunchAttr})
    if (Attribute value = kernel->getAttr(attr))
      binary->setAttr(attr, value);
  module.erase();
  return success();
}
