//===- VerifySharding.cpp - Check annotations before they are used -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingAnnotations.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Shard/IR/ShardDialect.h"
#include "llvm/ADT/SmallSet.h"

namespace attnc::attn {
#define GEN_PASS_DEF_VERIFYSHARDINGPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

/// Checks a sharding against its grid.
static LogicalResult verifySharding(shard::ShardingOp op) {
  auto grid = SymbolTable::lookupNearestSymbolFrom<shard::GridOp>(
      op, op.getGridAttr());
  auto error = [&]() {
    InFlightDiagnostic diag = op.emitOpError("expected ");
    diag.attachNote(grid.getLoc())
        << "the grid @" << grid.getSymName() << " is here";
    return diag;
  };
  if (!op.getStaticHaloSizes().empty() || !op.getDynamicHaloSizes().empty())
    return error() << "slices without halos, got halo_sizes";
  if (!op.getStaticShardedDimsOffsets().empty() ||
      !op.getDynamicShardedDimsOffsets().empty())
    return error() << "equal slices, got sharded_dims_offsets: pad the "
                      "dimension and declare attn.pad";
  llvm::SmallSet<int64_t, 4> seen;
  for (auto [dim, axes] : llvm::enumerate(op.getSplitAxes())) {
    for (int64_t axis : axes.asArrayRef()) {
      if (axis < 0 || axis >= grid.getRank())
        return error() << "an axis below " << grid.getRank()
                       << ", the rank of the grid, got " << axis
                       << " in split_axes of dimension " << dim;
      if (!seen.insert(axis).second)
        return error() << "each axis once in split_axes, got " << axis
                       << " twice";
    }
    if (axes.size() > 1)
      return error() << "at most one axis for each dimension, got "
                     << axes.size() << " in split_axes of dimension " << dim;
  }
  for (Operation *user : op->getUsers())
    if (!isa<shard::ShardOp>(user)) {
      InFlightDiagnostic diag = op.emitOpError("expected uses by shard.shard "
                                               "only");
      diag.attachNote(user->getLoc()) << "also used here";
      return diag;
    }
  return success();
}

/// Checks that an annotation names a sharding of the value's rank.
static LogicalResult verifyRank(shard::ShardOp op) {
  auto sharding = op.getSharding().getDefiningOp<shard::ShardingOp>();
  if (!sharding)
    return op.emitOpError("expected the result of a shard.sharding");
  auto type = cast<RankedTensorType>(op.getType());
  int64_t numDims = sharding.getSplitAxes().size();
  if (numDims <= type.getRank())
    return success();
  InFlightDiagnostic diag = op.emitOpError("expected split_axes of at most ")
                            << type.getRank() << " dimensions, got " << numDims;
  diag.attachNote(sharding.getLoc()) << "the sharding is here";
  return diag;
}

namespace {
struct VerifyShardingPass
    : attn::impl::VerifyShardingPassBase<VerifyShardingPass> {
  void runOnOperation() override;

private:
  /// Checks that the dimensions of the annotated value divide.
  LogicalResult verifyAnnotation(shard::ShardOp op);
  /// Checks that the heads divide that the layer of `heads` computes.
  LogicalResult verifyHeads(AttentionOp op, Value heads, StringRef name,
                            bool areKvHeads);

  shard::GridOp grid;
  /// Weights of which whole heads are counted rather than columns.
  llvm::DenseSet<Value> headWeights;
};
} // namespace

/// The error that a size does not divide, at an annotation.
static InFlightDiagnostic indivisible(shard::ShardOp op, const Twine &what,
                                      int64_t size, int64_t axis,
                                      int64_t ranks) {
  InFlightDiagnostic diag =
      op.emitOpError("expected ")
      << what << " to be divisible by the " << ranks << " ranks of axis "
      << axis << ", got " << size;
  diag.attachNote(op.getSharding().getLoc()) << "the sharding is here";
  return diag;
}

LogicalResult VerifyShardingPass::verifyAnnotation(shard::ShardOp op) {
  auto sharding = op.getSharding().getDefiningOp<shard::ShardingOp>();
  if (!grid || sharding.getGrid() != grid.getSymName())
    return success();
  auto type = cast<RankedTensorType>(op.getType());
  ShardingAttr dims = readAnnotation(op, grid);
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    int64_t ranks = dims.getNumSlices(dim, grid.getShape());
    if (ShapedType::isDynamic(size) || size % ranks == 0)
      continue;
    if (headWeights.contains(stripAnnotations(op)))
      continue; // fewer KV heads than ranks
    InFlightDiagnostic diag = indivisible(op, "dimension " + Twine(dim), size,
                                          dims.getDims()[dim].axis, ranks);
    diag.attachNote(op.getLoc())
        << "pad it to " << llvm::alignTo(size, ranks)
        << " and declare the padding with attn.pad";
    return diag;
  }
  return success();
}

