//===- RegionIntervals.cpp - Integers of a region for a block -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegionIntervals.h"
#include "ScoreTiles.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

Value RegionIntervals::fits(Interval interval) {
  Value lowest = index.constant(std::numeric_limits<int32_t>::min());
  Value highest = index.constant(std::numeric_limits<int32_t>::max());
  return index.both(index.lessOrEqual(lowest, interval.low),
                    index.lessOrEqual(interval.high, highest));
}

template <typename T>
static std::pair<Value, Value> limits(IndexBuilder index) {
  return {index.constant(std::numeric_limits<T>::min()),
          index.constant(std::numeric_limits<T>::max())};
}

Interval RegionIntervals::clamp(Type type, Interval interval, Value condition) {
  Value isKnown = fits(interval);
  if (condition)
    isKnown = index.both(isKnown, condition);
  bool isWide = type.isInteger(64);
  auto [lowest, highest] =
      isWide ? limits<int64_t>(index) : limits<int32_t>(index);
  return {index.select(isKnown, interval.low, lowest),
          index.select(isKnown, interval.high, highest), isWide};
}

/// From the smallest to the largest of `ends`.
Interval RegionIntervals::span(ArrayRef<Value> ends) {
  Interval result{ends[0], ends[0]};
  for (Value end : ends.drop_front())
    result = {index.min(result.low, end), index.max(result.high, end)};
  return result;
}

void RegionIntervals::bindScalar(Value value, Value scalar) {
  scalars[value] = scalar;
  Type type = scalar.getType();
  if (type.isInteger(1)) {
    truths[value] = {scalar, index.negate(scalar)};
  } else if (isa<IntegerType, IndexType>(type)) {
    Interval point{index.cast(scalar), index.cast(scalar)};
    std::optional<int64_t> known = getConstantIntValue(scalar);
    point.isWide = type.isInteger(64) && !(known && llvm::isInt<32>(*known));
    if (type.isIndex())
      intervals[value] = clamp(type, point);
    else if (type.getIntOrFloatBitWidth() <= 64)
      intervals[value] = point;
  }
}

Interval RegionIntervals::emitDivision(Operation &op) {
  Interval dividend = interval(op.getOperand(0));
  Value scalar = scalars.lookup(op.getOperand(1));
  if (!dividend || !scalar)
    return {};
  Type type = op.getResult(0).getType();
  Value zero = index.constant(0), one = index.constant(1);
  Value divisor = index.cast(scalar);
  Value highest = index.constant(std::numeric_limits<int32_t>::max());
  Value valid = index.both(index.less(zero, divisor),
                           index.lessOrEqual(divisor, highest));
  divisor = index.max(divisor, one);
  // Unsigned ops, and a remainder that is simple, take no negative numbers.
  if (!isa<arith::DivSIOp, arith::FloorDivSIOp, arith::CeilDivSIOp>(op))
    valid = index.both(valid, index.lessOrEqual(zero, dividend.low));
  auto divide = [&](Value value) -> Value {
    if (isa<arith::FloorDivSIOp>(op))
      return builder.createOrFold<arith::FloorDivSIOp>(index.loc, value,
                                                       divisor);
    if (isa<arith::CeilDivSIOp, arith::CeilDivUIOp>(op))
      return builder.createOrFold<arith::CeilDivSIOp>(index.loc, value,
                                                      divisor);
    return builder.createOrFold<arith::DivSIOp>(index.loc, value, divisor);
  };
  Value low = divide(dividend.low), high = divide(dividend.high);
  if (!isa<arith::RemSIOp, arith::RemUIOp>(op))
    return clamp(type, {low, high}, valid);
  // Within one period the remainder only grows.
  Value start = index.mul(low, divisor);
  Value same = index.equal(low, high);
  return clamp(type,
               {index.select(same, index.sub(dividend.low, start), zero),
                index.select(same, index.sub(dividend.high, start),
                             index.sub(divisor, one))},
               valid);
}

