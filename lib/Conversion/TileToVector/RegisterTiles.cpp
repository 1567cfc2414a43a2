//===- RegisterTiles.cpp - Loads, stores and shapes of tiles -*- C++ -*-===//
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

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

/// Calls `body` with the indices of each row of `shape`, the last dimension
/// left out, in row-major order.
static void forEachStaticRow(ArrayRef<int64_t> shape,
                             function_ref<void(ArrayRef<int64_t>)> body) {
  SmallVector<int64_t> row(shape.size() - 1, 0);
  int64_t rows = 1;
  for (int64_t size : shape.drop_back())
    rows *= size;
  for (int64_t i = 0; i < rows; ++i) {
    body(row);
    for (int64_t dim = row.size() - 1; dim >= 0; --dim) {
      if (++row[dim] < shape[dim])
        break;
      row[dim] = 0;
    }
  }
}

Pieces KernelEmitter::loadTile(const Window &window) {
  Pieces pieces;
  forEachStaticRow(window.shape, [&](ArrayRef<int64_t> row) {
    SmallVector<Value> at;
    for (int64_t i : row)
      at.push_back(index(i));
    for (Piece piece : cut(window.shape.back())) {
      Value column = index(piece.column);
      Value mask = laneMask(window, at, column, piece.width);
      at.push_back(column);
      pieces.push_back(loadVector(window, at, piece.width, mask));
      at.pop_back();
    }
  });
  return pieces;
}

void KernelEmitter::storeTile(ValueRange pieces, const Window &window) {
  forEachStaticRow(window.shape, [&](ArrayRef<int64_t> row) {
    SmallVector<Value> at;
    for (int64_t i : row)
      at.push_back(index(i));
    for (Piece piece : cut(window.shape.back())) {
      Value column = index(piece.column);
      Value mask = laneMask(window, at, column, piece.width);
      at.push_back(column);
      storeVector(pieces.front(), window, at, mask);
      at.pop_back();
      pieces = pieces.drop_front();
    }
  });
}

LogicalResult KernelEmitter::emitLoad(tile::LoadOp op) {
  Window window = windows[op.getSource()];
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!op.getOffsets().empty())
    window = slice(window, lookup(op.getOffsets()), op.getInBounds(),
                   type ? type.getShape() : ArrayRef<int64_t>());
  if (type) {
    values[op.getResult()] = loadTile(window);
    return success();
  }
  if (!window.exists) {
    values[op.getResult()] = {loadScalar(window, {})};
    return success();
  }
  auto branch = scf::IfOp::create(
      b, loc, window.exists,
      [&](OpBuilder &, Location) {
        scf::YieldOp::create(b, loc, loadScalar(window, {}));
      },
      [&](OpBuilder &, Location) {
        scf::YieldOp::create(b, loc, zero(window.elementType));
      });
  values[op.getResult()] = {branch.getResult(0)};
  return success();
}

LogicalResult KernelEmitter::emitStore(tile::StoreOp op) {
  Window window = windows[op.getDestination()];
  auto type = dyn_cast<RankedTensorType>(op.getValue().getType());
  if (!op.getOffsets().empty())
    window = slice(window, lookup(op.getOffsets()), op.getInBounds(),
                   type ? type.getShape() : ArrayRef<int64_t>());
  if (type) {
    storeTile(lookup(op.getValue()), window);
    return success();
  }
  OpBuilder::InsertionGuard guard(b);
  if (window.exists)
    b.setInsertionPointToStart(
        scf::IfOp::create(b, loc, window.exists, /*withElseRegion=*/false)
            .thenBlock());
  storeScalar(lookupScalar(op.getValue()), window, {});
  return success();
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

LogicalResult KernelEmitter::emitSplat(tile::SplatOp op) {
  Pieces pieces;
  Value scalar = lookupScalar(op.getSource());
  for (Type type : pieceTypes(cast<RankedTensorType>(op.getResult().getType())))
    pieces.push_back(vector::BroadcastOp::create(b, loc, type, scalar));
  values[op.getResult()] = std::move(pieces);
  return success();
}

LogicalResult KernelEmitter::emitIota(tile::IotaOp op) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  unsigned dim = op.getDim();
  bool last = dim + 1 == type.getRank();
  Pieces pieces;
  forEachStaticRow(type.getShape(), [&](ArrayRef<int64_t> row) {
    for (Piece piece : cut(type.getShape().back())) {
      SmallVector<int32_t> lanes(piece.width, last ? 0 : row[dim]);
      for (int64_t i = 0; last && i < piece.width; ++i)
        lanes[i] = piece.column + i;
      pieces.push_back(
          arith::ConstantOp::create(b, loc, b.getI32VectorAttr(lanes)));
    }
  });
  values[op.getResult()] = std::move(pieces);
  return success();
}

LogicalResult KernelEmitter::emitBroadcast(tile::BroadcastOp op) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  auto from = cast<RankedTensorType>(op.getSource().getType());
  if (type.getRank() != 2)
    return op.emitOpError("the CPU target broadcasts to rank 2 only, got ")
           << type;
  SmallVector<Value> source = lookup(op.getSource());
  Pieces pieces;
  if (op.getDim() == 0) {
    for (int64_t row = 0; row < type.getDimSize(0); ++row)
      llvm::append_range(pieces, source);
    values[op.getResult()] = std::move(pieces);
    return success();
  }
  SmallVector<Piece> columns = cut(type.getDimSize(1));
  for (auto [vector, piece] : llvm::zip(source, cut(from.getDimSize(0))))
    for (int64_t i = 0; i < piece.width; ++i) {
      Value scalar = vector::ExtractOp::create(b, loc, vector, i);
      for (Piece column : columns)
        pieces.push_back(vector::BroadcastOp::create(
            b, loc, VectorType::get(column.width, type.getElementType()),
            scalar));
    }
  values[op.getResult()] = std::move(pieces);
  return success();
}
