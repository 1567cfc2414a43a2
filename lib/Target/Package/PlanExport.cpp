//===- PlanExport.cpp - Programs as the plans of a package -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EntryExport.h"
#include "HopperKernelTable.h"

using namespace mlir;
using namespace attnc;
namespace json = llvm::json;

/// The plan of one target; `isFirst`: what it shares with others is its own.
static FailureOr<json::Object> exportPlan(ModuleOp module,
                                          const LaunchedKernels &kernels,
                                          bool isFirst, Plans &plans) {
  json::Object entries;
  for (auto program : module.getOps<tile::ProgramOp>()) {
    auto ranks = program->getAttrOfType<tile::RanksAttr>(tile::kRanksAttr);
    if (isFirst && entries.empty())
      plans.ranks = ranks;
    if (ranks != plans.ranks)
      return program.emitError("expected all programs of a package to have the "
                               "same tile.ranks");
    FailureOr<json::Object> entry =
        exportEntry(program, kernels, plans);
    if (failed(entry))
      return failure();
    entries.try_emplace(program.getSymName(), std::move(*entry));
  }
  if (entries.empty())
    return module.emitError("expected a tile.program, got none");
  return json::Object{{"entries", std::move(entries)}};
}

/// An entry without what targets choose for themselves.
static json::Object getInterface(const json::Object &entry) {
  json::Object result{{"symbols", *entry.get("symbols")}};
  for (StringRef list : {"inputs", "outputs"}) {
    json::Array tensors(*entry.getArray(list));
    // Targets may store weights in several layouts, which are buffers too.
    for (json::Value &tensor : tensors)
      tensor.getAsObject()->erase("buffer");
    result[list] = std::move(tensors);
  }
  return result;
}

/// A caller of an entry need not know which target runs it.
static LogicalResult verifySameInterface(const Plans &plans, ModuleOp module) {
  const json::Object &cpu = *plans.cpu->getObject("entries");
  const json::Object &hopper = *plans.hopper->getObject("entries");
  for (auto program : module.getOps<tile::ProgramOp>()) {
    const json::Object *other = cpu.getObject(program.getSymName());
    if (!other || getInterface(*other) != getInterface(*hopper.getObject(
                                              program.getSymName())))
      return program.emitError("expected symbols, inputs and outputs of ")
             << program.getSymNameAttr() << " to be those of the target "
             << CpuTarget::kTargetName;
  }
  if (cpu.size() != hopper.size())
    return module.emitError("expected ")
           << cpu.size() << " entries as for the target "
           << CpuTarget::kTargetName << ", got " << hopper.size();
  return success();
}

FailureOr<Plans> attnc::exportPlans(const PackageContents &contents) {
  Plans plans;
  if (contents.cpu) {
    ModuleOp module = contents.cpu->programs;
    LaunchedKernels kernels{CpuTarget::kTargetName, SymbolTable(module), {}};
    FailureOr<json::Object> plan =
        exportPlan(module, kernels, /*isFirst=*/true, plans);
    if (failed(plan))
      return failure();
    plans.cpu = std::move(*plan);
  }
  if (contents.hopper) {
    ModuleOp module = contents.hopper->programs;
    LaunchedKernels kernels{hopper::kTargetName, SymbolTable(module), {}};
    for (const HopperKernel &kernel : contents.hopper->kernels)
      if (int64_t points = getPointsOfBlock(kernel))
        kernels.pointsOfBlock[kernel.getName()] = points;
    FailureOr<json::Object> plan =
        exportPlan(module, kernels, /*isFirst=*/!contents.cpu, plans);
    if (failed(plan))
      return failure();
    plans.hopper = std::move(*plan);
  }
  if (contents.cpu && contents.hopper &&
      failed(verifySameInterface(plans, contents.hopper->programs)))
    return failure();
  return plans;
}
