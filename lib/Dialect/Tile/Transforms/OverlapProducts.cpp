//===- OverlapProducts.cpp - Scores before the last output -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

namespace attnc::tile {
#define GEN_PASS_DEF_OVERLAPPRODUCTSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {

/// The end of a step: load a tile of the right operand, and add its product
/// with a left operand in registers to an accumulator.
struct Tail {
  MmaAsyncOp product;
  MmaWaitOp productWait;
  NextUseOp use;
  AcquireOp acquire;
  LoadAsyncOp load;
  CommitOp commit;
  WaitOp wait;
  ReleaseOp release;

  /// The tail that ends with `result`, if that is what computes it.
  static std::optional<Tail> match(Value result);
  SmallVector<Operation *> ops() {
    return {use, acquire, load, commit, wait, product, productWait, release};
  }
};

/// A tail that waits for its turn: what it needs of the step that it ends.
struct Delayed {
  Tail form;
  Value lhs, acc;
  SmallVector<Value> offsets;
};

class ProductOverlapper {
public:
  explicit ProductOverlapper(KernelOp kernel)
      : kernel(kernel), b(kernel.getContext()) {}
  /// False if the kernel has no such steps.
  bool run();

private:
  bool matchLoops();
  scf::ForOp rotate(scf::ForOp loop, unsigned result, Tail tail,
                    Delayed &delayed);
  MmaAsyncOp issue(Delayed delayed);
  Value complete(Tail form, MmaAsyncOp product, Value number);

  KernelOp kernel;
  OpBuilder b;
  std::optional<Tail> first;
  struct Loop {
    scf::ForOp op;
    unsigned result;
    Tail tail;
  };
  SmallVector<Loop> loops;
};

} // namespace

template <typename OpT> static OpT onlyUser(Value value) {
  OpT found;
  for (Operation *user : value.getUsers())
    if (auto op = dyn_cast<OpT>(user)) {
      if (found)
        return {};
      found = op;
    }
  return found;
}

std::optional<Tail> Tail::match(Value result) {
  Tail tail;
  tail.productWait = result.getDefiningOp<MmaWaitOp>();
  if (!tail.productWait)
    return std::nullopt;
  tail.product = tail.productWait.getPending().getDefiningOp<MmaAsyncOp>();
  if (!tail.product ||
      !isa<RankedTensorType>(tail.product.getLhs().getType()))
    return std::nullopt;
  tail.wait = tail.product.getRhs().getDefiningOp<WaitOp>();
  if (!tail.wait || !tail.wait.getStage().hasOneUse())
    return std::nullopt;
  tail.use = tail.wait.getNumber().getDefiningOp<NextUseOp>();
  if (!tail.use)
    return std::nullopt;
  Value number = tail.use.getNumber();
  tail.acquire = onlyUser<AcquireOp>(number);
  tail.commit = onlyUser<CommitOp>(number);
  tail.release = onlyUser<ReleaseOp>(number);
  if (!tail.acquire || !tail.commit || !tail.release)
    return std::nullopt;
  tail.load = onlyUser<LoadAsyncOp>(tail.acquire.getStage());
  Block *block = tail.product->getBlock();
  for (Operation *op : tail.ops())
    if (!op || op->getBlock() != block)
      return std::nullopt;
  return tail;
}

MmaAsyncOp ProductOverlapper::issue(Delayed delayed) {
  Tail form = delayed.form;
  Location loc = form.product.getLoc();
  Value ring = form.use.getRing();
  Value number = NextUseOp::create(b, loc, b.getIndexType(), ring);
  Type stageType = form.acquire.getStage().getType();
  Value stage = AcquireOp::create(b, loc, stageType, ring, number);
  LoadAsyncOp::create(b, loc, form.load.getSource(), delayed.offsets, stage);
  CommitOp::create(b, loc, ring, number, ValueRange());
  auto wait = WaitOp::create(b, loc, TypeRange(stageType), ring, number);
  return MmaAsyncOp::create(b, loc, form.product.getResult().getType(),
                            delayed.lhs, wait.getStage(), delayed.acc,
                            form.product.getTransposed());
}

