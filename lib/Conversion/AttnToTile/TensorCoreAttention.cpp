//===- TensorCoreAttention.cpp - attn.attention for warpgroups -*- C++ -*-===//
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

static constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// Bytes of a row of a panel that tensor cores read.
static constexpr int64_t kSwizzle = 128;

namespace {
/// The online softmax (Milakov and Gimelshein, 2018) as warpgroups compute it:
/// each of a block's warpgroups has `strip` of its rows, all share the keys and
/// values in the cache, and scores, weights and output are whole tiles.
///
/// Softmax is the same in any order of the keys. So the blocks of keys come in
/// two runs, those with hidden elements first: one loop has the mask and the
/// other none. The first step stands before the loops, has the mask whatever it
/// is, and starts the running values. Scores stay as they are; `factor` brings
/// them to units of log₂ e in the exponent's fused multiply-add.
class TensorCoreAttention : AttentionBlock {
public:
  TensorCoreAttention(attn::AttentionOp op, OpBuilder &builder)
      : AttentionBlock(op, builder) {}

  void emit();

private:
  /// The steps over blocks of keys.
  struct Steps {
    /// At least one masked step; the others are full.
    Value numMasked, count;
    llvm::function_ref<Value(Value step)> maskedBlock, fullBlock;
  };

  void openBlock();
  void visitRanges(const attn::KeyBounds &bounds);
  void visitList();
  void visit(const Steps &steps);
  void visitBlock(Value keyBlock, bool first, bool masked);
  /// The weights of a block's scores; brings the running values up to date.
  Value softmax(Value s, bool first, bool guarded);
  void finish();

  Value cacheTile(Value source, ValueRange offsets, int64_t rows,
                  int64_t columns);
  bool isInRegisters(StringRef buffer) {
    return op.getPlaceAttr().get(buffer) == Space::Register;
  }
  /// A buffer of a warpgroup, in registers unless it is placed elsewhere.
  Value own(StringRef buffer, ArrayRef<int64_t> shape, Type type,
            bool isOperand = false) {
    bool promote = isInRegisters(buffer);
    auto op = tile::AllocOp::create(
        builder, loc,
        BufType::get(builder.getContext(), shape, type, Space::Cache,
                     isOperand && !promote ? kSwizzle : 0),
        ValueRange());
    op.setPromote(promote);
    return op;
  }
  Value allocScores() {
    return own("scores", {numRows, plan.getBlockN()}, builder.getF32Type());
  }
  Value allocWeights() {
    return own("weights", {numRows, plan.getBlockN()}, element,
               /*isOperand=*/true);
  }
  Value select(Value condition, Value lhs, Value rhs) {
    return arith::SelectOp::create(builder, loc, condition, lhs, rhs);
  }
  /// Where a vector of rows has `value`.
  Value equals(Value vector, double value) {
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                                 vector, constant(value, {numRows}));
  }
  Value fma(Value a, Value b, Value c) {
    return math::FmaOp::create(builder, loc, a, b, c);
  }
  /// The sums of a row's parts.
  Value reduceToParts(Value tile) {
    return tile::ReduceOp::create(builder, loc,
                                  tileType({numRows, tile::kPartials}),
                                  tile::ReduceKind::Add, tile);
  }

  int64_t numRows = plan.getStrip();
  /// The score region's results are in units of the softmax, and so are scores
  /// whose scale would turn their order round.
  bool scaledFirst = !op.getScore().empty() || op.getSoftmaxScale() <= 0;
  double factor =
      (scaledFirst ? 1.0 : op.getSoftmaxScale()) * llvm::numbers::log2e;

  // Set by openBlock().
  Value warpgroup, ownRow, queryTile;
  Value acc, rowMax, rowSum;
  /// All steps share those in the cache; register tiles live for a step.
  Value sharedScores, sharedWeights;
};
} // namespace

Value TensorCoreAttention::cacheTile(Value source, ValueRange offsets,
                                     int64_t rows, int64_t columns) {
  Value window = slice(source, offsets, {rows, columns},
                       {false, true, false, true});
  Value tile = tile::AllocOp::create(
      builder, loc,
      BufType::get(builder.getContext(), {rows, columns}, element, Space::Cache,
                   kSwizzle),
      ValueRange());
  tile::CopyOp::create(builder, loc, window, tile, /*transposed=*/false);
  return tile;
}

