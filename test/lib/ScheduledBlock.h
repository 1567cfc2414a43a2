//===- ScheduledBlock.h - What the roles of a block share -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared memory as the scheduled level sees it: tiles, rings and their stages,
// named barriers, and who reads what at the moment.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_SCHEDULEDBLOCK_H
#define ATTNC_TEST_LIB_SCHEDULEDBLOCK_H

#include "TileEvaluator.h"
#include <deque>
#include <list>
#include <map>

namespace attnc {

/// Warpgroups that compute are 0, 1, …; in a kernel without roles they do all.
inline constexpr int kProducer = -1;
/// What runs before the roles start.
inline constexpr int kSetup = -2;

/// Use n of a ring of S stages is phase n / S of stage n mod S. The hardware's
/// barriers know a phase's parity only: who waits for a phase that is not the
/// barrier's present one passes, or hangs.
struct RingStage {
  enum State { Empty, Acquired, Committed };

  tile::RingOp ring;
  int64_t number;
  ReferenceBuffer buffer;
  State state = Empty;
  int64_t use = -1; // the last that was acquired
  int64_t fullPhases = 0, emptyPhases = 0;
  int64_t loads = 0, copiesInFlight = 0; // of this use
  std::vector<double> tags;
  std::vector<bool> waited, released; // by each warpgroup, this use
};

struct Ring {
  std::deque<RingStage> stages;
};

struct NamedBarrier {
  llvm::SmallVector<int> arrived; // the warpgroups of the present phase
  int64_t phase = 0;
};

/// A read that goes on after its op: of a product or an asynchronous store.
struct PendingRead {
  View view;
  mlir::Operation *op;
  int role;
};

struct ScheduledBlock {
  ScheduledBlock(int64_t number, int64_t warpgroups)
      : number(number), warpgroups(warpgroups) {}

  const int64_t number; // in the launch
  const int64_t warpgroups;
  /// Of an op, for one warpgroup or for all.
  std::map<std::pair<mlir::Operation *, int>, std::unique_ptr<ReferenceBuffer>>
      tiles;
  std::map<mlir::Operation *, Ring> rings;
  std::map<mlir::Operation *, std::vector<NamedBarrier>> barriers;
  std::list<PendingRead> reads;

  RingStage &stage(mlir::Value ring, int64_t use);
  /// A read of `view` that is still going on, or null.
  const PendingRead *findRead(const View &view, std::optional<int> role = {});
};

} // namespace attnc

#endif // ATTNC_TEST_LIB_SCHEDULEDBLOCK_H
