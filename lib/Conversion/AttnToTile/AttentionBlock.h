//===- AttentionBlock.h - What a block of attention works on -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_ATTNTOTILE_ATTENTIONBLOCK_H
#define ATTNC_LIB_CONVERSION_ATTNTOTILE_ATTENTIONBLOCK_H

#include "TileEmitter.h"
#include "Tilings.h"

namespace attnc {

/// A block of the grid computes blockM query rows of one head. What the tilings
/// of attention share: the grid, the bounds of the keys, scores and masks.
class AttentionBlock : protected TileEmitter {
protected:
  AttentionBlock(attn::AttentionOp op, mlir::OpBuilder &builder)
      : TileEmitter(builder, op.getLoc()), op(op), plan(*op.getPlan()),
        query(operandBuffer(op.getQuery())), key(operandBuffer(op.getKey())),
        value(operandBuffer(op.getValue())), out(resultBuffer(op.getOutput())),
        headDim(mlir::cast<tile::BufType>(query.getType()).getShape()[3]),
        valueDim(mlir::cast<tile::BufType>(value.getType()).getShape()[3]),
        element(mlir::cast<tile::BufType>(query.getType()).getElementType()) {}

  /// Makes the grid, longest blocks first, and sets the members below.
  void openGrid();
  /// Of the block's row of `attn.block_list`.
  mlir::Value listEntry(mlir::Value column);
  /// Bounds as the bounds region says, clamped; without one nothing is known.
  attn::KeyBounds keyBounds();
  /// `scores` with those that the mask or the end of the keys hides at −inf.
  mlir::Value maskScores(mlir::Value scores, const attn::ScoreTile &tile,
                         bool checkEnd = true);
  /// Whether the mask hides what is behind the last key from every row.
  bool maskHidesEnd() {
    return op.getMask() && !op.getQOffset() && hidesLater(op.getMask());
  }
  /// The score region on scores in units of the softmax.
  mlir::Value scoreRegion(mlir::Value scores, const attn::ScoreTile &tile) {
    return attn::emitElementRegion(builder, loc, op.getScore(),
                                   op.getCaptures(), tile, scores);
  }
  attn::MaskOpInterface mask() {
    return op.getMask().getDefiningOp<attn::MaskOpInterface>();
  }
  /// The first row that the block has no part of.
  mlir::Value endRow() {
    return minimum(add(firstRow, index(plan.getBlockM())), queryLength);
  }
  /// The sink of the head in units of log₂ e.
  mlir::Value loadSink();
  mlir::Value minimum(mlir::Value lhs, mlir::Value rhs) {
    return builder.createOrFold<mlir::arith::MinSIOp>(loc, lhs, rhs);
  }
  mlir::Value maximum(mlir::Value lhs, mlir::Value rhs) {
    return builder.createOrFold<mlir::arith::MaxSIOp>(loc, lhs, rhs);
  }

  /// Whether `mask` hides the keys behind a row's own position.
  static bool hidesLater(mlir::Value mask);

  attn::AttentionOp op;
  attn::PlanAttr plan;
  mlir::Value query, key, value, out;
  int64_t headDim, valueDim;
  mlir::Type element;

  // Set by openGrid().
  mlir::Value batch, head, kvHead, work, firstRow, queryLength, keyLength,
      qOffset;
};

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_ATTNTOTILE_ATTENTIONBLOCK_H
