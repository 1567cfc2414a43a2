//===- AttentionTiling.cpp - attn.attention on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionBlock.h"
#include "mlir/Dialect/Math/IR/Math.h"
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
class AttentionTiling : AttentionBlock {
public:
  AttentionTiling(attn::AttentionOp op, OpBuilder &builder)
      : AttentionBlock(op, builder) {}

  void emit();

private:
  void openBlock();
  void visitRanges(const attn::KeyBounds &bounds);
  void visitByClass(const attn::KeyBounds &bounds);
  attn::BlockClass classOf(Value firstKey);
  void visitBlock(Value firstKey, bool masked);
  void softmaxStrip(Value row, Value firstKey, bool masked);
  Value scoreStrip(Value row, Value firstKey);
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
  attn::ScoreTile scoreTile(Value row, Value firstKey) {
    SmallVector<int64_t> shape = tile(row, plan.getBlockN());
    return {batch,        head,    row ? add(firstRow, row) : firstRow,
            firstKey,     qOffset, {shape[0], shape[1]},
            operandBuffer};
  }
  /// `v` as the start of a block of keys.
  Value roundDown(Value v) {
    return mul(
        builder.createOrFold<arith::DivUIOp>(loc, v, index(plan.getBlockN())),
        plan.getBlockN());
  }
  /// Whether the types say that there are fewer keys than a block has.
  bool isTooShort() {
    std::optional<int64_t> keys = getConstantIntValue(keyLength);
    return keys && *keys < plan.getBlockN();
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

  // Set by openBlock().
  Value queryTile, rows;
  Value acc, rowMax, rowSum;
  /// Of the current step; one buffer where both have one space.
  Value scores, weights;
};
} // namespace

void AttentionTiling::openBlock() {
  openGrid();
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
  if (!op.getSinks()) {
    fill(rowMax, -std::numeric_limits<double>::infinity());
    fill(rowSum, 0.0);
    return;
  }
  // As if a key with the sink for a score and no value had been seen.
  tile::FillOp::create(builder, loc, loadSink(), rowMax);
  fill(rowSum, 1.0);
}

/// A strip of scores in units of log₂ e.
Value AttentionTiling::scoreStrip(Value row, Value firstKey) {
  Value s = loadStrip(scores, row, tile(row, plan.getBlockN()));
  if (op.getScore().empty())
    return scale(s, op.getSoftmaxScale() * llvm::numbers::log2e);
  s = scale(s, op.getSoftmaxScale());
  s = scoreRegion(s, scoreTile(row, firstKey));
  return scale(s, llvm::numbers::log2e);
}

void AttentionTiling::softmaxStrip(Value row, Value firstKey, bool masked) {
  SmallVector<int64_t> shape = tile(row, plan.getBlockN());
  SmallVector<int64_t> column = {shape[0]};
  Value s = scoreStrip(row, firstKey);
  if (masked)
    s = maskScores(s, scoreTile(row, firstKey));
  Value oldMax = loadStrip(rowMax, row, column);
  Value newMax = arith::MaximumFOp::create(builder, loc, oldMax,
                                           reduce(tile::ReduceKind::Max, s));
  // While a row has seen no key its maximum is −inf, and −inf − −inf is a NaN.
  // A score region may add −inf as well.
  Value reference = newMax;
  if (masked || !op.getScore().empty()) {
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

void AttentionTiling::visitBlock(Value firstKey, bool masked) {
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

/// Masked blocks from the first key on, whole blocks that every row sees,
/// masked blocks to the last key. Blocks start at multiples of blockN.
void AttentionTiling::visitRanges(const attn::KeyBounds &bounds) {
  int64_t size = plan.getBlockN();
  auto visit = [&](Value from, Value to, bool masked) {
    loop(from, to, size, [&](Value key) { visitBlock(key, masked); });
  };
  auto roundUp = [&](Value v) { return mul(ceilDiv(v, size), size); };
  Value start = roundDown(bounds.first);
  Value fullStart = roundUp(bounds.firstFull);
  Value fullEnd = maximum(roundDown(bounds.lastFull), fullStart);
  if (isTooShort())
    fullEnd = fullStart;
  else if (getConstantIntValue(fullEnd) != 0)
    fullEnd = minimum(fullEnd, roundUp(bounds.last));
  if (start != fullStart && getConstantIntValue(fullStart) != 0)
    visit(start, minimum(fullStart, bounds.last), /*masked=*/true);
  if (fullStart != fullEnd)
    visit(fullStart, fullEnd, /*masked=*/false);
  visit(fullEnd, bounds.last, /*masked=*/true);
}

attn::BlockClass AttentionTiling::classOf(Value firstKey) {
  auto read = [&](Value operand, ValueRange indices) {
    return loadElement(operandBuffer(operand), indices);
  };
  Value endKey = add(firstKey, index(plan.getBlockN()));
  attn::ScoreBlock block{
      {firstRow, endRow(), queryLength, keyLength, qOffset, batch, read},
      head,
      firstKey,
      minimum(endKey, keyLength),
      plan.getBlockM(),
      plan.getBlockN(),
      operandBuffer};
  attn::BlockClass result = mask().emitClass(builder, loc, block);
  if (isTooShort())
    result.full = Value();
  // Full blocks are read without checks.
  if (result.full)
    result.full = arith::AndIOp::create(
        builder, loc, result.full,
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle, endKey,
                              keyLength));
  return result;
}

/// Asks for the class of each block that has a visible key.
void AttentionTiling::visitByClass(const attn::KeyBounds &bounds) {
  loop(roundDown(bounds.first), bounds.last, plan.getBlockN(), [&](Value key) {
    attn::BlockClass known = classOf(key);
    auto visit = [&] {
      if (!known.full)
        return visitBlock(key, /*masked=*/true);
      choose(
          known.full, [&] { visitBlock(key, /*masked=*/false); },
          [&] { visitBlock(key, /*masked=*/true); });
    };
    if (!known.empty)
      return visit();
    choose(known.empty, [] {}, visit);
  });
}

void AttentionTiling::emit() {
  openBlock();
  attn::KeyBounds bounds = keyBounds();
  if (!op.getBounds().empty() && mask().hasClass())
    visitByClass(bounds);
  else
    visitRanges(bounds);
  finish();
}

void attnc::tileAttention(attn::AttentionOp op, OpBuilder &builder) {
  AttentionTiling(op, builder).emit();
}
