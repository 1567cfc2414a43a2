//===- RegionIntervals.h - What a mask region yields for a block -*- C++
//-*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interval arithmetic (Moore, 1966), emitted as IR. Tiles compute indices in 32
// bits: an interval that leaves them becomes that of all 32-bit integers, so
// that a class never says what the elements do not do. One of 64-bit integers
// becomes that of all 64-bit ones.
//
// A vector that is read along the rows or the keys of the block has the
// interval from its least to its greatest element there.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_IR_REGIONINTERVALS_H
#define ATTNC_LIB_DIALECT_ATTN_IR_REGIONINTERVALS_H

#include "ElementRegions.h"
#include "IndexBuilder.h"

namespace attnc::attn {

/// The integers from low to high, both `index`; null where any is possible.
struct Interval {
  mlir::Value low, high;
  /// Whether it may leave 32 bits.
  bool isWide = false;
  explicit operator bool() const { return static_cast<bool>(low); }
};

/// Whether a condition holds for all scores of the block or for none; both i1,
/// null where that is not known.
struct Truth {
  mlir::Value always, never;
};

/// Emits what is known of the values of a region over (b, h, i, j, captures…).
class RegionIntervals {
public:
  RegionIntervals(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::Region &region, mlir::ValueRange captures,
                  const ScoreBlock &block)
      : builder(builder), index{builder, loc}, body(region.front()),
        captures(captures), block(block), forms(region, /*numScores=*/0) {}

  BlockClass emit();

private:
  /// Binds the result of an op whose operands are the same for all scores; of
  /// rows and columns, to the value at the first.
  void emitFirst(mlir::Operation &op);
  /// A read along rows or keys, if `op` is one, as a vector of i32; else null.
  mlir::Value emitVector(mlir::tensor::ExtractOp op);
  void bindVector(mlir::tensor::ExtractOp op);
  Interval emitInterval(mlir::Operation &op);
  Truth emitTruth(mlir::Operation &op);
  Truth emitComparison(mlir::arith::CmpIOp op);
  /// The quotient or remainder by a divisor that is the same for all scores.
  Interval emitDivision(mlir::Operation &op);

  Interval interval(mlir::Value value) { return intervals.lookup(value); }
  Truth truth(mlir::Value value) { return truths.lookup(value); }
  void bindScalar(mlir::Value value, mlir::Value scalar);

  /// Whether an interval fits 32 bits.
  mlir::Value fits(Interval interval);
  /// `interval`, of a value of `type`, where `condition` holds and it fits 32
  /// bits; else all.
  Interval clamp(mlir::Type type, Interval interval,
                 mlir::Value condition = {});
  Interval span(llvm::ArrayRef<mlir::Value> ends);

  mlir::OpBuilder &builder;
  IndexBuilder index;
  mlir::Block &body;
  mlir::ValueRange captures;
  const ScoreBlock &block;
  Forms forms;
  /// Of uniform values; of rows and columns the value at the first element.
  llvm::DenseMap<mlir::Value, mlir::Value> scalars;
  llvm::DenseMap<mlir::Value, Interval> intervals;
  llvm::DenseMap<mlir::Value, Truth> truths;
};
} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_IR_REGIONINTERVALS_H
