//===- ClassifyTiles.cpp - Turn masks into key bounds -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
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
  SmallVector<Type> types(4, b.getIndexType());
  SmallVector<Location> locs(4, op.getLoc());
  Block *block = b.createBlock(&op.getBounds(), {}, types, locs);
  MaskTile tile{block->getArgument(0), block->getArgument(1),
                block->getArgument(2), block->getArgument(3),
                /*qOffset=*/Value()};
  if (std::optional<int64_t> offset = op.getQOffset())
    tile.qOffset = arith::ConstantIndexOp::create(b, *offset);
  else
    tile.qOffset = arith::SubIOp::create(b, tile.keyLength, tile.queryLength);
  KeyBounds bounds = mask.emitBounds(b, op.getLoc(), tile);
  YieldOp::create(b, ValueRange{bounds.first, bounds.firstFull, bounds.lastFull,
                                bounds.last});
}

/// Names each part of a mask that tells nothing about its keys.
static void remarkUnknownParts(AttentionOp op, Value mask) {
  if (mask.getDefiningOp<MaskAndOp>() || mask.getDefiningOp<MaskOrOp>()) {
    for (Value part : mask.getDefiningOp()->getOperands())
      remarkUnknownParts(op, part);
    return;
  }
  if (mask.getDefiningOp<MaskOpInterface>())
    return;
  InFlightDiagnostic diag = op.emitRemark("skips no tiles for a mask "
                                          "without key bounds");
  diag.attachNote(mask.getLoc()) << "the mask is defined here";
}

namespace {
struct ClassifyTilesPass
    : attn::impl::ClassifyTilesPassBase<ClassifyTilesPass> {
  void runOnOperation() override {
    getOperation().walk([](AttentionOp op) {
      if (!op.getMask() || !op.getBounds().empty())
        return;
      remarkUnknownParts(op, op.getMask());
      if (auto mask = op.getMask().getDefiningOp<MaskOpInterface>())
        addBounds(op, mask);
    });
  }
};
} // namespace
