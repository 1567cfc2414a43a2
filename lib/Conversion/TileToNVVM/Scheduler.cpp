//===- Scheduler.cpp - Handing out work -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

void HopperEmitter::emitTakeWork(tile::TakeWorkOp op) {
  Type type = b.getI32Type();
  if (!op.getLast()) {
    values[op] = NVVM::BlockIdXOp::create(b, loc, type);
    return;
  }
  // The first work of each block is its number; the counter starts behind.
  Value blocks = NVVM::GridDimXOp::create(b, loc, type);
  auto scheduler = op.getScheduler().getDefiningOp<tile::SchedulerOp>();
  Value before = lookup(op.getLast());
  if (scheduler.getDynamic())
    before =
        LLVM::AtomicRMWOp::create(b, loc, LLVM::AtomicBinOp::add, counter(),
                                  i32(1), LLVM::AtomicOrdering::monotonic);
  values[op] = add(blocks, before);
}

void HopperEmitter::emitWorkIds(tile::WorkIdsOp op) {
  auto scheduler = op.getScheduler().getDefiningOp<tile::SchedulerOp>();
  SmallVector<Value> sizes = lookup(scheduler.getSizes());
  Value work = lookup(op.getWork());
  auto divide = [&](Value lhs, Value rhs) -> Value {
    return arith::DivUIOp::create(b, loc, lhs, rhs);
  };
  // All indices but the first make one, with the second the fastest.
  Value others = i32(1);
  for (Value size : ArrayRef<Value>(sizes).drop_front())
    others = mul(others, size);
  Value exists = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, work,
                                       mul(sizes.front(), others));
  // Groups follow one another; the last may be smaller.
  Value group = lookup(scheduler.getGroup());
  Value perGroup = mul(sizes.front(), group);
  Value number = divide(work, perGroup);
  Value inGroup = sub(work, mul(number, perGroup));
  Value start = mul(number, group);
  Value width = arith::MinUIOp::create(b, loc, group, sub(others, start));
  Value first = divide(inGroup, width);
  Value other = add(start, sub(inGroup, mul(first, width)));
  SmallVector<Value> ids = {first};
  for (size_t dim = 1; dim < sizes.size(); ++dim) {
    if (dim + 1 == sizes.size()) {
      ids.push_back(other);
      break;
    }
    Value rest = divide(other, sizes[dim]);
    ids.push_back(sub(other, mul(rest, sizes[dim])));
    other = rest;
  }
  values[op.getExists()] = exists;
  for (auto [result, id] : llvm::zip(op.getIds(), ids))
    values[result] = id;
}

/// The last block to leave sets the counter, and the count of those that left,
/// back to zero.
void HopperEmitter::emitFinishWork(tile::FinishWorkOp op) {
  auto scheduler = op.getScheduler().getDefiningOp<tile::SchedulerOp>();
  if (!scheduler.getDynamic())
    return;
  Value next = counter();
  Value left = LLVM::GEPOp::create(b, loc, next.getType(), b.getI32Type(), next,
                                   ArrayRef<LLVM::GEPArg>{1});
  Value before =
      LLVM::AtomicRMWOp::create(b, loc, LLVM::AtomicBinOp::add, left, i32(1),
                                LLVM::AtomicOrdering::monotonic);
  Value blocks = NVVM::GridDimXOp::create(b, loc, b.getI32Type());
  ifThen(isEqual(before, sub(blocks, i32(1))), [&] {
    LLVM::StoreOp::create(b, loc, i32(0), next);
    LLVM::StoreOp::create(b, loc, i32(0), left);
  });
}
