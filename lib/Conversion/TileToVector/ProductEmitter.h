//===- ProductEmitter.h - One tile.mma -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_TILETOVECTOR_PRODUCTEMITTER_H
#define ATTNC_LIB_CONVERSION_TILETOVECTOR_PRODUCTEMITTER_H

#include "KernelEmitter.h"

namespace attnc {

class ProductEmitter {
public:
  ProductEmitter(KernelEmitter &e, tile::MmaOp op)
      : e(e), b(e.b), loc(e.loc), op(op) {}
  mlir::LogicalResult emit();

private:
  /// Where `width` columns of the accumulator lie in rhs.
  struct Columns {
    mlir::Value panel;  // of a packed rhs
    mlir::Value column; // in the panel
    int64_t width;
    mlir::Value mask; // of lanes that rhs has; null if all
  };

  // MicroKernel.cpp
  mlir::Value rhsMask(mlir::Value column, int64_t width);
  mlir::Value loadRhs(const Columns &columns, mlir::Value k);
  mlir::Value scalarLhs(mlir::Value row, mlir::Value k);
  mlir::Value loadLhsPair(mlir::Value row, mlir::Value k, bool half);
  mlir::Value multiplyAdd(mlir::Value scalar, mlir::Value vector,
                          mlir::Value acc);
  llvm::SmallVector<mlir::Value> step(mlir::ValueRange rows,
                                      llvm::ArrayRef<Columns> columns,
                                      mlir::Value k, mlir::ValueRange acc,
                                      bool half);
  llvm::SmallVector<mlir::Value> stepPairs(mlir::ValueRange rows,
                                           llvm::ArrayRef<Columns> columns,
                                           mlir::Value k, mlir::ValueRange acc,
                                           bool half);
  /// `init` plus the product of `rows` and `columns`; both are listed row by
  /// row.
  llvm::SmallVector<mlir::Value> sumAlongK(mlir::ValueRange rows,
                                           llvm::ArrayRef<Columns> columns,
                                           llvm::ArrayRef<mlir::Value> init);

  // Products.cpp
  mlir::LogicalResult readOperands();
  void countSteps();
  void refuseScatteredPairs();
  void updateBlock(mlir::Value row, int64_t numRows,
                   llvm::ArrayRef<Columns> columns);
  void updatePanels(mlir::Value fromPanel, mlir::Value toPanel,
                    int64_t panelsAtOnce, int64_t numVectors,
                    mlir::Value fromRow, mlir::Value toRow, int64_t numRows);
  void updateRows(mlir::Value from, mlir::Value to, int64_t numRows);
  void updateBuffer();
  mlir::LogicalResult updateTensor();

  KernelEmitter &e;
  mlir::OpBuilder &b;
  mlir::Location loc;
  tile::MmaOp op;

  Window lhs, rhs, acc;
  int64_t rows, columns, panelWidth;
  bool packed, pairs, useDot;
  /// The part of K that both sides have: steps of the k loop, and with pairs a
  /// flag for a last pair of which lhs has one half (null if it cannot be).
  mlir::Value steps, halfPair;
};

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_TILETOVECTOR_PRODUCTEMITTER_H
