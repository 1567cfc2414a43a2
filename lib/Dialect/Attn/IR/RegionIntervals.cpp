//===- RegionIntervals.cpp - What a mask region yields for a block -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interval arithmetic (Moore, 1966), emitted as IR. Tiles compute indices in 32
// bits: an interval that leaves them becomes that of all 32-bit integers, so
// that a class never says what the elements do not do.
//
//===----------------------------------------------------------------------===//

#include "ElementRegions.h"
#include "IndexBuilder.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc::attn;

namespace {
/// The integers from low to high, both `index`; null where any is possible.
struct Interval {
  Value low, high;
  explicit operator bool() const { return static_cast<bool>(low); }
};

/// Whether a condition holds for all scores of the block or for none; both i1,
/// null where that is not known.
struct Truth {
  Value always, never;
};

class RegionIntervals {
public:
  RegionIntervals(OpBuilder &builder, Location loc, ValueRange captures,
                  const ScoreBlock &block)
      : builder(builder), index{builder, loc}, captures(captures),
        block(block) {}

  BlockClass emit(Block &body);

private:
  /// Binds the result of an op whose operands are the same for all scores.
  bool emitUniform(Operation &op);
  Interval emitInterval(Operation &op);
  Truth emitTruth(Operation &op);
  Truth emitComparison(arith::CmpIOp op);
  /// The quotient or remainder by a divisor that is the same for all scores.
  Interval emitDivision(Operation &op);

  Interval interval(Value value) { return intervals.lookup(value); }
  Truth truth(Value value) { return truths.lookup(value); }
  void bindScalar(Value value, Value scalar);

  /// `interval` where `condition` holds and it fits 32 bits, else all.
  Interval clamp(Interval interval, Value condition = {});
  Interval span(ArrayRef<Value> ends);

  OpBuilder &builder;
  IndexBuilder index;
  ValueRange captures;
  const ScoreBlock &block;
  llvm::DenseMap<Value, Value> scalars;
  llvm::DenseMap<Value, Interval> intervals;
  llvm::DenseMap<Value, Truth> truths;
};
} // namespace

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

Interval RegionIntervals::clamp(Interval interval, Value condition) {
  Value lowest = index.constant(std::numeric_limits<int32_t>::min());
  Value highest = index.constant(std::numeric_limits<int32_t>::max());
  Value fits = index.both(index.lessOrEqual(lowest, interval.low),
                          index.lessOrEqual(interval.high, highest));
  if (condition)
    fits = index.both(fits, condition);
  return {index.select(fits, interval.low, lowest),
          index.select(fits, interval.high, highest)};
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
    if (type.isIndex())
      intervals[value] = clamp(point);
    else if (type.getIntOrFloatBitWidth() <= 32)
      intervals[value] = point;
    else if (std::optional<int64_t> known = getConstantIntValue(scalar);
             known && llvm::isInt<32>(*known))
      intervals[value] = point;
  }
}

Interval RegionIntervals::emitDivision(Operation &op) {
  Interval dividend = interval(op.getOperand(0));
  Value scalar = scalars.lookup(op.getOperand(1));
  if (!dividend || !scalar)
    return {};
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
    return clamp({low, high}, valid);
  // Within one period the remainder only grows.
  Value start = index.mul(low, divisor);
  Value same = index.equal(low, high);
  return clamp({index.select(same, index.sub(dividend.low, start), zero),
                index.select(same, index.sub(dividend.high, start),
                             index.sub(divisor, one))},
               valid);
}

