//===- RopeTiling.cpp - attn.rope on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "Tilings.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace attnc;
using tile::BufType;

namespace {
/// A block rotates blockM positions of one sequence. The angles of a strip of
/// positions are computed once and serve all heads.
class RopeTiling : TileEmitter {
public:
  RopeTiling(attn::RopeOp op, OpBuilder &builder)
      : TileEmitter(builder, op.getLoc()), op(op), plan(*op.getPlan()),
        x(operandBuffer(op.getInput())), out(resultBuffer(op.getOutput())) {}

  void emit();

private:
  void chunk(Value batch, Value row, Value start, int64_t first);

  attn::RopeOp op;
  attn::PlanAttr plan;
  Value x, out;
};
} // namespace

/// Rotates the pairs [first, first + blockN) of the strip at `row`, whose
/// position is `start` + row.
void RopeTiling::chunk(Value batch, Value row, Value start, int64_t first) {
  ArrayRef<int64_t> heads = cast<BufType>(out.getType()).getShape();
  int64_t half = heads[3] / 2;
  SmallVector<int64_t> shape = {plan.getStrip(), plan.getBlockN()};
  auto f64 = builder.getF64Type();

  // In turns, whole turns removed in f64: positions reach beyond 2²⁰ radians,
  // where f32 has no digits left for the angle.
  double theta = op.getRope().getTheta().convertToDouble();
  SmallVector<double> turnsPerPosition;
  for (int64_t pair = first; pair < first + plan.getBlockN(); ++pair)
    turnsPerPosition.push_back(
        std::pow(theta, -static_cast<double>(pair) / half) /
        (2.0 * llvm::numbers::pi));
  Value frequencies = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(tileType({plan.getBlockN()}, f64),
                             ArrayRef<double>(turnsPerPosition)));
  Value position = arith::SIToFPOp::create(
      builder, loc, tileType(shape, f64), positions(start, 0, shape));
  Value turns = mulF(position, broadcast(frequencies, 0, shape));
  turns = subF(turns, math::RoundEvenOp::create(builder, loc, turns));
  Value angle = scale(
      arith::TruncFOp::create(builder, loc, tileType(shape), turns),
      2.0 * llvm::numbers::pi);
  Value cosine = math::CosOp::create(builder, loc, angle);
  Value sine = math::SinOp::create(builder, loc, angle);

  // A window on one half of a head: a chunk must not reach into the other.
  auto window = [&](Value buffer, Value head, int64_t column) {
    return slice(buffer, {batch, head, row, index(column)},
                 {plan.getStrip(), half}, {false, true, false, true});
  };
  SmallVector<Value> at = {index(0), index(first)};
  SmallVector<bool> flags = {false, half % plan.getBlockN() == 0};
  loop(index(0), index(heads[1]), 1, [&](Value head) {
    Value x1 = load(window(x, head, 0), at, shape, flags);
    Value x2 = load(window(x, head, half), at, shape, flags);
    store(subF(mulF(x1, cosine), mulF(x2, sine)), window(out, head, 0), at,
          flags);
    store(addF(mulF(x2, cosine), mulF(x1, sine)), window(out, head, half), at,
          flags);
  });
}

void RopeTiling::emit() {
  Value length = dim(out, 2);
  auto grid = tile::GridOp::create(
      builder, loc,
      ValueRange{ceilDiv(length, plan.getBlockM()), dim(out, 0)});
  Value first = mul(grid.getIds()[0], plan.getBlockM());
  Value batch = grid.getIds()[1];
  Value last = builder.createOrFold<arith::MinSIOp>(
      loc, length, add(first, index(plan.getBlockM())));
  Value start = index(0);
  if (op.getPositions()) {
    bool inBounds = false;
    Value position = tile::LoadOp::create(
        builder, loc, builder.getI32Type(), operandBuffer(op.getPositions()),
        ValueRange{batch}, builder.getDenseBoolArrayAttr(inBounds));
    start = arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                       position);
  }
  int64_t half = cast<BufType>(out.getType()).getShape()[3] / 2;
  loop(first, last, plan.getStrip(), [&](Value row) {
    for (int64_t pair = 0; pair < half; pair += plan.getBlockN())
      chunk(batch, row, add(start, row), pair);
  });
}

void attnc::tileRope(attn::RopeOp op, OpBuilder &builder) {
  RopeTiling(op, builder).emit();
}
