//===- Stages.cpp - The levels and their legal dialects -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Pipelines/Passes.h"
#include "attnc/Pipelines/Pipelines.h"
#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "llvm/ADT/STLExtras.h"

namespace attnc {
#define GEN_PASS_DEF_VERIFYSTAGEPASS
#include "attnc/Pipelines/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;

llvm::ArrayRef<StageInfo> attnc::stages() {
  static constexpr StageInfo table[] = {
      {Stage::Attn, "attn", "what the user wrote"},
      {Stage::Sharded, "sharded", "blocks decomposed, one rank's program"},
      {Stage::Tile, "tile", "programs and kernels, tiles in memory spaces"},
      {Stage::Vector, "vector", "CPU kernels on native-width vectors"},
      {Stage::Llvm, "llvm", "CPU kernels in the llvm dialect"},
      {Stage::Object, "object", "the CPU kernels as an ELF shared object"},
      {Stage::Package, "package", "one file: kernels, plan and weights"}};
  return table;
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

llvm::ArrayRef<llvm::StringLiteral> attnc::optionalPasses() {
  static constexpr llvm::StringLiteral names[] = {"attn-fuse-collectives",
                                                  "attn-classify-tiles",
                                                  "int-range-optimizations",
                                                  "tile-promote-registers"};
  return names;
}

llvm::ArrayRef<llvm::StringLiteral> attnc::legalDialects(Stage stage) {
  static constexpr llvm::StringLiteral attn[] = {
      "builtin", "attn", "shard", "func", "arith", "math", "tensor", "linalg"};
  static constexpr llvm::StringLiteral tile[] = {"builtin", "tile", "scf",
                                                 "arith", "math"};
  static constexpr llvm::StringLiteral vector[] = {
      "builtin", "func", "vector", "memref", "scf",
      "arith",   "math", "ub",     "x86vector"};
  static constexpr llvm::StringLiteral llvm[] = {"builtin", "llvm"};
  switch (stage) {
  case Stage::Attn:
    return attn;
  case Stage::Sharded:
    return llvm::ArrayRef(attn).drop_back(); // what made masks is gone
  case Stage::Tile:
    return tile;
  case Stage::Vector:
    return vector;
  default:
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
    ArrayRef<llvm::StringLiteral> legal = legalDialects(*level);
    WalkResult result = getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      StringRef dialect = op->getName().getDialectNamespace();
      // Grids and collectives stay; what annotates does not.
      bool annotation =
          *level == Stage::Sharded &&
          isa<shard::ShardingOp, shard::ShardOp, attn::ReshardOp>(op);
      if (llvm::is_contained(legal, dialect) && !annotation)
        return WalkResult::advance();
      // Programs are exported as they are at the stage tile.
      if (dialect == "tile" && *level >= Stage::Vector &&
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
