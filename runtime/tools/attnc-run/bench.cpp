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

void attnc_run::bench(attnc_rt::session_handle &session,
                      const std::vector<DLTensor> &inputs,
                      const std::vector<DLTensor> &outputs, double seconds,
                      const attnc_rt::communicator_handle *ranks) {
  using clock = std::chrono::steady_clock;
  using microseconds = std::chrono::duration<double, std::micro>;
  constexpr size_t min_runs = 3;
  // The first run binds the shapes and touches the memory.
  session.run(inputs, outputs);
  session.reset_profile();

  std::vector<double> times;
  clock::time_point start = clock::now();
  auto wants_more = [&] {
    uint8_t own =
        times.size() < min_runs ||
        std::chrono::duration<double>(clock::now() - start).count() < seconds;
    return ranks ? answer_of_first(*ranks, own) : own;
  };
  while (wants_more()) {
    clock::time_point before = clock::now();
    session.run(inputs, outputs);
    times.push_back(microseconds(clock::now() - before).count());
  }
  if (ranks && ranks->rank() != 0)
    return;
  std::sort(times.begin(), times.end());
  printf("runs %zu, median %.2f us, min %.2f us, p90 %.2f us\n", times.size(),
         times[times.size() / 2], times[0], times[times.size() * 9 / 10]);
  print_steps(session);
}
