//===- LinearTiling.cpp - attn.linear on tiles -*- C++ -*-===//
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
using tile::Space;

namespace {
/// The tiling of one linear layer: a block computes [blockM, blockN] of the result.
class LinearTiling : TileEmitter {
public:
  LinearTiling(attn::LinearOp op, OpBuilder &builder)
      : TileEmitter(builder, op.getLoc()), op(op), plan(*op.getPlan()),
        x(operandBuffer(op.getInput())), out(resultBuffer(op.getOutput())),
        outType(cast<BufType>(out.getType())),
        features(cast<BufType>(x.getType()).getShape()[1]),
        columns(outType.getShape()[1]) {}

  void emit();

private:
  Value product(Value weight);
  void multiply(Value weight, Value acc, Value k, int64_t size, bool overwrite);
  Value panelsInCache(Value weight, SmallVector<Value> offsets,
                      ArrayRef<int64_t> shape);
  void epilogue(Value row);
  /// The f32 strip of `acc`, with the bias added.
  Value biased(Value acc, Value bias, Value row, ArrayRef<int64_t> shape);
  bool isPlaced(StringRef buffer, Space space) {
    return op.getPlace() && op.getPlaceAttr().get(buffer) == space;
  }

  attn::LinearOp op;
  attn::PlanAttr plan;
  Value x, out;
  BufType outType;
  int64_t features, columns;
  // Set by emit().
  Value firstRow, firstColumn, columnBlock, gate, up, outTile;
};
} // namespace

void LinearTiling::multiply(Value weight, Value acc, Value k, int64_t size,
                            bool overwrite) {
  Value lhs = slice(x, {firstRow, k}, {plan.getBlockM(), size}, {false, true});
  Type inputType = cast<BufType>(x.getType()).getElementType();
  if (isPlaced("input", Space::Cache)) {
    Value copy = alloc({plan.getBlockM(), size}, inputType);
    tile::CopyOp::create(builder, loc, lhs, copy, /*transposed=*/false);
    lhs = copy;
  }
  // A weight is [N / width, K, width] or [N / width, K / 2, width, 2].
  ArrayRef<int64_t> packed = cast<BufType>(weight.getType()).getShape();
  int64_t depth = packed.size() == 4 ? packed[3] : 1;
  int64_t panels = plan.getBlockN() / plan.getPanel();
  SmallVector<int64_t> shape = {panels, llvm::divideCeilSigned(size, depth),
                                plan.getPanel()};
  Value kPacked = k;
  if (depth > 1) {
    shape.push_back(depth);
    kPacked = builder.createOrFold<arith::DivUIOp>(loc, k, index(depth));
  }
  SmallVector<Value> offsets(packed.size(), index(0));
  offsets[0] = builder.createOrFold<arith::MulIOp>(loc, columnBlock,
                                                   index(panels));
  offsets[1] = kPacked;
  Value rhs = isPlaced("weight", Space::Cache)
                  ? panelsInCache(weight, offsets, shape)
                  : slice(weight, offsets, shape);
  tile::MmaOp::create(builder, loc, TypeRange(), lhs, rhs, acc, overwrite);
}

/// The panels [offsets, offsets + shape) of `weight`, copied to the cache.
Value LinearTiling::panelsInCache(Value weight, SmallVector<Value> offsets,
                                  ArrayRef<int64_t> shape) {
  Value copy = alloc(shape, cast<BufType>(weight.getType()).getElementType());
  SmallVector<Value> start(shape.size(), index(0));
  Value firstPanel = offsets[0];
  for (int64_t panel = 0; panel < shape[0]; ++panel) {
    start[0] = index(panel);
    offsets[0] = add(firstPanel, start[0]);
    tile::CopyOp::create(builder, loc,
                         slice(weight, offsets, shape.drop_front()),
                         slice(copy, start, shape.drop_front()),
                         /*transposed=*/false);
  }
  return copy;
}

/// x · weight in a new accumulator.
Value LinearTiling::product(Value weight) {
  Value acc = alloc({plan.getBlockM(), plan.getBlockN()}, builder.getF32Type(),
                    isPlaced("accumulator", Space::Register));
  int64_t whole = features / plan.getBlockK() * plan.getBlockK();
  if (features <= plan.getBlockK()) {
    multiply(weight, acc, index(0), features, /*overwrite=*/true);
    return acc;
  }
  fill(acc, 0.0);
  loop(index(0), index(whole), plan.getBlockK(), [&](Value k) {
    multiply(weight, acc, k, plan.getBlockK(), /*overwrite=*/false);
  });
  if (whole != features)
    multiply(weight, acc, index(whole), features - whole, /*overwrite=*/false);
  return acc;
}

Value LinearTiling::biased(Value acc, Value bias, Value row,
                           ArrayRef<int64_t> shape) {
  Value tile = row ? load(acc, {row, index(0)}, shape) : load(acc, {}, shape);
  if (!bias)
    return tile;
  Value vector = load(bias, {firstColumn}, {shape[1]},
                      {columns % plan.getBlockN() == 0});
  return addF(tile, broadcast(vector, 0, shape));
}

void LinearTiling::epilogue(Value row) {
  SmallVector<int64_t> shape = {row ? plan.getStrip() : plan.getBlockM(),
                                plan.getBlockN()};
  bool wholeColumns = columns % plan.getBlockN() == 0;
  Value strip = row ? row : index(0);
  Value y = biased(gate, operandBuffer(op.getBias()), row, shape);
  y = activation(op.getActivation(), y);
  if (up)
    y = mulF(y, biased(up, operandBuffer(op.getUpBias()), row, shape));
  if (Value residual = operandBuffer(op.getResidual()))
    y = addF(y, load(residual, {add(firstRow, strip), firstColumn}, shape,
                     {false, wholeColumns}));
  store(y, outTile, {strip, index(0)}, {false, wholeColumns});
}

void LinearTiling::emit() {
  Value rowBlocks = ceilDiv(dim(out, 0), plan.getBlockM());
  Value columnBlocks = index(llvm::divideCeilSigned(columns, plan.getBlockN()));
  // Rows vary fastest: blocks beside each other share their weights.
  auto grid = tile::GridOp::create(builder, loc,
                                   ValueRange{rowBlocks, columnBlocks});
  columnBlock = grid.getIds()[1];
  firstRow = mul(grid.getIds()[0], plan.getBlockM());
  firstColumn = mul(columnBlock, plan.getBlockN());
  outTile = slice(out, {firstRow, firstColumn},
                  {plan.getBlockM(), plan.getBlockN()},
                  {false, columns % plan.getBlockN() == 0});
  gate = product(operandBuffer(op.getWeight()));
  if (op.getUpWeight())
    up = product(operandBuffer(op.getUpWeight()));
  strips(plan.getBlockM(), plan.getStrip(), dim(outTile, 0),
         [&](Value row) { epilogue(row); });
}

void attnc::tileLinear(attn::LinearOp op, OpBuilder &builder) {
  LinearTiling(op, builder).emit();
}
