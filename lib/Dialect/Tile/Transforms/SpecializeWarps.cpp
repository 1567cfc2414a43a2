//===- SpecializeWarps.cpp - A producer and consumers -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RoleSlice.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Target/Hopper.h"

namespace attnc::tile {
#define GEN_PASS_DEF_SPECIALIZEWARPSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

static bool isProducerRoot(Operation *op) {
  return isa<AcquireOp, LoadAsyncOp, CommitOp>(op);
}

/// What has an effect, but for what the producer does and for counting.
static bool isConsumerRoot(Operation *op) {
  return !isProducerRoot(op) && !isa<NextUseOp, LoadOp>(op) &&
         op->getNumRegions() == 0 && !isMemoryEffectFree(op);
}

/// Scalars that both roles may compute before they part: `isShared` tells it of
/// what they are computed from.
static bool isSharedScalar(Operation *op,
                           function_ref<bool(Operation *)> isShared) {
  if (isa<WarpgroupIdOp, NextUseOp>(op) ||
      !(isMemoryEffectFree(op) || isa<LoadOp>(op)) ||
      llvm::any_of(op->getResultTypes(),
                   llvm::IsaPred<ShapedType, PendingType>))
    return false;
  WalkResult inside = op->walk([&](Operation *inner) -> WalkResult {
    for (Value operand : inner->getOperands())
      if (Operation *def = operand.getDefiningOp();
          def && !op->isAncestor(def) && !isShared(def))
        return WalkResult::interrupt();
    bool isScalar = llvm::none_of(inner->getResultTypes(),
                                  llvm::IsaPred<RankedTensorType>);
    return isScalar ? WalkResult::advance() : WalkResult::interrupt();
  });
  return !inside.wasInterrupted();
}

namespace {
struct SpecializeWarps
    : attnc::tile::impl::SpecializeWarpsPassBase<SpecializeWarps> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    auto number = kernel->getAttrOfType<IntegerAttr>(kWarpgroupsAttr);
    if (!number)
      return;
    Block &body = kernel.getBody().front();
    auto grids = body.getOps<GridOp>();
    if (grids.empty())
      return;
    GridOp grid = *grids.begin();
    DenseSet<Operation *> divided;
    SmallVector<Operation *> ops;
    auto isShared = [&](Operation *op) { return !divided.contains(op); };
    for (Operation *op = grid->getNextNode(); op; op = op->getNextNode()) {
      if (isSharedScalar(op, isShared))
        continue;
      divided.insert(op);
      ops.push_back(op);
    }

    int64_t warpgroups = number.getInt();
    hopper::RoleRegisters registers = hopper::roleRegisters(warpgroups);
    OpBuilder b = OpBuilder::atBlockEnd(&body);
    auto roles = RolesOp::create(b, kernel.getLoc(), warpgroups,
                                 registers.producer, registers.consumer);
    IRMapping producer, consumers;
    b.setInsertionPointToStart(&roles.getProducer().emplaceBlock());
    RoleSlice(ops, isProducerRoot).clone(b, producer);

    Block &inner = roles.getConsumers().emplaceBlock();
    Value warpgroup = inner.addArgument(b.getIndexType(), kernel.getLoc());
    b.setInsertionPointToStart(&inner);
    RoleSlice(ops, isConsumerRoot).clone(b, consumers);
    roles.getConsumers().walk([&](WarpgroupIdOp id) {
      id.getResult().replaceAllUsesWith(warpgroup);
      id.erase();
    });
    for (Operation *op : llvm::reverse(ops))
      op->erase();
    kernel->removeAttr(kWarpgroupsAttr);
  }
};
} // namespace
