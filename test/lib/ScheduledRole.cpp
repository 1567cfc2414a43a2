//===- ScheduledRole.cpp - One role of a scheduled kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScheduledRole.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;

std::string ScheduledRole::name() const {
  std::string who = role == kProducer ? "producer"
                    : role == kSetup  ? "set-up"
                                      : "warpgroup " + std::to_string(role);
  return who + " of block " + std::to_string(block.number);
}

InFlightDiagnostic ScheduledRole::fail(Operation &op) {
  InFlightDiagnostic diag = op.emitError();
  diag << name() << ": ";
  return diag;
}

LogicalResult ScheduledRole::step(Operation &op) {
  if (launch.tasks->isLate())
    return fail(op) << "expected the kernel to end within "
                    << launch.tasks->getLimit().count() << " s";
  return success();
}

LogicalResult ScheduledRole::expectWarpgroup(Operation &op) {
  if (!isWarpgroup())
    return fail(op) << "expected in a warpgroup that computes";
  return launch.tasks->pause();
}

LogicalResult ScheduledRole::expectProducer(Operation &op) {
  if (role == kSetup || (launch.hasRoles && role != kProducer))
    return fail(op) << "expected in the producer";
  return launch.tasks->pause();
}

LogicalResult ScheduledRole::waitFor(Operation &op, std::string what,
                                     std::function<bool()> ready) {
  return launch.tasks->waitFor(
      std::move(ready),
      [loc = op.getLoc(), text = name() + " waits for " + std::move(what)](
          InFlightDiagnostic &diag) { diag.attachNote(loc) << text; });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// All warpgroups of a block have one tile, if it stands before what each of
/// them does, or is filled from global memory.
static bool isOfBlock(tile::AllocOp op) {
  auto kernel = op->getParentOfType<tile::KernelOp>();
  for (auto grid : kernel.getBody().getOps<tile::GridOp>())
    if (op->getParentOp() == kernel && op->isBeforeInBlock(grid))
      return true;
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    auto copy = dyn_cast<tile::CopyOp>(user);
    return copy && copy.getDestination() == op;
  });
}

ReferenceBuffer &ScheduledRole::allocate(tile::AllocOp op) {
  bool isOwn = isWarpgroup() && !isOfBlock(op);
  std::unique_ptr<ReferenceBuffer> &tile =
      block.tiles[{op, isOwn ? role : kSetup}];
  // Shared memory is planned: a tile has the same place each time.
  if (!tile)
    tile = makeBuffer(op.getType().getShape());
  else if (isOwn)
    tile->data.assign(tile->data.size(), std::nan(""));
  return *tile;
}

const PendingRead *ScheduledBlock::findRead(const View &view,
                                            std::optional<int> role) {
  for (const PendingRead &read : reads)
    if ((!role || read.role == *role) && overlaps(read.view, view))
      return &read;
  return nullptr;
}

LogicalResult ScheduledRole::checkRead(Operation &op, const View &view) {
  return view.stage ? checkHolds(op, view, "reads") : success();
}

LogicalResult ScheduledRole::checkWrite(Operation &op, const View &view) {
  // Who holds a stage may use it once more for what leaves the block.
  if (view.stage && failed(checkHolds(op, view, "writes")))
    return failure();
  if (const PendingRead *read = block.findRead(view)) {
    InFlightDiagnostic diag = fail(op);
    diag << "writes a tile that is still being read";
    diag.attachNote(read->op->getLoc()) << "by this op, in flight";
    return diag;
  }
  return success();
}

