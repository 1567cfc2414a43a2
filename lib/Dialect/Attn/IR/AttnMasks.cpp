//===- AttnMasks.cpp - Mask ops and their interface -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandRelations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace attnc::attn;

#include "attnc/Dialect/Attn/IR/AttnInterfaces.cpp.inc"

namespace {
/// Emits index arithmetic. Sizes are signed: q_offset may be negative.
struct IndexBuilder {
  OpBuilder &builder;
  Location loc;

  Value constant(int64_t value) const {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value add(Value lhs, Value rhs) const {
    return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
  }
  Value add(Value lhs, int64_t rhs) const {
    return rhs ? add(lhs, constant(rhs)) : lhs;
  }
  Value sub(Value lhs, Value rhs) const {
    return builder.createOrFold<arith::SubIOp>(loc, lhs, rhs);
  }
  Value min(Value lhs, Value rhs) const {
    return builder.createOrFold<arith::MinSIOp>(loc, lhs, rhs);
  }
  Value max(Value lhs, Value rhs) const {
    return builder.createOrFold<arith::MaxSIOp>(loc, lhs, rhs);
  }
  /// `position` as the end of a key range.
  Value clamp(Value position, Value keyLength) const {
    return min(max(position, constant(0)), keyLength);
  }
};
} // namespace

/// The positions [first, end) of a tile's query rows among the keys.
static std::pair<Value, Value> emitRowRange(IndexBuilder index,
                                            const MaskTile &tile) {
  return {index.add(tile.q0, tile.qOffset), index.add(tile.q1, tile.qOffset)};
}

//===----------------------------------------------------------------------===//
// Causal and window
//===----------------------------------------------------------------------===//

KeyBounds MaskCausalOp::emitBounds(OpBuilder &builder, Location loc,
                                   const MaskTile &tile) {
  IndexBuilder index{builder, loc};
  auto [row, rowEnd] = emitRowRange(index, tile);
  Value zero = index.constant(0);
  return {zero, zero, index.clamp(index.add(row, 1), tile.keyLength),
          index.clamp(rowEnd, tile.keyLength)};
}

Value MaskCausalOp::emitVisible(OpBuilder &builder, Location loc, Value rows,
                                Value columns) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle, columns,
                               rows);
}

KeyBounds MaskWindowOp::emitBounds(OpBuilder &builder, Location loc,
                                   const MaskTile &tile) {
  IndexBuilder index{builder, loc};
  auto [row, rowEnd] = emitRowRange(index, tile);
  int64_t left = getLeft(), right = getRight();
  KeyBounds bounds;
  bounds.first = index.clamp(index.add(row, -left), tile.keyLength);
  bounds.last = index.clamp(index.add(rowEnd, right), tile.keyLength);
  bounds.lastFull = index.clamp(index.add(row, right + 1), tile.keyLength);
  // Where the tile has more rows than the window has keys, no key is full.
  bounds.firstFull =
      index.min(index.clamp(index.add(rowEnd, -left - 1), tile.keyLength),
                bounds.lastFull);
  return bounds;
}

Value MaskWindowOp::emitVisible(OpBuilder &builder, Location loc, Value rows,
                                Value columns) {
  auto type = cast<RankedTensorType>(rows.getType());
  auto splat = [&](int64_t value) -> Value {
    auto element = builder.getIntegerAttr(type.getElementType(), value);
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, element));
  };
  Value distance = arith::SubIOp::create(builder, loc, columns, rows);
  Value left =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, distance,
                            splat(-static_cast<int64_t>(getLeft())));
  Value right = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle,
                                      distance, splat(getRight()));
  return arith::AndIOp::create(builder, loc, left, right);
}

//===----------------------------------------------------------------------===//
// Combinations
//===----------------------------------------------------------------------===//

/// The bounds of an operand. Where it cannot tell, any key may be visible and
/// none is known to be.
static KeyBounds emitOperandBounds(OpBuilder &builder, Location loc, Value mask,
                                   const MaskTile &tile) {
  if (auto op = mask.getDefiningOp<MaskOpInterface>())
    return op.emitBounds(builder, loc, tile);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  return {zero, zero, zero, tile.keyLength};
}

