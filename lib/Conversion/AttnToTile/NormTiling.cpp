//===- NormTiling.cpp - attn.norm on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "Tilings.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;

namespace {
/// A block normalises blockM rows, a strip of rows at a time: once over the
/// columns for the mean (layer norm), once for the squares, once for the
/// result.
class NormTiling : TileEmitter {
public:
  NormTiling(attn::NormOp op, OpBuilder &builder)
      : TileEmitter(builder, op.getLoc()), op(op), plan(*op.getPlan()),
        x(operandBuffer(op.getInput())), out(resultBuffer(op.getOutput())),
        features(cast<BufType>(x.getType()).getShape()[1]),
        shape{plan.getStrip(), plan.getBlockN()},
        whole(features % plan.getBlockN() == 0) {}

  void emit();

private:
  void strip(Value row);
  /// The sum over each row of `term` of the chunks of x.
  Value sumOverColumns(Value row, llvm::function_ref<Value(Value, Value)> term);
  /// What is normalised: x with its bias and residual.
  Value chunk(Value row, Value column);
  /// The elements of a [features] operand beside a chunk.
  Value vector(Value operand, Value column) {
    return broadcast(
        load(operandBuffer(operand), {column}, {plan.getBlockN()}, {whole}), 0,
        shape);
  }

  attn::NormOp op;
  attn::PlanAttr plan;
  Value x, out;
  int64_t features;
  SmallVector<int64_t> shape;
  bool whole;
};
} // namespace

Value NormTiling::chunk(Value row, Value column) {
  Value y = load(x, {row, column}, shape, {false, whole});
  if (op.getInputBias())
    y = addF(y, vector(op.getInputBias(), column));
  if (op.getResidual())
    y = addF(y, load(operandBuffer(op.getResidual()), {row, column}, shape,
                     {false, whole}));
  return y;
}

Value NormTiling::sumOverColumns(Value row,
                                 llvm::function_ref<Value(Value, Value)> term) {
  auto op = scf::ForOp::create(builder, loc, index(0), index(features),
                               index(plan.getBlockN()),
                               ValueRange{constant(0.0, shape)});
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(op.getBody());
    Value column = op.getInductionVar();
    Value sum = addF(op.getRegionIterArg(0), term(chunk(row, column), column));
    scf::YieldOp::create(builder, loc, sum);
  }
  return reduce(tile::ReduceKind::Add, op.getResult(0));
}

void NormTiling::strip(Value row) {
  SmallVector<int64_t> rows = {plan.getStrip()};
  double inverse = 1.0 / features;
  Value mean;
  if (op.getNorm().getKind() == attn::NormKind::Layer)
    mean = broadcast(
        scale(sumOverColumns(row, [](Value x, Value) { return x; }), inverse),
        1, shape);
  Value squares = sumOverColumns(row, [&](Value x, Value column) {
    if (!mean)
      return mulF(x, x);
    Value centered = subF(x, mean);
    if (!whole) {
      // Columns beyond the edge read as zero, not as the mean.
      Value limit = tile::SplatOp::create(builder, loc,
                                          tileType(shape, builder.getI32Type()),
                                          toI32(index(features)));
      Value exists =
          arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                positions(column, 1, shape), limit);
      centered = arith::SelectOp::create(builder, loc, exists, centered,
                                         constant(0.0, shape));
    }
    return mulF(centered, centered);
  });
  Value variance =
      addF(scale(squares, inverse),
           constant(op.getNorm().getEpsilon().convertToDouble(), rows));
  Value deviation = math::SqrtOp::create(builder, loc, variance);
  Value factor = broadcast(divF(constant(1.0, rows), deviation), 1, shape);

  loop(index(0), index(features), plan.getBlockN(), [&](Value column) {
    Value y = chunk(row, column);
    if (op.getSum())
      store(y, resultBuffer(op.getSum()), {row, column}, {false, whole});
    if (mean)
      y = subF(y, mean);
    y = mulF(y, factor);
    if (op.getScale())
      y = mulF(y, vector(op.getScale(), column));
    if (op.getBias())
      y = addF(y, vector(op.getBias(), column));
    store(y, out, {row, column}, {false, whole});
  });
}

void NormTiling::emit() {
  Value rows = dim(out, 0);
  auto grid = tile::GridOp::create(builder, loc,
                                   ValueRange{ceilDiv(rows, plan.getBlockM())});
  Value first = mul(grid.getIds()[0], plan.getBlockM());
  Value last = builder.createOrFold<arith::MinSIOp>(
      loc, rows, add(first, index(plan.getBlockM())));
  loop(first, last, plan.getStrip(), [&](Value row) { strip(row); });
}

void attnc::tileNorm(attn::NormOp op, OpBuilder &builder) {
  NormTiling(op, builder).emit();
}