LogicalResult VerifyShardingPass::verifyHeads(AttentionOp op, Value heads,
                                              StringRef name,
                                              bool areKvHeads) {
  LinearOp layer = findHeadsLayer(heads);
  auto annotation = layer ? layer.getWeight().getDefiningOp<shard::ShardOp>()
                          : heads.getDefiningOp<shard::ShardOp>();
  auto sharding =
      annotation ? annotation.getSharding().getDefiningOp<shard::ShardingOp>()
                 : shard::ShardingOp();
  if (!sharding || sharding.getGrid() != grid.getSymName())
    return success();
  // The columns of a weight, the heads of anything else.
  int64_t dim = !layer || !layer.getTransposed() ? 1 : 0;
  DimSplit split = readAnnotation(annotation, grid).getDims()[dim];
  if (split.isWhole())
    return success();
  int64_t numHeads = cast<RankedTensorType>(heads.getType()).getDimSize(1);
  int64_t ranks = grid.getShape()[split.axis];
  headWeights.insert(stripAnnotations(annotation));
  if (splitHeads(numHeads, split.axis, ranks, areKvHeads))
    return success();
  InFlightDiagnostic diag = indivisible(annotation, "the " + name, numHeads,
                                        split.axis, ranks);
  if (areKvHeads)
    diag << ": neither divides the other";
  diag.attachNote(op.getLoc()) << "the attention is here";
  return diag;
}

void VerifyShardingPass::runOnOperation() {
  grid = findRanks(getOperation());
  headWeights.clear();
  auto verify = [&](auto check) {
    return getOperation().walk([&](Operation *op) -> WalkResult {
      return check(op);
    });
  };
  WalkResult shardings = verify([&](Operation *op) -> LogicalResult {
    if (auto sharding = dyn_cast<shard::ShardingOp>(op))
      return verifySharding(sharding);
    if (auto annotation = dyn_cast<shard::ShardOp>(op))
      return verifyRank(annotation);
    if (isa_and_present<shard::ShardDialect>(op->getDialect()) &&
        !isa<shard::GridOp>(op))
      return op->emitOpError("expected only shard.grid, shard.sharding and "
                             "shard.shard: collectives are inserted by "
                             "attn-insert-collectives");
    return success();
  });
  if (shardings.wasInterrupted())
    return signalPassFailure();
  WalkResult heads = verify([&](Operation *op) -> LogicalResult {
    auto attention = dyn_cast<AttentionOp>(op);
    if (!attention || !grid)
      return success();
    return failure(
        failed(verifyHeads(attention, attention.getQuery(), "heads",
                           /*areKvHeads=*/false)) ||
        failed(verifyHeads(attention, attention.getKey(), "KV heads",
                           /*areKvHeads=*/true)) ||
        failed(verifyHeads(attention, attention.getValue(), "KV heads",
                           /*areKvHeads=*/true)));
  });
  if (heads.wasInterrupted())
    return signalPassFailure();
  WalkResult annotations = verify([&](Operation *op) -> LogicalResult {
    auto annotation = dyn_cast<shard::ShardOp>(op);
    return annotation ? verifyAnnotation(annotation) : success();
  });
  if (annotations.wasInterrupted())
    return signalPassFailure();
  for (auto func : getOperation().getOps<func::FuncOp>())
    if (grid && !func.isDeclaration() && failed(verifyPadding(func)))
      return signalPassFailure();
}
