//===- PlanHopper.cpp - Plans for the tensor cores of sm_90a -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The budget model. Of a consumer's registers, its tiles take
//
//   output  Dv / 2,  scores n / 2,  weights n / 4      (64 rows, 128 threads)
//
// and must leave `kRegistersBesideTiles` for addresses, row statistics and what the
// mask and the score region hold: with fewer, ptxas spills. A score bias with a
// value for each row and key takes 5 / 8 n more: ptxas has all
// of a step's loads in flight (128 keys at head dim 128 spilled 44 bytes).
// Shared memory holds the tiles of queries, keys, values and output.
//
//===----------------------------------------------------------------------===//

#include "PlanHopper.h"
#include "Placing.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;
using tile::Space;

static constexpr int64_t kMaxHeadDim = 256, kHeadDimStep = 8;
/// Keys of a step: 128 divides most lengths, and more won nothing (measured).
static constexpr int64_t kMaxKeys = 128, kKeysStep = 16;
static constexpr int64_t kMaxWarpgroups = 3;
/// Barriers and tags of the rings, and what alignment takes.
static constexpr int64_t kOtherSharedBytes = 1024;

namespace {
/// A choice of tiles with what it needs and what there is.
struct Choice {
  int64_t warpgroups, keys, stages, queryStages, turns;
  int64_t registers, registerLimit, sharedBytes;

  bool fits() const {
    return registers <= registerLimit && sharedBytes <= hopper::kSharedBytes;
  }
};

class HopperPlanner {
public:
  HopperPlanner(const PlanOverrides &overrides, bool useRegisters)
      : overrides(overrides), useRegisters(useRegisters) {}
  LogicalResult plan(AttentionOp op);

private:
  Choice evaluate(int64_t warpgroups, int64_t keys, int64_t stages,
                  int64_t queryStages) const;
  /// The most keys that fit, or fewer where those waste less.
  Choice choose(AttentionOp op, int64_t warpgroups) const;
  int64_t choosePairOrTriple(AttentionOp op) const;
  std::optional<double> estimate(AttentionOp op, int64_t warpgroups,
                                 int64_t keys) const;
  bool areTurnsWorthIt(AttentionOp op) const;

  const PlanOverrides &overrides;
  const bool useRegisters;
  // Of the op at hand.
  int64_t headDim = 0, valueDim = 0;
  bool hasBiasTable = false;
  bool scoresInRegisters = true, weightsInRegisters = true,
       outputInRegisters = true;
};
} // namespace

Choice HopperPlanner::evaluate(int64_t warpgroups, int64_t keys, int64_t stages,
                               int64_t queryStages) const {
  constexpr int64_t elementBytes = 2, f32Bytes = 4;
  // Panels of a swizzled tile are whole.
  auto padded = [](int64_t columns) {
    return llvm::alignTo(columns, hopper::kSwizzleBytes / elementBytes);
  };
  int64_t rows = warpgroups * hopper::kMmaRows;
  Choice c{warpgroups, keys, stages, queryStages, /*turns=*/1, 0, 0, 0};
  c.registerLimit =
      hopper::roleRegisters(warpgroups).consumer - hopper::kRegistersBesideTiles;
  c.registers = keys / 2 + keys / 4 + valueDim / 2;
  if (hasBiasTable)
    c.registers += keys * 5 / 8;
  c.sharedBytes =
      elementBytes * (queryStages * rows * padded(headDim) +
                      stages * keys * (padded(headDim) + padded(valueDim)));
  // The output goes through a tile of its own, or the queries'.
  if (queryStages > 1 || valueDim != headDim)
    c.sharedBytes += elementBytes * rows * padded(valueDim);
  if (!scoresInRegisters)
    c.sharedBytes += f32Bytes * rows * keys;
  if (!weightsInRegisters)
    c.sharedBytes += elementBytes * rows * padded(keys);
  if (!outputInRegisters)
    c.sharedBytes += f32Bytes * rows * (valueDim + 1 + tile::kPartials);
  c.sharedBytes += kOtherSharedBytes;
  return c;
}

/// Whether a mask reads tensors: the values of a step's columns are held too,
/// which three warpgroups have no registers for (160 bytes spilled at 128
/// keys).
static bool readsTensors(Value mask) {
  Operation *op = mask ? mask.getDefiningOp() : nullptr;
  return op && llvm::any_of(op->getOperands(), [](Value v) {
           return isa<ShapedType>(v.getType()) ||
                  (isa<MaskType>(v.getType()) && readsTensors(v));
         });
}

/// Whether what a score region reads differs along the rows and along the keys.
static bool isTable(Value capture) {
  auto type = dyn_cast<RankedTensorType>(capture.getType());
  return type && type.getRank() >= 2 &&
         type.getDimSize(type.getRank() - 1) != 1 &&
         type.getDimSize(type.getRank() - 2) != 1;
}

