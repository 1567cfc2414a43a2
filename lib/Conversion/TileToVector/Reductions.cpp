//===- Reductions.cpp - Row sums and maxima -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row is first folded to one vector, as a balanced tree; then the vectors of
// the rows are reduced across their lanes together. An extremum of floats is the
// bare instruction, which drops a NaN in one operand; NaNs are looked for
// apart, two vectors a comparison.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;

namespace {
struct RowReducer {
  OpBuilder &b;
  Location loc;
  tile::ReduceKind kind;
  Type element;

  Value combine(Value lhs, Value rhs) {
    if (kind == tile::ReduceKind::Add)
      return isa<FloatType>(element)
                 ? Value(arith::AddFOp::create(b, loc, lhs, rhs))
                 : Value(arith::AddIOp::create(b, loc, lhs, rhs));
    bool isMax = kind == tile::ReduceKind::Max;
    if (!isa<FloatType>(element))
      return isMax ? Value(arith::MaxSIOp::create(b, loc, lhs, rhs))
                   : Value(arith::MinSIOp::create(b, loc, lhs, rhs));
    Value first = arith::CmpFOp::create(
        b, loc, isMax ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT,
        lhs, rhs);
    return arith::SelectOp::create(b, loc, first, lhs, rhs);
  }

  Value tree(SmallVector<Value> values) {
    while (values.size() > 1) {
      SmallVector<Value> next;
      for (size_t i = 0; i + 1 < values.size(); i += 2)
        next.push_back(combine(values[i], values[i + 1]));
      if (values.size() % 2)
        next.push_back(values.back());
      values = std::move(next);
    }
    return values.front();
  }

  /// Across the lanes of each of `vectors`, which have one width, a power of
  /// two of them: halves of two vectors meet in one, whose halves are added
  /// next. Gives one vector with a lane for each.
  Value across(SmallVector<Value> vectors) {
    // Each vector holds `segments` runs of lanes, each still to be reduced.
    int64_t segments = 1;
    auto meet = [&](Value a, Value c) {
      int64_t width = cast<VectorType>(a.getType()).getNumElements();
      int64_t run = width / segments;
      SmallVector<int64_t> low, high;
      for (int64_t base = 0; base < (c ? 2 : 1) * width; base += run)
        for (int64_t i = 0; i < run / 2; ++i) {
          low.push_back(base + i);
          high.push_back(base + run / 2 + i);
        }
      if (!c)
        c = a;
      return combine(vector::ShuffleOp::create(b, loc, a, c, low),
                     vector::ShuffleOp::create(b, loc, a, c, high));
    };
    int64_t count = vectors.size();
    auto width = [&] {
      return cast<VectorType>(vectors[0].getType()).getNumElements();
    };
    while (vectors.size() > 1 && width() > segments) {
      SmallVector<Value> next;
      for (size_t i = 0; i < vectors.size(); i += 2)
        next.push_back(meet(vectors[i], vectors[i + 1]));
      vectors = std::move(next);
      segments *= 2;
    }
    for (Value &vector : vectors)
      while (cast<VectorType>(vector.getType()).getNumElements() > segments)
        vector = meet(vector, Value());
    // More rows than lanes: several vectors are left.
    while (vectors.size() > 1) {
      SmallVector<Value> next;
      auto all = llvm::to_vector(llvm::seq<int64_t>(0, 2 * width()));
      for (size_t i = 0; i < vectors.size(); i += 2)
        next.push_back(
            vector::ShuffleOp::create(b, loc, vectors[i], vectors[i + 1], all));
      vectors = std::move(next);
    }
    assert(width() == count && "a lane for each vector");
    return vectors.front();
  }

  /// Whether any lane of `pieces` is a NaN.
  Value anyNan(ArrayRef<Value> pieces) {
    llvm::MapVector<Type, Value> byType;
    for (size_t i = 0; i < pieces.size(); ++i) {
      Value other = pieces[i];
      if (i + 1 < pieces.size() &&
          pieces[i + 1].getType() == pieces[i].getType())
        other = pieces[i + 1];
      Value unordered = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO,
                                              pieces[i], other);
      i += other != pieces[i];
      Value &all = byType[unordered.getType()];
      all = all ? arith::OrIOp::create(b, loc, all, unordered) : unordered;
    }
    Value any;
    for (auto &[type, mask] : byType) {
      Value one =
          vector::ReductionOp::create(b, loc, vector::CombiningKind::OR, mask);
      any = any ? arith::OrIOp::create(b, loc, any, one) : one;
    }
    return any;
  }

  /// A vector with a lane for each row; their number is a power of two.
  Value reduce(ArrayRef<SmallVector<Value>> rows) {
    SmallVector<Value> parts;
    for (size_t first = 0; first < rows[0].size();) {
      Type type = rows[0][first].getType();
      SmallVector<Value> folded;
      size_t end = first;
      while (end < rows[0].size() && rows[0][end].getType() == type)
        ++end;
      for (ArrayRef<Value> row : rows)
        folded.push_back(tree(llvm::to_vector(row.slice(first, end - first))));
      parts.push_back(across(std::move(folded)));
      first = end;
    }
    Value result = tree(parts);
    auto floatType = dyn_cast<FloatType>(element);
    if (!floatType || kind == tile::ReduceKind::Add)
      return result;

    // One test for all rows; which of them have a NaN is asked rarely.
    SmallVector<Value> all;
    for (ArrayRef<Value> row : rows)
      llvm::append_range(all, row);
    auto branch = scf::IfOp::create(
        b, loc, anyNan(all),
        [&](OpBuilder &, Location) {
          SmallVector<Value> masks;
          for (ArrayRef<Value> row : rows)
            masks.push_back(anyNan(row));
          auto type = cast<VectorType>(result.getType());
          auto nan = DenseElementsAttr::get(
              type, llvm::APFloat::getNaN(floatType.getFloatSemantics()));
          Value isNan = vector::FromElementsOp::create(
              b, loc, type.clone(b.getI1Type()), masks);
          scf::YieldOp::create(
              b, loc,
              arith::SelectOp::create(
                  b, loc, isNan, arith::ConstantOp::create(b, loc, nan), result)
                  .getResult());
        },
        [&](OpBuilder &, Location) { scf::YieldOp::create(b, loc, result); });
    return branch.getResult(0);
  }
};
} // namespace

LogicalResult KernelEmitter::emitReduce(tile::ReduceOp op) {
  auto type = cast<RankedTensorType>(op.getSource().getType());
  Type element = type.getElementType();
  if (!element.isIntOrFloat())
    return op.emitOpError("the CPU target cannot reduce ") << type;
  RowReducer reducer{b, loc, op.getKind(), element};
  SmallVector<Value> source = lookup(op.getSource());
  bool isVector = type.getRank() == 1;
  size_t columns = cut(type.getShape().back()).size();
  Pieces pieces;
  for (Piece piece : cut(isVector ? 1 : type.getDimSize(0))) {
    SmallVector<SmallVector<Value>> rows;
    for (int64_t i = 0; i < piece.width; ++i)
      rows.push_back(llvm::to_vector(
          ArrayRef(source).slice((piece.column + i) * columns, columns)));
    pieces.push_back(reducer.reduce(rows));
  }
  if (isVector)
    pieces[0] = vector::ExtractOp::create(b, loc, pieces[0], 0);
  values[op.getResult()] = std::move(pieces);
  return success();
}
