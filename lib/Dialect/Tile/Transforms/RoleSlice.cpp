//===- RoleSlice.cpp - What one role needs of a kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RoleSlice.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attnc::tile;

/// Ops whose results and regions are sliced one by one.
static bool isSliced(Operation *op) { return isa<scf::ForOp, scf::IfOp>(op); }

RoleSlice::RoleSlice(ArrayRef<Operation *> ops,
                     function_ref<bool(Operation *)> isRoot)
    : ops(ops) {
  for (Operation *top : ops)
    top->walk([&](Operation *op) {
      if (isRoot(op))
        markOp(op);
    });
}

void RoleSlice::markOp(Operation *op) {
  if (!liveOps.insert(op).second)
    return;
  if (Operation *parent = op->getParentOp(); !isa<KernelOp>(parent))
    markOp(parent);
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    for (Value bound :
         {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()})
      markValue(bound);
    return;
  }
  for (Value operand : op->getOperands())
    markValue(operand);
  if (isSliced(op))
    return;
  op->walk([&](Operation *inner) {
    liveOps.insert(inner);
    for (Value operand : inner->getOperands())
      markValue(operand);
  });
}

void RoleSlice::markValue(Value value) {
  if (!liveValues.insert(value).second)
    return;
  // Of a loop, a value is carried whole: in, round and out.
  auto markCarried = [&](scf::ForOp loop, unsigned i) {
    markOp(loop);
    markValue(loop.getInitArgs()[i]);
    markValue(loop.getYieldedValues()[i]);
    liveValues.insert(loop.getRegionIterArg(i));
    liveValues.insert(loop.getResult(i));
  };
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(arg.getOwner()->getParentOp());
    if (loop && arg.getArgNumber() > 0)
      markCarried(loop, arg.getArgNumber() - 1);
    return;
  }
  Operation *def = value.getDefiningOp();
  unsigned number = cast<OpResult>(value).getResultNumber();
  if (auto loop = dyn_cast<scf::ForOp>(def))
    return markCarried(loop, number);
  markOp(def);
  if (auto branch = dyn_cast<scf::IfOp>(def)) {
    markValue(branch.thenYield().getOperand(number));
    markValue(branch.elseYield().getOperand(number));
  }
}

void RoleSlice::cloneOp(OpBuilder &b, Operation *op, IRMapping &mapping) const {
  if (!liveOps.contains(op))
    return;
  OpBuilder::InsertionGuard guard(b);
  auto cloneBlock = [&](Block &from, Block &to, ValueRange results) {
    if (!to.empty())
      to.back().erase();
    b.setInsertionPointToEnd(&to);
    for (Operation &inner : from.without_terminator())
      cloneOp(b, &inner, mapping);
    SmallVector<Value> yields;
    for (auto [value, result] :
         llvm::zip(from.getTerminator()->getOperands(), results))
      if (isLive(result))
        yields.push_back(mapping.lookupOrDefault(value));
    scf::YieldOp::create(b, op->getLoc(), yields);
  };
  auto mapResults = [&](Operation *clone) {
    unsigned next = 0;
    for (Value result : op->getResults())
      if (isLive(result))
        mapping.map(result, clone->getResult(next++));
  };
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    SmallVector<Value> inits;
    for (auto [init, result] :
         llvm::zip(loop.getInitArgs(), loop.getResults()))
      if (isLive(result))
        inits.push_back(mapping.lookupOrDefault(init));
    auto clone = scf::ForOp::create(
        b, loop.getLoc(), mapping.lookupOrDefault(loop.getLowerBound()),
        mapping.lookupOrDefault(loop.getUpperBound()),
        mapping.lookupOrDefault(loop.getStep()), inits);
    mapping.map(loop.getInductionVar(), clone.getInductionVar());
    unsigned next = 0;
    for (auto [arg, result] :
         llvm::zip(loop.getRegionIterArgs(), loop.getResults()))
      if (isLive(result))
        mapping.map(arg, clone.getRegionIterArg(next++));
    cloneBlock(*loop.getBody(), *clone.getBody(), loop.getResults());
    mapResults(clone);
    return;
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    SmallVector<Type> types;
    for (Value result : branch.getResults())
      if (isLive(result))
        types.push_back(result.getType());
    bool hasElse = !branch.getElseRegion().empty();
    auto clone = scf::IfOp::create(
        b, branch.getLoc(), types, mapping.lookupOrDefault(branch.getCondition()),
        /*addThenBlock=*/true, /*addElseBlock=*/hasElse);
    cloneBlock(*branch.thenBlock(), *clone.thenBlock(), branch.getResults());
    if (hasElse)
      cloneBlock(*branch.elseBlock(), *clone.elseBlock(), branch.getResults());
    mapResults(clone);
    return;
  }
  b.clone(*op, mapping);
}

void RoleSlice::clone(OpBuilder &b, IRMapping &mapping) const {
  for (Operation *op : ops)
    cloneOp(b, op, mapping);
}
