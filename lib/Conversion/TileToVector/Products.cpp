//===- Products.cpp - Matrix products as micro-kernels -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operands, and the loops around the micro-kernel of MicroKernel.cpp:
//
//   for each run of columns          (a panel of rhs stays in the L1 or L2)
//     for each block of rows
//       acc[rows, columns] (+)= lhs[rows, :] · rhs[:, columns]
//
// Rows that fill no block are taken by kernels of 4, 2 and 1 rows, which are
// the wider the fewer rows they have: a product with one row is one pass.
//
//===----------------------------------------------------------------------===//

#include "ProductEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;

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

  countSteps();
  return success();
}

/// The k loop stops where lhs or rhs does.
void ProductEmitter::countSteps() {
  Value rhsSteps = e.extent(rhs, packed ? 1 : 0);
  Value lhsSteps = e.extent(lhs, 1);
  if (pairs) {
    Value length = lhsSteps;
    lhsSteps = b.createOrFold<arith::ShRUIOp>(loc, length, e.index(1));
    if (!lhs.isWhole(1)) {
      Value odd = arith::AndIOp::create(b, loc, length, e.index(1));
      Value isOdd = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, odd,
                                          e.index(0));
      Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           lhsSteps, rhsSteps);
      halfPair = arith::AndIOp::create(b, loc, inside, isOdd);
    }
  }
  steps = e.minimum(lhsSteps, rhsSteps);
  if (pairs)
    refuseScatteredPairs();
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
