//===- VerifySharding.cpp - Check annotations before they are used -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingAnnotations.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace attnc::attn {
#define GEN_PASS_DEF_VERIFYSHARDINGPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

namespace {
struct VerifyShardingPass
    : attn::impl::VerifyShardingPassBase<VerifyShardingPass> {
  void runOnOperation() override;

private:
  /// Checks that the dimensions of the annotated value divide.
  LogicalResult verifyAnnotation(shard::ShardOp op);
  /// Checks that the heads divide that the layer of `heads` computes, and those
  /// of the caches that they are appended to.
  LogicalResult verifyHeads(AttentionOp op, Value heads, StringRef name,
                            bool areKvHeads);
  /// Checks `numHeads` heads in dimension `dim` of what `annotation` is about.
  LogicalResult verifyHeads(AttentionOp op, shard::ShardOp annotation,
                            int64_t dim, int64_t numHeads, StringRef name,
                            bool areKvHeads);

  shard::GridOp grid;
  /// Weights and caches of which whole heads are counted.
  llvm::DenseSet<Value> headWeights;
};
} // namespace

/// The error that a size does not divide, at an annotation.
static InFlightDiagnostic indivisible(shard::ShardOp op, const Twine &what,
                                      int64_t size, int64_t axis,
                                      int64_t ranks) {
  InFlightDiagnostic diag = op.emitOpError("expected ")
                            << what << " to be divisible by the " << ranks
                            << " ranks of axis " << axis << ", got " << size;
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
    diag.attachNote(op.getLoc()) << "pad it to " << llvm::alignTo(size, ranks)
                                 << " and declare the padding with attn.pad";
    return diag;
  }
  return success();
}

LogicalResult VerifyShardingPass::verifyHeads(AttentionOp op, Value heads,
                                              StringRef name, bool areKvHeads) {
  LinearOp layer = findHeadsSource(heads).getDefiningOp<LinearOp>();
  auto annotation = layer ? layer.getWeight().getDefiningOp<shard::ShardOp>()
                          : heads.getDefiningOp<shard::ShardOp>();
  // The columns of a weight, the heads of anything else.
  int64_t dim = !layer || !layer.getTransposed() ? 1 : 0;
  int64_t numHeads = cast<RankedTensorType>(heads.getType()).getDimSize(1);
  if (failed(verifyHeads(op, annotation, dim, numHeads, name, areKvHeads)))
    return failure();
  for (Value cache : findCaches(heads))
    if (failed(verifyHeads(op, cache.getDefiningOp<shard::ShardOp>(), 1,
                           numHeads, name, areKvHeads)))
      return failure();
  return success();
}

LogicalResult VerifyShardingPass::verifyHeads(AttentionOp op,
                                              shard::ShardOp annotation,
                                              int64_t dim, int64_t numHeads,
                                              StringRef name, bool areKvHeads) {
  auto sharding =
      annotation ? annotation.getSharding().getDefiningOp<shard::ShardingOp>()
                 : shard::ShardingOp();
  if (!sharding || sharding.getGrid() != grid.getSymName())
    return success();
  DimSplit split = readAnnotation(annotation, grid).getDims()[dim];
  if (split.isWhole())
    return success();
  int64_t ranks = grid.getShape()[split.axis];
  headWeights.insert(stripAnnotations(annotation));
  if (splitHeads(numHeads, split.axis, ranks, areKvHeads))
    return success();
  InFlightDiagnostic diag =
      indivisible(annotation, "the " + name, numHeads, split.axis, ranks);
  if (areKvHeads)
    diag << ": neither divides the other";
  diag.attachNote(op.getLoc()) << "the attention is here";
  return diag;
}

void VerifyShardingPass::runOnOperation() {
  FailureOr<shard::GridOp> ranks = findRanks(getOperation());
  if (failed(ranks) || failed(verifyAnnotationForm(getOperation())))
    return signalPassFailure();
  grid = *ranks;
  headWeights.clear();
  auto verify = [&](auto check) {
    return getOperation().walk(
        [&](Operation *op) -> WalkResult { return check(op); });
  };
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
    if (!func.isDeclaration() && failed(verifyPadding(func)))
      return signalPassFailure();
}
