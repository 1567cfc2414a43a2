//===- NumberStages.cpp - Count the uses of rings -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"

namespace attnc::tile {
#define GEN_PASS_DEF_NUMBERSTAGESPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {
/// Threads one counter for each ring through a role's code.
class UseCounter {
public:
  explicit UseCounter(MLIRContext *context) : rewriter(context) {}

  /// Counts from zero.
  void run(Block &role);

private:
  using Counts = llvm::MapVector<Value, Value>;
  void number(Block &block, Counts &counts);
  void numberFor(scf::ForOp loop, Counts &counts);
  void numberWhile(scf::WhileOp loop, Counts &counts);
  void numberIf(scf::IfOp branch, Counts &counts);

  IRRewriter rewriter;
};
} // namespace

/// The rings whose uses `op` counts.
static SmallVector<Value> ringsIn(Operation *op, ValueRange rings) {
  llvm::SetVector<Value> used;
  op->walk([&](NextUseOp use) { used.insert(use.getRing()); });
  return llvm::to_vector(
      llvm::make_filter_range(rings, [&](Value r) { return used.contains(r); }));
}

template <typename CountsT>
static SmallVector<Value> lookup(CountsT &counts, ArrayRef<Value> rings) {
  return llvm::map_to_vector(rings, [&](Value ring) { return counts[ring]; });
}

template <typename CountsT>
static void assign(CountsT &counts, ArrayRef<Value> rings, ValueRange values) {
  for (auto [ring, value] : llvm::zip_equal(rings, values))
    counts[ring] = value;
}

static SmallVector<Value> keys(llvm::MapVector<Value, Value> &counts) {
  return llvm::map_to_vector(counts, [](auto &entry) { return entry.first; });
}

void UseCounter::numberFor(scf::ForOp loop, Counts &counts) {
  SmallVector<Value> rings = ringsIn(loop, keys(counts));
  if (rings.empty())
    return;
  rewriter.setInsertionPoint(loop);
  auto yields = [&](OpBuilder &, Location, ArrayRef<BlockArgument> carried) {
    Counts inside = counts;
    assign(inside, rings, llvm::to_vector_of<Value>(carried));
    number(*loop.getBody(), inside);
    return lookup(inside, rings);
  };
  FailureOr<LoopLikeOpInterface> replaced = loop.replaceWithAdditionalYields(
      rewriter, lookup(counts, rings), /*replaceInitOperandUsesInLoop=*/false,
      yields);
  assign(counts, rings, (*replaced)->getResults().take_back(rings.size()));
}

void UseCounter::numberWhile(scf::WhileOp loop, Counts &counts) {
  SmallVector<Value> rings = ringsIn(loop, keys(counts));
  if (rings.empty())
    return;
  SmallVector<Type> index(rings.size(), rewriter.getIndexType());
  SmallVector<Location> locs(rings.size(), loop.getLoc());
  SmallVector<Value> inits(loop.getInits());
  llvm::append_range(inits, lookup(counts, rings));
  SmallVector<Type> types(loop.getResultTypes());
  llvm::append_range(types, index);
  rewriter.setInsertionPoint(loop);
  auto result = scf::WhileOp::create(rewriter, loop.getLoc(), types, inits);
  auto take = [&](Region &from, Region &to) {
    to.takeBody(from);
    Block &block = to.front();
    to.addArguments(index, locs);
    Counts inside = counts;
    assign(inside, rings, block.getArguments().take_back(rings.size()));
    number(block, inside);
    Operation *end = block.getTerminator();
    end->insertOperands(end->getNumOperands(), lookup(inside, rings));
  };
  take(loop.getBefore(), result.getBefore());
  take(loop.getAfter(), result.getAfter());
  assign(counts, rings, result.getResults().take_back(rings.size()));
  rewriter.replaceOp(loop, result.getResults().drop_back(rings.size()));
}

void UseCounter::numberIf(scf::IfOp branch, Counts &counts) {
  SmallVector<Value> rings = ringsIn(branch, keys(counts));
  if (rings.empty())
    return;
  SmallVector<Type> types(branch.getResultTypes());
  types.append(rings.size(), rewriter.getIndexType());
  rewriter.setInsertionPoint(branch);
  auto result = scf::IfOp::create(rewriter, branch.getLoc(), types,
                                  branch.getCondition(), /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  auto take = [&](Region &from, Region &to) {
    if (from.empty()) {
      rewriter.setInsertionPointToEnd(&to.front());
      scf::YieldOp::create(rewriter, branch.getLoc());
    } else {
      to.takeBody(from);
    }
    Counts inside = counts;
    number(to.front(), inside);
    Operation *end = to.front().getTerminator();
    end->insertOperands(end->getNumOperands(), lookup(inside, rings));
  };
  take(branch.getThenRegion(), result.getThenRegion());
  take(branch.getElseRegion(), result.getElseRegion());
  assign(counts, rings, result.getResults().take_back(rings.size()));
  rewriter.replaceOp(branch, result.getResults().drop_back(rings.size()));
}

void UseCounter::number(Block &block, Counts &counts) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto use = dyn_cast<NextUseOp>(op)) {
      Value count = counts[use.getRing()];
      rewriter.setInsertionPoint(use);
      Value one = arith::ConstantIndexOp::create(rewriter, use.getLoc(), 1);
      counts[use.getRing()] =
          arith::AddIOp::create(rewriter, use.getLoc(), count, one);
      rewriter.replaceOp(use, count);
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      numberFor(loop, counts);
    } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
      numberWhile(loop, counts);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      numberIf(branch, counts);
    }
  }
}

void UseCounter::run(Block &role) {
  Counts counts;
  rewriter.setInsertionPointToStart(&role);
  for (Operation &op : role)
    op.walk([&](NextUseOp use) { counts[use.getRing()] = Value(); });
  if (counts.empty())
    return;
  Value zero =
      arith::ConstantIndexOp::create(rewriter, role.getParentOp()->getLoc(), 0);
  for (auto &[ring, count] : counts)
    count = zero;
  number(role, counts);
}

namespace {
struct NumberStages : attnc::tile::impl::NumberStagesPassBase<NumberStages> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    UseCounter counter(&getContext());
    auto roles = body.getOps<RolesOp>();
    if (roles.empty())
      return counter.run(body);
    counter.run((*roles.begin()).getProducer().front());
    counter.run((*roles.begin()).getConsumers().front());
  }
};
} // namespace
