//===- BlockMapTiling.cpp - Block classes, counts, lists -*- C++ -*-===//
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
using Is = arith::CmpIPredicate;

namespace {
class BlockMapTiling : TileEmitter {
public:
  BlockMapTiling(Operation *op, OpBuilder &builder)
      : TileEmitter(builder, op->getLoc()) {}

  void emit(attn::BlockClassesOp op);
  void emit(attn::BlockCountsOp op);
  void emit(attn::BlockListOp op);

private:
  /// Of the i32 elements of a row of `buffer`, of `size`, how many meet each of
  /// `number` conditions, which get windows of elements and their positions.
  using Conditions = llvm::function_ref<SmallVector<Value>(Value, Value)>;
  SmallVector<Value> count(Value buffer, SmallVector<Value> at, Value size,
                           unsigned number, Conditions conditions);
  /// `rhs` is one value for all elements of `lhs`.
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    if (isa<RankedTensorType>(lhs.getType()))
      rhs = tile::SplatOp::create(builder, loc, lhs.getType(), rhs);
    return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
  }
  Value allOf(Value lhs, Value rhs) {
    return arith::AndIOp::create(builder, loc, lhs, rhs);
  }
  Value anyOf(Value lhs, Value rhs) {
    return arith::OrIOp::create(builder, loc, lhs, rhs);
  }
  Value toIndex(Value value) {
    return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                      value);
  }
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
  int64_t numRows = op.getPlan().getBlockM(),
          numKeys = op.getPlan().getBlockN();
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
  attn::ScoreBlock block{{firstRow,
                          least(add(firstRow, index(numRows)), queryLength),
                          queryLength, keyLength, qOffset, batch, read},
                         head,
                         firstKey,
                         least(endKey, keyLength),
                         numRows,
                         numKeys,
                         operandBuffer};
  attn::BlockClass known =
      op.getMask().getDefiningOp<attn::MaskOpInterface>().emitClass(builder,
                                                                    loc, block);
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

SmallVector<Value> BlockMapTiling::count(Value buffer, SmallVector<Value> at,
                                         Value size, unsigned number,
                                         Conditions conditions) {
  // Lanes share a window: a quarter of it is under way at once in each.
  constexpr int64_t kWindow = 128;
  Type i32 = builder.getI32Type();
  auto loop = scf::ForOp::create(builder, loc, index(0), size, index(kWindow),
                                 SmallVector<Value>(number, constant(0)));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<bool> inBounds(at.size(), true);
  inBounds.push_back(false);
  at.push_back(loop.getInductionVar());
  auto type = tileType({kWindow}, i32);
  Value values = tile::LoadOp::create(builder, loc, type, buffer, at,
                                      builder.getDenseBoolArrayAttr(inBounds));
  Value places = positions(loop.getInductionVar(), 0, {kWindow});
  SmallVector<Value> sums;
  for (auto [condition, before] :
       llvm::zip(conditions(values, places), loop.getRegionIterArgs())) {
    Value one = arith::ExtUIOp::create(builder, loc, type, condition);
    Value sum =
        tile::ReduceOp::create(builder, loc, i32, tile::ReduceKind::Add, one);
    sums.push_back(arith::AddIOp::create(builder, loc, before, sum));
  }
  scf::YieldOp::create(builder, loc, sums);
  return loop.getResults();
}

void BlockMapTiling::emit(attn::BlockCountsOp op) {
  Value classes = operandBuffer(op.getClasses());
  auto grid = tile::GridOp::create(
      builder, loc,
      ValueRange{dim(classes, 2), dim(classes, 1), dim(classes, 0)});
  SmallVector<Value> at = {grid.getIds()[2], grid.getIds()[1],
                           grid.getIds()[0]};
  auto counts = count(classes, at, dim(classes, 3), 1,
                      [&](Value kinds, Value) -> SmallVector<Value> {
                        return {compare(Is::ne, kinds, constant(0))};
                      });
  storeAt(counts[0], resultBuffer(op.getCounts()), at);
}

