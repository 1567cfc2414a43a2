//===- FuseCollectives.cpp - One kernel behind each collective -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/IR/Remarks.h"

namespace attnc::attn {
#define GEN_PASS_DEF_FUSECOLLECTIVESPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

/// Why an epilogue stays apart from the norm behind it.
static void missed(EpilogueOp op, StringRef reason) {
  remark::missed(op.getLoc(), remark::RemarkOpts::name("fuse-collective")
                                  .category("attn-fuse-collectives"))
      << reason.str();
}

/// The norm behind `op` that can take it in, or null.
static NormOp findNorm(EpilogueOp op) {
  NormOp norm;
  for (Operation *user : op->getUsers()) {
    auto candidate = dyn_cast<NormOp>(user);
    if (!candidate || candidate.getInput() != op.getOutput() ||
        candidate.getSum())
      continue;
    if (!norm || candidate->isBeforeInBlock(norm))
      norm = candidate;
  }
  if (!norm) {
    missed(op, "no norm reads what follows the collective");
    return {};
  }
  if (op.getUp() || op.getActivation() != Activation::None) {
    missed(op, "a gate or an activation stands before the norm");
    return {};
  }
  // The fused op stands where the epilogue does, so that all users see it.
  for (Value vector : {norm.getScale(), norm.getBias()})
    if (vector && vector.getDefiningOp() &&
        !vector.getDefiningOp()->isBeforeInBlock(op)) {
      missed(op, "the norm's scale or bias is computed behind the collective");
      return {};
    }
  return norm;
}

namespace {
struct FuseCollectivesPass
    : attn::impl::FuseCollectivesPassBase<FuseCollectivesPass> {
  void runOnOperation() override {
    for (auto op : llvm::make_early_inc_range(
             getOperation().getBody().getOps<EpilogueOp>())) {
      if (!op.getInput().getDefiningOp<shard::AllReduceOp>() &&
          !op.getInput().getDefiningOp<shard::ReduceScatterOp>())
        continue;
      NormOp norm = findNorm(op);
      if (!norm)
        continue;
      OpBuilder builder(op);
      auto fused = NormOp::create(
          builder, norm.getLoc(), norm.getType(0), op.getType(), op.getInput(),
          op.getBias(), op.getResidual(), norm.getScale(), norm.getBias(),
          norm.getNormAttr(), norm.getPlanAttr());
      remark::passed(op.getLoc(), remark::RemarkOpts::name("fuse-collective")
                                      .category("attn-fuse-collectives"))
          << (op.getResidual() ? "residual and norm are one kernel behind the "
                                 "collective"
                               : "bias and norm are one kernel behind the "
                                 "collective");
      norm.getOutput().replaceAllUsesWith(fused.getOutput());
      op.getOutput().replaceAllUsesWith(fused.getSum());
      norm.erase();
      op.erase();
    }
  }
};
} // namespace
