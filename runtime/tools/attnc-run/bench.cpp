//===- bench.cpp - Timing of runs -----------------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace attnc_run;

static void print_steps(const attnc_rt::session_handle &session) {
  std::vector<attnc_rt_step_profile> steps = session.profile();
  double total = 0;
  for (const attnc_rt_step_profile &step : steps)
    total += static_cast<double>(step.nanoseconds);
  printf("%6s %-7s %-32s %8s %12s %7s\n", "step", "op", "kernel", "calls",
         "total ms", "share");
  for (size_t i = 0; i < steps.size(); ++i) {
    auto nanoseconds = static_cast<double>(steps[i].nanoseconds);
    printf("%6zu %-7s %-32s %8lu %12.3f %6.1f%%\n", i, steps[i].op,
           steps[i].kernel, steps[i].calls, nanoseconds / 1e6,
           total > 0 ? 100 * nanoseconds / total : 0);
  }
}

/// All ranks run as often as rank 0 does.
static uint8_t answer_of_first(const attnc_rt::communicator_handle &ranks,
                               uint8_t own) {
  std::vector<uint8_t> answers(static_cast<size_t>(ranks.size()));
  ranks.all_gather_bytes(&own, answers.data(), 1);
  return answers[0];
}

static constexpr size_t min_runs = 3;

namespace {
/// Whether to go on, as rank 0 decides.
class time_budget {
public:
  time_budget(double seconds, const attnc_rt::communicator_handle *ranks)
      : seconds(seconds), ranks(ranks) {}

  bool wants_more(size_t num_runs) const {
    std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    uint8_t own = num_runs < min_runs || passed.count() < seconds;
    return ranks ? answer_of_first(*ranks, own) : own;
  }

private:
  double seconds;
  const attnc_rt::communicator_handle *ranks;
  std::chrono::steady_clock::time_point start =
      std::chrono::steady_clock::now();
};
} // namespace

static void print_times(const char *what, std::vector<double> &microseconds) {
  std::sort(microseconds.begin(), microseconds.end());
  size_t count = microseconds.size();
  printf("%s %zu, median %.2f us, min %.2f us, p90 %.2f us\n", what, count,
         microseconds[count / 2], microseconds[0],
         microseconds[count * 9 / 10]);
}

/// Times on the device, in microseconds.
static std::vector<double> time_replays(attnc_rt::session_handle &session,
                                        const std::vector<DLTensor> &inputs,
                                        const std::vector<DLTensor> &outputs,
                                        const time_budget &budget) {
  constexpr size_t batch = 10;
  session.capture(inputs, outputs);
  session.replay(); // touches the memory
  std::vector<double> times;
  while (budget.wants_more(times.size()))
    for (uint64_t nanoseconds : session.time_replays(batch))
      times.push_back(static_cast<double>(nanoseconds) / 1e3);
  return times;
}

void attnc_run::bench(attnc_rt::session_handle &session,
                      const std::vector<DLTensor> &inputs,
                      const std::vector<DLTensor> &outputs, double seconds,
                      bool on_gpu, const attnc_rt::communicator_handle *ranks) {
  using clock = std::chrono::steady_clock;
  using microseconds = std::chrono::duration<double, std::micro>;
  bool prints = !ranks || ranks->rank() == 0;
  // The first run binds the shapes and touches the memory.
  session.run(inputs, outputs);
  if (on_gpu) {
    std::vector<double> times =
        time_replays(session, inputs, outputs, {seconds, ranks});
    if (prints)
      print_times("on the device: replays", times);
  }
  session.reset_profile();
  std::vector<double> times;
  time_budget budget(seconds, ranks);
  while (budget.wants_more(times.size())) {
    clock::time_point before = clock::now();
    session.run(inputs, outputs);
    times.push_back(microseconds(clock::now() - before).count());
  }
  if (!prints)
    return;
  print_times(on_gpu ? "with copies from and to the host: runs" : "runs",
              times);
  print_steps(session);
}
