//===- ShardingAnnotations.cpp - Reading what the user annotated -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingAnnotations.h"
#include "mlir/Dialect/Shard/IR/ShardDialect.h"

using namespace mlir;
using namespace attnc::attn;

FailureOr<shard::GridOp> attnc::attn::findRanks(ModuleOp module) {
  shard::GridOp ranks;
  for (auto grid : module.getOps<shard::GridOp>()) {
    if (llvm::any_of(grid.getShape(), ShapedType::isDynamic))
      return grid.emitOpError("expected a static size; run attn-set-grids "
                              "first");
    if (llvm::all_of(grid.getShape(), [](int64_t size) { return size == 1; }))
      continue;
    if (ranks)
      return grid.emitOpError("expected one grid of more than one rank, got @")
             << ranks.getSymName() << " and @" << grid.getSymName()
             << "; run attn-set-grids first";
    ranks = grid;
  }
  return ranks;
}

/// Checks a sharding against its grid.
static LogicalResult verifySharding(shard::ShardingOp op) {
  auto grid =
      SymbolTable::lookupNearestSymbolFrom<shard::GridOp>(op, op.getGridAttr());
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
  // Upstream's verifier has refused negative axes and axes used twice.
  for (auto [dim, axes] : llvm::enumerate(op.getSplitAxes())) {
    for (int64_t axis : axes.asArrayRef())
      if (axis >= grid.getRank())
        return error() << "an axis below " << grid.getRank()
                       << ", the rank of the grid, got " << axis
                       << " in split_axes of dimension " << dim;
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

LogicalResult attnc::attn::verifyAnnotationForm(ModuleOp module) {
  WalkResult walk = module.walk([](Operation *op) -> WalkResult {
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
  return failure(walk.wasInterrupted());
}

LogicalResult attnc::attn::verifyFits(Operation *op, ShardingAttr sharding,
                                      RankedTensorType type,
                                      shard::GridOp grid) {
  ArrayRef<int64_t> ranks = grid.getShape();
  int64_t numAxes = ranks.size();
  auto refuse = [&](const Twine &expected) {
    InFlightDiagnostic diag = op->emitOpError("expected ")
                              << expected << ", got " << sharding << " of "
                              << type;
    diag.attachNote(grid.getLoc())
        << "the grid @" << grid.getSymName() << " is here";
    return diag;
  };
  for (int64_t axis : sharding.getPartial())
    if (axis >= numAxes)
      return refuse("axes below " + Twine(numAxes));
  for (auto [dim, pair] :
       llvm::enumerate(llvm::zip(sharding.getDims(), type.getShape()))) {
    auto [split, size] = pair;
    if (split.isWhole())
      continue;
    if (split.axis >= numAxes)
      return refuse("axes below " + Twine(numAxes));
    if (ranks[split.axis] % split.group)
      return refuse("groups that divide " + Twine(ranks[split.axis]) +
                    " ranks");
    int64_t slices = sharding.getNumSlices(dim, ranks);
    if (!ShapedType::isDynamic(size) && size % slices)
      return refuse("dimension " + Twine(dim) + " to be divisible by " +
                    Twine(slices) + " ranks");
  }
  return success();
}

Value attnc::attn::stripAnnotations(Value value) {
  while (auto annotation = value.getDefiningOp<shard::ShardOp>())
    value = annotation.getSrc();
  return value;
}

ShardingAttr attnc::attn::readAnnotation(shard::ShardOp annotation,
                                         shard::GridOp grid) {
  auto op = annotation.getSharding().getDefiningOp<shard::ShardingOp>();
  auto type = cast<RankedTensorType>(annotation.getType());
  SmallVector<DimSplit> dims(type.getRank());
  for (auto [dim, axes] : llvm::enumerate(op.getSplitAxes()))
    for (shard::GridAxis axis : axes.asArrayRef())
      if (grid.getShape()[axis] != 1)
        dims[dim].axis = axis;
  return ShardingAttr::get(annotation.getContext(), dims, {});
}

Value attnc::attn::findHeadsSource(Value heads) {
  while (Operation *op = heads.getDefiningOp()) {
    if (auto append = dyn_cast<KvAppendOp>(op))
      heads = append.getTokens();
    else if (isa<shard::ShardOp, SplitHeadsOp, RopeOp>(op))
      heads = op->getOperand(0);
    else
      break;
  }
  return heads;
}

SmallVector<Value> attnc::attn::findCaches(Value heads) {
  SmallVector<Value> caches;
  while (auto append = stripAnnotations(heads).getDefiningOp<KvAppendOp>()) {
    caches.push_back(append.getCache());
    heads = append.getCache();
  }
  return caches;
}

std::optional<DimSplit> attnc::attn::splitHeads(int64_t numHeads, int64_t axis,
                                                int64_t ranks,
                                                bool areKvHeads) {
  if (numHeads % ranks == 0)
    return DimSplit{axis, 1};
  if (areKvHeads && ranks % numHeads == 0)
    return DimSplit{axis, ranks / numHeads};
  return std::nullopt;
}
