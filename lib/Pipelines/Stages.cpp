//===- Stages.cpp - The levels and their legal dialects -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Pipelines/Passes.h"
#include "attnc/Pipelines/Pipelines.h"
#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Target/Cpu.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "llvm/ADT/STLExtras.h"

namespace attnc {
#define GEN_PASS_DEF_VERIFYSTAGEPASS
#include "attnc/Pipelines/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;

static constexpr llvm::StringLiteral kCpu = CpuTarget::kTargetName,
                                     kHopper = hopper::kTargetName;

llvm::ArrayRef<llvm::StringLiteral> attnc::targetNames() {
  static constexpr llvm::StringLiteral names[] = {kCpu, kHopper};
  return names;
}

llvm::ArrayRef<StageInfo> attnc::stages() {
  static constexpr StageInfo table[] = {
      {Stage::Attn, "attn", "what the user wrote", ""},
      {Stage::Sharded, "sharded", "blocks decomposed, one rank's program", ""},
      {Stage::Tile, "tile", "programs and kernels, tiles in memory spaces", ""},
      {Stage::Scheduled, "scheduled", "GPU kernels with async ops and layouts",
       kHopper},
      {Stage::Vector, "vector", "CPU kernels on native-width vectors", kCpu},
      {Stage::Llvm, "llvm", "kernels in the llvm dialect", ""},
      {Stage::Ptx, "ptx", "the GPU kernels as PTX text", kHopper},
      {Stage::Cubin, "cubin", "the GPU kernels assembled", kHopper},
      {Stage::Object, "object", "the CPU kernels as an ELF shared object",
       kCpu},
      {Stage::Package, "package", "one file: kernels, plan and weights", ""}};
  return table;
}

bool attnc::hasStage(StringRef target, Stage stage) {
  StringRef owner = stages()[static_cast<size_t>(stage)].target;
  return owner.empty() || owner == target;
}

std::optional<Stage> attnc::stageFromName(StringRef name) {
  for (const StageInfo &info : stages())
    if (info.name == name)
      return info.stage;
  return std::nullopt;
}

StringRef attnc::stageName(Stage stage) {
  return stages()[static_cast<size_t>(stage)].name;
}

llvm::ArrayRef<llvm::StringLiteral> attnc::optionalPasses(StringRef target) {
  static constexpr llvm::StringLiteral cpu[] = {"attn-fuse-collectives",
                                                "attn-classify-tiles",
                                                "int-range-optimizations",
                                                "tile-promote-registers"};
  static constexpr llvm::StringLiteral hopper[] = {
      "attn-fuse-collectives",   "attn-classify-tiles",
      "int-range-optimizations", "tile-promote-registers",
      "tile-defer-row-terms",    "tile-pipeline-loads",
      "tile-overlap-products",   "tile-specialize-warps",
      "tile-schedule-work",      "tile-balance-work",
      "tile-overlap-work",       "tile-alternate-warpgroups"};
  if (target == kHopper)
    return hopper;
  return cpu;
}

llvm::ArrayRef<llvm::StringLiteral> attnc::legalDialects(Stage stage,
                                                         StringRef target) {
  static constexpr llvm::StringLiteral attn[] = {
      "builtin", "attn", "shard", "func", "arith", "math", "tensor", "linalg"};
  static constexpr llvm::StringLiteral tile[] = {"builtin", "tile", "scf",
                                                 "arith", "math"};
  static constexpr llvm::StringLiteral vector[] = {
      "builtin", "func", "vector", "memref", "scf",
      "arith",   "math", "ub",     "x86vector"};
  static constexpr llvm::StringLiteral llvm[] = {"builtin", "llvm"};
  // Modules of the gpu dialect are the shells of kernels.
  static constexpr llvm::StringLiteral nvvm[] = {"builtin", "gpu", "llvm",
                                                 "nvvm"};
  switch (stage) {
  case Stage::Attn:
    return attn;
  case Stage::Sharded:
    return llvm::ArrayRef(attn).drop_back(); // what made masks is gone
  case Stage::Tile:
  case Stage::Scheduled:
    return tile;
  case Stage::Vector:
    return vector;
  default:
    if (target == kHopper)
      return nvvm;
    return llvm;
  }
}

namespace {
struct VerifyStage : attnc::impl::VerifyStagePassBase<VerifyStage> {
  using VerifyStagePassBase::VerifyStagePassBase;

  void runOnOperation() override {
    std::optional<Stage> level = stageFromName(stage);
    if (!level || *level > Stage::Llvm) {
      getOperation().emitError("expected the name of a stage of IR, got '")
          << stage << "'";
      return signalPassFailure();
    }
    if (!llvm::is_contained(targetNames(), target) ||
        !hasStage(target, *level)) {
      getOperation().emitError("expected a target with the stage ")
          << stage << ", got '" << target << "'";
      return signalPassFailure();
    }
    ArrayRef<llvm::StringLiteral> legal = legalDialects(*level, target);
    WalkResult result = getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      StringRef dialect = op->getName().getDialectNamespace();
      // Grids and collectives stay; what annotates does not.
      bool annotation =
          *level == Stage::Sharded &&
          isa<shard::ShardingOp, shard::ShardOp, attn::ReshardOp>(op);
      bool noShell = dialect == "gpu" && !isa<gpu::GPUModuleOp>(op);
      if (llvm::is_contained(legal, dialect) && !annotation && !noShell)
        return WalkResult::advance();
      // Programs are exported as they are at the stage tile.
      if (dialect == "tile" && *level > Stage::Tile &&
          op->getName().getStringRef() == "tile.program")
        return WalkResult::skip();
      auto diag = op->emitError("expected only ops of ");
      llvm::interleaveComma(legal, diag);
      diag << " at the end of the stage " << stage << ", got '"
           << op->getName() << "'";
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
