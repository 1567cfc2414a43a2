//===- KernelForm.cpp - What a kernel must be to be tiled -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tilings take for granted what attn-plan, attn-pack-weights and
// attn-outline-kernels make. Kernels and plans may be written by hand.
//
//===----------------------------------------------------------------------===//

#include "Tilings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;

/// Tile sizes beyond these make no sense; their products fit 64 bits.
static constexpr int64_t kMaxTile = 1 << 16;
/// Positions of elements are i32.
static constexpr int64_t kMaxSize = std::numeric_limits<int32_t>::max();

static bool isArgument(Value buffer, tile::KernelOp kernel) {
  auto arg = dyn_cast<BlockArgument>(buffer);
  return arg && arg.getOwner() == &kernel.getBody().front();
}

/// Operands are whole arguments, and each result is stored to one.
static LogicalResult verifyOutlined(Operation *op, tile::KernelOp kernel) {
  SmallVector<Value> operands(op->getOperands());
  for (Value operand : op->getOperands())
    if (isa<attn::MaskType>(operand.getType()))
      llvm::append_range(operands, attn::getMaskOperands(operand));
  for (Value operand : operands) {
    if (!isa<RankedTensorType>(operand.getType()))
      continue; // masks and constants
    auto load = operand.getDefiningOp<tile::LoadOp>();
    if (!load || !load.getOffsets().empty() ||
        !isArgument(load.getSource(), kernel))
      return op->emitError("expected operands loaded from the kernel's "
                           "arguments");
  }
  for (Value result : op->getResults()) {
    auto store = result.hasOneUse()
                     ? dyn_cast<tile::StoreOp>(*result.user_begin())
                     : tile::StoreOp();
    if (!store || !store.getOffsets().empty() ||
        !isArgument(store.getDestination(), kernel))
      return op->emitError("expected each result stored once, to an argument "
                           "of the kernel");
  }
  for (Type type : kernel.getArgumentTypes())
    for (int64_t size : cast<tile::BufType>(type).getShape())
      if (size > kMaxSize) // a dynamic size is negative
        return op->emitError("expected sizes of at most ")
               << kMaxSize << ", got " << size;
  return success();
}

static LogicalResult verifyPlan(Operation *op, attn::PlanAttr plan) {
  if (!plan)
    return op->emitError("expected a plan; run attn-plan first");
  if (std::max({plan.getBlockM(), plan.getBlockN(), plan.getBlockK()}) >
      kMaxTile)
    return op->emitError("expected a plan with m, n and k of at most ")
           << kMaxTile << ", got " << plan;
  if (plan.getBlockM() % plan.getStrip())
    return op->emitError("expected a plan with m a multiple of strip, got ")
           << plan;
  return success();
}

static LogicalResult verifyRank2(Operation *op, Value input) {
  if (cast<RankedTensorType>(input.getType()).getRank() == 2)
    return success();
  return op->emitError("expected tokens in one dimension, got ")
         << input.getType();
}

static LogicalResult verifyLinear(attn::LinearOp op) {
  attn::PlanAttr plan = op.getPlanAttr();
  if (failed(verifyPlan(op, plan)) || failed(verifyRank2(op, op.getInput())))
    return failure();
  auto weight = cast<RankedTensorType>(op.getWeight().getType());
  if (weight.getRank() == 2)
    return op.emitError(
        "expected a packed weight; run attn-pack-weights first");
  int64_t panel = weight.getDimSize(2);
  int64_t depth = weight.getRank() == 4 ? weight.getDimSize(3) : 1;
  if (plan.getPanel() != panel || plan.getDepth() != depth)
    return op.emitError("expected a plan with the panel and the depth of the "
                        "weight, ")
           << panel << " and " << depth << ", got " << plan;
  // A block reads whole panels without checks.
  if (plan.getBlockN() % panel ||
      weight.getDimSize(0) % (plan.getBlockN() / panel))
    return op.emitError("expected a plan whose n is panels of ")
           << panel << " columns that divide the " << weight.getDimSize(0)
           << " of the weight, got " << plan;
  if (plan.getBlockK() < 1 || plan.getBlockK() % depth)
    return op.emitError("expected a plan with k a positive multiple of the "
                        "depth, got ")
           << plan;
  int64_t features =
      cast<RankedTensorType>(op.getInput().getType()).getDimSize(1);
  if (depth > 1 &&
      (depth != 2 || features % 2 || !weight.getElementType().isBF16()))
    return op.emitError("expected a depth of more than 1 for pairs of bf16 "
                        "only, got ")
           << weight << " for " << features << " features";
  return success();
}