/// A model of the time where sizes are known, to compare tiles by: what is lost
/// at the edges, at a causal mask's diagonal and in the last wave; other masks
/// are taken for none. A step costs as much as 8 keys beside its own (measured
/// at head dim 256), and three warpgroups do 1.23 times the work of two in the
/// time (measured at head dim 64).
std::optional<double> HopperPlanner::estimate(AttentionOp op,
                                              int64_t warpgroups,
                                              int64_t keysOfStep) const {
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  bool isCausal = op.getMask() && op.getMask().getDefiningOp<MaskCausalOp>();
  if (!query.hasStaticShape() || !key.hasStaticShape())
    return std::nullopt;
  constexpr double keysBeside = 8, threeToTwo = 1.5 / 1.23;
  double step = (keysOfStep + keysBeside) * (warpgroups == 3 ? threeToTwo : 1);
  int64_t works = query.getDimSize(0) * query.getDimSize(1);
  int64_t rows = query.getDimSize(2), keys = key.getDimSize(2);
  int64_t blockRows = warpgroups * hopper::kMmaRows;
  double total = 0, longest = 0;
  int64_t blocks = 0;
  for (int64_t row = 0; row < rows; row += blockRows, ++blocks) {
    int64_t end =
        isCausal ? std::clamp<int64_t>(row + blockRows + keys - rows, 0, keys)
                 : keys;
    double one = step * llvm::divideCeil(end, keysOfStep);
    total += works * one;
    longest = std::max(longest, one);
  }
  if (isCausal)
    return std::max(total / hopper::kMultiprocessors, longest);
  return llvm::divideCeil(works * blocks, hopper::kMultiprocessors) * longest;
}

Choice HopperPlanner::choose(AttentionOp op, int64_t warpgroups) const {
  // Two tiles of queries let the next work begin early; that is worth fewer
  // keys a step, but not half of them.
  constexpr int64_t worthTwoQueries = 96;
  auto most = [&]() -> Choice {
    Choice best{};
    for (int64_t queryStages : {2, 1})
      for (int64_t keys = kMaxKeys; keys >= kKeysStep; keys -= kKeysStep) {
        Choice c = evaluate(warpgroups, keys, /*stages=*/2, queryStages);
        if (!c.fits())
          continue;
        if (queryStages == 2 && keys >= worthTwoQueries)
          return c;
        if (keys > best.keys)
          best = c;
        break;
      }
    return best.keys ? best
                     : evaluate(warpgroups, kKeysStep, /*stages=*/2,
                                /*queryStages=*/1);
  };
  // What 80 keys a step waste at the edges of 512 is a tenth.
  constexpr double worthFewerKeys = 0.99;
  Choice best = most();
  if (op.getMask() && !op.getMask().getDefiningOp<MaskCausalOp>())
    return best;
  std::optional<double> time = estimate(op, warpgroups, best.keys);
  for (int64_t keys = best.keys - kKeysStep; time && keys >= kKeysStep;
       keys -= kKeysStep) {
    double other = *estimate(op, warpgroups, keys);
    if (other < *time * worthFewerKeys) {
      time = other;
      best = evaluate(warpgroups, keys, /*stages=*/2, best.queryStages);
    }
  }
  return best;
}

/// At head dims up to 64 three warpgroups are faster, but rows come in larger
/// blocks.
int64_t HopperPlanner::choosePairOrTriple(AttentionOp op) const {
  if (headDim > 64 || valueDim > 64 || hasBiasTable ||
      readsTensors(op.getMask()))
    return 2;
  std::optional<double> three = estimate(op, 3, kMaxKeys);
  return !three || *three < *estimate(op, 2, kMaxKeys) ? 3 : 2;
}

/// Turns keep warpgroups apart, which they soon are without: on long sequences
/// of large heads waiting for a turn costs 1 % (measured).
bool HopperPlanner::areTurnsWorthIt(AttentionOp op) const {
  constexpr int64_t longSequence = 4096;
  int64_t keys = cast<RankedTensorType>(op.getKey().getType()).getDimSize(2);
  int64_t dim = std::max(headDim, valueDim);
  if (dim <= 64)
    return true;
  return dim <= 128 && (ShapedType::isDynamic(keys) || keys < longSequence);
}

