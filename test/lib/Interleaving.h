//===- Interleaving.h - Tasks that wait for one another -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tasks run one at a time, each on its own thread; where one pauses or waits,
// the next is drawn at random from those that can go on. So a seed repeats a
// run exactly, and other seeds try other orders. Events are what happens by
// itself at some later time: the end of an asynchronous copy.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_INTERLEAVING_H
#define ATTNC_TEST_LIB_INTERLEAVING_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

namespace attnc {

class Interleaving {
public:
  Interleaving(unsigned seed, std::chrono::seconds limit)
      : random(seed), limit(limit),
        end(std::chrono::steady_clock::now() + limit) {}

  /// What a task that is stuck says about itself, as a note of `diag`.
  using Explain = std::function<void(mlir::InFlightDiagnostic &diag)>;

  /// Before `run`. A body that fails has reported why, and ends the others.
  void addTask(std::function<mlir::LogicalResult()> body);

  /// Runs all tasks and events to their end. If none can go on, fails with what
  /// each waits for, notes of `emitError`'s diagnostic.
  mlir::LogicalResult
  run(llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  // By the task that runs; a failure means that it must end.

  mlir::LogicalResult pause();
  mlir::LogicalResult waitFor(std::function<bool()> ready, Explain explain);
  void addEvent(std::function<void()> event);

  /// Whether the time for all of it is over.
  bool isLate() const { return std::chrono::steady_clock::now() > end; }
  std::chrono::seconds getLimit() const { return limit; }

private:
  struct Task {
    std::function<mlir::LogicalResult()> body;
    std::thread thread;
    std::condition_variable turn;
    std::function<bool()> ready; // empty: at any time
    Explain explain;
    bool done = false;
  };
  void runTask(size_t self);
  /// Draws who runs next, and waits for the own turn again.
  mlir::LogicalResult handOver(std::unique_lock<std::mutex> &lock, size_t self);
  void chooseNext();

  static constexpr size_t kNobody = -1;
  std::mt19937 random;
  const std::chrono::seconds limit;
  const std::chrono::steady_clock::time_point end;
  std::mutex mutex;
  std::condition_variable finished;
  std::deque<Task> tasks;
  std::vector<std::function<void()>> events;
  size_t current = kNobody;
  bool stuck = false, cancelled = false;
};

} // namespace attnc

#endif // ATTNC_TEST_LIB_INTERLEAVING_H
