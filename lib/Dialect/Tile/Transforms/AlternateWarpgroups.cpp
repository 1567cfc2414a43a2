//===- AlternateWarpgroups.cpp - Turns at the tensor cores -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attnc::tile {
#define GEN_PASS_DEF_ALTERNATEWARPGROUPSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

/// The first and the last of two products that a body issues side by side,
/// without turns so far.
static std::optional<std::pair<MmaAsyncOp, MmaAsyncOp>> sideBySide(Block *body) {
  SmallVector<MmaAsyncOp> products(body->getOps<MmaAsyncOp>());
  if (products.size() != 2 || !body->getOps<SyncOp>().empty())
    return std::nullopt;
  for (auto wait : body->getOps<MmaWaitOp>())
    if (wait->isBeforeInBlock(products[1]))
      return std::nullopt;
  return std::pair(products[0], products[1]);
}

namespace {
struct AlternateWarpgroups
    : attnc::tile::impl::AlternateWarpgroupsPassBase<AlternateWarpgroups> {
  void runOnOperation() override {
    auto found = getOperation().getBody().front().getOps<RolesOp>();
    auto turns = getOperation()->getAttrOfType<BoolAttr>(kTurnsAttr);
    if (found.empty() || (turns && !turns.getValue()))
      return;
    RolesOp roles = *found.begin();
    int64_t count = roles.getWarpgroups();
    if (count < 2)
      return;
    SmallVector<std::pair<MmaAsyncOp, MmaAsyncOp>> pairs;
    roles.getConsumers().walk([&](scf::ForOp loop) {
      if (auto pair = sideBySide(loop.getBody()))
        pairs.push_back(*pair);
    });
    if (pairs.empty())
      return;

    OpBuilder b(roles);
    Location loc = roles.getLoc();
    // The one that arrives, and the one that waits for it.
    auto type = BarrierType::get(&getContext(), count,
                                 2 * hopper::kWarpgroupThreads);
    Value barrier = BarrierOp::create(b, loc, type);
    Block &body = roles.getConsumers().front();
    Value self = body.getArgument(0);
    b.setInsertionPointToStart(&body);
    auto index = [&](int64_t value) {
      return arith::ConstantIndexOp::create(b, loc, value);
    };
    Value last = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, self,
                                       index(count - 1));
    Value after = arith::AddIOp::create(b, loc, self, index(1));
    Value next = arith::SelectOp::create(b, loc, last, index(0), after);
    auto begin = scf::IfOp::create(b, loc, last);
    b.setInsertionPointToStart(begin.thenBlock());
    ArriveOp::create(b, loc, barrier, index(0));
    for (auto [first, second] : pairs) {
      // The keys are there before the turn begins.
      b.setInsertionPoint(first);
      SyncOp::create(b, loc, barrier, self);
      b.setInsertionPointAfter(second);
      ArriveOp::create(b, loc, barrier, next);
    }
  }
};
} // namespace
