//===- Plan.cpp - Tile sizes and memory spaces -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Placing.h"
#include "PlanHopper.h"
#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "attnc/Target/Cpu.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

namespace attnc::attn {
#define GEN_PASS_DEF_PLANPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;
using tile::Space;

namespace {

constexpr int64_t kF32Bytes = 4;

class CpuPlanner {
public:
  CpuPlanner(const CpuTarget &target, const PlanOverrides &overrides)
      : target(target), overrides(overrides) {}

  LogicalResult plan(Operation *op);

private:
  LogicalResult planAttention(AttentionOp op);
  LogicalResult planLinear(LinearOp op);
  LogicalResult planRope(RopeOp op);
  /// Row-wise ops: strips of a quarter of the registers.
  PlanAttr rowwise(MLIRContext *context) const;

  /// Rows of `columns` f32 that `registers` vector registers hold.
  int64_t rowsInRegisters(uint64_t columns, uint64_t registers) const {
    uint64_t perRow = llvm::divideCeil(columns, target.lanes);
    return llvm::bit_floor<uint64_t>(registers / perRow);
  }
  LogicalResult checkCache(Operation *op, uint64_t bytes) const {
    if (bytes > static_cast<uint64_t>(target.l2Bytes))
      return op->emitError("expected the tiles of a block to fit the cache, "
                           "needed ")
             << bytes << " bytes, available " << target.l2Bytes;
    return success();
  }
  LogicalResult checkRegisters(Operation *op, int64_t rows, uint64_t columns,
                               StringRef what) const {
    if (rows < 1)
      return op->emitError("expected one row of ")
             << what << " to fit the registers, needed "
             << llvm::divideCeil(columns, target.lanes)
             << " vector registers, available " << target.numVectorRegisters;
    return success();
  }
  static void remark(Operation *op, const Twine &text) {
    remark::analysis(op->getLoc(),
                     remark::RemarkOpts::name("plan").category("attn-plan"))
        << text.str();
  }

  /// The plan with what the user pins, checked against what the tilings need:
  /// whole strips, and columns that come in multiples of `columnStep`.
  FailureOr<PlanAttr> pin(Operation *op, PlanAttr plan, int64_t columnStep,
                          bool wholeStrips);

  const CpuTarget &target;
  const PlanOverrides &overrides;
};

} // namespace

FailureOr<PlanAttr> CpuPlanner::pin(Operation *op, PlanAttr plan,
                                    int64_t columnStep, bool wholeStrips) {
  PlanAttr pinned = overrides.apply(op, plan);
  if (wholeStrips && pinned.getStrip() != pinned.getBlockM())
    return op->emitError("expected tiles in registers to have strip = m, got ")
           << pinned.getStrip() << " and " << pinned.getBlockM();
  if (pinned.getBlockM() % pinned.getStrip())
    return op->emitError("expected m to be a multiple of strip, got ")
           << pinned.getBlockM() << " and " << pinned.getStrip();
  if (pinned.getBlockN() % columnStep)
    return op->emitError("expected n to be a multiple of ")
           << columnStep << ", got " << pinned.getBlockN();
  return pinned;
}

PlanAttr CpuPlanner::rowwise(MLIRContext *context) const {
  int64_t columns = 4 * target.lanes;
  int64_t strip = std::max<int64_t>(
      rowsInRegisters(columns, target.numVectorRegisters / 4), 1);
  return PlanAttr::get(context, /*blockM=*/16, columns, /*blockK=*/0, strip,
                       /*panel=*/0, /*depth=*/0);
}

/// Whether `--weights` binds this weight, so that it can be stored packed.
static bool isBound(Value weight) {
  auto arg = dyn_cast_or_null<BlockArgument>(weight);
  auto func = arg ? dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp())
                  : func::FuncOp();
  return func && func.getArgAttr(arg.getArgNumber(), kBoundAttr);
}