void TensorCoreAttention::openBlock() {
  openGrid();
  warpgroup = tile::WarpgroupIdOp::create(builder, loc, builder.getIndexType());
  Value offset = mul(warpgroup, numRows);
  ownRow = add(firstRow, offset);
  Value tile = cacheTile(query, {batch, head, firstRow, index(0)},
                         plan.getBlockM(), headDim);
  auto type = cast<BufType>(tile.getType());
  queryTile = tile::SliceOp::create(builder, loc,
                                    type.cloneWith({{numRows, headDim}}, element),
                                    tile, ValueRange{offset, index(0)},
                                    DenseBoolArrayAttr());
  Type f32 = builder.getF32Type();
  acc = own("output", {numRows, valueDim}, f32);
  rowMax = own("output", {numRows}, f32);
  rowSum = own("output", {numRows, tile::kPartials}, f32);
  if (!isInRegisters("scores"))
    sharedScores = allocScores();
  if (!isInRegisters("weights"))
    sharedWeights = allocWeights();
}

void TensorCoreAttention::visit(const Steps &steps) {
  visitBlock(steps.maskedBlock(index(0)), /*first=*/true, /*masked=*/true);
  loop(index(1), steps.numMasked, 1, [&](Value step) {
    visitBlock(steps.maskedBlock(step), /*first=*/false, /*masked=*/true);
  });
  loop(steps.numMasked, steps.count, 1, [&](Value step) {
    visitBlock(steps.fullBlock(step), /*first=*/false, /*masked=*/false);
  });
}

/// In blocks: the visible ones [first, end), of which [fullStart, fullEnd) are
/// full. Masked blocks from the last to the first, then full ones.
void TensorCoreAttention::visitRanges(const attn::KeyBounds &bounds) {
  int64_t size = plan.getBlockN();
  Value one = index(1);
  auto blocksBefore = [&](Value v) {
    return builder.createOrFold<arith::DivUIOp>(loc, v, index(size));
  };
  Value end = ceilDiv(bounds.last, size);
  if (!op.getMask()) {
    // Only the last block can have an end.
    auto block = [&](Value step) { return sub(sub(end, one), step); };
    return visit({one, maximum(end, one), block, block});
  }
  Value first = blocksBefore(bounds.first);
  Value fullStart = ceilDiv(bounds.firstFull, size);
  Value fullEnd = minimum(
      maximum(blocksBefore(bounds.lastFull), fullStart), maximum(end, fullStart));
  Value right = maximum(sub(end, fullEnd), index(0));
  Value left = maximum(sub(minimum(fullStart, end), first), index(0));
  Value masked = add(right, left);
  // Without a masked block the first full one goes through the mask; without
  // any block, `first` does, where the mask hides all.
  Value numMasked = maximum(masked, one);
  Value count = maximum(add(masked, sub(fullEnd, fullStart)), one);
  auto maskedBlock = [&](Value step) -> Value {
    Value fromEnd = sub(sub(end, one), step);
    Value fromStart = add(first, sub(step, right));
    Value isRight = builder.createOrFold<arith::CmpIOp>(
        loc, arith::CmpIPredicate::slt, step, right);
    return builder.createOrFold<arith::SelectOp>(loc, isRight, fromEnd,
                                                 fromStart);
  };
  auto fullBlock = [&](Value step) {
    return sub(sub(fullEnd, one), sub(step, numMasked));
  };
  visit({numMasked, count, maskedBlock, fullBlock});
}

/// The factor of a product or quotient with one constant.
static std::optional<std::pair<Value, double>> splitFactor(Value value) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::MulFOp, arith::DivFOp>(op))
    return std::nullopt;
  for (unsigned i : {1, 0}) {
    SplatElementsAttr constant;
    if (!matchPattern(op->getOperand(i), m_Constant(&constant)))
      continue;
    double factor = constant.getSplatValue<APFloat>().convertToDouble();
    if (isa<arith::MulFOp>(op))
      return std::pair(op->getOperand(1 - i), factor);
    if (i == 1 && factor != 0)
      return std::pair(op->getOperand(0), 1 / factor);
  }
  return std::nullopt;
}

