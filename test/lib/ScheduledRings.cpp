//===- ScheduledRings.cpp - Producers and consumers of stages -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScheduledRole.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace attnc;

RingStage &ScheduledBlock::stage(Value ring, int64_t use) {
  std::deque<RingStage> &stages = rings.at(ring.getDefiningOp()).stages;
  return stages[use % stages.size()];
}

void ScheduledRole::makeRing(tile::RingOp op) {
  auto [ring, isNew] = block.rings.try_emplace(op);
  if (!isNew)
    return; // another warpgroup was first
  for (int64_t number : llvm::seq(op.getType().getStages())) {
    RingStage &stage = ring->second.stages.emplace_back();
    stage.ring = op;
    stage.number = number;
    stage.buffer = *makeBuffer(op.getType().getStage().getShape());
    stage.waited.assign(block.warpgroups, false);
    stage.released = stage.waited;
  }
}

InFlightDiagnostic ScheduledRole::failAtStage(Operation &op, RingStage &stage) {
  InFlightDiagnostic diag = fail(op);
  Diagnostic &note = diag.attachNote(stage.ring.getLoc());
  note << "stage " << stage.number << " of this ring ";
  if (stage.use < 0)
    note << "was never filled";
  else if (stage.state == RingStage::Empty)
    note << "is empty after use " << stage.use;
  else
    note << "holds use " << stage.use
         << (stage.state == RingStage::Acquired ? ", not committed"
             : stage.copiesInFlight             ? ", not yet full"
                                                : ", full");
  return diag;
}

FailureOr<RingStage *> ScheduledRole::findStage(Operation &op, Value ring,
                                                Value number) {
  int64_t use = scalar(number);
  if (use < 0)
    return fail(op) << "expected a use number, got " << use;
  return &block.stage(ring, use);
}

View ScheduledRole::stageView(RingStage &stage, int64_t use) {
  View v = View::whole(stage.buffer);
  v.stage = &stage;
  v.use = use;
  return v;
}

static std::string useName(RingStage &stage, int64_t use, StringRef state) {
  return llvm::formatv("use {0} (stage {1} of {2}) to be {3}", use,
                       stage.number, stage.ring.getType().getStages(), state);
}

//===----------------------------------------------------------------------===//
// The producer
//===----------------------------------------------------------------------===//

LogicalResult ScheduledRole::runAcquire(tile::AcquireOp op) {
  FailureOr<RingStage *> found = findStage(*op, op.getRing(), op.getNumber());
  if (failed(found) || failed(expectProducer(*op)))
    return failure();
  RingStage &stage = **found;
  int64_t use = scalar(op.getNumber());
  set(op.getStage(), stageView(stage, use));
  if (isOtherThanElected())
    return success();
  int64_t stages = op.getRing().getType().getStages();
  int64_t next = stage.use < 0 ? stage.number : stage.use + stages;
  if (use != next)
    return failAtStage(*op, stage)
           << "expected to acquire use " << next << " next, got use " << use;
  if (stage.state == RingStage::Acquired)
    return failAtStage(*op, stage)
           << "acquires use " << use << " before it commits use " << stage.use;
  if (failed(waitFor(*op, useName(stage, use, "empty"),
                     [&stage, phase = use / stages] {
                       return stage.emptyPhases >= phase;
                     })))
    return failure();
  stage.use = use;
  stage.state = RingStage::Acquired;
  stage.loads = 0;
  stage.waited.assign(block.warpgroups, false);
  stage.released = stage.waited;
  stage.buffer.data.assign(stage.buffer.data.size(), std::nan(""));
  return success();
}

static void completeIfArrived(RingStage &stage) {
  if (stage.state == RingStage::Committed && stage.copiesInFlight == 0)
    ++stage.fullPhases;
}

/// The element type's window at `offsets` of the last two dimensions; beyond
/// the edge, on any side, there are zeros.
static void copyWindow(const View &from, ArrayRef<int64_t> offsets,
                       const View &to) {
  size_t leading = from.shape.size() - to.shape.size();
  forEachIndex(to.shape, [&](ArrayRef<int64_t> index, int64_t) {
    Sizes source(offsets);
    for (size_t d = 0; d < index.size(); ++d)
      source[leading + d] += index[d];
    bool before = llvm::any_of(source, [](int64_t i) { return i < 0; });
    double *p = before ? nullptr : from.at(source);
    *to.at(index) = p ? *p : 0.0;
  });
}

