//===- AttnToTile.cpp - The pass that tiles each kernel's op -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tilings.h"
#include "attnc/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

namespace attnc {
#define GEN_PASS_DEF_CONVERTATTNTOTILEPASS
#include "attnc/Conversion/Passes.h.inc"
} // namespace attnc

using namespace mlir;
using namespace attnc;

Value attnc::operandBuffer(Value operand) {
  return operand ? operand.getDefiningOp<tile::LoadOp>().getSource() : Value();
}

Value attnc::resultBuffer(Value result) {
  return cast<tile::StoreOp>(*result.user_begin()).getDestination();
}

namespace {
struct ConvertAttnToTile
    : attnc::impl::ConvertAttnToTilePassBase<ConvertAttnToTile> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    // The whole of the kernel so far: loads, masks, the op, its stores.
    SmallVector<Operation *> outlined;
    Operation *op = nullptr;
    for (Operation &candidate : body) {
      outlined.push_back(&candidate);
      if (isa<attn::AttnDialect>(candidate.getDialect()) &&
          !llvm::all_of(candidate.getResultTypes(),
                        llvm::IsaPred<attn::MaskType>))
        op = &candidate;
    }
    if (!op)
      return;
    if (!op->hasAttr("plan") && !isa<attn::PackWeightOp>(op)) {
      op->emitError("expected a plan; run attn-plan first");
      return signalPassFailure();
    }
    for (Value operand : op->getOperands())
      if (!isa<attn::MaskType>(operand.getType()) &&
          !operand.getDefiningOp<tile::LoadOp>()) {
        op->emitError("expected operands loaded from the kernel's arguments");
        return signalPassFailure();
      }
    OpBuilder builder = OpBuilder::atBlockEnd(&body);
    bool known =
        TypeSwitch<Operation *, bool>(op)
            .Case([&](attn::AttentionOp op) { return tileAttention(op, builder), true; })
            .Case([&](attn::EmbeddingOp op) { return tileEmbedding(op, builder), true; })
            .Case([&](attn::LinearOp op) { return tileLinear(op, builder), true; })
            .Case([&](attn::NormOp op) { return tileNorm(op, builder), true; })
            .Case([&](attn::PackWeightOp op) { return tilePackWeight(op, builder), true; })
            .Case([&](attn::RopeOp op) { return tileRope(op, builder), true; })
            .Default(false);
    if (!known) {
      op->emitError("'") << op->getName()
                         << "' is not built yet for the cpu target";
      return signalPassFailure();
    }
    for (Operation *old : llvm::reverse(outlined))
      old->erase();
  }
};
} // namespace
