//===- AttentionTiling.cpp - attn.attention on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "Tilings.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;
using tile::Space;

namespace {
/// The online softmax (Milakov and Gimelshein, 2018) on tiles: a block
/// computes blockM query rows of one head and visits the keys blockN at a time.
/// Scores are kept in units of log₂ e, so that the exponential is a power of
/// two.
class AttentionTiling : TileEmitter {
public:
  AttentionTiling(attn::AttentionOp op, OpBuilder &builder)
      : TileEmitter(builder, op.getLoc()), op(op), plan(*op.getPlan()),
        query(operandBuffer(op.getQuery())), key(operandBuffer(op.getKey())),
        value(operandBuffer(op.getValue())), out(resultBuffer(op.getOutput())),
        headDim(cast<BufType>(query.getType()).getShape()[3]),
        valueDim(cast<BufType>(value.getType()).getShape()[3]),
        element(cast<BufType>(query.getType()).getElementType()) {}

  void emit();

private:
  void openBlock();
  attn::KeyBounds keyBounds();
  void visitKeys(Value from, Value to, bool masked);
  void softmaxStrip(Value row, Value firstKey, bool masked);
  Value maskScores(Value scores, Value row, Value firstKey);
  void finish();

  Space space(StringRef buffer) {
    std::optional<Space> space;
    if (op.getPlaceAttr())
      space = op.getPlaceAttr().get(buffer);
    return space.value_or(Space::Cache);
  }
  SmallVector<int64_t> tile(Value row, int64_t columns) {
    return {row ? plan.getStrip() : plan.getBlockM(), columns};
  }
  /// A strip of a cache buffer, or all of it where the strip is the tile.
  Value loadStrip(Value buffer, Value row, ArrayRef<int64_t> shape) {
    SmallVector<Value> offsets;
    if (row) {
      offsets.assign(shape.size(), index(0));
      offsets[0] = row;
    }
    return load(buffer, offsets, shape);
  }
  void storeStrip(Value tile, Value buffer, Value row) {
    SmallVector<Value> offsets;
    if (row) {
      offsets.assign(cast<RankedTensorType>(tile.getType()).getRank(),
                     index(0));
      offsets[0] = row;
    }
    store(tile, buffer, offsets);
  }

  attn::AttentionOp op;
  attn::PlanAttr plan;
  Value query, key, value, out;
  int64_t headDim, valueDim;
  Type element;

  // Set by openBlock().
  Value batch, head, kvHead, firstRow, queryLength, keyLength, qOffset;
  Value queryTile, rows;
  Value acc, rowMax, rowSum;
  /// Of the current step; one buffer where both have one space.
  Value scores, weights;
};
} // namespace

void AttentionTiling::openBlock() {
  queryLength = dim(out, 2);
  keyLength = dim(key, 2);
  int64_t heads = cast<BufType>(query.getType()).getShape()[1];
  int64_t kvHeads = cast<BufType>(key.getType()).getShape()[1];
  Value blocks = ceilDiv(queryLength, plan.getBlockM());
  auto grid = tile::GridOp::create(
      builder, loc, ValueRange{blocks, index(heads), dim(out, 0)});
  // Later rows see more keys under most masks: start with the longest.
  Value block = sub(sub(blocks, grid.getIds()[0]), index(1));
  firstRow = mul(block, plan.getBlockM());
  head = grid.getIds()[1];
  batch = grid.getIds()[2];
  kvHead =
      builder.createOrFold<arith::DivUIOp>(loc, head, index(heads / kvHeads));
  qOffset =
      op.getQOffset() ? index(*op.getQOffset()) : sub(keyLength, queryLength);

  SmallVector<int64_t> queryShape = {plan.getBlockM(), headDim};
  queryTile = slice(query, {batch, head, firstRow, index(0)}, queryShape,
                    {false, true, false, true});
  rows = dim(queryTile, 0);
  if (space("query") == Space::Cache) {
    Value copy = alloc(queryShape, builder.getF32Type());
    tile::CopyOp::create(builder, loc, queryTile, copy, /*transposed=*/false);
    queryTile = copy;
  }

  Type f32 = builder.getF32Type();
  bool outputInRegisters = space("output") == Space::Register;
  acc = alloc({plan.getBlockM(), valueDim}, f32, outputInRegisters);
  rowMax = alloc({plan.getBlockM()}, f32, outputInRegisters);
  rowSum = alloc({plan.getBlockM()}, f32, outputInRegisters);
  fill(acc, 0.0);
  fill(rowMax, -std::numeric_limits<double>::infinity());
  fill(rowSum, 0.0);
}

