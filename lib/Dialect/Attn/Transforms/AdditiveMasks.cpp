//===- AdditiveMasks.cpp - The mask in a bias with −inf -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AdditiveMasks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attnc::attn;

namespace {
class Splitter {
public:
  explicit Splitter(OpBuilder &builder) : builder(builder) {}

  AdditiveParts split(Value value);

private:
  AdditiveParts splitSelect(arith::SelectOp op);
  Value both(Location loc, Value lhs, Value rhs) {
    if (!lhs || !rhs)
      return lhs ? lhs : rhs;
    return builder.createOrFold<arith::AndIOp>(loc, lhs, rhs);
  }
  Value boolean(Location loc, bool value) {
    return arith::ConstantIntOp::create(builder, loc, value, 1);
  }
  static bool isNever(Value visible) {
    return visible && matchPattern(visible, m_Zero());
  }

  OpBuilder &builder;
  llvm::DenseMap<Value, AdditiveParts> known;
};
} // namespace

AdditiveParts Splitter::splitSelect(arith::SelectOp op) {
  Location loc = op.getLoc();
  AdditiveParts lhs = split(op.getTrueValue()), rhs = split(op.getFalseValue());
  if (!lhs.visible && !rhs.visible)
    return {{}, op};
  Value condition = op.getCondition();
  if (isNever(rhs.visible))
    return {both(loc, condition, lhs.visible), lhs.finite};
  if (isNever(lhs.visible)) {
    Value negated =
        builder.createOrFold<arith::XOrIOp>(loc, condition, boolean(loc, true));
    return {both(loc, negated, rhs.visible), rhs.finite};
  }
  AdditiveParts result;
  auto orTrue = [&](Value visible) {
    return visible ? visible : boolean(loc, true);
  };
  result.visible = builder.createOrFold<arith::SelectOp>(
      loc, condition, orTrue(lhs.visible), orTrue(rhs.visible));
  if (!lhs.finite && !rhs.finite)
    return result;
  auto orZero = [&](Value finite) -> Value {
    if (finite)
      return finite;
    return arith::ConstantOp::create(builder, loc,
                                     builder.getZeroAttr(op.getType()));
  };
  result.finite = builder.createOrFold<arith::SelectOp>(
      loc, condition, orZero(lhs.finite), orZero(rhs.finite));
  return result;
}

AdditiveParts Splitter::split(Value value) {
  auto it = known.find(value);
  if (it != known.end())
    return it->second;
  AdditiveParts parts{{}, value};
  Operation *op = value.getDefiningOp();
  APFloat constant(0.0);
  if (matchPattern(value, m_ConstantFloat(&constant))) {
    if (constant.isZero())
      parts = {};
    else if (constant.isInfinity() && constant.isNegative())
      parts = {boolean(value.getLoc(), false), {}};
  } else if (auto select = dyn_cast_or_null<arith::SelectOp>(op);
             select && select.getCondition().getType().isInteger(1)) {
    parts = splitSelect(select);
  } else if (isa_and_nonnull<arith::AddFOp>(op)) {
    AdditiveParts lhs = split(op->getOperand(0)),
                  rhs = split(op->getOperand(1));
    if (lhs.visible || rhs.visible || !lhs.finite || !rhs.finite) {
      parts.visible = both(op->getLoc(), lhs.visible, rhs.visible);
      parts.finite = lhs.finite ? lhs.finite : rhs.finite;
      if (lhs.finite && rhs.finite)
        parts.finite = arith::AddFOp::create(builder, op->getLoc(), lhs.finite,
                                             rhs.finite);
    }
  } else if (isa_and_nonnull<arith::ExtFOp, arith::TruncFOp>(op)) {
    AdditiveParts inner = split(op->getOperand(0));
    if (inner.visible || !inner.finite) {
      parts = inner;
      if (inner.finite && isa<arith::ExtFOp>(op))
        parts.finite = arith::ExtFOp::create(builder, op->getLoc(),
                                             value.getType(), inner.finite);
      else if (inner.finite)
        parts.finite = arith::TruncFOp::create(builder, op->getLoc(),
                                               value.getType(), inner.finite);
    }
  }
  return known[value] = parts;
}

AdditiveParts attnc::attn::splitAdditiveMask(OpBuilder &builder, Value value) {
  return Splitter(builder).split(value);
}
