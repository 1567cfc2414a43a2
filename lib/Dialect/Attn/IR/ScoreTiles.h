//===- ScoreTiles.h - Register tiles of scores -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_IR_SCORETILES_H
#define ATTNC_LIB_DIALECT_ATTN_IR_SCORETILES_H

#include "IndexBuilder.h"
#include "attnc/Dialect/Attn/IR/Attn.h"

namespace attnc::attn {

/// Reads one element of `buffer`; beyond the edge it is zero.
mlir::Value loadElement(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value buffer, mlir::ValueRange indices);
/// Reads `shape`, the trailing dimensions; beyond the edge are zeros.
mlir::Value loadWindow(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value buffer, mlir::ValueRange offsets,
                       llvm::ArrayRef<int64_t> shape);

/// Emits register tiles of the shape of `tile`.
struct ScoreTileBuilder {
  mlir::OpBuilder &builder;
  mlir::Location loc;
  const ScoreTile &tile;

  mlir::RankedTensorType type(mlir::Type element) const {
    return mlir::RankedTensorType::get(tile.shape, element);
  }
  /// An index becomes an i32.
  mlir::Value splat(mlir::Value scalar) const;
  mlir::Value splat(int32_t value) const;
  /// `start` + each element's row (`dim` 0) or column (1), as `splat(start)`.
  mlir::Value positions(mlir::Value start, int64_t dim) const;
  // Keys are compared by their number in the tile: its elements are constants.
  /// Each row's position among the keys plus `distance`, counted from the first
  /// key of the tile, as i32.
  mlir::Value rowsFromTile(int64_t distance = 0) const;
  /// A key counted from the first of the tile, as i32.
  mlir::Value keyFromTile(mlir::Value key) const;
  /// Where the number of a key in the tile compares so with `limit`.
  mlir::Value compareKeys(mlir::arith::CmpIPredicate predicate,
                          mlir::Value limit) const;
  /// One value a row (`dim` 1) or a column (0) from consecutive elements.
  mlir::Value loadVector(mlir::Value operand, mlir::ValueRange offsets,
                         int64_t dim) const;
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value lhs,
                      mlir::Value rhs) const {
    return mlir::arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
  }
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_IR_SCORETILES_H