Interval RegionIntervals::emitInterval(Operation &op) {
  Type type = op.getResult(0).getType();
  Interval a = interval(op.getOperand(0));
  Interval b =
      op.getNumOperands() > 1 ? interval(op.getOperand(1)) : Interval();
  // Narrower arithmetic wraps earlier; of wide operands it may leave 64 bits.
  bool isArithmetic =
      a && b && (type.isIndex() || type.isInteger(32) || type.isInteger(64));
  auto arithmetic = [&](Interval result) {
    Value narrow;
    for (Interval operand : {a, b})
      if (operand.isWide)
        narrow = narrow ? index.both(narrow, fits(operand)) : fits(operand);
    return clamp(type, result, narrow);
  };
  return llvm::TypeSwitch<Operation *, Interval>(&op)
      .Case([&](arith::AddIOp) -> Interval {
        if (!isArithmetic)
          return {};
        return arithmetic({index.add(a.low, b.low), index.add(a.high, b.high)});
      })
      .Case([&](arith::SubIOp) -> Interval {
        if (!isArithmetic)
          return {};
        return arithmetic({index.sub(a.low, b.high), index.sub(a.high, b.low)});
      })
      .Case([&](arith::MulIOp) -> Interval {
        if (!isArithmetic)
          return {};
        return arithmetic(
            span({index.mul(a.low, b.low), index.mul(a.low, b.high),
                  index.mul(a.high, b.low), index.mul(a.high, b.high)}));
      })
      .Case([&](arith::MinSIOp) -> Interval {
        if (!a || !b)
          return {};
        return {index.min(a.low, b.low), index.min(a.high, b.high),
                a.isWide || b.isWide};
      })
      .Case([&](arith::MaxSIOp) -> Interval {
        if (!a || !b)
          return {};
        return {index.max(a.low, b.low), index.max(a.high, b.high),
                a.isWide || b.isWide};
      })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp,
            arith::CeilDivSIOp, arith::CeilDivUIOp, arith::RemSIOp,
            arith::RemUIOp>([&](Operation *op) { return emitDivision(*op); })
      .Case([&](arith::SelectOp op) -> Interval {
        Interval c = interval(op.getFalseValue());
        if (!b || !c)
          return {};
        return {index.min(b.low, c.low), index.max(b.high, c.high),
                b.isWide || c.isWide};
      })
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(
          [&](auto op) -> Interval {
            // A sign extension of a condition is 0 or −1.
            bool keeps = type.isIndex() || type.getIntOrFloatBitWidth() >= 32;
            if (!a || !keeps || op.getIn().getType().isInteger(1))
              return {};
            return a.isWide ? clamp(type, a) : a;
          })
      .Case([&](arith::ExtUIOp op) -> Interval {
        if (!a)
          return {};
        return clamp(type, a, index.lessOrEqual(index.constant(0), a.low));
      })
      .Default([](Operation *) { return Interval(); });
}

//===----------------------------------------------------------------------===//
// The region
//===----------------------------------------------------------------------===//

void RegionIntervals::emitFirst(Operation &op) {
  Value result = op.getResult(0);
  Form form = forms.get(result);
  auto read = dyn_cast<tensor::ExtractOp>(op);
  if (form == Form::Any || (read && !isa<BlockArgument>(read.getTensor())))
    return;
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    Value captured = getCapture(dim.getSource(), captures);
    bindScalar(result, block.buffer ? emitCapturedSize(builder, index.loc, dim,
                                                       block.buffer(captured))
                                    : block.q0);
    return;
  }
  SmallVector<Value> operands;
  for (Value operand :
       read ? ValueRange(read.getIndices()) : op.getOperands()) {
    operands.push_back(scalars.lookup(operand));
    if (!operands.back())
      return;
  }
  Value scalar =
      read ? block.read(getCapture(read.getTensor(), captures), operands)
           : cloneElementwise(builder, index.loc, op, operands,
                              result.getType());
  if (form == Form::Uniform)
    bindScalar(result, scalar);
  else
    scalars[result] = scalar;
}