Value ProductOverlapper::complete(Tail form, MmaAsyncOp product,
                                  Value number) {
  Location loc = product.getLoc();
  Value result =
      MmaWaitOp::create(b, loc, product.getResult().getType().getTile(),
                        product.getResult(), /*groups=*/0);
  ReleaseOp::create(b, loc, form.use.getRing(), number, result);
  return result;
}

static Value useNumber(MmaAsyncOp product) {
  return product.getRhs().getDefiningOp<WaitOp>().getNumber();
}

/// Ops that make a left operand in registers of a value, which must not happen
/// while a product is in flight.
static bool makesLeftOperand(Operation *op, Value lhs) {
  return lhs.getDefiningOp() == op;
}

scf::ForOp ProductOverlapper::rotate(scf::ForOp loop, unsigned result,
                                     Tail tail, Delayed &delayed) {
  Location loc = loop.getLoc();
  Block &body = *loop.getBody();
  // Offsets that the body computes, or that the step before had otherwise.
  SmallVector<unsigned> carriedOffsets;
  for (auto [i, offset] : llvm::enumerate(tail.load.getOffsets()))
    if (offset.getParentBlock() == &body || offset != delayed.offsets[i])
      carriedOffsets.push_back(i);

  b.setInsertionPoint(loop);
  SmallVector<Value> inits;
  for (auto [i, init] : llvm::enumerate(loop.getInitArgs()))
    if (i != result)
      inits.push_back(init);
  if (!delayed.acc) {
    auto type = delayed.form.product.getResult().getType().getTile();
    delayed.acc = arith::ConstantOp::create(
        b, loc, cast<TypedAttr>(b.getZeroAttr(type)));
  }
  inits.push_back(delayed.lhs);
  inits.push_back(delayed.acc);
  for (unsigned i : carriedOffsets)
    inits.push_back(delayed.offsets[i]);

  auto rotated = scf::ForOp::create(b, loc, loop.getLowerBound(),
                                    loop.getUpperBound(), loop.getStep(), inits);
  Block &to = *rotated.getBody();
  IRMapping mapping;
  mapping.map(loop.getInductionVar(), rotated.getInductionVar());
  unsigned next = 0;
  for (auto [i, arg] : llvm::enumerate(loop.getRegionIterArgs()))
    if (i != result)
      mapping.map(arg, rotated.getRegionIterArg(next++));
  Delayed inside{tail, rotated.getRegionIterArg(next),
                 rotated.getRegionIterArg(next + 1),
                 llvm::to_vector(tail.load.getOffsets())};
  for (auto [i, offset] : llvm::enumerate(carriedOffsets))
    inside.offsets[offset] = rotated.getRegionIterArg(next + 2 + i);

  b.setInsertionPointToStart(&to);
  Value oldAcc = loop.getRegionIterArg(result);
  llvm::SmallDenseSet<Operation *> inTail;
  for (Operation *op : tail.ops())
    inTail.insert(op);
  MmaAsyncOp product;
  bool done = false;
  for (Operation &op : body.without_terminator()) {
    if (inTail.contains(&op))
      continue;
    bool needsResult = llvm::is_contained(op.getOperands(), oldAcc) ||
                       makesLeftOperand(&op, tail.product.getLhs());
    if (product && !done && needsResult) {
      mapping.map(oldAcc, complete(tail, product, useNumber(product)));
      done = true;
    }
    Operation *clone = b.clone(op, mapping);
    if (isa<MmaAsyncOp>(op) && !product)
      product = issue(inside);
    else if (auto wait = dyn_cast<MmaWaitOp>(clone); wait && !done)
      wait.setGroups(1);
  }
  SmallVector<Value> yields;
  for (auto [i, value] : llvm::enumerate(loop.getYieldedValues()))
    if (i != result)
      yields.push_back(mapping.lookupOrDefault(value));
  yields.push_back(mapping.lookupOrDefault(tail.product.getLhs()));
  yields.push_back(mapping.lookupOrDefault(tail.product.getAcc()));
  for (unsigned i : carriedOffsets)
    yields.push_back(mapping.lookupOrDefault(tail.load.getOffsets()[i]));
  if (!to.empty() && to.back().hasTrait<OpTrait::IsTerminator>())
    to.back().erase();
  b.setInsertionPointToEnd(&to);
  scf::YieldOp::create(b, loc, yields);

  delayed.lhs = rotated.getResult(next);
  delayed.acc = rotated.getResult(next + 1);
  for (auto [i, offset] : llvm::enumerate(carriedOffsets))
    delayed.offsets[offset] = rotated.getResult(next + 2 + i);
  next = 0;
  for (auto [i, value] : llvm::enumerate(loop.getResults()))
    if (i != result)
      value.replaceAllUsesWith(rotated.getResult(next++));
  return rotated;
}

