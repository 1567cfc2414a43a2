//===- MapBlocks.cpp - List the blocks that a mask leaves -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorSizes.h"
#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace attnc::attn {
#define GEN_PASS_DEF_MAPBLOCKSPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

/// Whether the class of a block depends on the head. Emitted to nowhere: the
/// head is then used.
static bool dependsOnHead(MaskOpInterface mask, Location loc) {
  Block nowhere;
  OpBuilder builder(mask.getContext());
  builder.setInsertionPointToStart(&nowhere);
  auto argument = [&](Type type) { return nowhere.addArgument(type, loc); };
  ScoreBlock block;
  for (Value *field :
       {&block.q0, &block.q1, &block.queryLength, &block.keyLength,
        &block.qOffset, &block.batch, &block.head, &block.k0, &block.k1})
    *field = argument(builder.getIndexType());
  block.numRows = block.numKeys = 1;
  auto bufferOf = [&](Value operand) -> Value {
    auto type = cast<RankedTensorType>(operand.getType());
    return argument(tile::BufType::get(type.getContext(), type.getShape(),
                                       type.getElementType(),
                                       tile::Space::Global));
  };
  auto read = [&](Value operand, ValueRange indices) -> Value {
    return tile::LoadOp::create(
        builder, loc, getElementTypeOrSelf(operand.getType()),
        bufferOf(operand), indices, DenseBoolArrayAttr());
  };
  block.read = read;
  block.buffer = bufferOf;
  mask.emitClass(builder, loc, block);
  return !block.head.use_empty();
}

static void mapBlocks(AttentionOp op) {
  auto mask = op.getMask().getDefiningOp<MaskOpInterface>();
  PlanAttr plan = *op.getPlan();
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  auto blocks = [](int64_t size, int64_t block, int64_t more = 0) {
    return ShapedType::isDynamic(size)
               ? size
               : int64_t(llvm::divideCeil(size, block)) + more;
  };
  OpBuilder b(op);
  int64_t heads = dependsOnHead(mask, op.getLoc()) ? query.getDimSize(1) : 1;
  SmallVector<int64_t> shape = {query.getDimSize(0), heads,
                                blocks(query.getDimSize(2), plan.getBlockM()),
                                blocks(key.getDimSize(2), plan.getBlockN())};
  Value classes = BlockClassesOp::create(
      b, op.getLoc(), RankedTensorType::get(shape, b.getI32Type()),
      op.getQuery(), op.getKey(), op.getMask(), op.getQOffsetAttr(), plan);
  Value counts = BlockCountsOp::create(
      b, op.getLoc(),
      RankedTensorType::get(ArrayRef(shape).drop_back(), b.getI32Type()),
      classes);
  shape[3] = blocks(key.getDimSize(2), plan.getBlockN(), kBlockListHeader);
  Value list = BlockListOp::create(
      b, op.getLoc(), RankedTensorType::get(shape, b.getI32Type()), classes,
      counts);
  op.getBlockListMutable().assign(list);
}

/// Whether the mask leaves both the same blocks. Of queries and keys only the sizes
/// count.
static bool haveSameBlocks(AttentionOp op, AttentionOp other) {
  auto sameSize = [](Value lhs, Value rhs, int64_t dim) {
    return getTensorSize(lhs, dim) == getTensorSize(rhs, dim);
  };
  return op.getMask() == other.getMask() && op.getPlan() == other.getPlan() &&
         op.getQOffset() == other.getQOffset() &&
         llvm::all_of(llvm::seq<int64_t>(3),
                      [&](int64_t dim) {
                        return sameSize(op.getQuery(), other.getQuery(), dim);
                      }) &&
         sameSize(op.getKey(), other.getKey(), 2);
}

namespace {
struct MapBlocks : attn::impl::MapBlocksPassBase<MapBlocks> {
  void runOnOperation() override {
    SmallVector<AttentionOp> mapped;
    for (auto op : getOperation().getOps<AttentionOp>()) {
      if (!op.getPlan() || !op.getPlan()->getWarpgroups() ||
          op.getBounds().empty() ||
          !op.getMask().getDefiningOp<MaskOpInterface>().hasClass())
        continue;
      auto same = llvm::find_if(mapped, [&](AttentionOp other) {
        return haveSameBlocks(op, other);
      });
      if (same == mapped.end()) {
        mapBlocks(op);
        mapped.push_back(op);
      } else {
        op.getBlockListMutable().assign(same->getBlockList());
      }
      op.getBounds().getBlocks().clear();
    }
  }
};
} // namespace
