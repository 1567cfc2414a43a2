//===- SplitPositions.cpp - Rows and columns of positions apart -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"

namespace attnc::tile {
#define GEN_PASS_DEF_SPLITPOSITIONSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

static bool isColumns(Value value) {
  auto iota = value.getDefiningOp<IotaOp>();
  return iota && iota.getDim() == 1;
}

namespace {
/// rows + sign · columns; without rows they are zero.
struct Position {
  Value rows;
  int sign = 0;
};

class PositionSplitter {
public:
  explicit PositionSplitter(MLIRContext *context) : rewriter(context) {}
  void split(arith::CmpIOp op);
  void split(arith::SIToFPOp op);
  void split(arith::MulFOp op);

private:
  /// Null if `value` is no such sum.
  std::optional<Position> analyse(Value value);
  Value sum(Location loc, Value lhs, Value rhs, bool subtract);

  IRRewriter rewriter;
};
} // namespace

Value PositionSplitter::sum(Location loc, Value lhs, Value rhs, bool subtract) {
  if (!rhs)
    return lhs;
  if (!lhs && !subtract)
    return rhs;
  if (!lhs)
    lhs = arith::ConstantOp::create(
        rewriter, loc,
        cast<TypedAttr>(rewriter.getZeroAttr(rhs.getType())));
  return subtract ? Value(arith::SubIOp::create(rewriter, loc, lhs, rhs))
                  : Value(arith::AddIOp::create(rewriter, loc, lhs, rhs));
}

std::optional<Position> PositionSplitter::analyse(Value value) {
  if (isUniformInRows(value))
    return Position{value, 0};
  if (isColumns(value))
    return Position{Value(), 1};
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp>(op))
    return std::nullopt;
  std::optional<Position> lhs = analyse(op->getOperand(0));
  std::optional<Position> rhs = analyse(op->getOperand(1));
  if (!lhs || !rhs)
    return std::nullopt;
  bool subtract = isa<arith::SubIOp>(op);
  return Position{sum(op->getLoc(), lhs->rows, rhs->rows, subtract),
                  lhs->sign + (subtract ? -rhs->sign : rhs->sign)};
}

/// lhs < rhs of positions is columns < rows.
void PositionSplitter::split(arith::CmpIOp op) {
  bool isSigned = arith::CmpIPredicate::eq <= op.getPredicate() &&
                  op.getPredicate() <= arith::CmpIPredicate::sge;
  if (!isa<RankedTensorType>(op.getLhs().getType()) || !isSigned ||
      isUniformInRows(op) || (isColumns(op.getLhs()) && isUniformInRows(op.getRhs())))
    return;
  rewriter.setInsertionPoint(op);
  std::optional<Position> lhs = analyse(op.getLhs());
  std::optional<Position> rhs = analyse(op.getRhs());
  if (!lhs || !rhs)
    return;
  int sign = lhs->sign - rhs->sign;
  if (sign != 1 && sign != -1)
    return;
  arith::CmpIPredicate predicate = op.getPredicate();
  if (sign == -1) {
    std::swap(*lhs, *rhs);
    using P = arith::CmpIPredicate;
    switch (predicate) {
    case P::slt:
      predicate = P::sgt;
      break;
    case P::sle:
      predicate = P::sge;
      break;
    case P::sgt:
      predicate = P::slt;
      break;
    case P::sge:
      predicate = P::sle;
      break;
    default:
      break;
    }
  }
  Location loc = op.getLoc();
  Value columns = IotaOp::create(rewriter, loc, op.getLhs().getType(), 1);
  Value limit = sum(loc, rhs->rows, lhs->rows, /*subtract=*/true);
  if (!limit)
    limit = arith::ConstantOp::create(
        rewriter, loc, cast<TypedAttr>(rewriter.getZeroAttr(columns.getType())));
  rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, predicate, columns, limit);
}

/// Converts rows and columns on their own: a row has one value, columns are
/// constants.
void PositionSplitter::split(arith::SIToFPOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || isUniformInRows(op) || isColumns(op.getIn()))
    return;
  rewriter.setInsertionPoint(op);
  std::optional<Position> position = analyse(op.getIn());
  if (!position || (position->sign != 1 && position->sign != -1) ||
      !position->rows)
    return;
  Location loc = op.getLoc();
  Value rows = arith::SIToFPOp::create(rewriter, loc, type, position->rows);
  Value iota = IotaOp::create(rewriter, loc, op.getIn().getType(), 1);
  Value columns = arith::SIToFPOp::create(rewriter, loc, type, iota);
  if (position->sign == 1)
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, columns, rows);
  else
    rewriter.replaceOpWithNewOp<arith::SubFOp>(op, rows, columns);
}

/// (columns + rows) · factor of rows: columns · factor + (rows · factor).
void PositionSplitter::split(arith::MulFOp op) {
  for (unsigned i : {0, 1}) {
    Operation *inner = op->getOperand(i).getDefiningOp();
    Value factor = op->getOperand(1 - i);
    if (!isa_and_nonnull<arith::AddFOp, arith::SubFOp>(inner) ||
        !isUniformInRows(factor) || isUniformInRows(op))
      continue;
    bool isSum = isa<arith::AddFOp>(inner);
    Value columns = inner->getOperand(isSum ? 0 : 1);
    Value rows = inner->getOperand(isSum ? 1 : 0);
    auto cast = columns.getDefiningOp<arith::SIToFPOp>();
    if (!cast || !isColumns(cast.getIn()) || !isUniformInRows(rows))
      continue;
    rewriter.setInsertionPoint(op);
    Value base = arith::MulFOp::create(rewriter, op.getLoc(), rows, factor);
    if (!isSum)
      factor = arith::NegFOp::create(rewriter, op.getLoc(), factor);
    rewriter.replaceOpWithNewOp<math::FmaOp>(op, columns, factor, base);
    return;
  }
}

namespace {
struct SplitPositions
    : attnc::tile::impl::SplitPositionsPassBase<SplitPositions> {
  void runOnOperation() override {
    if (!getOperation()->hasAttr(kWarpgroupsAttr))
      return;
    // A product after the conversion that it multiplies.
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<arith::CmpIOp, arith::SIToFPOp, arith::MulFOp>(op))
        ops.push_back(op);
    });
    PositionSplitter splitter(&getContext());
    for (Operation *op : ops) {
      if (auto compare = dyn_cast<arith::CmpIOp>(op))
        splitter.split(compare);
      else if (auto convert = dyn_cast<arith::SIToFPOp>(op))
        splitter.split(convert);
      else
        splitter.split(cast<arith::MulFOp>(op));
    }
  }
};
} // namespace
