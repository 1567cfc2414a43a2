//===- timeline.h - Which work on a stream is done --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The driver's own waits have no time limit. So every wait is a loop that asks
// for an event, looks at the clock, and calls the caller's `poll`, which throws
// when another rank is lost.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_TIMELINE_H
#define ATTNC_RT_CUDA_TIMELINE_H

#include "cuda/gpu.h"

#include <chrono>
#include <functional>
#include <vector>

namespace attnc_rt::cuda {

/// Owns an event. The context must be current in constructor and destructor.
class owned_event {
public:
  owned_event(std::shared_ptr<gpu> on, unsigned flags);
  ~owned_event();
  owned_event(owned_event &&other) noexcept
      : on(std::move(other.on)), it(std::exchange(other.it, nullptr)) {}
  owned_event &operator=(owned_event &&) = delete;

  event get() const { return it; }

private:
  std::shared_ptr<gpu> on;
  event it = nullptr;
};

using clock = std::chrono::steady_clock;

/// When a wait ends, whatever happens.
struct wait_limit {
  explicit wait_limit(std::chrono::milliseconds time)
      : time(time), end(clock::now() + time) {}

  std::chrono::milliseconds time;
  clock::time_point end;
};

/// Returns when the event's work is done. `where` names the work. Passing the
/// limit loses the GPU: its work may never end.
void wait_for(gpu &on, event waited, const wait_limit &limit,
              const std::function<void()> &poll,
              const std::function<std::string()> &where);

/// Events behind the steps of a run.
class timeline {
public:
  /// With `measures` the steps' times can be read.
  timeline(std::shared_ptr<gpu> on, bool measures)
      : on(std::move(on)), measures(measures) {}

  void start(stream at);
  /// The step's work is all on the stream.
  void mark(size_t step, stream at);
  /// Waits for one after the other; `text_of` names a step.
  void wait(const wait_limit &limit, const std::function<void()> &poll,
            const std::function<std::string(size_t)> &text_of);
  /// Of a step that was waited for; 0 if it has no mark.
  uint64_t nanoseconds(size_t step) const;

private:
  event next_event(stream at);

  std::shared_ptr<gpu> on;
  bool measures;
  std::vector<owned_event> events; // of which the first ones are in use
  size_t num_used = 0;
  std::vector<size_t> steps; // of all events but the first
};

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_TIMELINE_H
