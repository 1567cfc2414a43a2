//===- ControlFlow.cpp - Loops and branches -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

/// Fills the block of `to` from that of `from`; the arguments have the
/// converted types.
LogicalResult HopperEmitter::emitRegion(Region &from, Region &to) {
  if (from.empty())
    return success();
  Block &source = from.front(), &target = to.front();
  for (auto [before, after] :
       llvm::zip_equal(source.getArguments(), target.getArguments()))
    values[before] = after;
  OpBuilder::InsertionGuard guard(b);
  if (target.mightHaveTerminator())
    target.getTerminator()->erase();
  b.setInsertionPointToEnd(&target);
  return emitBody(source);
}

LogicalResult HopperEmitter::emitFor(scf::ForOp op) {
  if (failed(convertTypes(op, op.getResultTypes())))
    return failure();
  auto loop = scf::ForOp::create(
      b, loc, lookup(op.getLowerBound()), lookup(op.getUpperBound()),
      lookup(op.getStep()), lookup(op.getInitArgs()));
  if (failed(emitRegion(op.getRegion(), loop.getRegion())))
    return failure();
  for (auto [before, after] : llvm::zip(op.getResults(), loop.getResults()))
    values[before] = after;
  return success();
}

LogicalResult HopperEmitter::emitIf(scf::IfOp op) {
  FailureOr<SmallVector<Type>> types = convertTypes(op, op.getResultTypes());
  if (failed(types))
    return failure();
  bool hasElse = !op.getElseRegion().empty();
  auto branch =
      scf::IfOp::create(b, loc, *types, lookup(op.getCondition()), hasElse);
  // With results the builder leaves the blocks without a terminator.
  if (failed(emitRegion(op.getThenRegion(), branch.getThenRegion())) ||
      (hasElse &&
       failed(emitRegion(op.getElseRegion(), branch.getElseRegion()))))
    return failure();
  for (auto [before, after] : llvm::zip(op.getResults(), branch.getResults()))
    values[before] = after;
  return success();
}

LogicalResult HopperEmitter::emitWhile(scf::WhileOp op) {
  FailureOr<SmallVector<Type>> types = convertTypes(op, op.getResultTypes());
  if (failed(types) || failed(convertTypes(op, op.getInits().getTypes())))
    return failure();
  auto loop = scf::WhileOp::create(b, loc, *types, lookup(op.getInits()));
  auto addBlock = [&](Region &region, TypeRange types) {
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Location> locs(types.size(), loc);
    b.createBlock(&region, {}, types, locs);
  };
  addBlock(loop.getBefore(), ValueRange(loop.getInits()).getTypes());
  addBlock(loop.getAfter(), *types);
  if (failed(emitRegion(op.getBefore(), loop.getBefore())) ||
      failed(emitRegion(op.getAfter(), loop.getAfter())))
    return failure();
  for (auto [before, after] : llvm::zip(op.getResults(), loop.getResults()))
    values[before] = after;
  return success();
}
