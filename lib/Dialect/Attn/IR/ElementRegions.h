//===- ElementRegions.h - Regions that compute one score -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A custom mask and a score region say what happens to one score, at (b, h, i,
// j). Kernels need it for tiles of scores, in two ways:
//
//   emitElementRegion   all elements of a tile: what depends on i or j becomes
//                       a register tile, the rest stays scalar
//   emitRegionClass     what is true of a whole block: integers become
//                       intervals, conditions "always" and "never"
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_IR_ELEMENTREGIONS_H
#define ATTNC_LIB_DIALECT_ATTN_IR_ELEMENTREGIONS_H

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace attnc::attn {

/// How a value depends on the place (i, j) of a score: not at all, as i + c or
/// j + c with c the same for the whole tile, or in any other way.
enum class Form { Uniform, Row, Column, Any };

/// The forms of the values of a region over ([score,] b, h, i, j, captures…).
class Forms {
public:
  Forms(mlir::Region &region, unsigned numScores);

  Form get(mlir::Value value) const { return forms.lookup(value); }
  /// Whether tiles can be read so: at indices that are the same for all scores
  /// but for the last, i or j, or the last two, i and j.
  bool isRead(mlir::tensor::ExtractOp op) const;

private:
  Form classify(mlir::Operation &op) const;

  llvm::DenseMap<mlir::Value, Form> forms;
};

/// Emits what `region` of a mask yields for the whole of `block`.
BlockClass emitRegionClass(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Region &region, mlir::ValueRange captures,
                           const ScoreBlock &block);

/// The operand of the op around its region that `argument` stands for.
inline mlir::Value getCapture(mlir::Value argument, mlir::ValueRange captures) {
  auto arg = llvm::cast<mlir::BlockArgument>(argument);
  unsigned first = arg.getOwner()->getNumArguments() - captures.size();
  return captures[arg.getArgNumber() - first];
}

/// A size of the captured tensor that `buffer` holds.
mlir::Value emitCapturedSize(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::tensor::DimOp op, mlir::Value buffer);

/// Clones `op`, an integer or float op of one result, with these operands and
/// this result type. A divisor that would trap is replaced by 1: tiles also
/// compute elements that do not exist.
mlir::Value cloneElementwise(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Operation &op, mlir::ValueRange operands,
                             mlir::Type type);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_IR_ELEMENTREGIONS_H
