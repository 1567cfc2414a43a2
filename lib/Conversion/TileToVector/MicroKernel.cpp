//===- MicroKernel.cpp - The loop along K of a product -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A micro-kernel keeps rows × vectors of the accumulator in registers over a
// loop along K, whose step loads a row of rhs and broadcasts a column of lhs.
//
//===----------------------------------------------------------------------===//

#include "ProductEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

using namespace mlir;
using namespace attnc;

/// The mask for the columns that a clipped rhs has.
Value ProductEmitter::rhsMask(Value column, int64_t width) {
  unsigned dim = packed ? 2 : 1;
  if (rhs.isWhole(dim))
    return Value();
  Value rest = b.createOrFold<arith::SubIOp>(loc, e.extent(rhs, dim), column);
  if (!pairs)
    return e.countMask(rest, width);
  rest = arith::MulIOp::create(b, loc, e.minimum(rest, e.index(width)),
                               e.index(2));
  return e.countMask(rest, 2 * width);
}

Value ProductEmitter::loadRhs(const Columns &at, Value k) {
  if (pairs)
    return e.loadVector(rhs, {at.panel, k, at.column, e.index(0)}, 2 * at.width,
                        at.mask);
  Value vector =
      packed ? e.loadVector(rhs, {at.panel, k, at.column}, at.width, at.mask)
             : e.loadVector(rhs, {k, at.column}, at.width, at.mask);
  return e.convert(vector, b.getF32Type());
}

Value ProductEmitter::scalarLhs(Value row, Value k) {
  return e.convert(e.loadScalar(lhs, {row, k}), b.getF32Type());
}

//===----------------------------------------------------------------------===//
// The micro-kernel
//===----------------------------------------------------------------------===//

Value ProductEmitter::multiplyAdd(Value scalar, Value vector, Value acc) {
  Value lanes = vector::BroadcastOp::create(b, loc, vector.getType(), scalar);
  return vector::FMAOp::create(b, loc, lanes, vector, acc);
}

/// The even and odd halves of bf16 pairs as f32.
static std::pair<Value, Value> splitPairs(OpBuilder &b, Location loc,
                                          Value pairs, int64_t width) {
  auto ints = VectorType::get(width, b.getI32Type());
  auto floats = VectorType::get(width, b.getF32Type());
  auto constant = [&](uint32_t value) {
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(ints, static_cast<int32_t>(value)));
  };
  Value bits = vector::BitCastOp::create(b, loc, ints, pairs);
  Value even = arith::ShLIOp::create(b, loc, bits, constant(16));
  Value odd = arith::AndIOp::create(b, loc, bits, constant(0xffff0000));
  return {vector::BitCastOp::create(b, loc, floats, even),
          vector::BitCastOp::create(b, loc, floats, odd)};
}

/// The bf16 pair of lhs at (row, k) as one word; of half a pair the rest is 0.
Value ProductEmitter::loadLhsPair(Value row, Value k, bool half) {
  Value pair;
  if (half)
    pair = vector::FromElementsOp::create(
        b, loc, VectorType::get(2, b.getBF16Type()),
        ValueRange{e.loadScalar(lhs, {row, k}), e.zero(b.getBF16Type())});
  else
    pair = e.loadVector(lhs, {row, k}, 2, Value());
  auto word = VectorType::get(1, b.getI32Type());
  return vector::ExtractOp::create(
      b, loc, vector::BitCastOp::create(b, loc, word, pair), 0);
}

/// A step along K of pairs, with the dot instruction where it fits.
SmallVector<Value> ProductEmitter::stepPairs(ValueRange rowIds,
                                             ArrayRef<Columns> columns, Value k,
                                             ValueRange acc, bool half) {
  constexpr int64_t minDotWidth = 4;
  Value even = b.createOrFold<arith::ShLIOp>(loc, k, e.index(1));
  Value odd = e.add(even, 1);
  SmallVector<Value> rhsPairs, result;
  SmallVector<std::pair<Value, Value>> halves(columns.size());
  for (auto [i, at] : llvm::enumerate(columns)) {
    rhsPairs.push_back(loadRhs(at, k));
    if (!useDot || at.width < minDotWidth)
      halves[i] = splitPairs(b, loc, rhsPairs[i], at.width);
  }
  for (Value row : rowIds) {
    Value word = useDot ? loadLhsPair(row, even, half) : Value();
    for (auto [i, at] : llvm::enumerate(columns)) {
      Value old = acc[result.size()];
      if (!halves[i].first) {
        Value lanes = vector::BroadcastOp::create(
            b, loc, VectorType::get(at.width, b.getI32Type()), word);
        lanes = vector::BitCastOp::create(b, loc, rhsPairs[i].getType(), lanes);
        result.push_back(x86vector::DotBF16Op::create(b, loc, old.getType(),
                                                      old, lanes, rhsPairs[i]));
        continue;
      }
      Value sum = multiplyAdd(scalarLhs(row, even), halves[i].first, old);
      if (!half)
        sum = multiplyAdd(scalarLhs(row, odd), halves[i].second, sum);
      result.push_back(sum);
    }
  }
  return result;
}

/// One step along K: `acc` has a value for each row and run of columns.
SmallVector<Value> ProductEmitter::step(ValueRange rowIds,
                                        ArrayRef<Columns> columns, Value k,
                                        ValueRange acc, bool half) {
  if (pairs)
    return stepPairs(rowIds, columns, k, acc, half);
  SmallVector<Value> rhsVectors, result;
  for (const Columns &at : columns)
    rhsVectors.push_back(loadRhs(at, k));
  for (Value row : rowIds) {
    Value scalar = scalarLhs(row, k);
    for (Value vector : rhsVectors)
      result.push_back(multiplyAdd(scalar, vector, acc[result.size()]));
  }
  return result;
}

SmallVector<Value> ProductEmitter::sumAlongK(ValueRange rowIds,
                                             ArrayRef<Columns> columns,
                                             ArrayRef<Value> init) {
  auto loop = scf::ForOp::create(
      b, loc, e.index(0), steps, e.index(1), init,
      [&](OpBuilder &, Location, Value k, ValueRange acc) {
        scf::YieldOp::create(b, loc, step(rowIds, columns, k, acc, false));
      });
  if (!halfPair)
    return SmallVector<Value>(loop.getResults());
  auto last = scf::IfOp::create(
      b, loc, halfPair,
      [&](OpBuilder &, Location) {
        scf::YieldOp::create(
            b, loc, step(rowIds, columns, steps, loop.getResults(), true));
      },
      [&](OpBuilder &, Location) {
        scf::YieldOp::create(b, loc, loop.getResults());
      });
  return SmallVector<Value>(last.getResults());
}