/// One multiplication for each chain of them from `first` on, which rounds once
/// instead of once each. Returns what takes the place of `result`.
static Value mergeFactors(OpBuilder &builder, Operation *first, Value result) {
  for (Operation *op = first; op; op = op->getNextNode()) {
    if (op->getNumResults() != 1)
      continue;
    std::optional<std::pair<Value, double>> outer = splitFactor(op->getResult(0));
    if (!outer)
      continue;
    auto [source, factor] = *outer;
    if (auto inner = splitFactor(source)) {
      source = inner->first;
      factor *= inner->second;
    } else if (isa<arith::MulFOp>(op)) {
      continue;
    }
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(op);
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Value constant = arith::ConstantOp::create(
        builder, op->getLoc(),
        DenseElementsAttr::get(type, builder.getF32FloatAttr(factor)));
    Value merged =
        arith::MulFOp::create(builder, op->getLoc(), source, constant);
    if (result == op->getResult(0))
      result = merged;
    op->getResult(0).replaceAllUsesWith(merged);
    op->erase();
    op = merged.getDefiningOp();
  }
  return result;
}

/// Products from `first` on that only a sum takes become part of it. Returns what
/// takes the place of `result`.
static Value contractSums(OpBuilder &builder, Operation *first, Value result) {
  for (Operation *op = first; op; op = op->getNextNode()) {
    auto sum = dyn_cast<arith::AddFOp>(op);
    if (!sum || !isa<RankedTensorType>(sum.getType()))
      continue;
    for (unsigned i : {0, 1}) {
      auto product = sum->getOperand(i).getDefiningOp<arith::MulFOp>();
      if (!product || !product->hasOneUse())
        continue;
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(sum);
      Value fused = math::FmaOp::create(builder, sum.getLoc(), product.getLhs(),
                                        product.getRhs(), sum->getOperand(1 - i));
      if (result == sum.getResult())
        result = fused;
      sum.replaceAllUsesWith(fused);
      sum.erase();
      op = fused.getDefiningOp();
      break;
    }
  }
  return result;
}

void TensorCoreAttention::visitBlock(Value keyBlock, bool first, bool masked) {
  Value firstKey = mul(keyBlock, plan.getBlockN());
  SmallVector<Value> at = {batch, kvHead, firstKey, index(0)};
  Value keyTile = cacheTile(key, at, plan.getBlockN(), headDim);
  Value scores = sharedScores ? sharedScores : allocScores();
  tile::MmaOp::create(builder, loc, TypeRange(), queryTile, keyTile, scores,
                      /*overwrite=*/true, /*transposed=*/true);
  SmallVector<int64_t> shape = {numRows, plan.getBlockN()};
  Value s = load(scores, {}, shape);
  if (scaledFirst)
    s = scale(s, op.getSoftmaxScale());
  attn::ScoreTile tile{batch,   head,  ownRow, firstKey,
                       qOffset, {shape[0], shape[1]}, operandBuffer};
  if (!op.getScore().empty()) {
    Operation *scaled = s.getDefiningOp();
    // A region's first op may replace `scaled` itself.
    Operation *before = scaled->getPrevNode();
    s = mergeFactors(builder, scaled, scoreRegion(s, tile));
    s = contractSums(builder, before->getNextNode(), s);
    // What the region multiplies its result by goes to the exponent's factor.
    if (auto split = splitFactor(s); split && split->second > 0) {
      s = split->first;
      factor = split->second * llvm::numbers::log2e;
    }
  }
  if (masked)
    s = maskScores(s, tile, /*checkEnd=*/!maskHidesEnd());
  Value p = softmax(s, first, /*guarded=*/masked || !op.getScore().empty());

  Value weights = sharedWeights ? sharedWeights : allocWeights();
  store(p, weights, {});
  Value valueTile = cacheTile(value, at, plan.getBlockN(), valueDim);
  tile::MmaOp::create(builder, loc, TypeRange(), weights, valueTile, acc,
                      /*overwrite=*/first, /*transposed=*/false);
}

