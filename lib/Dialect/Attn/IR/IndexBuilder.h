//===- IndexBuilder.h - Index arithmetic of masks -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_IR_INDEXBUILDER_H
#define ATTNC_LIB_DIALECT_ATTN_IR_INDEXBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace attnc::attn {

/// Emits scalar index arithmetic and conditions. Sizes are signed: q_offset may
/// be negative.
struct IndexBuilder {
  using Value = mlir::Value;
  mlir::OpBuilder &builder;
  mlir::Location loc;

  Value constant(int64_t value) const {
    return mlir::arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value add(Value lhs, Value rhs) const {
    return builder.createOrFold<mlir::arith::AddIOp>(loc, lhs, rhs);
  }
  Value add(Value lhs, int64_t rhs) const {
    return rhs ? add(lhs, constant(rhs)) : lhs;
  }
  Value sub(Value lhs, Value rhs) const {
    return builder.createOrFold<mlir::arith::SubIOp>(loc, lhs, rhs);
  }
  Value mul(Value lhs, Value rhs) const {
    return builder.createOrFold<mlir::arith::MulIOp>(loc, lhs, rhs);
  }
  Value min(Value lhs, Value rhs) const {
    return builder.createOrFold<mlir::arith::MinSIOp>(loc, lhs, rhs);
  }
  Value max(Value lhs, Value rhs) const {
    return builder.createOrFold<mlir::arith::MaxSIOp>(loc, lhs, rhs);
  }
  /// `position` as the end of a key range.
  Value clamp(Value position, Value keyLength) const {
    return min(max(position, constant(0)), keyLength);
  }
  /// An integer of any width as an index.
  Value cast(Value value) const {
    if (value.getType().isIndex())
      return value;
    return builder.createOrFold<mlir::arith::IndexCastOp>(
        loc, builder.getIndexType(), value);
  }
  Value select(Value condition, Value lhs, Value rhs) const {
    return builder.createOrFold<mlir::arith::SelectOp>(loc, condition, lhs,
                                                       rhs);
  }

  // Conditions, of type i1. A null one is not known to hold.
  Value less(Value lhs, Value rhs) const {
    return compare(mlir::arith::CmpIPredicate::slt, lhs, rhs);
  }
  Value lessOrEqual(Value lhs, Value rhs) const {
    return compare(mlir::arith::CmpIPredicate::sle, lhs, rhs);
  }
  Value equal(Value lhs, Value rhs) const {
    return compare(mlir::arith::CmpIPredicate::eq, lhs, rhs);
  }
  Value both(Value lhs, Value rhs) const {
    if (!lhs || !rhs)
      return {};
    return builder.createOrFold<mlir::arith::AndIOp>(loc, lhs, rhs);
  }
  Value either(Value lhs, Value rhs) const {
    if (!lhs || !rhs)
      return lhs ? lhs : rhs;
    return builder.createOrFold<mlir::arith::OrIOp>(loc, lhs, rhs);
  }
  Value negate(Value condition) const {
    Value one = mlir::arith::ConstantIntOp::create(builder, loc, 1, 1);
    return builder.createOrFold<mlir::arith::XOrIOp>(loc, condition, one);
  }
  Value compare(mlir::arith::CmpIPredicate predicate, Value lhs,
                Value rhs) const {
    return builder.createOrFold<mlir::arith::CmpIOp>(loc, predicate, lhs, rhs);
  }
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_IR_INDEXBUILDER_H
