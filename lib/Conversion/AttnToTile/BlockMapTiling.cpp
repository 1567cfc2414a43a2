//===- BlockMapTiling.cpp - Block classes and lists, one thread each -*- C++ -*-===//
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
class BlockMapTiling : TileEmitter {
public:
  BlockMapTiling(Operation *op, OpBuilder &builder)
      : TileEmitter(builder, op->getLoc()) {}

  void emit(attn::BlockClassesOp op);
  void emit(attn::BlockListOp op);

private:
  Value constant(int32_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  }
  Value select(Value condition, Value lhs, Value rhs) {
    return arith::SelectOp::create(builder, loc, condition, lhs, rhs);
  }
  void storeAt(Value scalar, Value buffer, ValueRange indices) {
    tile::StoreOp::create(builder, loc, scalar, buffer, indices,
                          DenseBoolArrayAttr());
  }
  void storeIndex(Value index, Value buffer, ValueRange indices) {
    storeAt(toI32(index), buffer, indices);
  }
};
} // namespace

void BlockMapTiling::emit(attn::BlockClassesOp op) {
  Value query = operandBuffer(op.getQuery()), key = operandBuffer(op.getKey());
  Value classes = resultBuffer(op.getClasses());
  int64_t numRows = op.getPlan().getBlockM(), numKeys = op.getPlan().getBlockN();
  Value queryLength = dim(query, 2), keyLength = dim(key, 2);
  Value heads = dim(classes, 1);
  Value both = builder.createOrFold<arith::MulIOp>(loc, dim(classes, 0), heads);
  auto grid = tile::GridOp::create(
      builder, loc, ValueRange{dim(classes, 3), dim(classes, 2), both});
  Value keyBlock = grid.getIds()[0], rowBlock = grid.getIds()[1];
  Value batch =
      builder.createOrFold<arith::DivUIOp>(loc, grid.getIds()[2], heads);
  Value head =
      builder.createOrFold<arith::RemUIOp>(loc, grid.getIds()[2], heads);
  auto least = [&](Value lhs, Value rhs) {
    return builder.createOrFold<arith::MinSIOp>(loc, lhs, rhs);
  };
  Value firstRow = mul(rowBlock, numRows), firstKey = mul(keyBlock, numKeys);
  Value endKey = add(firstKey, index(numKeys));
  Value qOffset =
      op.getQOffset() ? index(*op.getQOffset()) : sub(keyLength, queryLength);
  auto read = [&](Value operand, ValueRange indices) {
    return loadElement(operandBuffer(operand), indices);
  };
  attn::ScoreBlock block{
      {firstRow, least(add(firstRow, index(numRows)), queryLength), queryLength,
       keyLength, qOffset, batch, read},
      head,
      firstKey,
      least(endKey, keyLength),
      numRows,
      numKeys,
      operandBuffer};
  attn::BlockClass known =
      op.getMask().getDefiningOp<attn::MaskOpInterface>().emitClass(builder, loc,
                                                                   block);
  Value result = constant(1);
  if (known.full) {
    // Full blocks go without the mask, which also hides what is behind the end.
    Value isWhole = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::sle, endKey, keyLength);
    Value full = arith::AndIOp::create(builder, loc, known.full, isWhole);
    result = select(full, constant(2), result);
  }
  if (known.empty)
    result = select(known.empty, constant(0), result);
  storeAt(result, classes, {batch, head, rowBlock, keyBlock});
}

/// Partial blocks, then full ones, each in the order of the keys.
void BlockMapTiling::emit(attn::BlockListOp op) {
  Value classes = operandBuffer(op.getClasses());
  Value list = resultBuffer(op.getList());
  Value blocks = dim(classes, 3), zero = index(0), one = index(1);
  auto grid = tile::GridOp::create(
      builder, loc, ValueRange{dim(classes, 2), dim(classes, 1), dim(classes, 0)});
  SmallVector<Value> at = {grid.getIds()[2], grid.getIds()[1],
                           grid.getIds()[0], Value()};
  auto entry = [&](Value slot) {
    at[3] = add(slot, index(attn::kBlockListHeader));
    return ArrayRef<Value>(at);
  };
  auto classOf = [&](Value block) {
    at[3] = block;
    return tile::LoadOp::create(builder, loc, builder.getI32Type(), classes, at,
                                DenseBoolArrayAttr());
  };
  auto is = [&](Value kind, int32_t wanted) -> Value {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, kind,
                                 constant(wanted));
  };
  // One round a class keeps the blocks in order.
  auto gather = [&](int32_t wanted, Value start) -> Value {
    auto loop = scf::ForOp::create(builder, loc, zero, blocks, one, start);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value count = loop.getRegionIterArg(0);
    Value block = loop.getInductionVar();
    Value found = is(classOf(block), wanted);
    choose(found, [&] { storeIndex(block, list, entry(count)); }, [] {});
    Value next = select(found, add(count, one), count);
    scf::YieldOp::create(builder, loc, next);
    return loop.getResult(0);
  };
  Value partial = gather(1, zero);
  Value all = gather(2, partial);
  Value none = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                     all, zero);
  choose(none, [&] { storeIndex(zero, list, entry(zero)); }, [] {});
  auto atLeastOne = [&](Value count) {
    return builder.createOrFold<arith::MaxUIOp>(loc, count, one);
  };
  at[3] = zero;
  storeIndex(atLeastOne(partial), list, at);
  at[3] = one;
  storeIndex(atLeastOne(all), list, at);
}

void attnc::tileBlockClasses(attn::BlockClassesOp op, OpBuilder &builder) {
  BlockMapTiling(op, builder).emit(op);
}
void attnc::tileBlockList(attn::BlockListOp op, OpBuilder &builder) {
  BlockMapTiling(op, builder).emit(op);
}