LogicalResult ScheduledRole::runLoadAsync(tile::LoadAsyncOp op) {
  if (failed(expectProducer(*op)))
    return failure();
  if (isOtherThanElected())
    return success();
  View to = view(op.getStage());
  RingStage &stage = *to.stage;
  if (stage.use != to.use || stage.state != RingStage::Acquired)
    return failAtStage(*op, stage)
           << "expected to load into a stage that is acquired and not "
              "committed, got use "
           << to.use;
  ++stage.loads;
  ++stage.copiesInFlight;
  launch.tasks->addEvent([&stage, to, from = view(op.getSource()),
                          offsets = integers(op.getOffsets())] {
    copyWindow(from, offsets, to);
    --stage.copiesInFlight;
    completeIfArrived(stage);
  });
  return success();
}

LogicalResult ScheduledRole::runCommit(tile::CommitOp op) {
  FailureOr<RingStage *> found = findStage(*op, op.getRing(), op.getNumber());
  if (failed(found) || failed(expectProducer(*op)))
    return failure();
  if (isOtherThanElected())
    return success();
  RingStage &stage = **found;
  int64_t use = scalar(op.getNumber());
  if (stage.use != use || stage.state != RingStage::Acquired)
    return failAtStage(*op, stage)
           << "commits use " << use << ", which is not acquired";
  stage.tags.clear();
  for (Value tag : op.getTags())
    stage.tags.push_back(scalar(tag));
  stage.state = RingStage::Committed;
  completeIfArrived(stage);
  return success();
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

LogicalResult ScheduledRole::runWait(tile::WaitOp op) {
  FailureOr<RingStage *> found = findStage(*op, op.getRing(), op.getNumber());
  if (failed(found) || failed(expectWarpgroup(*op)))
    return failure();
  RingStage &stage = **found;
  int64_t use = scalar(op.getNumber());
  int64_t stages = op.getRing().getType().getStages(), phase = use / stages;
  if (stage.fullPhases < phase)
    return failAtStage(*op, stage)
           << "waits for use " << use << " before use " << use - stages
           << " was full: their barrier knows a parity only";
  if (stage.use > use)
    return failAtStage(*op, stage)
           << "waits for use " << use << ", which is gone";
  if (failed(waitFor(*op, useName(stage, use, "full"),
                     [&stage, phase] { return stage.fullPhases > phase; })))
    return failure();
  stage.waited[role] = true;
  set(op.getStage(), stageView(stage, use));
  for (auto [tag, value] : llvm::zip(op.getTags(), stage.tags))
    setScalar(tag, value);
  return success();
}

LogicalResult ScheduledRole::checkHolds(Operation &op, const View &view,
                                        StringRef verb) {
  RingStage &stage = *view.stage;
  if (stage.use == view.use && isWarpgroup() && stage.waited[role] &&
      !stage.released[role])
    return success();
  InFlightDiagnostic diag = failAtStage(op, stage);
  diag << verb << " use " << view.use;
  if (stage.use > view.use ||
      (stage.use == view.use && isWarpgroup() && stage.released[role]))
    diag << " after its release";
  else
    diag << ", which it has not waited for";
  return diag;
}

LogicalResult ScheduledRole::runRelease(tile::ReleaseOp op) {
  FailureOr<RingStage *> found = findStage(*op, op.getRing(), op.getNumber());
  if (failed(found) || failed(expectWarpgroup(*op)))
    return failure();
  RingStage &stage = **found;
  int64_t use = scalar(op.getNumber());
  if (stage.use > use || (stage.use == use && stage.released[role]))
    return failAtStage(*op, stage) << "releases use " << use << " twice";
  if (stage.use < use || !stage.waited[role])
    return failAtStage(*op, stage)
           << "releases use " << use << ", which it has not waited for";
  if (const PendingRead *read =
          block.findRead(View::whole(stage.buffer), role)) {
    InFlightDiagnostic diag = failAtStage(*op, stage);
    diag << "releases use " << use << " while it is still being read";
    diag.attachNote(read->op->getLoc()) << "by this op, in flight";
    return diag;
  }
  stage.released[role] = true;
  if (llvm::is_contained(stage.released, false))
    return success();
  ++stage.emptyPhases;
  stage.state = RingStage::Empty;
  return success();
}
