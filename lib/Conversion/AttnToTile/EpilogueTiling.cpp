//===- EpilogueTiling.cpp - attn.epilogue on tiles -*- C++ -*-===//
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

/// A block computes blockM rows, a strip of rows and blockN columns at a time.
void attnc::tileEpilogue(attn::EpilogueOp op, OpBuilder &builder) {
  TileEmitter e(builder, op.getLoc());
  attn::PlanAttr plan = *op.getPlan();
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

  auto emit = [&](Value row, Value column) {
    auto tile = [&](Value operand) {
      return e.load(operandBuffer(operand), {row, column}, shape,
                    {false, whole});
    };
    auto biased = [&](Value operand, Value bias) {
      Value y = tile(operand);
      if (!bias)
        return y;
      Value vector =
          e.load(operandBuffer(bias), {column}, {plan.getBlockN()}, {whole});
      return e.addF(y, e.broadcast(vector, 0, shape));
    };
    Value y =
        e.activation(op.getActivation(), biased(op.getInput(), op.getBias()));
    if (op.getUp())
      y = e.mulF(y, biased(op.getUp(), op.getUpBias()));
    if (op.getResidual())
      y = e.addF(y, tile(op.getResidual()));
    e.store(y, out, {row, column}, {false, whole});
  };
  e.loop(first, last, plan.getStrip(), [&](Value row) {
    e.loop(e.index(0), e.index(features), plan.getBlockN(),
           [&](Value column) { emit(row, column); });
  });
}
