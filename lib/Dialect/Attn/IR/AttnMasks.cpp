//===- AttnMasks.cpp - Mask ops and their interface -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementRegions.h"
#include "OperandRelations.h"
#include "ScoreTiles.h"

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

#include "attnc/Dialect/Attn/IR/AttnInterfaces.cpp.inc"

/// The positions [first, end) of a tile's query rows among the keys.
static std::pair<Value, Value> emitRowRange(IndexBuilder index,
                                            const QueryTile &tile) {
  return {index.add(tile.q0, tile.qOffset), index.add(tile.q1, tile.qOffset)};
}

KeyBounds attnc::attn::emitLooseBounds(OpBuilder &builder, Location loc,
                                       const QueryTile &tile) {
  Value zero = IndexBuilder{builder, loc}.constant(0);
  return {zero, zero, zero, tile.keyLength};
}

BlockClass attnc::attn::classFromBounds(OpBuilder &builder, Location loc,
                                        const ScoreBlock &block,
                                        const KeyBounds &bounds) {
  IndexBuilder index{builder, loc};
  return {index.either(index.lessOrEqual(bounds.last, block.k0),
                       index.lessOrEqual(block.k1, bounds.first)),
          index.both(index.lessOrEqual(bounds.firstFull, block.k0),
                     index.lessOrEqual(block.k1, bounds.lastFull))};
}

//===----------------------------------------------------------------------===//
// Causal and window
//===----------------------------------------------------------------------===//

KeyBounds MaskCausalOp::emitBounds(OpBuilder &builder, Location loc,
                                   const QueryTile &tile) {
  IndexBuilder index{builder, loc};
  auto [row, rowEnd] = emitRowRange(index, tile);
  Value zero = index.constant(0);
  return {zero, zero, index.clamp(index.add(row, 1), tile.keyLength),
          index.clamp(rowEnd, tile.keyLength)};
}

Value MaskCausalOp::emitVisible(OpBuilder &builder, Location loc,
                                const ScoreTile &tile) {
  ScoreTileBuilder scores{builder, loc, tile};
  return scores.compareKeys(arith::CmpIPredicate::sle, scores.rowsFromTile());
}

