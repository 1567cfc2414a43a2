//===- PipelineLoads.cpp - Loads ahead of their use -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attnc::tile {
#define GEN_PASS_DEF_PIPELINELOADSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

/// Whether a loop of the kernel uses `ring`.
static bool isUsedInLoop(RingOp ring) {
  return llvm::any_of(ring->getUsers(), [](Operation *user) {
    return isa<LoadAsyncOp, AcquireOp>(user) &&
           user->getParentOfType<scf::ForOp>();
  });
}

namespace {
struct PipelineLoads : attnc::tile::impl::PipelineLoadsPassBase<PipelineLoads> {
  void runOnOperation() override {
    auto stages = getOperation()->getAttrOfType<IntegerAttr>(kStagesAttr);
    if (!stages)
      return;
    for (auto ring : getOperation().getBody().front().getOps<RingOp>())
      if (isUsedInLoop(ring)) {
        RingType type = ring.getType();
        ring.getResult().setType(RingType::get(&getContext(), stages.getInt(),
                                               type.getStage(), type.getTags()));
      }
  }
};
} // namespace
