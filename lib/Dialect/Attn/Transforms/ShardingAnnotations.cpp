//===- ShardingAnnotations.cpp - Reading what the user annotated -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingAnnotations.h"

using namespace mlir;
using namespace attnc::attn;

shard::GridOp attnc::attn::findRanks(ModuleOp module) {
  for (auto grid : module.getOps<shard::GridOp>())
    if (llvm::any_of(grid.getShape(), [](int64_t size) { return size != 1; }))
      return grid;
  return {};
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

LinearOp attnc::attn::findHeadsLayer(Value heads) {
  while (Operation *op = heads.getDefiningOp()) {
    if (auto layer = dyn_cast<LinearOp>(op))
      return layer;
    if (auto append = dyn_cast<KvAppendOp>(op))
      heads = append.getTokens();
    else if (isa<shard::ShardOp, SplitHeadsOp, RopeOp>(op))
      heads = op->getOperand(0);
    else
      break;
  }
  return {};
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