/// Whether only `users` and releases use `value`.
static bool isUsedOnlyBy(Value value, ArrayRef<Operation *> users) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return isa<ReleaseOp>(user) || llvm::is_contained(users, user);
  });
}

/// Whether the tail of a step can wait: its left operand is of the step, nothing
/// but the next step uses its result, and what uses the last step's result comes
/// behind the scores' product, in the open.
static bool canWait(scf::ForOp loop, unsigned result, Tail &tail,
                    MmaAsyncOp scores) {
  Block *body = loop.getBody();
  Operation *lhs = tail.product.getLhs().getDefiningOp();
  if (!lhs || lhs->getBlock() != body ||
      !isUsedOnlyBy(tail.productWait.getResult(), {body->getTerminator()}))
    return false;
  return llvm::all_of(
      loop.getRegionIterArg(result).getUsers(), [&](Operation *user) {
        return user->getBlock() == body && scores->isBeforeInBlock(user);
      });
}

/// A chain of loops whose steps end with a tail, behind a step that does.
bool ProductOverlapper::matchLoops() {
  Value carried;
  for (auto loop : kernel.getBody().front().getOps<scf::ForOp>()) {
    for (auto [i, value] : llvm::enumerate(loop.getYieldedValues())) {
      std::optional<Tail> tail = Tail::match(value);
      if (!tail)
        continue;
      // The first product of the body is that of the scores.
      auto products = loop.getBody()->getOps<MmaAsyncOp>();
      if (llvm::range_size(products) != 2 ||
          *products.begin() == tail->product ||
          !canWait(loop, i, *tail, *products.begin()))
        return false;
      Value init = loop.getInitArgs()[i];
      if (loops.empty()) {
        first = Tail::match(init);
        if (!first || first->load.getSource() != tail->load.getSource())
          return false;
      } else if (init != carried) {
        return false;
      }
      if (!isUsedOnlyBy(init, {loop}))
        return false;
      loops.push_back({loop, static_cast<unsigned>(i), *tail});
      carried = loop.getResult(i);
    }
  }
  return !loops.empty();
}

bool ProductOverlapper::run() {
  if (!matchLoops())
    return false;
  Delayed delayed{*first, first->product.getLhs(), first->product.getAcc(),
                  llvm::to_vector(first->load.getOffsets())};
  for (Loop &loop : loops) {
    bool isLast = &loop == &loops.back();
    Value old = loop.op.getResult(loop.result);
    scf::ForOp rotated = rotate(loop.op, loop.result, loop.tail, delayed);
    if (isLast) {
      b.setInsertionPointAfter(rotated);
      // What was behind the output is behind the weights already.
      old.replaceUsesWithIf(delayed.lhs, [](OpOperand &use) {
        return isa<ReleaseOp>(use.getOwner());
      });
      MmaAsyncOp product = issue(delayed);
      old.replaceAllUsesWith(
          complete(loop.tail, product, useNumber(product)));
    }
  }
  for (Loop &loop : llvm::reverse(loops))
    loop.op.erase();
  SmallVector<Operation *> old = first->ops();
  for (Operation *op : llvm::reverse(old))
    op->erase();
  return true;
}

namespace {
struct OverlapProducts
    : attnc::tile::impl::OverlapProductsPassBase<OverlapProducts> {
  void runOnOperation() override {
    KernelOp kernel = getOperation();
    if (kernel->hasAttr(kWarpgroupsAttr) && !ProductOverlapper(kernel).run())
      remark::missed(kernel.getLoc(),
                     remark::RemarkOpts::name("overlap-products")
                         .category("tile-overlap-products"))
          << "each product is waited for before the next: expected loops whose "
             "steps end with a product of a tile in registers";
  }
};
} // namespace
