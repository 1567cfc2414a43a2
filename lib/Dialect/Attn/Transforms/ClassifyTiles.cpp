//===- ClassifyTiles.cpp - Turn masks into key bounds -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace attnc::attn {
#define GEN_PASS_DEF_CLASSIFYTILESPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

static void addBounds(AttentionOp op, MaskOpInterface mask) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  llvm::SetVector<Value> operands = getMaskOperands(op.getMask());
  SmallVector<Type> types(kNumBoundsIndices, b.getIndexType());
  for (Value operand : operands)
    types.push_back(operand.getType());
  SmallVector<Location> locs(types.size(), op.getLoc());
  Block *block = b.createBlock(&op.getBounds(), {}, types, locs);

  auto read = [&](Value operand, ValueRange indices) -> Value {
    auto position = llvm::find(operands, operand) - operands.begin();
    return tensor::ExtractOp::create(b, block->getArgument(kNumBoundsIndices + position),
                                     indices);
  };
  QueryTile tile{
      block->getArgument(0), block->getArgument(1), block->getArgument(2),
      block->getArgument(3),
      /*qOffset=*/Value(),   block->getArgument(4), read};
  if (std::optional<int64_t> offset = op.getQOffset())
    tile.qOffset = arith::ConstantIndexOp::create(b, *offset);
  else
    tile.qOffset = arith::SubIOp::create(b, tile.keyLength, tile.queryLength);
  KeyBounds bounds = mask.emitBounds(b, op.getLoc(), tile);
  YieldOp::create(b, ValueRange{bounds.first, bounds.firstFull, bounds.lastFull,
                                bounds.last});
}

/// Whether every part of `mask` describes itself; names those, by a remark,
/// that tell nothing about their keys.
static bool isDescribed(AttentionOp op, Value mask) {
  auto part = mask.getDefiningOp<MaskOpInterface>();
  if (isa_and_nonnull<MaskAndOp, MaskOrOp>(mask.getDefiningOp())) {
    bool lhs = isDescribed(op, part->getOperand(0));
    bool rhs = isDescribed(op, part->getOperand(1));
    return lhs && rhs;
  }
  if (part && (!isa<MaskCustomOp>(part) || part.hasClass()))
    return true;
  InFlightDiagnostic diag =
      op.emitRemark("skips no tiles for a mask that tells nothing of them");
  diag.attachNote(mask.getLoc()) << "the mask is defined here";
  return static_cast<bool>(part);
}

namespace {
struct ClassifyTilesPass
    : attn::impl::ClassifyTilesPassBase<ClassifyTilesPass> {
  void runOnOperation() override {
    getOperation().walk([](AttentionOp op) {
      if (!op.getMask() || op.getPositions() || !op.getBounds().empty())
        return;
      if (isDescribed(op, op.getMask()))
        addBounds(op, op.getMask().getDefiningOp<MaskOpInterface>());
    });
  }
};
} // namespace
