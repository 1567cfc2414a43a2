//===- RegionConditions.cpp - Conditions of a region for a block -*- C++
//-*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegionIntervals.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc::attn;

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
