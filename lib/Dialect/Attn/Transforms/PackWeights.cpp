//===- PackWeights.cpp - Weights in panels -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"

namespace attnc::attn {
#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc::attn;

/// What attn.pack_weight takes.
static constexpr int64_t kMaxPanel = 1024;

namespace {
struct PackWeights : attnc::attn::impl::PackWeightsPassBase<PackWeights> {
  void runOnOperation() override {
    // One pack a weight and layout, for all layers that share it.
    llvm::DenseMap<std::tuple<Block *, Value, int64_t, int64_t, unsigned>,
                   Value>
        packed;
    auto pack = [&](LinearOp op, OpOperand &weight) {
      PlanAttr plan = *op.getPlan();
      Value &value = packed[{op->getBlock(), weight.get(), plan.getPanel(),
                             plan.getDepth(), op.getTransposed()}];
      if (!value) {
        OpBuilder builder(op);
        RankedTensorType type = PackWeightOp::getPackedType(
            cast<RankedTensorType>(weight.get().getType()), plan.getPanel(),
            plan.getDepth(), op.getTransposed());
        value = PackWeightOp::create(builder, op.getLoc(), type, weight.get(),
                                     plan.getPanel(), plan.getDepth(),
                                     op.getTransposed());
      }
      weight.set(value);
    };
    for (LinearOp op : getOperation().getOps<LinearOp>()) {
      if (cast<RankedTensorType>(op.getWeight().getType()).getRank() != 2)
        continue; // packed already
      if (!op.getPlan()) {
        op.emitError("expected a plan; run attn-plan first");
        return signalPassFailure();
      }
      PlanAttr plan = *op.getPlan();
      if (plan.getPanel() < 1 || plan.getPanel() > kMaxPanel ||
          plan.getDepth() < 1 || plan.getDepth() > 2) {
        op.emitError("expected a plan with a panel of 1 to ")
            << kMaxPanel << " columns and a depth of 1 or 2, got "
            << plan.getPanel() << " and " << plan.getDepth();
        return signalPassFailure();
      }
      pack(op, op.getWeightMutable());
      if (op.getUpWeight())
        pack(op, *op.getUpWeightMutable().begin());
      op.setTransposed(false);
    }
  }
};
} // namespace
