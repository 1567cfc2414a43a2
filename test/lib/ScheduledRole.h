//===- ScheduledRole.h - One role of a scheduled kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs the ops of the scheduled level as one warpgroup, or as the producer, and
// checks that what the GPU leaves undefined does not happen.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_SCHEDULEDROLE_H
#define ATTNC_TEST_LIB_SCHEDULEDROLE_H

#include "Interleaving.h"
#include "ScheduledBlock.h"

namespace attnc {

/// What the blocks of a launch share.
struct ScheduledLaunch {
  tile::KernelOp kernel;
  int64_t blocks = 1; // resident
  bool hasRoles = false;
  int64_t nextWork = 0, finishedBlocks = 0; // the counter in global memory
  Interleaving *tasks = nullptr;
};

/// Operands are those of the issue; buffers are read when the product ends.
struct Product {
  tile::MmaAsyncOp op;
  TileValue lhs, rhs;
  std::optional<Tensor> acc;
  std::list<PendingRead>::iterator lhsRead, rhsRead;
  bool done = false;
  Tensor result;
};

class ScheduledRole : public TileEvaluator {
public:
  ScheduledRole(ScheduledLaunch &launch, ScheduledBlock &block, int role)
      : TileEvaluator(Precision::Element), launch(launch), block(block),
        role(role) {}

  /// At the end of the role's region.
  mlir::LogicalResult checkEnd();
  std::string name() const;

protected:
  mlir::LogicalResult step(mlir::Operation &op) override;
  mlir::LogicalResult runScheduled(mlir::Operation &op) override;
  mlir::LogicalResult runCopy(tile::CopyOp op) override;
  ReferenceBuffer &allocate(tile::AllocOp op) override;
  mlir::LogicalResult checkRead(mlir::Operation &op, const View &view) override;
  mlir::LogicalResult checkWrite(mlir::Operation &op,
                                 const View &view) override;
  mlir::LogicalResult
  checkInside(mlir::Operation &op, const View &from,
              llvm::ArrayRef<int64_t> offsets, llvm::ArrayRef<int64_t> shape,
              std::optional<llvm::ArrayRef<bool>> inBounds) override;
  mlir::InFlightDiagnostic fail(mlir::Operation &op) override;

private:
  bool isWarpgroup() const { return role >= 0; }
  /// Without roles, one thread of the first warpgroup is the producer.
  bool isOtherThanElected() const { return !launch.hasRoles && role != 0; }
  mlir::LogicalResult expectWarpgroup(mlir::Operation &op);
  mlir::LogicalResult expectProducer(mlir::Operation &op);
  mlir::LogicalResult waitFor(mlir::Operation &op, std::string what,
                              std::function<bool()> ready);

  // Rings.
  void makeRing(tile::RingOp op);
  mlir::FailureOr<RingStage *> findStage(mlir::Operation &op, mlir::Value ring,
                                         mlir::Value number);
  View stageView(RingStage &stage, int64_t use);
  mlir::InFlightDiagnostic failAtStage(mlir::Operation &op, RingStage &stage);
  mlir::LogicalResult runAcquire(tile::AcquireOp op);
  mlir::LogicalResult runLoadAsync(tile::LoadAsyncOp op);
  mlir::LogicalResult runCommit(tile::CommitOp op);
  mlir::LogicalResult runWait(tile::WaitOp op);
  mlir::LogicalResult runRelease(tile::ReleaseOp op);
  /// A stage is held from the wait to the release.
  mlir::LogicalResult checkHolds(mlir::Operation &op, const View &view,
                                 llvm::StringRef verb);

  // Products and asynchronous stores.
  mlir::LogicalResult runMmaAsync(tile::MmaAsyncOp op);
  mlir::LogicalResult runMmaWait(tile::MmaWaitOp op);
  mlir::LogicalResult finishProduct(Product &product);
  mlir::LogicalResult runStoreAsync(tile::StoreAsyncOp op);
  mlir::LogicalResult runStoreWait(tile::StoreWaitOp op);

  // Barriers and work.
  mlir::LogicalResult runBarrier(mlir::Operation &op, tile::BarrierType type,
                                 mlir::Value barrier, mlir::Value number,
                                 bool waits);
  mlir::LogicalResult syncWarpgroups(mlir::Operation &op);
  mlir::LogicalResult runTakeWork(tile::TakeWorkOp op);
  mlir::LogicalResult runWorkIds(tile::WorkIdsOp op);
  mlir::LogicalResult runFinishWork(tile::FinishWorkOp op);

  ScheduledLaunch &launch;
  ScheduledBlock &block;
  const int role;
  std::deque<std::shared_ptr<Product>> inFlight; // in the order of issue
  int64_t storesInFlight = 0;
  std::vector<std::list<PendingRead>::iterator>
      storeReads;                                        // since the last wait
  llvm::DenseMap<mlir::Operation *, int64_t> usesOfRing; // tile.next_use
};

} // namespace attnc

#endif // ATTNC_TEST_LIB_SCHEDULEDROLE_H
