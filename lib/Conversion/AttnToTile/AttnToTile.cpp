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
      if (isa_and_nonnull<attn::AttnDialect>(candidate.getDialect()) &&
          !llvm::all_of(candidate.getResultTypes(),
                        llvm::IsaPred<attn::MaskType>)) {
        if (op) {
          candidate.emitError("expected one attn op a kernel")
                  .attachNote(op->getLoc())
              << "this op is in it too";
          return signalPassFailure();
        }
        op = &candidate;
      }
    }
    if (!op)
      return;
    if (failed(verifyKernelForm(op, getOperation())))
      return signalPassFailure();
    OpBuilder builder = OpBuilder::atBlockEnd(&body);
    TypeSwitch<Operation *>(op)
        .Case([&](attn::ArgmaxOp op) { tileArgmax(op, builder); })
        .Case([&](attn::AttentionOp op) {
          if (op.getPlan()->getWarpgroups())
            tileAttentionForTensorCores(op, getOperation(), builder);
          else
            tileAttention(op, builder);
        })
        .Case([&](attn::BlockClassesOp op) { tileBlockClasses(op, builder); })
        .Case([&](attn::BlockCountsOp op) { tileBlockCounts(op, builder); })
        .Case([&](attn::BlockListOp op) { tileBlockList(op, builder); })
        .Case([&](attn::EmbeddingOp op) { tileEmbedding(op, builder); })
        .Case([&](attn::EpilogueOp op) { tileEpilogue(op, builder); })
        .Case([&](attn::DropPaddingOp op) { tileDropPadding(op, builder); })
        .Case([&](attn::LinearOp op) { tileLinear(op, builder); })
        .Case([&](attn::NormOp op) { tileNorm(op, builder); })
        .Case([&](attn::PackWeightOp op) { tilePackWeight(op, builder); })
        .Case([&](attn::RopeOp op) { tileRope(op, builder); });
    for (Operation *old : llvm::reverse(outlined))
      old->erase();
  }
};
} // namespace