KeyBounds MaskAndOp::emitBounds(OpBuilder &builder, Location loc,
                                const MaskTile &tile) {
  IndexBuilder index{builder, loc};
  KeyBounds lhs = emitOperandBounds(builder, loc, getLhs(), tile);
  KeyBounds rhs = emitOperandBounds(builder, loc, getRhs(), tile);
  KeyBounds bounds;
  bounds.first = index.max(lhs.first, rhs.first);
  bounds.last = index.max(bounds.first, index.min(lhs.last, rhs.last));
  // The full ranges may not meet: then both ends become the same key.
  bounds.firstFull =
      index.min(index.max(lhs.firstFull, rhs.firstFull), bounds.last);
  bounds.lastFull =
      index.max(bounds.firstFull, index.min(lhs.lastFull, rhs.lastFull));
  return bounds;
}

KeyBounds MaskOrOp::emitBounds(OpBuilder &builder, Location loc,
                               const MaskTile &tile) {
  IndexBuilder index{builder, loc};
  KeyBounds lhs = emitOperandBounds(builder, loc, getLhs(), tile);
  KeyBounds rhs = emitOperandBounds(builder, loc, getRhs(), tile);
  // The union of two full ranges may have a gap: the longer one is full.
  Value isLhsLonger =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge,
                            index.sub(lhs.lastFull, lhs.firstFull),
                            index.sub(rhs.lastFull, rhs.firstFull));
  auto longer = [&](Value lhsEnd, Value rhsEnd) {
    return builder.createOrFold<arith::SelectOp>(loc, isLhsLonger, lhsEnd,
                                                 rhsEnd);
  };
  return {index.min(lhs.first, rhs.first), longer(lhs.firstFull, rhs.firstFull),
          longer(lhs.lastFull, rhs.lastFull), index.max(lhs.last, rhs.last)};
}

/// Combines the predicates of both operands; null where one has none.
template <typename ArithOp>
static Value emitCombined(OpBuilder &builder, Location loc, Value lhs,
                          Value rhs, Value rows, Value columns) {
  auto lhsOp = lhs.getDefiningOp<MaskOpInterface>();
  auto rhsOp = rhs.getDefiningOp<MaskOpInterface>();
  if (!lhsOp || !rhsOp)
    return {};
  Value lhsVisible = lhsOp.emitVisible(builder, loc, rows, columns);
  Value rhsVisible = rhsOp.emitVisible(builder, loc, rows, columns);
  if (!lhsVisible || !rhsVisible)
    return {};
  return ArithOp::create(builder, loc, lhsVisible, rhsVisible);
}

Value MaskAndOp::emitVisible(OpBuilder &builder, Location loc, Value rows,
                             Value columns) {
  return emitCombined<arith::AndIOp>(builder, loc, getLhs(), getRhs(), rows,
                                     columns);
}

Value MaskOrOp::emitVisible(OpBuilder &builder, Location loc, Value rows,
                            Value columns) {
  return emitCombined<arith::OrIOp>(builder, loc, getLhs(), getRhs(), rows,
                                    columns);
}

LogicalResult attnc::attn::verifyMaskIsBuilt(Operation *op, Value mask) {
  SmallVector<Value> masks;
  if (mask)
    masks.push_back(mask);
  while (!masks.empty()) {
    Operation *def = masks.pop_back_val().getDefiningOp();
    if (!def)
      return op->emitError(
          "expected a mask made by a mask op, got an argument");
    if (!isa<MaskOpInterface>(def))
      return def->emitError("'")
             << def->getName() << "' is not built yet for the cpu target";
    llvm::append_range(masks, def->getOperands());
  }
  return success();
}

//===----------------------------------------------------------------------===//
// MaskCustomOp
//===----------------------------------------------------------------------===//

LogicalResult MaskCustomOp::verifyRegions() {
  if (failed(verifyCaptures(*this, getCaptures())))
    return failure();
  Builder builder(getContext());
  SmallVector<Type> arguments(4, builder.getIndexType());
  llvm::append_range(arguments, getCaptures().getTypes());
  return verifyRegionSignature(*this, "mask", getBody(), arguments,
                               builder.getI1Type());
}