attn::KeyBounds AttentionTiling::keyBounds() {
  if (!op.getMask())
    return {index(0), index(0), keyLength, keyLength};
  if (op.getBounds().empty())
    return {index(0), index(0), index(0), keyLength};
  Block &body = op.getBounds().front();
  Value lastRow = builder.createOrFold<arith::MinSIOp>(
      loc, add(firstRow, index(plan.getBlockM())), queryLength);
  IRMapping mapping;
  mapping.map(body.getArguments(),
              ValueRange{firstRow, lastRow, queryLength, keyLength});
  for (Operation &inner : body.without_terminator())
    builder.clone(inner, mapping);
  // A bounds region may be a user's: what it yields proves nothing, and full
  // tiles are read without checks.
  auto clamp = [&](Value bound) {
    if (getConstantIntValue(bound) == 0)
      return bound;
    bound = builder.createOrFold<arith::MaxSIOp>(loc, bound, index(0));
    return builder.createOrFold<arith::MinSIOp>(loc, bound, keyLength);
  };
  SmallVector<Value> bounds;
  for (Value bound : body.getTerminator()->getOperands())
    bounds.push_back(clamp(mapping.lookupOrDefault(bound)));
  return {bounds[0], bounds[1], bounds[2], bounds[3]};
}

Value AttentionTiling::maskScores(Value tile, Value row, Value firstKey) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(tile.getType()).getShape();
  Value columns = positions(firstKey, 1, shape);
  Value limit = tile::SplatOp::create(
      builder, loc, tileType(shape, builder.getI32Type()), toI32(keyLength));
  Value visible = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                        columns, limit);
  if (op.getMask()) {
    Value first = add(firstRow, qOffset);
    if (row)
      first = add(first, row);
    auto mask = op.getMask().getDefiningOp<attn::MaskOpInterface>();
    visible = arith::AndIOp::create(
        builder, loc, visible,
        mask.emitVisible(builder, loc, positions(first, 0, shape), columns));
  }
  Value hidden = constant(-std::numeric_limits<double>::infinity(), shape);
  return arith::SelectOp::create(builder, loc, visible, tile, hidden);
}

void AttentionTiling::softmaxStrip(Value row, Value firstKey, bool masked) {
  SmallVector<int64_t> shape = tile(row, plan.getBlockN());
  SmallVector<int64_t> column = {shape[0]};
  Value s = scale(loadStrip(scores, row, shape),
                  op.getSoftmaxScale() * llvm::numbers::log2e);
  if (masked)
    s = maskScores(s, row, firstKey);
  Value oldMax = loadStrip(rowMax, row, column);
  Value newMax = arith::MaximumFOp::create(builder, loc, oldMax,
                                           reduce(tile::ReduceKind::Max, s));
  // While a row has seen no key its maximum is −inf, and −inf − −inf is a NaN.
  Value reference = newMax;
  if (masked) {
    Value none = constant(-std::numeric_limits<double>::infinity(), column);
    Value unseen = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OEQ, newMax, none);
    reference = arith::SelectOp::create(builder, loc, unseen,
                                        constant(0.0, column), newMax);
  }
  Value correction = exp2(subF(oldMax, reference));
  Value p = exp2(subF(s, broadcast(reference, 1, shape)));
  Value sum = addF(mulF(loadStrip(rowSum, row, column), correction),
                   reduce(tile::ReduceKind::Add, p));
  storeStrip(p, weights, row);
  storeStrip(newMax, rowMax, row);
  storeStrip(sum, rowSum, row);
  SmallVector<int64_t> accShape = tile(row, valueDim);
  Value o = loadStrip(acc, row, accShape);
  storeStrip(mulF(o, broadcast(correction, 1, accShape)), acc, row);
}

