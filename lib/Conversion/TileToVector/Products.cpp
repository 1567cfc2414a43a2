//===- Products.cpp - Matrix products as micro-kernels -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A micro-kernel keeps rows × vectors of the accumulator in registers over a
// loop along K, whose step loads a row of rhs and broadcasts a column of lhs:
//
//   for each run of columns          (a panel of rhs stays in the L1 or L2)
//     for each block of rows
//       acc = 0 or acc[rows, columns]
//       for k: acc += lhs[rows, k] · rhs[k, columns]
//       acc[rows, columns] = acc
//
// Rows that fill no block are taken by kernels of 4, 2 and 1 rows, which are
// the wider the fewer rows they have: a product with one row is one pass.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"

using namespace mlir;
using namespace attnc;

namespace attnc {
class ProductEmitter {
public:
  ProductEmitter(KernelEmitter &e, tile::MmaOp op)
      : e(e), b(e.b), loc(e.loc), op(op) {}
  LogicalResult emit();

private:
  /// Where `width` columns of the accumulator lie in rhs.
  struct Columns {
    Value panel;  // of a packed rhs
    Value column; // in the panel
    int64_t width;
    Value mask; // of lanes that rhs has; null if all
  };

  LogicalResult readOperands();
  void refuseScatteredPairs();
  Value loadRhs(const Columns &columns, Value k);
  Value scalarLhs(Value row, Value k);
  Value multiplyAdd(Value scalar, Value vector, Value acc);
  SmallVector<Value> step(ValueRange rows, ArrayRef<Columns> columns, Value k,
                          ValueRange acc, bool halfPair);
  SmallVector<Value> sumAlongK(ValueRange rows, ArrayRef<Columns> columns,
                               ArrayRef<Value> acc);
  void updateBlock(Value row, int64_t numRows, ArrayRef<Columns> columns);
  void updatePanels(Value fromPanel, Value toPanel, int64_t panelsAtOnce,
                    int64_t numVectors, Value fromRow, Value toRow,
                    int64_t numRows);
  void updateRows(Value from, Value to, int64_t numRows);
  void updateBuffer();
  LogicalResult updateTensor();
  Value rhsMask(Value column, int64_t width);

  KernelEmitter &e;
  OpBuilder &b;
  Location loc;
  tile::MmaOp op;

  Window lhs, rhs, acc;
  int64_t rows, columns, panelWidth;
  bool packed, pairs, useDot;
  /// The part of K that both sides have: steps of the k loop, and with pairs a
  /// flag for a last pair of which lhs has one half (null if it cannot be).
  Value steps, halfPair;
};
} // namespace attnc

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

LogicalResult ProductEmitter::readOperands() {
  auto lhsType = cast<ShapedType>(op.getLhs().getType());
  tile::BufType rhsType = op.getRhs().getType();
  rows = lhsType.getDimSize(0);
  columns = cast<ShapedType>(op.getAcc().getType()).getDimSize(1);
  packed = rhsType.getShape().size() > 2;
  pairs = rhsType.getShape().size() == 4;
  panelWidth = packed ? rhsType.getShape()[2] : columns;
  for (Type type : {lhsType.getElementType(), rhsType.getElementType()})
    if (!type.isF32() && !type.isBF16() && !type.isF16())
      return op.emitOpError("the CPU target multiplies f32, bf16 and f16, got ")
             << type;
  useDot = pairs && lhsType.getElementType().isBF16() && e.target.hasAvx512Bf16;

  rhs = e.windows[op.getRhs()];
  if (pairs && !rhs.isWhole(3))
    return op.emitOpError("expected rhs to hold whole pairs");
  auto lhsTensor = dyn_cast<RankedTensorType>(op.getLhs().getType());
  auto scratchLike = [&] {
    return e.makeScratch(tile::BufType::get(op.getContext(), lhsType.getShape(),
                                            lhsType.getElementType(),
                                            tile::Space::Cache));
  };
  if (lhsTensor) {
    lhs = scratchLike();
    e.storeTile(e.lookup(op.getLhs()), lhs);
  } else {
    lhs = e.windows[op.getLhs()];
  }
  // Registers have no rows to leave out: fill the missing ones with zeros.
  if (op.getResult() && !lhs.isWhole(0)) {
    Window whole = scratchLike();
    e.copy(lhs, whole);
    lhs = whole;
  }

  unsigned kDim = packed ? 1 : 0;
  Value lhsSteps = e.extent(lhs, 1);
  if (pairs) {
    if (!lhs.isWhole(1)) {
      Value odd = arith::AndIOp::create(b, loc, lhsSteps, e.index(1));
      Value half = arith::ShRUIOp::create(b, loc, lhsSteps, e.index(1));
      Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           half, e.extent(rhs, kDim));
      halfPair = arith::AndIOp::create(
          b, loc, inside,
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, odd,
                                e.index(0)));
      lhsSteps = half;
    } else {
      lhsSteps = e.index(lhs.shape[1] / 2);
    }
  }
  steps = e.minimum(lhsSteps, e.extent(rhs, kDim));
  if (pairs)
    refuseScatteredPairs();
  return success();
}