Interval RegionIntervals::emitInterval(Operation &op) {
  Type type = op.getResult(0).getType();
  Interval a = interval(op.getOperand(0));
  Interval b =
      op.getNumOperands() > 1 ? interval(op.getOperand(1)) : Interval();
  // Wider arithmetic may leave 64 bits, narrower wraps earlier.
  bool isArithmetic = a && b && (type.isIndex() || type.isInteger(32));
  return llvm::TypeSwitch<Operation *, Interval>(&op)
      .Case([&](arith::AddIOp) -> Interval {
        if (!isArithmetic)
          return {};
        return clamp({index.add(a.low, b.low), index.add(a.high, b.high)});
      })
      .Case([&](arith::SubIOp) -> Interval {
        if (!isArithmetic)
          return {};
        return clamp({index.sub(a.low, b.high), index.sub(a.high, b.low)});
      })
      .Case([&](arith::MulIOp) -> Interval {
        if (!isArithmetic)
          return {};
        return clamp(
            span({index.mul(a.low, b.low), index.mul(a.low, b.high),
                  index.mul(a.high, b.low), index.mul(a.high, b.high)}));
      })
      .Case([&](arith::MinSIOp) -> Interval {
        if (!a || !b)
          return {};
        return {index.min(a.low, b.low), index.min(a.high, b.high)};
      })
      .Case([&](arith::MaxSIOp) -> Interval {
        if (!a || !b)
          return {};
        return {index.max(a.low, b.low), index.max(a.high, b.high)};
      })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp,
            arith::CeilDivSIOp, arith::CeilDivUIOp, arith::RemSIOp,
            arith::RemUIOp>([&](Operation *op) { return emitDivision(*op); })
      .Case([&](arith::SelectOp op) -> Interval {
        Interval c = interval(op.getFalseValue());
        if (!b || !c)
          return {};
        return {index.min(b.low, c.low), index.max(b.high, c.high)};
      })
      .Case<arith::IndexCastOp, arith::ExtSIOp>([&](auto op) -> Interval {
        Type from = op.getIn().getType();
        // A sign extension of a condition is 0 or −1.
        bool keeps = type.isIndex() || type.getIntOrFloatBitWidth() >= 32;
        return keeps && !from.isInteger(1) ? a : Interval();
      })
      .Case([&](arith::ExtUIOp op) -> Interval {
        if (!a)
          return {};
        return clamp(a, index.lessOrEqual(index.constant(0), a.low));
      })
      .Default([](Operation *) { return Interval(); });
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

Truth RegionIntervals::emitComparison(arith::CmpIOp op) {
  using Predicate = arith::CmpIPredicate;
  Interval a = interval(op.getLhs()), b = interval(op.getRhs());
  if (!a || !b) {
    Truth t = truth(op.getLhs()), u = truth(op.getRhs());
    if (op.getPredicate() != Predicate::eq &&
        op.getPredicate() != Predicate::ne)
      return {};
    // Of conditions: both or neither.
    Truth equal{index.either(index.both(t.always, u.always),
                             index.both(t.never, u.never)),
                index.either(index.both(t.always, u.never),
                             index.both(t.never, u.always))};
    return op.getPredicate() == Predicate::eq
               ? equal
               : Truth{equal.never, equal.always};
  }
  auto less = [&](Interval x, Interval y) -> Truth {
    return {index.less(x.high, y.low), index.lessOrEqual(y.high, x.low)};
  };
  auto lessOrEqual = [&](Interval x, Interval y) -> Truth {
    return {index.lessOrEqual(x.high, y.low), index.less(y.high, x.low)};
  };
  auto notNegative = [&](Truth t) -> Truth {
    Value zero = index.constant(0);
    Value valid = index.both(index.lessOrEqual(zero, a.low),
                             index.lessOrEqual(zero, b.low));
    return {index.both(valid, t.always), index.both(valid, t.never)};
  };
  switch (op.getPredicate()) {
  case Predicate::slt:
    return less(a, b);
  case Predicate::sle:
    return lessOrEqual(a, b);
  case Predicate::sgt:
    return less(b, a);
  case Predicate::sge:
    return lessOrEqual(b, a);
  case Predicate::ult:
    return notNegative(less(a, b));
  case Predicate::ule:
    return notNegative(lessOrEqual(a, b));
  case Predicate::ugt:
    return notNegative(less(b, a));
  case Predicate::uge:
    return notNegative(lessOrEqual(b, a));
  case Predicate::eq:
  case Predicate::ne: {
    Value always =
        index.both(index.equal(a.low, b.high), index.equal(a.high, b.low));
    Value never =
        index.either(index.less(a.high, b.low), index.less(b.high, a.low));
    if (op.getPredicate() == Predicate::ne)
      std::swap(always, never);
    return {always, never};
  }
  }
  llvm_unreachable("all predicates are handled");
}

Truth RegionIntervals::emitTruth(Operation &op) {
  Truth a = truth(op.getOperand(0));
  Truth b = op.getNumOperands() > 1 ? truth(op.getOperand(1)) : Truth();
  return llvm::TypeSwitch<Operation *, Truth>(&op)
      .Case([&](arith::CmpIOp op) { return emitComparison(op); })
      .Case([&](arith::AndIOp) -> Truth {
        return {index.both(a.always, b.always), index.either(a.never, b.never)};
      })
      .Case([&](arith::OrIOp) -> Truth {
        return {index.either(a.always, b.always), index.both(a.never, b.never)};
      })
      .Case([&](arith::XOrIOp) -> Truth {
        return {index.either(index.both(a.always, b.never),
                             index.both(a.never, b.always)),
                index.either(index.both(a.always, b.always),
                             index.both(a.never, b.never))};
      })
      .Case([&](arith::SelectOp op) -> Truth {
        Truth c = truth(op.getFalseValue());
        auto choose = [&](Value ifTrue, Value ifFalse) {
          return index.either(index.both(ifTrue, ifFalse),
                              index.either(index.both(a.always, ifTrue),
                                           index.both(a.never, ifFalse)));
        };
        return {choose(b.always, c.always), choose(b.never, c.never)};
      })
      .Default([](Operation *) { return Truth(); });
}

//===----------------------------------------------------------------------===//
// The region
//===----------------------------------------------------------------------===//

bool RegionIntervals::emitUniform(Operation &op) {
  Value result = op.getResult(0);
  SmallVector<Value> operands;
  auto read = dyn_cast<tensor::ExtractOp>(op);
  if (read && !isa<BlockArgument>(read.getTensor()))
    return false;
  for (Value operand :
       read ? ValueRange(read.getIndices()) : op.getOperands()) {
    operands.push_back(scalars.lookup(operand));
    if (!operands.back())
      return false;
  }
  if (read)
    bindScalar(result,
               block.read(getCapture(read.getTensor(), captures), operands));
  else
    bindScalar(result, cloneElementwise(builder, index.loc, op, operands,
                                        result.getType()));
  return true;
}

BlockClass RegionIntervals::emit(Block &body) {
  Value one = index.constant(1);
  bindScalar(body.getArgument(0), block.batch);
  bindScalar(body.getArgument(1), block.head);
  intervals[body.getArgument(2)] = {block.q0, index.sub(block.q1, one)};
  intervals[body.getArgument(3)] = {block.k0, index.sub(block.k1, one)};
  for (BlockArgument arg : body.getArguments().drop_front(4))
    if (!isa<ShapedType>(arg.getType()))
      if (auto def =
              getCapture(arg, captures).getDefiningOp<arith::ConstantOp>())
        bindScalar(arg, builder.clone(*def)->getResult(0));

  for (Operation &op : body.without_terminator()) {
    if (op.getNumResults() != 1 || op.getNumRegions() ||
        !op.getResult(0).getType().isIntOrIndexOrFloat() || emitUniform(op))
      continue;
    Value result = op.getResult(0);
    if (result.getType().isInteger(1))
      truths[result] = emitTruth(op);
    else
      intervals[result] = emitInterval(op);
  }
  Truth visible = truth(body.getTerminator()->getOperand(0));
  return {visible.never, visible.always};
}

BlockClass attnc::attn::emitRegionClass(OpBuilder &builder, Location loc,
                                        Region &region, ValueRange captures,
                                        const ScoreBlock &block) {
  return RegionIntervals(builder, loc, captures, block).emit(region.front());
}