void AttentionTiling::visitKeys(Value from, Value to, bool masked) {
  loop(from, to, plan.getBlockN(), [&](Value firstKey) {
    Type f32 = builder.getF32Type();
    SmallVector<int64_t> shape = {plan.getBlockM(), plan.getBlockN()};
    scores = alloc(shape, f32, space("scores") == Space::Register);
    weights = space("scores") == space("weights")
                  ? scores
                  : alloc(shape, f32, space("weights") == Space::Register);
    Value keyTile =
        slice(key, {batch, kvHead, firstKey, index(0)},
              {plan.getBlockN(), headDim}, {false, true, !masked, true});
    Value valueTile =
        slice(value, {batch, kvHead, firstKey, index(0)},
              {plan.getBlockN(), valueDim}, {false, true, false, true});
    Value keyTransposed = alloc({headDim, plan.getBlockN()}, f32);
    tile::CopyOp::create(builder, loc, keyTile, keyTransposed,
                         /*transposed=*/true);
    tile::MmaOp::create(builder, loc, TypeRange(), queryTile, keyTransposed,
                        scores, /*overwrite=*/true);
    strips(plan.getBlockM(), plan.getStrip(), rows,
           [&](Value row) { softmaxStrip(row, firstKey, masked); });
    if (space("value") == Space::Cache) {
      Value copy = alloc({plan.getBlockN(), valueDim}, f32);
      tile::CopyOp::create(builder, loc, valueTile, copy,
                           /*transposed=*/false);
      valueTile = copy;
    }
    tile::MmaOp::create(builder, loc, TypeRange(), weights, valueTile, acc,
                        /*overwrite=*/false);
  });
}

void AttentionTiling::finish() {
  Value outTile =
      slice(out, {batch, head, firstRow, index(0)},
            {plan.getBlockM(), valueDim}, {false, true, false, true});
  Value lse = op.getLse() ? resultBuffer(op.getLse()) : Value();
  strips(plan.getBlockM(), plan.getStrip(), rows, [&](Value row) {
    SmallVector<int64_t> shape = tile(row, valueDim);
    SmallVector<int64_t> column = {shape[0]};
    Value sum = loadStrip(rowSum, row, column);
    Value zero = constant(0.0, column);
    // A row that saw no key has a sum of zero, and gives zeros.
    Value empty = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                                        sum, zero);
    Value inverse = arith::SelectOp::create(builder, loc, empty, zero,
                                            divF(constant(1.0, column), sum));
    Value o = mulF(loadStrip(acc, row, shape), broadcast(inverse, 1, shape));
    store(o, outTile, {row ? row : index(0), index(0)}, {false, true});
    if (!lse)
      return;
    Value log2 = math::Log2Op::create(builder, loc, sum);
    Value total =
        scale(addF(loadStrip(rowMax, row, column), log2), llvm::numbers::ln2);
    Value none = constant(-std::numeric_limits<double>::infinity(), column);
    total = arith::SelectOp::create(builder, loc, empty, none, total);
    store(total, lse, {batch, head, row ? add(firstRow, row) : firstRow},
          {false, true, false});
  });
}

void AttentionTiling::emit() {
  openBlock();
  attn::KeyBounds bounds = keyBounds();
  // Masked tiles from first on, whole tiles that every row sees, masked tiles
  // to the last key. Tiles start at multiples of blockN.
  Value size = index(plan.getBlockN());
  auto roundDown = [&](Value v) {
    Value blocks = builder.createOrFold<arith::DivUIOp>(loc, v, size);
    return builder.createOrFold<arith::MulIOp>(loc, blocks, size);
  };
  auto roundUp = [&](Value v) {
    Value blocks = builder.createOrFold<arith::CeilDivUIOp>(loc, v, size);
    return builder.createOrFold<arith::MulIOp>(loc, blocks, size);
  };
  Value start = roundDown(bounds.first);
  Value fullStart = roundUp(bounds.firstFull);
  Value fullEnd = builder.createOrFold<arith::MaxSIOp>(
      loc, roundDown(bounds.lastFull), fullStart);
  std::optional<int64_t> keys = getConstantIntValue(keyLength);
  if (keys && *keys < plan.getBlockN())
    fullEnd = fullStart; // no tile is full
  else if (getConstantIntValue(fullEnd) != 0)
    fullEnd = builder.createOrFold<arith::MinSIOp>(loc, fullEnd,
                                                   roundUp(bounds.last));
  if (start != fullStart && getConstantIntValue(fullStart) != 0)
    visitKeys(start,
              builder.createOrFold<arith::MinSIOp>(loc, fullStart, bounds.last),
              /*masked=*/true);
  if (fullStart != fullEnd)
    visitKeys(fullStart, fullEnd, /*masked=*/false);
  visitKeys(fullEnd, bounds.last, /*masked=*/true);
  finish();
}

void attnc::tileAttention(attn::AttentionOp op, OpBuilder &builder) {
  AttentionTiling(op, builder).emit();
}
