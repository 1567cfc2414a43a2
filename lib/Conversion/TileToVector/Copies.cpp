//===- Copies.cpp - Copies, transposes and fills -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;

/// Rows of at most this many vectors are unrolled.
static constexpr int64_t kUnrolledChunks = 4;

Value KernelEmitter::convert(Value value, Type elementType) {
  Type from = getElementTypeOrSelf(value.getType()), type = elementType;
  if (from == elementType)
    return value;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(elementType);
  // bf16 and f16 meet in f32.
  if (from.getIntOrFloatBitWidth() == elementType.getIntOrFloatBitWidth())
    return convert(convert(value, b.getF32Type()), elementType);
  if (from.getIntOrFloatBitWidth() < elementType.getIntOrFloatBitWidth())
    return arith::ExtFOp::create(b, loc, type, value);
  return arith::TruncFOp::create(b, loc, type, value);
}

void KernelEmitter::forEachRow(const Window &window,
                               function_ref<void(ValueRange)> body) {
  SmallVector<Value> row;
  auto nest = [&](auto &&self) -> void {
    if (row.size() + 1 == window.getRank())
      return body(row);
    unsigned dim = row.size();
    if (window.isWhole(dim) && window.shape[dim] == 1) {
      row.push_back(index(0));
      self(self);
      row.pop_back();
      return;
    }
    loop(index(0), extent(window, dim), 1, [&](Value i) {
      row.push_back(i);
      self(self);
      row.pop_back();
    });
  };
  nest(nest);
}

void KernelEmitter::forEachChunk(int64_t columns,
                                 function_ref<void(Value, int64_t)> body) {
  int64_t whole = columns - columns % target.lanes;
  if (whole > kUnrolledChunks * target.lanes)
    loop(index(0), index(whole), target.lanes,
         [&](Value column) { body(column, target.lanes); });
  else
    whole = 0;
  for (Piece piece : cut(columns - whole))
    body(index(whole + piece.column), piece.width);
}

void KernelEmitter::copy(const Window &source, const Window &destination) {
  forEachRow(destination, [&](ValueRange row) {
    forEachChunk(destination.shape.back(), [&](Value column, int64_t width) {
      SmallVector<Value> at(row);
      at.push_back(column);
      Value vector =
          loadVector(source, at, width, laneMask(source, row, column, width));
      storeVector(convert(vector, destination.elementType), destination, at,
                  laneMask(destination, row, column, width));
    });
  });
}

void KernelEmitter::fill(Value scalar, const Window &destination) {
  forEachRow(destination, [&](ValueRange row) {
    forEachChunk(destination.shape.back(), [&](Value column, int64_t width) {
      SmallVector<Value> at(row);
      at.push_back(column);
      Value vector = vector::BroadcastOp::create(
          b, loc, VectorType::get(width, scalar.getType()), scalar);
      storeVector(vector, destination, at,
                  laneMask(destination, row, column, width));
    });
  });
}

/// The transpose of a square of vectors: log2(n) rounds, each of which
/// interleaves row i of the upper half with row i of the lower one.
static SmallVector<Value> transposeSquare(OpBuilder &b, Location loc,
                                          SmallVector<Value> rows) {
  int64_t n = rows.size();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < n / 2; ++i) {
    low.append({i, n + i});
    high.append({n / 2 + i, n + n / 2 + i});
  }
  for (int64_t round = 1; round < n; round *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < n / 2; ++i)
      for (ArrayRef<int64_t> mask : {low, high})
        next.push_back(
            vector::ShuffleOp::create(b, loc, rows[i], rows[n / 2 + i], mask));
    rows = std::move(next);
  }
  return rows;
}

void KernelEmitter::emitTransposedCopy(const Window &source,
                                       const Window &destination) {
  int64_t n = target.lanes, rows = source.shape[0], columns = source.shape[1];
  // Where a square may reach past the edge, the static sizes clip it too.
  auto clip = [&](Window window) {
    for (unsigned dim : {0, 1})
      if (window.isWhole(dim) && window.shape[dim] % n)
        window.extents[dim] = index(window.shape[dim]);
    return window;
  };
  Window from = clip(source), to = clip(destination);
  loop(index(0), index(rows), n, [&](Value row) {
    loop(index(0), index(columns), n, [&](Value column) {
      SmallVector<Value> square;
      for (int64_t i = 0; i < n; ++i) {
        Value at = add(row, i);
        Value vector =
            loadVector(from, {at, column}, n, laneMask(from, at, column, n));
        square.push_back(toMemory(convert(vector, to.elementType)));
      }
      for (auto [i, vector] :
           llvm::enumerate(transposeSquare(b, loc, std::move(square)))) {
        Value at = add(column, i);
        storeVector(fromMemory(vector, to.elementType), to, {at, row},
                    laneMask(to, at, row, n));
      }
    });
  });
}

LogicalResult KernelEmitter::emitCopy(tile::CopyOp op) {
  const Window &source = windows[op.getSource()];
  const Window &destination = windows[op.getDestination()];
  if (llvm::any_of(source.shape, ShapedType::isDynamic))
    return op.emitOpError("the CPU target copies static sizes only");
  if (op.getTransposed())
    emitTransposedCopy(source, destination);
  else
    copy(source, destination);
  return success();
}

LogicalResult KernelEmitter::emitFill(tile::FillOp op) {
  const Window &destination = windows[op.getDestination()];
  if (llvm::any_of(destination.shape, ShapedType::isDynamic))
    return op.emitOpError("the CPU target fills static sizes only");
  fill(lookupScalar(op.getValue()), destination);
  return success();
}