LogicalResult CpuPlanner::planLinear(LinearOp op) {
  Placing placing(op, op.getPlaceAttr(), CpuTarget::kTargetName);
  auto input = placing.choose("input", {Space::Global, Space::Cache});
  auto weight = placing.choose("weight", {Space::Global, Space::Cache});
  auto hidden = placing.choose("hidden", {Space::Global});
  auto acc = placing.choose("accumulator", {Space::Cache, Space::Register});
  if (failed(input) || failed(weight) || failed(hidden) || failed(acc))
    return failure();

  auto type = cast<RankedTensorType>(op.getInput().getType());
  int64_t depthK = type.getShape().back();
  int64_t columns =
      cast<RankedTensorType>(op.getOutput().getType()).getShape().back();
  bool gated = static_cast<bool>(op.getUpWeight());
  int64_t products = gated ? 2 : 1;

  // The micro-kernel's columns make a panel; a block takes up to four panels
  // so that a row of the input is read less often.
  int64_t panel = target.microVectors * target.lanes;
  int64_t panels = llvm::divideCeil(columns, panel);
  int64_t perBlock = *acc == Space::Register ? 1
                     : panels % 4 == 0       ? 4
                     : panels % 2 == 0       ? 2
                                             : 1;
  int64_t blockN = perBlock * panel;
  int64_t strip = std::max<int64_t>(
      rowsInRegisters(blockN, target.numVectorRegisters / (2 * products)), 1);
  int64_t blockM = 64;
  if (*acc == Space::Register) {
    strip = rowsInRegisters(
        blockN, (target.numVectorRegisters - target.microVectors) / products);
    if (failed(checkRegisters(op, strip, blockN * products, "accumulator")))
      return failure();
    blockM = strip;
  }
  // Pairs of bf16 need the weight interleaved, which only a bound one is.
  bool pairs = target.hasAvx512Bf16 && *weight == Space::Global &&
               type.getElementType().isBF16() && depthK % 2 == 0 &&
               isBound(op.getWeight()) &&
               (!gated || isBound(op.getUpWeight())) &&
               cast<RankedTensorType>(op.getWeight().getType())
                   .getElementType()
                   .isBF16();
  int64_t depth = pairs ? 2 : 1;
  // Longer rows of the input would leave the L2 before the next panel.
  int64_t blockK = 2048;

  FailureOr<PlanAttr> plan = pin(op,
                                 PlanAttr::get(op.getContext(), blockM, blockN,
                                               blockK, strip, panel, depth),
                                 panel, *acc == Space::Register);
  if (failed(plan))
    return failure();
  blockM = plan->getBlockM(), blockN = plan->getBlockN();
  if (panels % (blockN / panel) || plan->getBlockK() % depth)
    return op.emitError("expected n to divide ")
           << panels * panel << " columns and k to be a multiple of " << depth
           << ", got " << blockN << " and " << plan->getBlockK();

  int64_t bytes = products * blockM * blockN * kF32Bytes;
  if (*input == Space::Cache)
    bytes += blockM * std::min(depthK, plan->getBlockK()) *
             type.getElementTypeBitWidth() / 8;
  if (*weight == Space::Cache)
    bytes += products * blockN * std::min(depthK, plan->getBlockK()) *
             cast<RankedTensorType>(op.getWeight().getType())
                 .getElementTypeBitWidth() /
             8;
  if (failed(checkCache(op, bytes)))
    return failure();
  op.setPlaceAttr(placing.attr());
  op.setPlanAttr(*plan);
  remark(op, "linear: block " + Twine(blockM) + "x" + Twine(blockN) +
                 ", panels of " + Twine(panel) + " columns (" +
                 Twine(target.microRows) + "x" + Twine(target.microVectors) +
                 " accumulators of " + Twine(target.numVectorRegisters) +
                 " registers), " + Twine(bytes) + " bytes of cache of " +
                 Twine(target.l2Bytes));
  return success();
}

