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
        x(operandBuffer(op.getInput())), out(resultBuffer(op.getOutput())),
        numHeads(cast<BufType>(out.getType()).getShape()[1]),
        headDim(cast<BufType>(out.getType()).getShape()[3]) {}

  void emit();

private:
  /// The cosine and sine of the angle by which each column turns at the strip
  /// of positions from `start`; column n belongs to pair pairOf(n).
  std::pair<Value, Value> angles(Value start, ArrayRef<int64_t> shape,
                                 llvm::function_ref<int64_t(int64_t)> pairOf);
  /// Rotates the pairs [first, first + blockN) of the strip at `row`, whose
  /// position is `start`; elements p and p + D/2 are a pair, or 2p and 2p + 1.
  void rotateHalves(Value batch, Value row, Value start, int64_t first);
  void rotateNeighbours(Value batch, Value row, Value start, int64_t first);
  /// `columns` columns of a head, which accesses stay inside of.
  Value window(Value buffer, Value batch, Value head, Value row, int64_t column,
               int64_t columns) {
    return slice(buffer, {batch, head, row, index(column)},
                 {plan.getStrip(), columns}, {false, true, false, true});
  }

  attn::RopeOp op;
  attn::PlanAttr plan;
  Value x, out;
  int64_t numHeads, headDim;
};
} // namespace

std::pair<Value, Value>
RopeTiling::angles(Value start, ArrayRef<int64_t> shape,
                   llvm::function_ref<int64_t(int64_t)> pairOf) {
  auto f64 = builder.getF64Type();
  // In turns, whole turns removed in f64: positions reach beyond 2²⁰ radians,
  // where f32 has no digits left for the angle.
  double theta = op.getRope().getTheta().convertToDouble();
  SmallVector<double> turnsPerPosition;
  for (int64_t column = 0; column < shape[1]; ++column)
    turnsPerPosition.push_back(
        std::pow(theta, -2.0 * static_cast<double>(pairOf(column)) / headDim) /
        (2.0 * llvm::numbers::pi));
  Value frequencies = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(tileType(shape[1], f64),
                             ArrayRef<double>(turnsPerPosition)));
  Value position = arith::SIToFPOp::create(builder, loc, tileType(shape, f64),
                                           positions(start, 0, shape));
  Value turns = mulF(position, broadcast(frequencies, 0, shape));
  turns = subF(turns, math::RoundEvenOp::create(builder, loc, turns));
  Value angle =
      scale(arith::TruncFOp::create(builder, loc, tileType(shape), turns),
            2.0 * llvm::numbers::pi);
  return {math::CosOp::create(builder, loc, angle),
          math::SinOp::create(builder, loc, angle)};
}

void RopeTiling::rotateHalves(Value batch, Value row, Value start,
                              int64_t first) {
  int64_t half = headDim / 2;
  SmallVector<int64_t> shape = {plan.getStrip(), plan.getBlockN()};
  auto [cosine, sine] =
      angles(start, shape, [&](int64_t n) { return first + n; });
  SmallVector<Value> at = {index(0), index(first)};
  SmallVector<bool> flags = {false, half % plan.getBlockN() == 0};
  // Windows of one half: a chunk must not reach into the other.
  loop(index(0), index(numHeads), 1,
       [&, cosine = cosine, sine = sine](Value head) {
         auto low = [&](Value buffer) {
           return window(buffer, batch, head, row, 0, half);
         };
         auto high = [&](Value buffer) {
           return window(buffer, batch, head, row, half, half);
         };
         Value x1 = load(low(x), at, shape, flags);
         Value x2 = load(high(x), at, shape, flags);
         store(subF(mulF(x1, cosine), mulF(x2, sine)), low(out), at, flags);
         store(addF(mulF(x2, cosine), mulF(x1, sine)), high(out), at, flags);
       });
}

void RopeTiling::rotateNeighbours(Value batch, Value row, Value start,
                                  int64_t first) {
  int64_t columns = 2 * plan.getBlockN();
  SmallVector<int64_t> shape = {plan.getStrip(), columns};
  auto [cosine, sine] =
      angles(start, shape, [&](int64_t n) { return first + n / 2; });
  // The first of a pair takes −sin of the second, the second +sin of the first.
  SmallVector<bool> firsts(columns);
  SmallVector<float> signs(columns);
  for (int64_t n = 0; n < columns; ++n) {
    firsts[n] = n % 2 == 0;
    signs[n] = n % 2 ? 1.0f : -1.0f;
  }
  auto constantRow = [&](DenseElementsAttr values) {
    Value vector = arith::ConstantOp::create(builder, loc, values);
    return broadcast(vector, 0, shape);
  };
  Value isFirst = constantRow(DenseElementsAttr::get(
      tileType(columns, builder.getI1Type()), ArrayRef<bool>(firsts)));
  Value turned = mulF(sine, constantRow(DenseElementsAttr::get(
                                tileType(columns), ArrayRef<float>(signs))));
  // In the cache a neighbour is a load at the next offset.
  Value padded = alloc({plan.getStrip(), columns + 2}, builder.getF32Type());
  SmallVector<Value> at = {index(0), index(2 * first)};
  SmallVector<bool> flags = {false, headDim % columns == 0};
  loop(index(0), index(numHeads), 1, [&, cosine = cosine](Value head) {
    Value tile =
        load(window(x, batch, head, row, 0, headDim), at, shape, flags);
    store(tile, padded, {index(0), index(1)});
    Value previous = load(padded, {index(0), index(0)}, shape);
    Value next = load(padded, {index(0), index(2)}, shape);
    Value other =
        arith::SelectOp::create(builder, loc, isFirst, next, previous);
    store(addF(mulF(tile, cosine), mulF(other, turned)),
          window(out, batch, head, row, 0, headDim), at, flags);
  });
}

void RopeTiling::emit() {
  Value length = dim(out, 2);
  auto grid = tile::GridOp::create(
      builder, loc, ValueRange{ceilDiv(length, plan.getBlockM()), dim(out, 0)});
  Value first = mul(grid.getIds()[0], plan.getBlockM());
  Value batch = grid.getIds()[1];
  Value last = builder.createOrFold<arith::MinSIOp>(
      loc, length, add(first, index(plan.getBlockM())));
  Value start = index(0);
  if (op.getPositions())
    start = arith::IndexCastOp::create(
        builder, loc, builder.getIndexType(),
        loadElement(operandBuffer(op.getPositions()), batch));
  bool halves = op.getRope().getStyle() == attn::RopeStyle::Half;
  loop(first, last, plan.getStrip(), [&](Value row) {
    for (int64_t pair = 0; pair < headDim / 2; pair += plan.getBlockN())
      halves ? rotateHalves(batch, row, add(start, row), pair)
             : rotateNeighbours(batch, row, add(start, row), pair);
  });
}

void attnc::tileRope(attn::RopeOp op, OpBuilder &builder) {
  RopeTiling(op, builder).emit();
}
