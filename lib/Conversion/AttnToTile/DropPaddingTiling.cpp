//===- DropPaddingTiling.cpp - attn.drop_padding on tiles -------*- C++ -*-===//
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

/// A block copies the leading columns of blockM rows, a strip of rows and
/// blockN columns at a time.
void attnc::tileDropPadding(attn::DropPaddingOp op, OpBuilder &builder) {
  TileEmitter e(builder, op.getLoc());
  attn::PlanAttr plan = *op.getPlan();
  Value in = operandBuffer(op.getInput());
  Value out = resultBuffer(op.getOutput());
  int64_t features = cast<BufType>(out.getType()).getShape()[1];
  bool whole = features % plan.getBlockN() == 0;
  SmallVector<int64_t> shape = {plan.getStrip(), plan.getBlockN()};

  Value rows = e.dim(out, 0);
  auto grid = tile::GridOp::create(
      builder, e.loc, ValueRange{e.ceilDiv(rows, plan.getBlockM())});
  Value first = e.mul(grid.getIds()[0], plan.getBlockM());
  Value last = builder.createOrFold<arith::MinSIOp>(
      e.loc, rows, e.add(first, e.index(plan.getBlockM())));
  e.loop(first, last, plan.getStrip(), [&](Value row) {
    e.loop(e.index(0), e.index(features), plan.getBlockN(), [&](Value column) {
      Value tile = e.load(in, {row, column}, shape, {false, whole});
      e.store(tile, out, {row, column}, {false, whole});
    });
  });
}
