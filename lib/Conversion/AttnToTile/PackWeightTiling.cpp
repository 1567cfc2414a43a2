//===- PackWeightTiling.cpp - attn.pack_weight on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "Tilings.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;

/// A block fills one panel, `step` rows of it at a time. What the source lacks at
/// the right edge reads as zero, which is the padding.
void attnc::tilePackWeight(attn::PackWeightOp op, OpBuilder &builder) {
  TileEmitter e(builder, op.getLoc());
  constexpr int64_t step = 64;
  Value weight = operandBuffer(op.getWeight());
  Value packed = resultBuffer(op.getResult());
  ArrayRef<int64_t> shape = cast<BufType>(packed.getType()).getShape();
  int64_t width = shape[2], rows = shape[1];

  auto grid = tile::GridOp::create(builder, e.loc,
                                   ValueRange{e.index(shape[0])});
  Value panel = grid.getIds()[0], column = e.mul(panel, width);
  e.loop(e.index(0), e.index(rows), step, [&](Value row) {
    int64_t size = std::min(step, rows);
    bool whole = rows % size == 0;
    Value to = e.slice(packed, {panel, row, e.index(0)}, {size, width},
                       {true, whole, true});
    Value from = op.getTransposed()
                     ? e.slice(weight, {column, row}, {width, size},
                               {false, whole})
                     : e.slice(weight, {row, column}, {size, width},
                               {whole, false});
    tile::CopyOp::create(builder, e.loc, from, to, op.getTransposed());
  });
}