LogicalResult CpuPlanner::planAttention(AttentionOp op) {
  if (failed(verifyMaskIsBuilt(op, op.getMask())) ||
      (!op.getScore().empty() &&
       failed(verifyElementRegion(op.getScore(), op.getCaptures(),
                                  /*numScores=*/1))))
    return failure();

  auto query = cast<RankedTensorType>(op.getQuery().getType());
  int64_t headDim = query.getDimSize(3);
  int64_t valueDim =
      cast<RankedTensorType>(op.getValue().getType()).getDimSize(3);
  // Narrow elements widen once into the cache rather than once a product.
  bool wide = query.getElementType().isF32();
  Placing placing(op, op.getPlaceAttr(), CpuTarget::kTargetName);
  SmallVector<Space> operand = {Space::Global, Space::Cache};
  if (!wide)
    std::swap(operand[0], operand[1]);
  SmallVector<Space> result = {Space::Cache, Space::Register};
  auto placedQuery = placing.choose("query", operand);
  auto placedKey = placing.choose("key", {Space::Cache});
  auto placedValue = placing.choose("value", operand);
  auto scores = placing.choose("scores", result);
  auto weights = placing.choose("weights", result);
  auto output = placing.choose("output", result);
  if (failed(placedQuery) || failed(placedKey) || failed(placedValue) ||
      failed(scores) || failed(weights) || failed(output))
    return failure();

  int64_t blockM = 64, blockN = 4 * target.lanes;
  int64_t strip =
      std::max<int64_t>(rowsInRegisters(std::max(blockN, valueDim),
                                        target.numVectorRegisters / 2),
                        1);
  uint64_t registerColumns =
      ((*scores == Space::Register || *weights == Space::Register) ? blockN
                                                                   : 0) +
      (*output == Space::Register ? static_cast<uint64_t>(valueDim) : 0);
  if (registerColumns) {
    // The tiles in registers are the block's whole tiles.
    strip = std::min<int64_t>(
        rowsInRegisters(registerColumns, target.numVectorRegisters), 4);
    if (failed(checkRegisters(op, strip, registerColumns,
                              "the tiles placed in registers")))
      return failure();
    blockM = strip;
  }
  FailureOr<PlanAttr> plan =
      pin(op,
          PlanAttr::get(op.getContext(), blockM, blockN, /*blockK=*/0, strip,
                        /*panel=*/0, /*depth=*/0),
          target.lanes, registerColumns != 0);
  if (failed(plan))
    return failure();
  blockM = plan->getBlockM(), blockN = plan->getBlockN();
  // Saturating: a head dim is any positive size.
  uint64_t columns = blockN + static_cast<uint64_t>(valueDim) + 2;
  if (*placedQuery == Space::Cache)
    columns = llvm::SaturatingAdd<uint64_t>(columns, headDim);
  uint64_t keyColumns = headDim;
  if (*placedValue == Space::Cache)
    keyColumns += valueDim;
  uint64_t bytes = llvm::SaturatingMultiply<uint64_t>(
      kF32Bytes, llvm::SaturatingAdd(
                     llvm::SaturatingMultiply<uint64_t>(blockM, columns),
                     llvm::SaturatingMultiply<uint64_t>(blockN, keyColumns)));
  if (failed(checkCache(op, bytes)))
    return failure();
  op.setPlaceAttr(placing.attr());
  op.setPlanAttr(*plan);
  remark(op, "attention: " + Twine(blockM) + " query rows by " + Twine(blockN) +
                 " keys, strips of " + Twine(plan->getStrip()) + " rows (" +
                 Twine(target.numVectorRegisters) + " registers of " +
                 Twine(target.lanes) + " f32), " + Twine(bytes) +
                 " bytes of cache of " + Twine(target.l2Bytes));
  return success();
}

