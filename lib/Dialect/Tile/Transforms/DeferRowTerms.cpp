//===- DeferRowTerms.cpp - Add to rows what is one a row -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace attnc::tile {
#define GEN_PASS_DEF_DEFERROWTERMSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

namespace {
/// scores = a · b + (columns · factor + term), and what uses them.
struct Scores {
  math::FmaOp sum, bias;
  /// Chooses among the scores and −inf; null where all count.
  arith::SelectOp masked;
  SmallVector<ReduceOp> maxima;
  /// scores · constant + one value a row.
  SmallVector<math::FmaOp> exponents;
};
} // namespace

static bool isColumns(Value value) {
  auto cast = value.getDefiningOp<arith::SIToFPOp>();
  auto iota = cast ? cast.getIn().getDefiningOp<IotaOp>() : IotaOp();
  return iota && iota.getDim() == 1;
}

static bool isMinusInfinity(Value value) {
  return matchPattern(value, m_NegInfFloat());
}

static std::optional<Scores> match(math::FmaOp sum) {
  Scores scores;
  scores.sum = sum;
  scores.bias = sum.getC().getDefiningOp<math::FmaOp>();
  if (!scores.bias || !isColumns(scores.bias.getA()) ||
      !isUniformInRows(scores.bias.getB()) ||
      !isUniformInRows(scores.bias.getC()))
    return std::nullopt;
  Value used = sum;
  if (sum->hasOneUse())
    if (auto select = dyn_cast<arith::SelectOp>(*sum->user_begin()))
      if (select.getTrueValue() == used &&
          isMinusInfinity(select.getFalseValue())) {
        scores.masked = select;
        used = select;
      }
  for (Operation *user : used.getUsers()) {
    auto reduce = dyn_cast<ReduceOp>(user);
    auto exponent = dyn_cast<math::FmaOp>(user);
    auto shift = exponent ? exponent.getC().getDefiningOp<BroadcastOp>()
                          : BroadcastOp();
    if (reduce && reduce.getKind() == ReduceKind::Max)
      scores.maxima.push_back(reduce);
    else if (shift && shift.getDim() == 1 && exponent.getA() == used &&
             matchPattern(exponent.getB(), m_Constant()))
      scores.exponents.push_back(exponent);
    else
      return std::nullopt;
  }
  return scores;
}

/// What `tile`, which is uniform in rows, has in each row.
static Value toRows(RewriterBase &b, Value tile) {
  Operation *op = tile.getDefiningOp();
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return broadcast.getSource();
  auto type = cast<RankedTensorType>(tile.getType());
  RankedTensorType rows = type.clone(type.getShape().take_front());
  Location loc = op->getLoc();
  if (isa<IotaOp>(op))
    return IotaOp::create(b, loc, rows, 0);
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return arith::ConstantOp::create(
        b, loc, cast<SplatElementsAttr>(constant.getValue()).resizeSplat(rows));
  if (auto splat = dyn_cast<SplatOp>(op))
    return SplatOp::create(b, loc, rows, splat.getSource());
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, isa<RankedTensorType>(operand.getType())
                             ? toRows(b, operand)
                             : operand);
  Operation *clone = b.clone(*op, mapping);
  clone->getResult(0).setType(rows);
  return clone->getResult(0);
}

static void defer(RewriterBase &b, const Scores &scores) {
  math::FmaOp sum = scores.sum, bias = scores.bias;
  Location loc = sum.getLoc();
  b.setInsertionPoint(sum);
  Value term = toRows(b, bias.getC());
  Value columns = arith::MulFOp::create(b, loc, bias.getA(), bias.getB());
  b.modifyOpInPlace(sum, [&] { sum.getCMutable().assign(columns); });
  for (ReduceOp reduce : scores.maxima) {
    b.setInsertionPointAfter(reduce);
    Value top = arith::AddFOp::create(b, loc, reduce, term);
    b.replaceAllUsesExcept(reduce, top, top.getDefiningOp());
  }
  for (math::FmaOp exponent : scores.exponents) {
    b.setInsertionPoint(exponent);
    auto shift = exponent.getC().getDefiningOp<BroadcastOp>();
    Value factor = toRows(b, exponent.getB());
    Value own = math::FmaOp::create(b, loc, term, factor, shift.getSource());
    Value wide = BroadcastOp::create(b, loc, shift.getType(), own, 1);
    b.modifyOpInPlace(exponent, [&] { exponent.getCMutable().assign(wide); });
  }
}

/// Whether a thread has registers for a value of each column beside its tiles.
static bool hasRoom(KernelOp kernel, int64_t keys) {
  int64_t output = 0;
  kernel.walk([&](MmaOp op) {
    auto type = dyn_cast<ShapedType>(op.getAcc().getType());
    if (type && !op.getTransposed())
      output = std::max(output, type.getDimSize(1));
  });
  int64_t warpgroups = *getWarpgroups(kernel);
  // Output, scores, weights in pairs, and the columns, of two rows each.
  return output / 2 + keys / 2 + keys / 4 + keys / 4 <=
         hopper::roleRegisters(warpgroups).consumer -
             hopper::kRegistersBesideTiles;
}

namespace {
struct DeferRowTerms
    : attnc::tile::impl::DeferRowTermsPassBase<DeferRowTerms> {
  void runOnOperation() override {
    if (!getWarpgroups(getOperation()))
      return;
    SmallVector<Scores> found;
    getOperation().walk([&](math::FmaOp op) {
      auto type = dyn_cast<RankedTensorType>(op.getType());
      if (!type || type.getRank() != 2)
        return;
      std::optional<Scores> scores = match(op);
      if (scores && hasRoom(getOperation(), type.getDimSize(1)))
        found.push_back(*scores);
    });
    IRRewriter rewriter(&getContext());
    for (const Scores &scores : found)
      defer(rewriter, scores);
  }
};
} // namespace
