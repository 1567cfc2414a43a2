//===- PromoteRegisters.cpp - Cache buffers to register tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"

namespace attnc::tile {
#define GEN_PASS_DEF_PROMOTEREGISTERSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {

/// Rewrites the accesses to some buffers into values, block by block.
class Promoter {
public:
  explicit Promoter(KernelOp kernel) : rewriter(kernel.getContext()) {}

  /// Refuses, with the op that stands in the way, a buffer that is not only
  /// used as a whole, in straight code, scf.for loops and scf.if.
  LogicalResult check(AllocOp alloc);
  void promote(KernelOp kernel);

private:
  /// The value of each buffer at the current point; null before it is written.
  using Values = llvm::MapVector<Value, Value>;

  void promote(Block &block, Values &values);
  void promoteLoop(scf::ForOp loop, Values &values);
  void promoteChoice(scf::IfOp choice, Values &values);
  /// The buffers of `values` that `op` writes.
  static SmallVector<Value> writtenIn(Operation *op, const Values &values);
  Value current(Values &values, Value buffer, Location loc);

  static RankedTensorType tensorType(Value buffer) {
    auto type = cast<BufType>(buffer.getType());
    return RankedTensorType::get(type.getShape(), type.getElementType());
  }

  IRRewriter rewriter;
};

} // namespace

LogicalResult Promoter::check(AllocOp alloc) {
  for (Operation *parent = alloc->getParentOp(); !isa<KernelOp>(parent);
       parent = parent->getParentOp())
    if (!isa<scf::ForOp, scf::IfOp>(parent)) {
      auto diag = alloc.emitError(
          "expected a register tile in scf.for and scf.if only");
      diag.attachNote(parent->getLoc()) << "this op is neither";
      return failure();
    }
  for (OpOperand &use : alloc->getUses()) {
    Operation *user = use.getOwner();
    auto load = dyn_cast<LoadOp>(user);
    auto store = dyn_cast<StoreOp>(user);
    auto mma = dyn_cast<MmaOp>(user);
    Type type = tensorType(alloc);
    bool whole =
        (load && load.getOffsets().empty() && load.getType() == type) ||
        (store && store.getOffsets().empty() &&
         store.getValue().getType() == type) ||
        isa<FillOp>(user) || (mma && use.get() != mma.getRhs());
    for (Operation *parent = user->getParentOp();
         whole && parent != alloc->getParentOp();
         parent = parent->getParentOp())
      whole = isa<scf::ForOp, scf::IfOp>(parent);
    if (whole)
      continue;
    auto diag = alloc.emitError(
        "expected a register tile to be used as a whole, in scf.for and scf.if "
        "only");
    diag.attachNote(user->getLoc()) << "this use is not";
    return failure();
  }
  return success();
}

/// A buffer that was not written holds anything: zeros.
Value Promoter::current(Values &values, Value buffer, Location loc) {
  Value &value = values[buffer];
  if (!value)
    value = arith::ConstantOp::create(
        rewriter, loc,
        cast<TypedAttr>(rewriter.getZeroAttr(tensorType(buffer))));
  return value;
}

SmallVector<Value> Promoter::writtenIn(Operation *op, const Values &values) {
  SmallVector<Value> written;
  for (auto &[buffer, value] : values) {
    bool writes = llvm::any_of(buffer.getUses(), [&](OpOperand &use) {
      auto mma = dyn_cast<MmaOp>(use.getOwner());
      return !isa<LoadOp>(use.getOwner()) &&
             !(mma && use.get() != mma.getAcc()) &&
             op->isProperAncestor(use.getOwner());
    });
    if (writes)
      written.push_back(buffer);
  }
  return written;
}