Value TensorCoreAttention::softmax(Value s, bool first, bool guarded) {
  SmallVector<int64_t> row = {numRows}, parts = {numRows, tile::kPartials};
  Value oldMax = first ? Value() : load(rowMax, {}, row);
  Value newMax = reduce(tile::ReduceKind::Max, s);
  if (!first)
    newMax = arith::MaximumFOp::create(builder, loc, newMax, oldMax);
  // While a row has seen no key its maximum is −inf, and −inf − −inf is a NaN.
  // A score region may add −inf as well.
  Value reference = newMax;
  if (guarded)
    reference = select(equals(newMax, -kInfinity), constant(0.0, row), newMax);
  Value shift = scale(reference, -factor);
  auto shape = cast<RankedTensorType>(s.getType()).getShape();
  Value p = exp2(fma(s, constant(factor, shape), broadcast(shift, 1, shape)));
  Value sum = reduceToParts(p);
  store(newMax, rowMax, {});
  if (first) {
    store(sum, rowSum, {});
    return p;
  }
  // Rounded as the shift was: a maximum that stays is a correction of one, or the
  // sums of rows with large scores would drift from step to step.
  Value correction = exp2(addF(scale(oldMax, factor), shift));
  store(fma(load(rowSum, {}, parts), broadcast(correction, 1, parts), sum),
        rowSum, {});
  SmallVector<int64_t> accShape = {numRows, valueDim};
  store(mulF(load(acc, {}, accShape), broadcast(correction, 1, accShape)), acc,
        {});
  return p;
}

void TensorCoreAttention::finish() {
  SmallVector<int64_t> row = {numRows}, shape = {numRows, valueDim};
  Value zero = constant(0.0, row), one = constant(1.0, row);
  Value sum = reduce(tile::ReduceKind::Add,
                     load(rowSum, {}, {numRows, tile::kPartials}));
  Value top = scale(load(rowMax, {}, row), factor);
  Value weight = one;
  if (op.getSinks()) {
    // As if a key with the sink for a score and no value had been seen.
    Value sink = tile::SplatOp::create(builder, loc, tileType(row), loadSink());
    Value newTop = arith::MaximumFOp::create(builder, loc, top, sink);
    weight = exp2(subF(top, newTop));
    sum = fma(sum, weight, exp2(subF(sink, newTop)));
    top = newTop;
  }
  // A row that saw no key has a sum of zero, and gives zeros.
  Value empty = equals(sum, 0.0);
  Value inverse = select(empty, zero, divF(weight, sum));
  Value o = mulF(load(acc, {}, shape), broadcast(inverse, 1, shape));
  // The queries are done with; their tile is as large.
  Value rounded = queryTile;
  if (plan.getQueryStages() > 1 || valueDim != headDim)
    rounded = tile::AllocOp::create(
        builder, loc,
        BufType::get(builder.getContext(), shape, element, Space::Cache,
                     kSwizzle),
        ValueRange());
  store(o, rounded, {});
  Value window = slice(out, {batch, head, ownRow, index(0)}, shape,
                       {false, true, false, true});
  tile::CopyOp::create(builder, loc, rounded, window, /*transposed=*/false);
  if (!op.getLse())
    return;
  Value lse = scale(addF(top, math::Log2Op::create(builder, loc, sum)),
                    llvm::numbers::ln2);
  lse = select(empty, constant(-kInfinity, row), lse);
  store(lse, resultBuffer(op.getLse()), {batch, head, ownRow},
        {false, true, false});
}

/// As `attn.block_list` says.
void TensorCoreAttention::visitList() {
  Value numMasked = listEntry(index(attn::kBlockListMasked));
  Value count = listEntry(index(attn::kBlockListCount));
  auto keyBlock = [&](Value step) {
    return listEntry(add(step, index(attn::kBlockListHeader)));
  };
  visit({numMasked, count, keyBlock, keyBlock});
}

void TensorCoreAttention::emit() {
  openBlock();
  if (op.getBlockList())
    visitList();
  else
    visitRanges(keyBounds());
  finish();
}

void attnc::tileAttentionForTensorCores(attn::AttentionOp op,
                                        tile::KernelOp kernel,
                                        OpBuilder &builder) {
  attn::PlanAttr plan = *op.getPlan();
  kernel->setAttr(tile::kWarpgroupsAttr,
                  builder.getI64IntegerAttr(plan.getWarpgroups()));
  kernel->setAttr(tile::kStagesAttr,
                  builder.getI64IntegerAttr(plan.getStages()));
  kernel->setAttr(tile::kQueryStagesAttr,
                  builder.getI64IntegerAttr(plan.getQueryStages()));
  if (!plan.getTurns())
    kernel->setAttr(tile::kTurnsAttr, builder.getBoolAttr(false));
  TensorCoreAttention(op, builder).emit();
}
