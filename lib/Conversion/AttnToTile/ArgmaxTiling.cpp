//===- ArgmaxTiling.cpp - attn.argmax on tiles -*- C++ -*-===//
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

namespace {
/// A block takes blockM rows, a strip of rows at a time: once over the columns
/// for the largest element, once for the first column that has it.
class ArgmaxTiling : TileEmitter {
public:
  ArgmaxTiling(attn::ArgmaxOp op, OpBuilder &builder)
      : TileEmitter(builder, op.getLoc()), plan(*op.getPlan()),
        x(operandBuffer(op.getInput())), out(resultBuffer(op.getOutput())),
        features(cast<BufType>(x.getType()).getShape()[1]),
        shape{plan.getStrip(), plan.getBlockN()} {}

  void emit();

private:
  void strip(Value row);
  /// Folds the chunks of a strip, which `step` gets with their first column,
  /// into a tile.
  Value foldColumns(
      Value row, Value init,
      llvm::function_ref<Value(Value tile, Value chunk, Value column)> step);
  Value columnsOf(Value column) { return positions(column, 1, shape); }
  Value splat(int32_t value) {
    auto type = tileType(shape, builder.getI32Type());
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, value));
  }

  attn::PlanAttr plan;
  Value x, out;
  int64_t features;
  SmallVector<int64_t> shape;
};
} // namespace

Value ArgmaxTiling::foldColumns(
    Value row, Value init,
    llvm::function_ref<Value(Value, Value, Value)> step) {
  bool whole = features % plan.getBlockN() == 0;
  auto loop = scf::ForOp::create(builder, loc, index(0), index(features),
                                 index(plan.getBlockN()), ValueRange{init});
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value column = loop.getInductionVar();
  Value chunk = load(x, {row, column}, shape, {false, whole});
  if (!whole) {
    // Columns beyond the edge come last, so they never are the first maximum.
    Value exists =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                              columnsOf(column), splat(features));
    chunk = arith::SelectOp::create(
        builder, loc, exists, chunk,
        constant(-std::numeric_limits<double>::infinity(), shape));
  }
  Value tile = step(loop.getRegionIterArg(0), chunk, column);
  scf::YieldOp::create(builder, loc, tile);
  return loop.getResult(0);
}

void ArgmaxTiling::strip(Value row) {
  Value lowest = constant(-std::numeric_limits<double>::infinity(), shape);
  Value largest =
      foldColumns(row, lowest, [&](Value tile, Value chunk, Value) -> Value {
        return arith::MaximumFOp::create(builder, loc, tile, chunk);
      });
  largest = broadcast(reduce(tile::ReduceKind::Max, largest), 1, shape);
  Value none = splat(std::numeric_limits<int32_t>::max());
  Value first = foldColumns(
      row, none, [&](Value tile, Value chunk, Value column) -> Value {
        // A NaN makes the maximum a NaN, which equals nothing.
        Value isLargest = arith::OrIOp::create(
            builder, loc,
            arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                                  chunk, largest),
            arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO,
                                  chunk, chunk));
        Value candidate = arith::SelectOp::create(builder, loc, isLargest,
                                                  columnsOf(column), none);
        return arith::MinSIOp::create(builder, loc, tile, candidate);
      });
  store(reduce(tile::ReduceKind::Min, first), out, row, {false});
}

void ArgmaxTiling::emit() {
  Value rows = dim(out, 0);
  auto grid = tile::GridOp::create(builder, loc,
                                   ValueRange{ceilDiv(rows, plan.getBlockM())});
  Value first = mul(grid.getIds()[0], plan.getBlockM());
  Value last = builder.createOrFold<arith::MinSIOp>(
      loc, rows, add(first, index(plan.getBlockM())));
  loop(first, last, plan.getStrip(), [&](Value row) { strip(row); });
}

void attnc::tileArgmax(attn::ArgmaxOp op, OpBuilder &builder) {
  ArgmaxTiling(op, builder).emit();
}