LogicalResult HopperPlanner::plan(AttentionOp op) {
  if (failed(verifyMaskIsBuilt(op, op.getMask())) ||
      (!op.getScore().empty() &&
       failed(verifyElementRegion(op.getScore(), op.getCaptures(),
                                  /*numScores=*/1))))
    return failure();
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  Type element = query.getElementType();
  if (!element.isBF16() && !element.isF16())
    return op.emitError("expected queries, keys and values in bf16 or f16 on "
                        "the ")
           << hopper::kTargetName << " target, got " << element;
  headDim = query.getDimSize(3);
  valueDim = cast<RankedTensorType>(op.getValue().getType()).getDimSize(3);
  for (int64_t dim : {headDim, valueDim})
    if (dim % kHeadDimStep || dim > kMaxHeadDim)
      return op.emitError("expected head dims that are multiples of ")
             << kHeadDimStep << " up to " << kMaxHeadDim << " on the "
             << hopper::kTargetName << " target, got " << dim;

  hasBiasTable = llvm::any_of(op.getCaptures(), isTable);

  Placing placing(op, op.getPlaceAttr(), hopper::kTargetName);
  SmallVector<Space> operand = {Space::Cache};
  SmallVector<Space> result = {Space::Register, Space::Cache};
  if (!useRegisters)
    result = {Space::Cache};
  auto placedQuery = placing.choose("query", operand);
  auto placedKey = placing.choose("key", operand);
  auto placedValue = placing.choose("value", operand);
  auto scores = placing.choose("scores", result);
  auto weights = placing.choose("weights", result);
  auto output = placing.choose("output", result);
  if (failed(placedQuery) || failed(placedKey) || failed(placedValue) ||
      failed(scores) || failed(weights) || failed(output))
    return failure();
  scoresInRegisters = *scores == Space::Register;
  weightsInRegisters = *weights == Space::Register;
  outputInRegisters = *output == Space::Register;

  Choice c = choose(op, choosePairOrTriple(op));
  c.turns = areTurnsWorthIt(op);
  auto planOf = [&](const Choice &c) {
    return PlanAttr::get(op.getContext(), c.warpgroups * hopper::kMmaRows,
                         c.keys, /*blockK=*/0, hopper::kMmaRows, /*panel=*/0,
                         /*depth=*/0, c.warpgroups, c.stages, c.queryStages,
                         c.turns);
  };
  PlanAttr pinned = overrides.apply(op, planOf(c));
  if (pinned != planOf(c)) {
    if (pinned.getBlockN() % kKeysStep ||
        pinned.getBlockN() > hopper::kMmaMaxColumns)
      return op.emitError("expected n to be a multiple of ")
             << kKeysStep << " up to " << hopper::kMmaMaxColumns << ", got "
             << pinned.getBlockN();
    if (pinned.getWarpgroups() > kMaxWarpgroups || pinned.getQueryStages() > 2)
      return op.emitError("expected at most ")
             << kMaxWarpgroups << " warpgroups and 2 query_stages, got "
             << pinned.getWarpgroups() << " and " << pinned.getQueryStages();
    c = evaluate(pinned.getWarpgroups(), pinned.getBlockN(), pinned.getStages(),
                 pinned.getQueryStages());
  }
  if (!c.fits())
    return op.emitError("expected the tiles of a block to fit, ")
           << c.warpgroups << " warpgroups with " << c.keys
           << " keys a step needed " << c.registers
           << " registers a thread and " << c.sharedBytes
           << " bytes of shared memory, available " << c.registerLimit
           << " and " << hopper::kSharedBytes;
  op.setPlaceAttr(placing.attr());
  op.setPlanAttr(pinned);
  remark::analysis(op.getLoc(),
                   remark::RemarkOpts::name("plan").category("attn-plan"))
      << ("attention: " + Twine(c.warpgroups) + " warpgroups of " +
          Twine(hopper::kMmaRows) + " rows by " + Twine(c.keys) + " keys, " +
          Twine(c.stages) + " stages, tiles in " + Twine(c.registers) + " of " +
          Twine(c.registerLimit) + " registers a thread, " +
          Twine(c.sharedBytes) + " of " + Twine(hopper::kSharedBytes) +
          " bytes of shared memory")
             .str();
  if (c.queryStages < 2)
    remark::missed(op.getLoc(),
                   remark::RemarkOpts::name("plan").category("attn-plan"))
        << "no room in shared memory for the queries of two works: the next "
           "work begins when this one is done";
  return success();
}

/// Whether `op` becomes no kernel: masks and scalars become part of what uses
/// them, views and collectives are steps of the program.
static bool isPartOfProgram(Operation &op) {
  if (isa<arith::ConstantOp>(op))
    return !isa<ShapedType>(op.getResult(0).getType());
  if (isa<SplitHeadsOp, MergeHeadsOp, shard::AllReduceOp,
          shard::ReduceScatterOp, shard::AllGatherOp>(op))
    return true;
  return op.getNumResults() &&
         llvm::all_of(op.getResultTypes(), llvm::IsaPred<MaskType>);
}

LogicalResult attn::planForHopper(func::FuncOp func,
                                  const PlanOverrides &overrides,
                                  bool useRegisters) {
  HopperPlanner planner(overrides, useRegisters);
  for (Operation &op : func.getBody().front().without_terminator()) {
    if (isPartOfProgram(op))
      continue;
    auto attention = dyn_cast<AttentionOp>(op);
    if (!attention)
      return op.emitError("'") << op.getName() << "' is not built yet for the "
                               << hopper::kTargetName << " target";
    if (failed(planner.plan(attention)))
      return failure();
  }
  return success();
}