LogicalResult
ScheduledRole::checkInside(Operation &op, const View &from,
                           ArrayRef<int64_t> offsets, ArrayRef<int64_t> shape,
                           std::optional<ArrayRef<bool>> inBounds) {
  size_t dropped = offsets.size() - shape.size();
  for (size_t d = 0; d < offsets.size(); ++d) {
    int64_t size = d < dropped ? 1 : shape[d - dropped];
    if ((inBounds && !(*inBounds)[d]) ||
        (offsets[d] >= 0 && offsets[d] + size <= from.shape[d]))
      continue;
    return fail(op) << "expected dimension " << d << " to be in bounds, got "
                    << offsets[d] << " … " << offsets[d] + size << " of "
                    << from.shape[d];
  }
  return success();
}

/// All warpgroups of a block without roles share its loads.
LogicalResult ScheduledRole::runCopy(tile::CopyOp op) {
  bool isShared =
      !launch.hasRoles && block.warpgroups > 1 &&
      op.getDestination().getType().getSpace() == tile::Space::Cache;
  if (!isShared)
    return TileEvaluator::runCopy(op);
  if (failed(syncWarpgroups(*op)) ||
      (role == 0 && failed(TileEvaluator::runCopy(op))))
    return failure();
  return syncWarpgroups(*op);
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

LogicalResult ScheduledRole::runScheduled(Operation &op) {
  StringRef name = op.getName().getStringRef();
  if (name == "tile.warpgroup_id") {
    setScalar(op.getResult(0), role);
    return expectWarpgroup(op);
  }
  if (name == "tile.next_use") {
    setScalar(op.getResult(0), usesOfRing[op.getOperand(0).getDefiningOp()]++);
    return success();
  }
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tile::RingOp op) {
        makeRing(op);
        return success();
      })
      .Case([&](tile::AcquireOp op) { return runAcquire(op); })
      .Case([&](tile::LoadAsyncOp op) { return runLoadAsync(op); })
      .Case([&](tile::CommitOp op) { return runCommit(op); })
      .Case([&](tile::WaitOp op) { return runWait(op); })
      .Case([&](tile::StageOfOp op) -> LogicalResult {
        FailureOr<RingStage *> stage =
            findStage(*op, op.getRing(), op.getNumber());
        if (failed(stage))
          return failure();
        set(op.getStage(), stageView(**stage, scalar(op.getNumber())));
        return success();
      })
      .Case([&](tile::ReleaseOp op) { return runRelease(op); })
      .Case([&](tile::MmaAsyncOp op) { return runMmaAsync(op); })
      .Case([&](tile::MmaWaitOp op) { return runMmaWait(op); })
      .Case([&](tile::ConvertLayoutOp op) {
        set(op.getResult(), tensor(op.getSource()));
        return success();
      })
      .Case([&](tile::StoreAsyncOp op) { return runStoreAsync(op); })
      .Case([&](tile::StoreWaitOp op) { return runStoreWait(op); })
      .Case([&](tile::BarrierOp op) {
        block.barriers[op].resize(op.getType().getCount());
        return success();
      })
      .Case([&](tile::SyncOp op) {
        return runBarrier(*op, op.getBarrier().getType(), op.getBarrier(),
                          op.getNumber(), /*waits=*/true);
      })
      .Case([&](tile::ArriveOp op) {
        return runBarrier(*op, op.getBarrier().getType(), op.getBarrier(),
                          op.getNumber(), /*waits=*/false);
      })
      .Case([&](tile::SchedulerOp op) {
        grid = {1, 1, 1};
        for (auto [i, size] : llvm::enumerate(op.getSizes()))
          grid[i] = scalar(size);
        return success();
      })
      .Case([&](tile::TakeWorkOp op) { return runTakeWork(op); })
      .Case([&](tile::WorkIdsOp op) { return runWorkIds(op); })
      .Case([&](tile::FinishWorkOp op) { return runFinishWork(op); })
      .Default([&](Operation *op) { return TileEvaluator::runScheduled(*op); });
}

LogicalResult ScheduledRole::checkEnd() {
  if (inFlight.empty())
    return success();
  return fail(*inFlight.front()->op)
         << "expected every product to be waited for, this one is in flight "
            "at the end";
}