LogicalResult CpuPlanner::planRope(RopeOp op) {
  int64_t half =
      cast<RankedTensorType>(op.getInput().getType()).getDimSize(3) / 2;
  // A step rotates two tiles of `columns`, or one of twice as many.
  int64_t columns =
      std::min<int64_t>(llvm::bit_ceil<uint64_t>(half), 2 * target.lanes);
  if (op.getRope().getStyle() == RopeStyle::Interleaved)
    columns = std::min<int64_t>(columns, target.lanes);
  int64_t strip = std::max<int64_t>(
      rowsInRegisters(columns, target.numVectorRegisters / 8), 1);
  FailureOr<PlanAttr> plan =
      pin(op,
          PlanAttr::get(op.getContext(), /*blockM=*/32, columns, /*blockK=*/0,
                        std::min<int64_t>(strip, 4), /*panel=*/0, /*depth=*/0),
          /*columnStep=*/1, /*wholeStrips=*/false);
  if (failed(plan))
    return failure();
  op.setPlanAttr(*plan);
  return success();
}

LogicalResult CpuPlanner::plan(Operation *op) {
  if (isa<arith::ConstantOp>(op) && !isa<ShapedType>(op->getResult(0).getType()))
    return success(); // a capture of a mask or score region
  if (isa<shard::AllReduceOp, shard::ReduceScatterOp, shard::AllGatherOp,
          tensor::CollapseShapeOp>(op))
    return success(); // no kernel
  if (!isa_and_nonnull<AttnDialect>(op->getDialect()))
    return op->emitError("'")
           << op->getName() << "' is not built yet for the cpu target";
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](AttentionOp op) { return planAttention(op); })
      .Case([&](LinearOp op) { return planLinear(op); })
      .Case([&](RopeOp op) { return planRope(op); })
      .Case<NormOp, EpilogueOp, DropPaddingOp, EmbeddingOp, ArgmaxOp>([&](auto op) {
        FailureOr<PlanAttr> plan = pin(op, rowwise(op.getContext()),
                                       target.lanes, /*wholeStrips=*/false);
        if (succeeded(plan))
          op.setPlanAttr(*plan);
        return LogicalResult(plan);
      })
      .Case<SplitHeadsOp, MergeHeadsOp, PackWeightOp>(
          [](auto) { return success(); })
      .Default([](Operation *op) -> LogicalResult {
        // Masks become part of the ops that use them.
        if (llvm::all_of(op->getResultTypes(), llvm::IsaPred<MaskType>))
          return success();
        return op->emitError("'")
               << op->getName() << "' is not built yet for the cpu target";
      });
}

namespace {
struct Plan : attnc::attn::impl::PlanPassBase<Plan> {
  using PlanPassBase::PlanPassBase;

  void runOnOperation() override {
    if (failed(plan(getOperation())))
      signalPassFailure();
  }

private:
  LogicalResult plan(func::FuncOp func) {
    auto emitError = [&] { return func.emitError(); };
    FailureOr<PlanOverrides> pinned =
        PlanOverrides::read(overrides, emitError);
    if (failed(pinned))
      return failure();
    if (!func.getBody().hasOneBlock())
      return func.emitError("expected a function with one block, got ")
             << func.getBody().getBlocks().size();
    if (target == CpuTarget::kTargetName)
      return planForCpu(func, *pinned);
    if (target == hopper::kTargetName)
      return planForHopper(func, *pinned, registers);
    return func.emitError("expected the target ")
           << CpuTarget::kTargetName << " or " << hopper::kTargetName
           << ", got '" << target << "'";
  }
  LogicalResult planForCpu(func::FuncOp func, const PlanOverrides &pinned) {
    FailureOr<CpuTarget> core =
        CpuTarget::get(cpu, [&] { return func.emitError(); });
    if (failed(core))
      return failure();
    CpuPlanner planner(*core, pinned);
    for (Operation &op : func.getBody().front().without_terminator())
      if (failed(planner.plan(&op)))
        return failure();
    return success();
  }
};
} // namespace