KeyBounds MaskWindowOp::emitBounds(OpBuilder &builder, Location loc,
                                   const QueryTile &tile) {
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

Value MaskWindowOp::emitVisible(OpBuilder &builder, Location loc,
                                const ScoreTile &tile) {
  ScoreTileBuilder scores{builder, loc, tile};
  return arith::AndIOp::create(
      builder, loc,
      scores.compareKeys(arith::CmpIPredicate::sge,
                         scores.rowsFromTile(-int64_t(getLeft()))),
      scores.compareKeys(arith::CmpIPredicate::sle,
                         scores.rowsFromTile(getRight())));
}

//===----------------------------------------------------------------------===//
// Prefix, lengths and documents
//===----------------------------------------------------------------------===//

/// j < ends[batch], for all rows alike.
static KeyBounds emitEndBounds(OpBuilder &builder, Location loc,
                               const QueryTile &tile, Value ends) {
  IndexBuilder index{builder, loc};
  Value end =
      index.clamp(index.cast(tile.read(ends, tile.batch)), tile.keyLength);
  Value zero = index.constant(0);
  return {zero, zero, end, end};
}

static Value emitBeforeEnd(OpBuilder &builder, Location loc,
                           const ScoreTile &tile, Value ends) {
  ScoreTileBuilder scores{builder, loc, tile};
  Value end = loadElement(builder, loc, tile.buffer(ends), tile.batch);
  return scores.compareKeys(arith::CmpIPredicate::slt,
                            scores.keyFromTile(end));
}

KeyBounds MaskPrefixOp::emitBounds(OpBuilder &builder, Location loc,
                                   const QueryTile &tile) {
  return emitEndBounds(builder, loc, tile, getPrefix());
}
Value MaskPrefixOp::emitVisible(OpBuilder &builder, Location loc,
                                const ScoreTile &tile) {
  return emitBeforeEnd(builder, loc, tile, getPrefix());
}

KeyBounds MaskLengthsOp::emitBounds(OpBuilder &builder, Location loc,
                                    const QueryTile &tile) {
  return emitEndBounds(builder, loc, tile, getLengths());
}
Value MaskLengthsOp::emitVisible(OpBuilder &builder, Location loc,
                                 const ScoreTile &tile) {
  return emitBeforeEnd(builder, loc, tile, getLengths());
}

bool MaskDocumentOp::hasClass() { return true; }

BlockClass MaskDocumentOp::emitClass(OpBuilder &builder, Location loc,
                                     const ScoreBlock &block) {
  IndexBuilder index{builder, loc};
  // Rows and keys beyond the edges count as the id 0: ranges only get wider.
  auto emitRange = [&](Value ids, Value first, int64_t size) {
    Value tile =
        loadWindow(builder, loc, block.buffer(ids), {block.batch, first}, size);
    auto reduce = [&](tile::ReduceKind kind) -> Value {
      return tile::ReduceOp::create(builder, loc, builder.getI32Type(), kind,
                                    tile);
    };
    return std::pair(reduce(tile::ReduceKind::Min),
                     reduce(tile::ReduceKind::Max));
  };
  auto [queryMin, queryMax] =
      emitRange(getQueryDocument(), block.q0, block.numRows);
  auto [keyMin, keyMax] = emitRange(getKeyDocument(), block.k0, block.numKeys);
  return {
      index.either(index.less(queryMax, keyMin), index.less(keyMax, queryMin)),
      index.both(index.equal(queryMin, keyMax), index.equal(queryMax, keyMin))};
}

Value MaskDocumentOp::emitVisible(OpBuilder &builder, Location loc,
                                  const ScoreTile &tile) {
  ScoreTileBuilder scores{builder, loc, tile};
  return scores.compare(
      arith::CmpIPredicate::eq,
      scores.loadVector(getQueryDocument(), {tile.batch, tile.firstRow}, 1),
      scores.loadVector(getKeyDocument(), {tile.batch, tile.firstKey}, 0));
}

//===----------------------------------------------------------------------===//
// Combinations
//===----------------------------------------------------------------------===//

static MaskOpInterface describe(Value mask) {
  return mask.getDefiningOp<MaskOpInterface>();
}

KeyBounds MaskAndOp::emitBounds(OpBuilder &builder, Location loc,
                                const QueryTile &tile) {
  IndexBuilder index{builder, loc};
  KeyBounds lhs = describe(getLhs()).emitBounds(builder, loc, tile);
  KeyBounds rhs = describe(getRhs()).emitBounds(builder, loc, tile);
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

bool MaskAndOp::hasClass() {
  return describe(getLhs()).hasClass() || describe(getRhs()).hasClass();
}

BlockClass MaskAndOp::emitClass(OpBuilder &builder, Location loc,
                                const ScoreBlock &block) {
  IndexBuilder index{builder, loc};
  BlockClass lhs = describe(getLhs()).emitClass(builder, loc, block);
  BlockClass rhs = describe(getRhs()).emitClass(builder, loc, block);
  return {index.either(lhs.empty, rhs.empty), index.both(lhs.full, rhs.full)};
}

Value MaskAndOp::emitVisible(OpBuilder &builder, Location loc,
                             const ScoreTile &tile) {
  return arith::AndIOp::create(
      builder, loc, describe(getLhs()).emitVisible(builder, loc, tile),
      describe(getRhs()).emitVisible(builder, loc, tile));
}

KeyBounds MaskOrOp::emitBounds(OpBuilder &builder, Location loc,
                               const QueryTile &tile) {
  IndexBuilder index{builder, loc};
  KeyBounds lhs = describe(getLhs()).emitBounds(builder, loc, tile);
  KeyBounds rhs = describe(getRhs()).emitBounds(builder, loc, tile);
  // The union of two full ranges may have a gap: the longer one is full.
  Value isLhsLonger = index.lessOrEqual(index.sub(rhs.lastFull, rhs.firstFull),
                                        index.sub(lhs.lastFull, lhs.firstFull));
  auto longer = [&](Value lhsEnd, Value rhsEnd) {
    return index.select(isLhsLonger, lhsEnd, rhsEnd);
  };
  return {index.min(lhs.first, rhs.first), longer(lhs.firstFull, rhs.firstFull),
          longer(lhs.lastFull, rhs.lastFull), index.max(lhs.last, rhs.last)};
}

/// The keys between those of one mask and those of the other are empty, which
/// one range does not tell.
bool MaskOrOp::hasClass() { return true; }

BlockClass MaskOrOp::emitClass(OpBuilder &builder, Location loc,
                               const ScoreBlock &block) {
  IndexBuilder index{builder, loc};
  BlockClass lhs = describe(getLhs()).emitClass(builder, loc, block);
  BlockClass rhs = describe(getRhs()).emitClass(builder, loc, block);
  return {index.both(lhs.empty, rhs.empty), index.either(lhs.full, rhs.full)};
}

Value MaskOrOp::emitVisible(OpBuilder &builder, Location loc,
                            const ScoreTile &tile) {
  return arith::OrIOp::create(
      builder, loc, describe(getLhs()).emitVisible(builder, loc, tile),
      describe(getRhs()).emitVisible(builder, loc, tile));
}

llvm::SetVector<Value> attnc::attn::getMaskOperands(Value mask) {
  llvm::SetVector<Value> operands, masks;
  if (mask)
    masks.insert(mask);
  for (size_t i = 0; i < masks.size(); ++i)
    if (Operation *def = masks[i].getDefiningOp())
      for (Value operand : def->getOperands())
        (isa<MaskType>(operand.getType()) ? masks : operands).insert(operand);
  return operands;
}

LogicalResult attnc::attn::verifyMaskIsBuilt(Operation *op, Value mask) {
  auto attention = dyn_cast<AttentionOp>(op);
  if (attention && attention.getScoreBias())
    return op->emitError("expected no score_bias on '")
           << op->getName() << "': attn-fuse-masks turns it into a score region";
  if (attention && attention.getPositions())
    return op->emitError("'")
           << op->getName() << "' at positions is not built yet for any target";
  llvm::SetVector<Value> masks;
  if (mask)
    masks.insert(mask);
  for (size_t i = 0; i < masks.size(); ++i) {
    Operation *def = masks[i].getDefiningOp();
    if (!def)
      return op->emitError(
          "expected a mask made by a mask op, got an argument");
    if (isa<MaskTensorOp>(def))
      return def->emitError("expected no '")
             << def->getName() << "': attn-fuse-masks turns it into mask ops";
    if (!isa<MaskOpInterface>(def))
      return def->emitError("'")
             << def->getName() << "' is not built yet for the cpu target";
    if (auto custom = dyn_cast<MaskCustomOp>(def);
        custom &&
        failed(verifyElementRegion(custom.getBody(), custom.getCaptures(),
                                   /*numScores=*/0)))
      return failure();
    for (Value operand : def->getOperands())
      if (isa<MaskType>(operand.getType()))
        masks.insert(operand);
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

bool MaskCustomOp::hasClass() {
  // Emitted to nowhere: whatever comes out is a class.
  Block nowhere;
  OpBuilder builder(getContext());
  builder.setInsertionPointToStart(&nowhere);
  auto argument = [&](Type type) {
    return nowhere.addArgument(type, getLoc());
  };
  ScoreBlock block;
  for (Value *field :
       {&block.q0, &block.q1, &block.queryLength, &block.keyLength,
        &block.qOffset, &block.batch, &block.head, &block.k0, &block.k1})
    *field = argument(builder.getIndexType());
  auto read = [&](Value operand, ValueRange) -> Value {
    return argument(getElementTypeOrSelf(operand.getType()));
  };
  block.read = read;
  BlockClass result = emitClass(builder, getLoc(), block);
  return result.empty || result.full;
}

BlockClass MaskCustomOp::emitClass(OpBuilder &builder, Location loc,
                                   const ScoreBlock &block) {
  return emitRegionClass(builder, loc, getBody(), getCaptures(), block);
}

Value MaskCustomOp::emitVisible(OpBuilder &builder, Location loc,
                                const ScoreTile &tile) {
  return emitElementRegion(builder, loc, getBody(), getCaptures(), tile,
                           /*score=*/Value());
}
