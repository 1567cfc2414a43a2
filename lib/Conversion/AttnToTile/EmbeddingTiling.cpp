//===- EmbeddingTiling.cpp - attn.embedding on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "Tilings.h"
#include "attnc_rt/kernel_abi.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;

/// A block gathers blockM rows of one sequence, blockN columns at a time.
void attnc::tileEmbedding(attn::EmbeddingOp op, OpBuilder &builder) {
  TileEmitter e(builder, op.getLoc());
  attn::PlanAttr plan = *op.getPlan();
  Value ids = operandBuffer(op.getIds()), table = operandBuffer(op.getTable());
  Value out = resultBuffer(op.getOutput());
  ArrayRef<int64_t> tableShape = cast<BufType>(table.getType()).getShape();
  int64_t features = tableShape[1];
  bool whole = features % plan.getBlockN() == 0;

  Value length = e.dim(out, 1);
  auto grid = tile::GridOp::create(
      builder, e.loc,
      ValueRange{e.ceilDiv(length, plan.getBlockM()), e.dim(out, 0)});
  Value first = e.mul(grid.getIds()[0], plan.getBlockM());
  Value batch = grid.getIds()[1];
  Value last = builder.createOrFold<arith::MinSIOp>(
      e.loc, length, e.add(first, e.index(plan.getBlockM())));

  e.loop(first, last, 1, [&](Value row) {
    Value id = tile::LoadOp::create(
        builder, e.loc, builder.getI32Type(), ids, ValueRange{batch, row},
        builder.getDenseBoolArrayAttr({false, false}));
    // As an unsigned number a negative id is too large as well.
    auto isOutside = [&](Value number, int64_t rows) -> Value {
      Value limit = arith::ConstantIntOp::create(builder, e.loc,
                                                 builder.getI32Type(), rows);
      return arith::CmpIOp::create(builder, e.loc, arith::CmpIPredicate::uge,
                                   number, limit);
    };
    Value outside = isOutside(id, op.getVocabulary().value_or(tableShape[0]));
    tile::ErrorOp::create(builder, e.loc, outside, ATTNC_ERROR_INDEX);
    if (op.getFirst()) {
      // Another rank has the row, or the id is outside: either way zeros.
      Value firstRow = tile::LoadOp::create(
          builder, e.loc, builder.getI32Type(), operandBuffer(op.getFirst()),
          ValueRange{e.index(0)}, DenseBoolArrayAttr());
      id = arith::SubIOp::create(builder, e.loc, id, firstRow);
      outside = arith::OrIOp::create(builder, e.loc, outside,
                                     isOutside(id, tableShape[0]));
    }
    Value limit = arith::ConstantIntOp::create(
        builder, e.loc, builder.getI32Type(), tableShape[0]);
    // A row just past the end reads as zeros.
    Value safe = arith::SelectOp::create(builder, e.loc, outside, limit, id);
    Value tableRow = arith::IndexCastOp::create(builder, e.loc,
                                                builder.getIndexType(), safe);
    e.loop(e.index(0), e.index(features), plan.getBlockN(), [&](Value column) {
      SmallVector<int64_t> shape = {1, plan.getBlockN()};
      Value tile = e.load(table, {tableRow, column}, shape, {false, whole});
      e.store(tile, out, {batch, row, column}, {false, false, whole});
    });
  });
}
