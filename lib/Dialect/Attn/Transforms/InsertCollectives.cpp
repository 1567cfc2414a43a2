//===- InsertCollectives.cpp - From resharded values to collectives -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingAnnotations.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Shard/IR/ShardDialect.h"

namespace attnc::attn {
#define GEN_PASS_DEF_INSERTCOLLECTIVESPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

namespace {
/// Builds the collectives of one reshard, one after another.
class CollectiveBuilder {
public:
  CollectiveBuilder(ReshardOp op, shard::GridOp grid)
      : builder(op), op(op), grid(grid), value(op.getInput()) {}

  Value build();

private:
  RankedTensorType type() { return cast<RankedTensorType>(value.getType()); }
  /// The current type with `dim` larger or smaller by the ranks of `axis`.
  RankedTensorType gathered(int64_t dim, int64_t axis);
  RankedTensorType scattered(int64_t dim, int64_t axis);
  void append(Operation *collective) {
    collective->setAttr(kAlgorithmAttr, builder.getStringAttr("default"));
    value = collective->getResult(0);
  }

  OpBuilder builder;
  ReshardOp op;
  shard::GridOp grid;
  Value value;
};
} // namespace

RankedTensorType CollectiveBuilder::gathered(int64_t dim, int64_t axis) {
  SmallVector<int64_t> shape(type().getShape());
  if (!ShapedType::isDynamic(shape[dim]))
    shape[dim] *= grid.getShape()[axis];
  return RankedTensorType::get(shape, type().getElementType());
}

RankedTensorType CollectiveBuilder::scattered(int64_t dim, int64_t axis) {
  SmallVector<int64_t> shape(type().getShape());
  if (!ShapedType::isDynamic(shape[dim]))
    shape[dim] /= grid.getShape()[axis];
  return RankedTensorType::get(shape, type().getElementType());
}

Value CollectiveBuilder::build() {
  Location loc = op.getLoc();
  StringRef name = grid.getSymName();
  ShardingAttr from = op.getFrom(), to = op.getTo();
  for (int64_t axis : from.getPartial()) {
    shard::GridAxis axes[] = {static_cast<shard::GridAxis>(axis)};
    auto split = llvm::find_if(to.getDims(),
                               [&](DimSplit dim) { return dim.axis == axis; });
    if (split == to.getDims().end()) {
      append(shard::AllReduceOp::create(builder, loc, type(), name, axes, value,
                                        shard::ReductionKind::Sum));
      continue;
    }
    int64_t dim = split - to.getDims().begin();
    append(shard::ReduceScatterOp::create(
        builder, loc, scattered(dim, axis), name, axes, value,
        shard::ReductionKind::Sum, builder.getIndexAttr(dim).getValue()));
  }
  for (auto [dim, pair] :
       llvm::enumerate(llvm::zip(from.getDims(), to.getDims()))) {
    auto [before, after] = pair;
    if (before.isWhole() || before == after)
      continue;
    shard::GridAxis axes[] = {static_cast<shard::GridAxis>(before.axis)};
    append(shard::AllGatherOp::create(builder, loc, gathered(dim, before.axis),
                                      name, axes, value,
                                      builder.getIndexAttr(dim).getValue()));
  }
  return value;
}

namespace {
struct InsertCollectivesPass
    : attn::impl::InsertCollectivesPassBase<InsertCollectivesPass> {
  void runOnOperation() override {
    FailureOr<shard::GridOp> ranks = findRanks(getOperation());
    if (failed(ranks))
      return signalPassFailure();
    shard::GridOp grid = *ranks;
    WalkResult walk = getOperation().walk([&](ReshardOp op) {
      if (!grid) {
        op.emitOpError("expected a grid of more than one rank");
        return WalkResult::interrupt();
      }
      auto isBelow = [&](int64_t axis) { return axis < grid.getRank(); };
      auto fits = [&](ShardingAttr sharding) {
        return llvm::all_of(sharding.getPartial(), isBelow) &&
               llvm::all_of(sharding.getDims(), [&](DimSplit split) {
                 return isBelow(split.axis);
               });
      };
      if (!fits(op.getFrom()) || !fits(op.getTo())) {
        op.emitOpError("expected axes below ")
            << grid.getRank() << ", the rank of the grid @" << grid.getSymName()
            << ", got " << op.getFrom() << " and " << op.getTo();
        return WalkResult::interrupt();
      }
      Value value = CollectiveBuilder(op, grid).build();
      if (value.getType() != op.getType()) {
        op.emitOpError("expected a result of type ")
            << value.getType() << ", got " << op.getType();
        return WalkResult::interrupt();
      }
      op.replaceAllUsesWith(value);
      op.erase();
      return WalkResult::advance();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