/// A row of pairs is read as one vector, so pairs must lie side by side. The
/// strides of an argument are the caller's: where they are others, nothing is
/// added.
void ProductEmitter::refuseScatteredPairs() {
  auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, rhs.memref);
  Value stride = metadata.getStrides()[metadata.getStrides().size() - 2];
  Value dense = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, stride,
                                      e.index(2));
  steps = arith::SelectOp::create(b, loc, dense, steps, e.index(0));
  if (halfPair)
    halfPair = arith::AndIOp::create(b, loc, halfPair, dense);
}

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

/// One step along K: `acc` has a value for each row and run of columns.
SmallVector<Value> ProductEmitter::step(ValueRange rowIds,
                                        ArrayRef<Columns> columns, Value k,
                                        ValueRange acc, bool half) {
  SmallVector<Value> rhsVectors, result;
  for (const Columns &at : columns)
    rhsVectors.push_back(loadRhs(at, k));
  if (!pairs) {
    for (Value row : rowIds) {
      Value scalar = scalarLhs(row, k);
      for (Value vector : rhsVectors)
        result.push_back(multiplyAdd(scalar, vector, acc[result.size()]));
    }
    return result;
  }

  Value even = b.createOrFold<arith::ShLIOp>(loc, k, e.index(1));
  Value odd = e.add(even, 1);
  SmallVector<std::pair<Value, Value>> halves;
  for (auto [at, vector] : llvm::zip(columns, rhsVectors)) {
    halves.emplace_back();
    if (!useDot || at.width < 4)
      halves.back() = splitPairs(b, loc, vector, at.width);
  }
  for (Value row : rowIds) {
    Value word;
    if (useDot) {
      Value pair;
      if (half) {
        pair = vector::FromElementsOp::create(
            b, loc, VectorType::get(2, b.getBF16Type()),
            ValueRange{e.loadScalar(lhs, {row, even}),
                       e.zero(b.getBF16Type())});
      } else {
        pair = e.loadVector(lhs, {row, even}, 2, Value());
      }
      word = vector::ExtractOp::create(
          b, loc,
          vector::BitCastOp::create(b, loc, VectorType::get(1, b.getI32Type()),
                                    pair),
          0);
    }
    for (auto [at, vector, split] : llvm::zip(columns, rhsVectors, halves)) {
      Value old = acc[result.size()];
      if (useDot && at.width >= 4) {
        Value lanes = vector::BroadcastOp::create(
            b, loc, VectorType::get(at.width, b.getI32Type()), word);
        lanes = vector::BitCastOp::create(b, loc, vector.getType(), lanes);
        result.push_back(x86vector::DotBF16Op::create(b, loc, old.getType(),
                                                      old, lanes, vector));
        continue;
      }
      Value sum = multiplyAdd(scalarLhs(row, even), split.first, old);
      if (!half)
        sum = multiplyAdd(scalarLhs(row, odd), split.second, sum);
      result.push_back(sum);
    }
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

//===----------------------------------------------------------------------===//
// Accumulators in memory
//===----------------------------------------------------------------------===//

void ProductEmitter::updateBlock(Value row, int64_t numRows,
                                 ArrayRef<Columns> columns) {
  SmallVector<Value> rowIds, accColumns, masks, init;
  for (int64_t i = 0; i < numRows; ++i)
    rowIds.push_back(e.add(row, i));
  for (const Columns &at : columns) {
    Value column = at.column;
    if (at.panel)
      column = e.add(column, b.createOrFold<arith::MulIOp>(
                                 loc, at.panel, e.index(panelWidth)));
    accColumns.push_back(column);
    // Rows are counted by the caller.
    masks.push_back(acc.isWhole(1)
                        ? Value()
                        : e.countMask(b.createOrFold<arith::SubIOp>(
                                          loc, e.extent(acc, 1), column),
                                      at.width));
  }
  for (Value rowId : rowIds)
    for (auto [at, column, mask] : llvm::zip(columns, accColumns, masks))
      init.push_back(op.getOverwrite()
                         ? e.zero(VectorType::get(at.width, b.getF32Type()))
                         : e.loadVector(acc, {rowId, column}, at.width, mask));
  SmallVector<Value> sums = sumAlongK(rowIds, columns, init);
  auto *sum = sums.begin();
  for (Value rowId : rowIds)
    for (auto [column, mask] : llvm::zip(accColumns, masks))
      e.storeVector(*sum++, acc, {rowId, column}, mask);
}

/// Panels from `fromPanel` to `toPanel`, a multiple of `panelsAtOnce`.
void ProductEmitter::updatePanels(Value fromPanel, Value toPanel,
                                  int64_t panelsAtOnce, int64_t numVectors,
                                  Value fromRow, Value toRow, int64_t numRows) {
  auto forRows = [&](ArrayRef<Columns> columns) {
    e.loop(fromRow, toRow, numRows,
           [&](Value row) { updateBlock(row, numRows, columns); });
  };
  auto run = [&](Value panel, Value from, ArrayRef<Piece> pieces) {
    SmallVector<Columns> columns;
    for (int64_t i = 0; i < panelsAtOnce; ++i)
      for (Piece piece : pieces) {
        Value column = e.add(from, piece.column);
        columns.push_back({panel ? e.add(panel, i) : Value(), column,
                           piece.width, rhsMask(column, piece.width)});
      }
    forRows(columns);
  };
  auto onePanel = [&](Value panel) {
    int64_t width = numVectors * e.target.lanes;
    int64_t whole = panelWidth - panelWidth % width;
    if (panelsAtOnce > 1)
      return run(panel, e.index(0), e.cut(panelWidth));
    if (whole)
      e.loop(e.index(0), e.index(whole), width,
             [&](Value column) { run(panel, column, e.cut(width)); });
    if (whole < panelWidth)
      run(panel, e.index(whole), e.cut(panelWidth - whole));
  };
  if (!packed)
    return onePanel(Value());
  e.loop(fromPanel, toPanel, panelsAtOnce, onePanel);
}

/// All columns of the rows from `from` to `to`, a multiple of `numRows`.
void ProductEmitter::updateRows(Value from, Value to, int64_t numRows) {
  int64_t registers = e.target.microRows * e.target.microVectors;
  int64_t numVectors = std::min(registers / numRows, e.target.microRows);
  int64_t atOnce = std::max<int64_t>(
      1, numVectors * e.target.lanes / std::max(panelWidth, e.target.lanes));
  if (!packed || atOnce == 1)
    return updatePanels(e.index(0), packed ? e.extent(rhs, 0) : Value(), 1,
                        numVectors, from, to, numRows);
  Value panels = e.extent(rhs, 0);
  Value rest = b.createOrFold<arith::RemUIOp>(loc, panels, e.index(atOnce));
  Value whole = b.createOrFold<arith::SubIOp>(loc, panels, rest);
  updatePanels(e.index(0), whole, atOnce, numVectors, from, to, numRows);
  updatePanels(whole, panels, 1, numVectors, from, to, numRows);
}

void ProductEmitter::updateBuffer() {
  int64_t block = e.target.microRows;
  Value count = e.minimum(e.extent(lhs, 0), e.extent(acc, 0));
  bool whole = lhs.isWhole(0) && acc.isWhole(0);
  Value from = e.index(0);
  for (int64_t numRows = block; numRows; numRows /= 2) {
    if (whole && !(numRows == block ? rows >= block : (rows & numRows)))
      continue;
    // The first pass takes all blocks, each of the others at most one.
    Value mask = e.index(numRows == block ? -block : numRows);
    Value to = e.add(from, b.createOrFold<arith::AndIOp>(loc, count, mask));
    updateRows(from, to, numRows);
    from = to;
  }
  // What missing panels would have added is zero.
  if (packed && !rhs.isWhole(0) && op.getOverwrite())
    e.loop(e.extent(rhs, 0), e.index(columns / panelWidth), 1,
           [&](Value panel) {
             Value column =
                 arith::MulIOp::create(b, loc, panel, e.index(panelWidth));
             Window missing = e.slice(acc, {e.index(0), column}, std::nullopt,
                                      {rows, panelWidth});
             e.fill(e.zero(b.getF32Type()), missing);
           });
}

//===----------------------------------------------------------------------===//
// Accumulators in registers
//===----------------------------------------------------------------------===//

LogicalResult ProductEmitter::updateTensor() {
  SmallVector<Piece> pieces = e.cut(columns);
  for (Piece piece : pieces)
    if (piece.column / panelWidth !=
        (piece.column + piece.width - 1) / panelWidth)
      return op.emitOpError("expected panels of a multiple of ")
             << e.target.lanes
             << " columns for an accumulator in registers, got " << panelWidth;
  if (!rhs.isWhole(0) && packed)
    return op.emitOpError(
        "expected all panels of rhs to exist for an accumulator in registers");
  SmallVector<Value> values = e.lookup(op.getAcc());
  if (op.getOverwrite())
    for (Value &value : values)
      value = e.zero(value.getType());

  int64_t registers = e.target.microRows * e.target.microVectors;
  int64_t numRows = std::min(rows, e.target.microRows);
  int64_t numVectors = registers / numRows;
  int64_t perRow = pieces.size();
  for (int64_t row = 0; row < rows; row += numRows)
    for (int64_t first = 0; first < perRow; first += numVectors) {
      int64_t endRow = std::min(row + numRows, rows);
      int64_t end = std::min(first + numVectors, perRow);
      SmallVector<Value> rowIds, init;
      SmallVector<Columns> at;
      for (const Piece &piece : ArrayRef(pieces).slice(first, end - first)) {
        Value column = e.index(piece.column % panelWidth);
        at.push_back({packed ? e.index(piece.column / panelWidth) : Value(),
                      column, piece.width, rhsMask(column, piece.width)});
      }
      for (int64_t i = row; i < endRow; ++i) {
        rowIds.push_back(e.index(i));
        for (int64_t j = first; j < end; ++j)
          init.push_back(values[i * perRow + j]);
      }
      SmallVector<Value> sums = sumAlongK(rowIds, at, init);
      auto *sum = sums.begin();
      for (int64_t i = row; i < endRow; ++i)
        for (int64_t j = first; j < end; ++j)
          values[i * perRow + j] = *sum++;
    }
  e.values[op.getResult()] = values;
  return success();
}

LogicalResult ProductEmitter::emit() {
  if (failed(readOperands()))
    return failure();
  if (op.getResult())
    return updateTensor();
  acc = e.windows[op.getAcc()];
  updateBuffer();
  return success();
}

LogicalResult KernelEmitter::emitMma(tile::MmaOp op) {
  return ProductEmitter(*this, op).emit();
}
