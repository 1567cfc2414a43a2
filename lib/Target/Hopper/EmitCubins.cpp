//===- EmitCubins.cpp - PTX to cubins, and what they must be -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Ptxas.h"
#include "attnc/Target/Hopper.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Threading.h"

using namespace mlir;
using namespace attnc;

/// Says what the kernel's tiles are, where a plan chose them.
static InFlightDiagnostic &&notePlan(InFlightDiagnostic &&diag,
                                     LLVM::LLVMFuncOp kernel) {
  if (Attribute plan = kernel->getAttr(hopper::kPlanAttr))
    diag.attachNote(kernel.getLoc()) << "its plan is " << plan;
  return std::move(diag);
}

static LogicalResult checkReport(LLVM::LLVMFuncOp kernel,
                                 const PtxasReport &report) {
  if (report.spillStores != 0 || report.spillLoads != 0)
    return notePlan(kernel.emitError("expected ")
                        << kernel.getName() << " to spill no register, got "
                        << report.spillStores << " bytes of spill stores and "
                        << report.spillLoads
                        << " of loads: its plan needs smaller tiles",
                    kernel);
  if (report.advisories.empty())
    return success();
  auto diag = kernel.emitError("expected ptxas to keep the products of ")
              << kernel.getName() << " in flight";
  for (StringRef line : report.advisories)
    diag.attachNote() << line;
  return notePlan(std::move(diag), kernel);
}

static void remarkOn(const HopperKernel &kernel, const PtxasReport &report) {
  LLVM::LLVMFuncOp function = kernel.function;
  std::string text;
  llvm::raw_string_ostream os(text);
  os << kernel.getName() << ": " << report.registers
     << " registers a thread at launch";
  if (auto launch =
          function->getAttrOfType<DictionaryAttr>(hopper::kLaunchAttr))
    for (auto [name, unit] :
         {std::pair("threads", " threads"),
          std::pair("shared_bytes", " bytes of shared memory")})
      if (auto number = launch.getAs<IntegerAttr>(name))
        os << ", " << number.getInt() << unit;
  os << ", a cubin of " << kernel.cubin.size() << " bytes";
  remark::analysis(function.getLoc(),
                   remark::RemarkOpts::name("assemble").category(
                       "hopper-assemble-kernels"))
      << text;
}

LogicalResult
attnc::emitHopperCubins(llvm::MutableArrayRef<HopperKernel> kernels) {
  if (kernels.empty())
    return success();
  auto fail = [](const HopperKernel &kernel, llvm::Error error) {
    LLVM::LLVMFuncOp function = kernel.function;
    return function.emitError("cannot assemble ")
           << kernel.getName() << ": " << llvm::toString(std::move(error));
  };
  llvm::Expected<std::string> ptxas = findPtxas();
  if (!ptxas)
    return fail(kernels.front(), ptxas.takeError());
  std::vector<PtxasReport> reports(kernels.size());
  auto assemble = [&](size_t i) -> LogicalResult {
    llvm::Expected<Cubin> cubin = assemblePtx(*ptxas, kernels[i].ptx);
    if (!cubin)
      return fail(kernels[i], cubin.takeError());
    kernels[i].cubin = std::move(cubin->bytes);
    reports[i] = std::move(cubin->report);
    return checkReport(kernels[i].function, reports[i]);
  };
  MLIRContext *context = kernels.front().function.getContext();
  if (failed(failableParallelForEachN(context, 0, kernels.size(), assemble)))
    return failure();
  // In order, and from one thread.
  for (auto [kernel, report] : llvm::zip_equal(kernels, reports))
    remarkOn(kernel, report);
  return success();
}