/// A bounds region computes with indices, and reads elements of its tensors.
static LogicalResult verifyBounds(Region &bounds) {
  for (Operation &op : bounds.front().without_terminator()) {
    auto read = dyn_cast<tensor::ExtractOp>(op);
    bool isBuilt =
        read ? isa<BlockArgument>(read.getTensor())
             : isa<arith::ArithDialect>(op.getDialect()) &&
                   op.getNumResults() == 1 && op.getNumRegions() == 0 &&
                   llvm::none_of(op.getOperandTypes(),
                                 llvm::IsaPred<ShapedType>) &&
                   !isa<ShapedType>(op.getResult(0).getType());
    if (!isBuilt)
      return op.emitError("'") << op.getName()
                               << "' in a bounds region is not built yet for "
                                  "the cpu target";
  }
  return success();
}

static LogicalResult verifyAttention(attn::AttentionOp op) {
  if (failed(attn::verifyMaskIsBuilt(op, op.getMask())))
    return failure();
  if (!op.getScore().empty() &&
      failed(attn::verifyElementRegion(op.getScore(), op.getCaptures(),
                                       /*numScores=*/1)))
    return failure();
  if (!op.getBounds().empty() && failed(verifyBounds(op.getBounds())))
    return failure();
  return verifyPlan(op, op.getPlanAttr());
}

static LogicalResult verifyRope(attn::RopeOp op) {
  constexpr uint64_t maxChunks = 4096; // each is code of its own
  attn::PlanAttr plan = op.getPlanAttr();
  if (failed(verifyPlan(op, plan)))
    return failure();
  int64_t half =
      cast<RankedTensorType>(op.getInput().getType()).getDimSize(3) / 2;
  if (llvm::divideCeil(half, plan.getBlockN()) > maxChunks)
    return op.emitError("expected a plan with at most ")
           << maxChunks << " steps of n in half the head dim, " << half
           << ", got " << plan;
  return success();
}

LogicalResult attnc::verifyKernelForm(Operation *op, tile::KernelOp kernel) {
  if (failed(verifyOutlined(op, kernel)))
    return failure();
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([](attn::AttentionOp op) { return verifyAttention(op); })
      .Case<attn::BlockClassesOp>([](auto op) {
        return attn::verifyMaskIsBuilt(op, op.getMask());
      })
      .Case<attn::BlockCountsOp, attn::BlockListOp>([](auto) { return success(); })
      .Case([](attn::LinearOp op) { return verifyLinear(op); })
      .Case([](attn::RopeOp op) { return verifyRope(op); })
      .Case<attn::NormOp, attn::EpilogueOp, attn::DropPaddingOp,
            attn::ArgmaxOp>([](auto op) {
        return failed(verifyRank2(op, op.getInput()))
                   ? failure()
                   : verifyPlan(op, op.getPlanAttr());
      })
      .Case(
          [](attn::EmbeddingOp op) { return verifyPlan(op, op.getPlanAttr()); })
      .Case([](attn::PackWeightOp op) -> LogicalResult {
        if (op.getDepth() == 1)
          return success();
        return op.emitError("packing at run time at a depth of 2 is not built "
                            "yet for the cpu target");
      })
      .Default([](Operation *op) {
        return op->emitError("'")
               << op->getName() << "' is not built yet for the cpu target";
      });
}