/// A point of the grid places `kListed` blocks of a row. It counts for itself
/// what comes before them, and before the row.
void BlockMapTiling::emit(attn::BlockListOp op) {
  constexpr int64_t kListed = 8;
  Value classes = operandBuffer(op.getClasses());
  Value counts = operandBuffer(op.getCounts());
  Value list = resultBuffer(op.getList());
  Value rows = dim(classes, 2), blocks = dim(classes, 3),
        heads = dim(classes, 1);
  Value both = builder.createOrFold<arith::MulIOp>(loc, dim(classes, 0), heads);
  auto grid = tile::GridOp::create(
      builder, loc, ValueRange{ceilDiv(blocks, kListed), rows, both});
  Value first = mul(grid.getIds()[0], kListed), row = grid.getIds()[1];
  Value batch =
      builder.createOrFold<arith::DivUIOp>(loc, grid.getIds()[2], heads);
  Value head =
      builder.createOrFold<arith::RemUIOp>(loc, grid.getIds()[2], heads);

  SmallVector<Value> ownAt = {batch, head, row};
  Value own = loadElement(counts, ownAt);
  Value longer =
      count(counts, {batch, head}, rows, 1,
            [&](Value others, Value places) -> SmallVector<Value> {
              Value equal = allOf(compare(Is::eq, others, own),
                                  allOf(compare(Is::sgt, places, toI32(row)),
                                        compare(Is::slt, places, toI32(rows))));
              return {anyOf(compare(Is::sgt, others, own), equal)};
            })[0];
  auto sums = count(classes, ownAt, blocks, 4,
                    [&](Value kinds, Value places) -> SmallVector<Value> {
                      Value before = compare(Is::slt, places, toI32(first));
                      Value partial = compare(Is::eq, kinds, constant(1));
                      Value full = compare(Is::eq, kinds, constant(2));
                      return {partial, full, allOf(partial, before),
                              allOf(full, before)};
                    });
  Value partial = toIndex(sums[0]), all = add(partial, toIndex(sums[1]));

  Value place = toIndex(longer);
  auto at = [&](Value column) {
    return SmallVector<Value>{batch, head, place, column};
  };
  auto slot = [&](Value number) {
    return at(add(number, index(attn::kBlockListHeader)));
  };
  Value end = builder.createOrFold<arith::MinSIOp>(
      loc, add(first, index(kListed)), blocks);
  SmallVector<Value> next = {toIndex(sums[2]), add(partial, toIndex(sums[3]))};
  auto loop = scf::ForOp::create(builder, loc, first, end, index(1), next);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value block = loop.getInductionVar();
    Value kind = tile::LoadOp::create(
        builder, loc, builder.getI32Type(), classes,
        ValueRange{batch, head, row, block}, DenseBoolArrayAttr());
    Value isPartial = compare(Is::eq, kind, constant(1));
    Value isFull = compare(Is::eq, kind, constant(2));
    Value number =
        select(isPartial, loop.getRegionIterArg(0), loop.getRegionIterArg(1));
    choose(
        anyOf(isPartial, isFull),
        [&] { storeIndex(block, list, slot(number)); }, [] {});
    for (auto [count, condition] :
         {std::pair(0, isPartial), std::pair(1, isFull)}) {
      Value before = loop.getRegionIterArg(count);
      next[count] = select(condition, add(before, index(1)), before);
    }
    scf::YieldOp::create(builder, loc, next);
  }

  auto atLeastOne = [&](Value count) {
    return builder.createOrFold<arith::MaxUIOp>(loc, count, index(1));
  };
  choose(
      compare(Is::eq, first, index(0)),
      [&] {
        storeIndex(atLeastOne(partial), list,
                   at(index(attn::kBlockListMasked)));
        storeIndex(atLeastOne(all), list, at(index(attn::kBlockListCount)));
        storeIndex(row, list, at(index(attn::kBlockListRow)));
        choose(
            compare(Is::eq, all, index(0)),
            [&] { storeIndex(index(0), list, slot(index(0))); }, [] {});
      },
      [] {});
}

void attnc::tileBlockClasses(attn::BlockClassesOp op, OpBuilder &builder) {
  BlockMapTiling(op, builder).emit(op);
}
void attnc::tileBlockCounts(attn::BlockCountsOp op, OpBuilder &builder) {
  BlockMapTiling(op, builder).emit(op);
}
void attnc::tileBlockList(attn::BlockListOp op, OpBuilder &builder) {
  BlockMapTiling(op, builder).emit(op);
}
