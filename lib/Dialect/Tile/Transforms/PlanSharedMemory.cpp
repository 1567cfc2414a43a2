//===- PlanSharedMemory.cpp - Places of cache tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Target/Hopper.h"
#include "llvm/Support/MathExtras.h"

namespace attnc::tile {
#define GEN_PASS_DEF_PLANSHAREDMEMORYPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

static int64_t tileBytes(BufType type) {
  return type.getNumElements() * type.getElementTypeBitWidth() / 8;
}

static int64_t barrierBytes(RingType type) {
  return type.getStages() *
         (2 * hopper::kMbarrierBytes + hopper::tagBytes(type.getTags()));
}

namespace {
struct PlanSharedMemory
    : attnc::tile::impl::PlanSharedMemoryPassBase<PlanSharedMemory> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    Block &body = kernel.getBody().front();
    if (body.getOps<RolesOp>().empty())
      return;
    Builder b(&getContext());
    int64_t total = 0;
    SmallVector<std::pair<Operation *, int64_t>> placed;
    auto place = [&](Operation *op, StringRef attr, int64_t bytes,
                     int64_t alignment) {
      total = llvm::alignTo(total, alignment);
      op->setAttr(attr, b.getI64IntegerAttr(total));
      total += bytes;
      placed.emplace_back(op, bytes);
    };
    for (Operation &op : body) {
      if (auto ring = dyn_cast<RingOp>(op))
        place(ring, kOffsetAttr,
              ring.getType().getStages() * tileBytes(ring.getType().getStage()),
              hopper::kTileAlignment);
      else if (auto alloc = dyn_cast<AllocOp>(op))
        place(alloc, kOffsetAttr, tileBytes(alloc.getType()),
              hopper::kTileAlignment);
    }
    for (auto ring : body.getOps<RingOp>())
      place(ring, kBarriersAttr, barrierBytes(ring.getType()),
            hopper::kSwizzlePieceBytes);
    kernel->setAttr(kSharedBytesAttr, b.getI64IntegerAttr(total));
    if (total <= hopper::kSharedBytes)
      return;
    auto diag = kernel.emitError("expected at most ")
                << hopper::kSharedBytes << " bytes of shared memory, got "
                << total;
    for (auto [op, bytes] : placed)
      diag.attachNote(op->getLoc()) << bytes << " bytes of these";
    signalPassFailure();
  }
};
} // namespace
