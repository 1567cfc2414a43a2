//===- ScheduledWork.cpp - Named barriers and the scheduler -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScheduledRole.h"
#include "attnc/Target/Hopper.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace attnc;

//===----------------------------------------------------------------------===//
// Named barriers
//===----------------------------------------------------------------------===//

LogicalResult ScheduledRole::runBarrier(Operation &op, tile::BarrierType type,
                                        Value barrier, Value number,
                                        bool waits) {
  if (failed(expectWarpgroup(op)))
    return failure();
  std::vector<NamedBarrier> &all = block.barriers.at(barrier.getDefiningOp());
  int64_t index = scalar(number), threads = type.getThreads();
  if (index < 0 || index >= type.getCount())
    return fail(op) << "expected one of " << type.getCount()
                    << " barriers, got number " << index;
  NamedBarrier &b = all[index];
  if (llvm::is_contained(b.arrived, role))
    return fail(op) << "arrives twice in one phase of barrier " << index;
  b.arrived.push_back(role);
  int64_t arrived = hopper::kWarpgroupThreads * b.arrived.size();
  if (arrived > threads) {
    InFlightDiagnostic diag = fail(op);
    diag << "expected at most " << threads << " threads to arrive at barrier "
         << index << ", got " << arrived;
    diag.attachNote(barrier.getLoc()) << "this barrier";
    return diag;
  }
  int64_t phase = b.phase;
  if (arrived == threads) {
    b.arrived.clear();
    ++b.phase;
  }
  if (!waits)
    return success();
  std::string what =
      llvm::formatv("barrier {0}, where {1} of {2} threads have arrived", index,
                    arrived, threads);
  return waitFor(op, what, [&b, phase] { return b.phase > phase; });
}

/// The barrier of all warpgroups that a synchronous copy of a block implies.
LogicalResult ScheduledRole::syncWarpgroups(Operation &op) {
  std::vector<NamedBarrier> &all = block.barriers[&op];
  all.resize(1);
  NamedBarrier &b = all.front();
  int64_t phase = b.phase;
  b.arrived.push_back(role);
  if (static_cast<int64_t>(b.arrived.size()) == block.warpgroups) {
    b.arrived.clear();
    ++b.phase;
  }
  return waitFor(op, "the block's other warpgroups",
                 [&b, phase] { return b.phase > phase; });
}

//===----------------------------------------------------------------------===//
// The tile scheduler
//===----------------------------------------------------------------------===//

LogicalResult ScheduledRole::runTakeWork(tile::TakeWorkOp op) {
  if (failed(expectProducer(*op)))
    return failure();
  auto scheduler = op.getScheduler().getDefiningOp<tile::SchedulerOp>();
  int64_t work = block.number;
  if (op.getLast())
    work = launch.blocks + (scheduler.getDynamic()
                                ? launch.nextWork++
                                : static_cast<int64_t>(scalar(op.getLast())));
  setScalar(op, work);
  return success();
}

LogicalResult ScheduledRole::runWorkIds(tile::WorkIdsOp op) {
  auto scheduler = op.getScheduler().getDefiningOp<tile::SchedulerOp>();
  Sizes sizes = integers(scheduler.getSizes());
  int64_t work = scalar(op.getWork()), group = scalar(scheduler.getGroup());
  int64_t others = countElements(ArrayRef(sizes).drop_front());
  if (group < 1)
    return fail(*op) << "expected groups of at least 1, got " << group;
  bool exists = work >= 0 && work < sizes.front() * others;
  setScalar(op.getExists(), exists);
  // What does not exist has no indices.
  Sizes ids(sizes.size(), -1);
  if (exists) {
    // Before this group there are whole groups of all first indices.
    int64_t start = work / (sizes.front() * group) * group;
    int64_t width = std::min(group, others - start);
    int64_t inGroup = work - sizes.front() * start;
    ids.front() = inGroup / width;
    int64_t other = start + inGroup % width; // its first digit is the fastest
    for (size_t d = 1; d < sizes.size(); ++d) {
      ids[d] = other % sizes[d];
      other /= sizes[d];
    }
  }
  for (auto [result, id] : llvm::zip(op.getIds(), ids))
    setScalar(result, id);
  return success();
}

LogicalResult ScheduledRole::runFinishWork(tile::FinishWorkOp op) {
  if (failed(expectProducer(*op)))
    return failure();
  if (!op.getScheduler().getDefiningOp<tile::SchedulerOp>().getDynamic())
    return success();
  if (++launch.finishedBlocks == launch.blocks)
    launch.nextWork = launch.finishedBlocks = 0;
  return success();
}
