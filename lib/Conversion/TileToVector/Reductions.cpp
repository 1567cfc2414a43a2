//===- Reductions.cpp - Row sums and maxima -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row is first folded to one vector, as a balanced tree, then across its
// lanes. A maximum of floats is the bare instruction, which drops a NaN in one
// operand; NaNs are looked for apart, two vectors a comparison.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
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
    if (!isa<FloatType>(element))
      return arith::MaxSIOp::create(b, loc, lhs, rhs);
    Value greater =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, lhs, rhs);
    return arith::SelectOp::create(b, loc, greater, lhs, rhs);
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

  /// Across the lanes of one vector.
  Value across(Value vector) {
    int64_t width = cast<VectorType>(vector.getType()).getNumElements();
    for (; width > 1; width /= 2) {
      SmallVector<int64_t> low, high;
      for (int64_t i = 0; i < width / 2; ++i) {
        low.push_back(i);
        high.push_back(i + width / 2);
      }
      vector = combine(vector::ShuffleOp::create(b, loc, vector, vector, low),
                       vector::ShuffleOp::create(b, loc, vector, vector, high));
    }
    return vector::ExtractOp::create(b, loc, vector, 0);
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

  Value row(ArrayRef<Value> pieces) {
    llvm::MapVector<Type, SmallVector<Value>> byType;
    for (Value piece : pieces)
      byType[piece.getType()].push_back(piece);
    SmallVector<Value> scalars;
    for (auto &[type, same] : byType)
      scalars.push_back(across(tree(same)));
    Value result = tree(scalars);
    auto floatType = dyn_cast<FloatType>(element);
    if (!floatType || kind != tile::ReduceKind::Max)
      return result;
    auto nan = b.getFloatAttr(
        floatType, llvm::APFloat::getNaN(floatType.getFloatSemantics()));
    return arith::SelectOp::create(
        b, loc, anyNan(pieces), arith::ConstantOp::create(b, loc, nan), result);
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
  size_t columns = cut(type.getDimSize(1)).size();
  Pieces pieces;
  for (Piece piece : cut(type.getDimSize(0))) {
    SmallVector<Value> rows;
    for (int64_t i = 0; i < piece.width; ++i)
      rows.push_back(reducer.row(
          ArrayRef(source).slice((piece.column + i) * columns, columns)));
    pieces.push_back(vector::FromElementsOp::create(
        b, loc, VectorType::get(piece.width, element), rows));
  }
  values[op.getResult()] = std::move(pieces);
  return success();
}