/// Buffers that a branch writes become results; the others keep their value.
void Promoter::promoteChoice(scf::IfOp choice, Values &values) {
  SmallVector<Value> written = writtenIn(choice, values);
  rewriter.setInsertionPoint(choice);
  SmallVector<Type> types(choice.getResultTypes());
  for (Value buffer : written) {
    current(values, buffer, choice.getLoc());
    types.push_back(tensorType(buffer));
  }
  auto result = scf::IfOp::create(rewriter, choice.getLoc(), types,
                                  choice.getCondition(), /*addThenBlock=*/true,
                                  /*addElseBlock=*/true);
  auto yieldNothing = [&](Block &block) {
    rewriter.setInsertionPointToEnd(&block);
    scf::YieldOp::create(rewriter, choice.getLoc());
  };
  auto promoteBranch = [&](Region &from, Region &to) {
    if (from.empty())
      yieldNothing(to.front());
    else
      to.takeBody(from);
    Values inside = values;
    promote(to.front(), inside);
    Operation *yield = to.front().getTerminator();
    for (Value buffer : written)
      yield->insertOperands(yield->getNumOperands(), inside[buffer]);
  };
  promoteBranch(choice.getThenRegion(), result.getThenRegion());
  promoteBranch(choice.getElseRegion(), result.getElseRegion());
  for (auto [buffer, value] :
       llvm::zip(written, result.getResults().take_back(written.size())))
    values[buffer] = value;
  rewriter.replaceOp(choice, result.getResults().drop_back(written.size()));
}

void Promoter::promoteLoop(scf::ForOp loop, Values &values) {
  // Buffers that the body writes are carried; the others keep their value.
  SmallVector<Value> written = writtenIn(loop, values), inits;
  rewriter.setInsertionPoint(loop);
  for (Value buffer : written)
    inits.push_back(current(values, buffer, loop.getLoc()));
  auto yields = [&](OpBuilder &, Location, ArrayRef<BlockArgument> carried) {
    Values inside = values;
    for (auto [buffer, arg] : llvm::zip(written, carried))
      inside[buffer] = arg;
    promote(*loop.getBody(), inside);
    SmallVector<Value> results;
    for (Value buffer : written)
      results.push_back(inside[buffer]);
    return results;
  };
  FailureOr<LoopLikeOpInterface> replaced = loop.replaceWithAdditionalYields(
      rewriter, inits, /*replaceInitOperandUsesInLoop=*/false, yields);
  auto result = cast<scf::ForOp>(*replaced);
  for (auto [buffer, value] :
       llvm::zip(written, result.getResults().take_back(written.size())))
    values[buffer] = value;
}

void Promoter::promote(Block &block, Values &values) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    rewriter.setInsertionPoint(&op);
    if (auto alloc = dyn_cast<AllocOp>(op); alloc && alloc.getPromote()) {
      values[alloc] = Value();
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      promoteLoop(loop, values);
    } else if (auto choice = dyn_cast<scf::IfOp>(op)) {
      promoteChoice(choice, values);
    } else if (auto load = dyn_cast<LoadOp>(op)) {
      if (values.contains(load.getSource()))
        rewriter.replaceOp(load,
                           current(values, load.getSource(), op.getLoc()));
    } else if (auto store = dyn_cast<StoreOp>(op)) {
      if (!values.contains(store.getDestination()))
        continue;
      values[store.getDestination()] = store.getValue();
      rewriter.eraseOp(store);
    } else if (auto fill = dyn_cast<FillOp>(op)) {
      Value buffer = fill.getDestination();
      if (!values.contains(buffer))
        continue;
      values[buffer] = SplatOp::create(rewriter, op.getLoc(),
                                       tensorType(buffer), fill.getValue());
      rewriter.eraseOp(fill);
    } else if (auto mma = dyn_cast<MmaOp>(op)) {
      Value lhs = mma.getLhs(), acc = mma.getAcc();
      if (values.contains(lhs))
        mma.getLhsMutable().set(current(values, lhs, op.getLoc()));
      if (!values.contains(acc))
        continue;
      auto result = MmaOp::create(
          rewriter, op.getLoc(), tensorType(acc), mma.getLhs(), mma.getRhs(),
          current(values, acc, op.getLoc()), mma.getOverwrite(),
          mma.getTransposed());
      values[acc] = result.getResult();
      rewriter.eraseOp(mma);
    }
  }
}

void Promoter::promote(KernelOp kernel) {
  Values values;
  promote(kernel.getBody().front(), values);
  kernel.walk([](AllocOp alloc) {
    if (alloc.getPromote())
      alloc.erase();
  });
}

namespace {
struct PromoteRegisters
    : attnc::tile::impl::PromoteRegistersPassBase<PromoteRegisters> {
  void runOnOperation() override {
    Promoter promoter(getOperation());
    WalkResult checked = getOperation().walk([&](AllocOp alloc) {
      return WalkResult(alloc.getPromote() ? promoter.check(alloc) : success());
    });
    if (checked.wasInterrupted())
      return signalPassFailure();
    promoter.promote(getOperation());
  }
};
} // namespace
