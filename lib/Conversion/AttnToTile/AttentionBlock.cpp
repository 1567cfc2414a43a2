//===- AttentionBlock.cpp - What a block of attention works on -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionBlock.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;

void AttentionBlock::openGrid() {
  queryLength = dim(out, 2);
  keyLength = dim(key, 2);
  int64_t heads = cast<BufType>(query.getType()).getShape()[1];
  int64_t kvHeads = cast<BufType>(key.getType()).getShape()[1];
  Value blocks = ceilDiv(queryLength, plan.getBlockM());
  auto grid = tile::GridOp::create(
      builder, loc, ValueRange{blocks, index(heads), dim(out, 0)});
  work = grid.getIds()[0];
  head = grid.getIds()[1];
  batch = grid.getIds()[2];
  // A list has the longest first; later rows see more keys under most masks.
  Value block = op.getBlockList() ? listEntry(index(attn::kBlockListRow))
                                  : sub(sub(blocks, work), index(1));
  firstRow = mul(block, plan.getBlockM());
  kvHead =
      builder.createOrFold<arith::DivUIOp>(loc, head, index(heads / kvHeads));
  qOffset =
      op.getQOffset() ? index(*op.getQOffset()) : sub(keyLength, queryLength);
}

Value AttentionBlock::listEntry(Value column) {
  Value list = operandBuffer(op.getBlockList());
  bool isPerHead = cast<BufType>(list.getType()).getShape()[1] != 1;
  Value entry =
      loadElement(list, {batch, isPerHead ? head : index(0), work, column});
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    entry);
}

attn::KeyBounds AttentionBlock::keyBounds() {
  if (!op.getMask())
    return {index(0), index(0), keyLength, keyLength};
  if (op.getBounds().empty())
    return {index(0), index(0), index(0), keyLength};
  Block &body = op.getBounds().front();
  IRMapping mapping;
  mapping.map(body.getArguments().take_front(attn::kNumBoundsIndices),
              ValueRange{firstRow, endRow(), queryLength, keyLength, batch});
  llvm::SetVector<Value> operands = attn::getMaskOperands(op.getMask());
  for (Operation &inner : body.without_terminator()) {
    auto read = dyn_cast<tensor::ExtractOp>(inner);
    if (!read) {
      builder.clone(inner, mapping);
      continue;
    }
    unsigned arg = cast<BlockArgument>(read.getTensor()).getArgNumber();
    SmallVector<Value> at;
    for (Value index : read.getIndices())
      at.push_back(mapping.lookupOrDefault(index));
    Value tensor = operands[arg - attn::kNumBoundsIndices];
    mapping.map(read.getResult(), loadElement(operandBuffer(tensor), at));
  }
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

bool AttentionBlock::hidesLater(Value mask) {
  Operation *def = mask.getDefiningOp();
  if (auto window = dyn_cast<attn::MaskWindowOp>(def))
    return window.getRight() == 0;
  if (auto both = dyn_cast<attn::MaskAndOp>(def))
    return hidesLater(both.getLhs()) || hidesLater(both.getRhs());
  if (auto either = dyn_cast<attn::MaskOrOp>(def))
    return hidesLater(either.getLhs()) && hidesLater(either.getRhs());
  return isa<attn::MaskCausalOp>(def);
}

Value AttentionBlock::maskScores(Value scores, const attn::ScoreTile &tile,
                                 bool checkEnd) {
  Value visible;
  if (checkEnd) {
    auto type = tileType(tile.shape, builder.getI32Type());
    Value columns = tile::IotaOp::create(builder, loc, type, 1);
    Value limit = tile::SplatOp::create(builder, loc, type,
                                        toI32(sub(keyLength, tile.firstKey)));
    visible = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                    columns, limit);
  }
  if (op.getMask()) {
    Value seen = mask().emitVisible(builder, loc, tile);
    visible =
        visible ? arith::AndIOp::create(builder, loc, visible, seen) : seen;
  }
  Value hidden = constant(-std::numeric_limits<double>::infinity(), tile.shape);
  return arith::SelectOp::create(builder, loc, visible, scores, hidden);
}

Value AttentionBlock::loadSink() {
  Value log2e = arith::ConstantOp::create(
      builder, loc, builder.getF32FloatAttr(llvm::numbers::log2e));
  Value sink = loadElement(operandBuffer(op.getSinks()), head);
  if (sink.getType() != builder.getF32Type())
    sink = arith::ExtFOp::create(builder, loc, builder.getF32Type(), sink);
  return mulF(sink, log2e);
}