Value RegionIntervals::emitVector(tensor::ExtractOp op) {
  auto type = dyn_cast<IntegerType>(op.getType());
  if (!type || type.getWidth() > 32 || op.getIndices().empty() ||
      !isa<BlockArgument>(op.getTensor()))
    return {};
  SmallVector<Value> at;
  for (Value place : op.getIndices())
    at.push_back(scalars.lookup(place));
  Form last = forms.get(op.getIndices().back());
  bool isVector = (last == Form::Row || last == Form::Column) &&
                  llvm::all_of(op.getIndices().drop_back(), [&](Value place) {
                    return forms.get(place) == Form::Uniform;
                  });
  if (!isVector || llvm::is_contained(at, Value()))
    return {};
  Value captured = getCapture(op.getTensor(), captures);
  int64_t size = last == Form::Row ? block.numRows : block.numKeys;
  if (!block.buffer) // only asked whether there is one
    return block.read(captured, at);
  Value vector =
      loadWindow(builder, index.loc, block.buffer(captured), at, size);
  auto wide = RankedTensorType::get(size, builder.getI32Type());
  if (type.getWidth() == 1)
    return arith::ExtUIOp::create(builder, index.loc, wide, vector);
  return type.getWidth() == 32
             ? vector
             : arith::ExtSIOp::create(builder, index.loc, wide, vector);
}

void RegionIntervals::bindVector(tensor::ExtractOp op) {
  Value vector = emitVector(op);
  if (!vector)
    return;
  // Beyond the edges are zeros: ranges only get wider.
  auto reduce = [&](tile::ReduceKind kind) -> Value {
    if (!isa<RankedTensorType>(vector.getType()))
      return index.cast(vector);
    return index.cast(tile::ReduceOp::create(
        builder, index.loc, builder.getI32Type(), kind, vector));
  };
  Interval range{reduce(tile::ReduceKind::Min), reduce(tile::ReduceKind::Max)};
  if (!op.getType().isInteger(1)) {
    intervals[op] = range;
    return;
  }
  truths[op] = {index.equal(range.low, index.constant(1)),
                index.equal(range.high, index.constant(0))};
}

BlockClass RegionIntervals::emit() {
  Value one = index.constant(1);
  bindScalar(body.getArgument(0), block.batch);
  bindScalar(body.getArgument(1), block.head);
  scalars[body.getArgument(2)] = block.q0;
  scalars[body.getArgument(3)] = block.k0;
  intervals[body.getArgument(2)] = {block.q0, index.sub(block.q1, one)};
  intervals[body.getArgument(3)] = {block.k0, index.sub(block.k1, one)};
  for (BlockArgument arg : body.getArguments().drop_front(4))
    if (!isa<ShapedType>(arg.getType()))
      if (auto def =
              getCapture(arg, captures).getDefiningOp<arith::ConstantOp>())
        bindScalar(arg, builder.clone(*def)->getResult(0));

  for (Operation &op : body.without_terminator()) {
    if (op.getNumResults() != 1 || op.getNumRegions() ||
        !op.getResult(0).getType().isIntOrIndexOrFloat())
      continue;
    Value result = op.getResult(0);
    emitFirst(op);
    if (forms.get(result) == Form::Uniform && scalars.lookup(result))
      continue;
    if (auto read = dyn_cast<tensor::ExtractOp>(op))
      bindVector(read);
    else if (result.getType().isInteger(1))
      truths[result] = emitTruth(op);
    else if (op.getNumOperands())
      intervals[result] = emitInterval(op);
  }
  Truth visible = truth(body.getTerminator()->getOperand(0));
  return {visible.never, visible.always};
}

BlockClass attnc::attn::emitRegionClass(OpBuilder &builder, Location loc,
                                        Region &region, ValueRange captures,
                                        const ScoreBlock &block) {
  return RegionIntervals(builder, loc, region, captures, block).emit();
}
