//===- timeline.cpp - Which work on a stream is done ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/timeline.h"

#include <algorithm>
#include <thread>

using namespace attnc_rt;
using namespace attnc_rt::cuda;

owned_event::owned_event(std::shared_ptr<gpu> gpu_of, unsigned flags)
    : on(std::move(gpu_of)) {
  on->functions.call(on->functions.event_create, &it, flags);
}

owned_event::~owned_event() {
  if (it && !on->is_lost())
    on->functions.event_destroy.address(it);
}

void cuda::wait_for(gpu &on, event waited, const wait_limit &limit,
                    const std::function<void()> &poll,
                    const std::function<std::string()> &where) {
  // Short work is waited for without sleep, which costs 50 us and more.
  constexpr auto awake_time = std::chrono::milliseconds(2);
  constexpr auto sleep_time = std::chrono::microseconds(50);
  auto sleep_from = clock::now() + awake_time;
  while (true) {
    result got = on.functions.event_query.address(waited);
    if (got == result::success)
      return;
    if (got != result::not_ready)
      fail(ATTNC_RT_CUDA, "%s or later: %s", where().c_str(),
           on.functions.error_text(on.functions.event_query.name, got).c_str());
    poll();
    auto now = clock::now();
    if (now >= limit.end) {
      on.lose();
      fail(ATTNC_RT_DEADLINE, "%s: expected its end within %lld ms on cuda:%d",
           where().c_str(), static_cast<long long>(limit.time.count()),
           on.ordinal);
    }
    if (now < sleep_from)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(sleep_time);
  }
}

event timeline::next_event(stream at) {
  if (num_used == events.size())
    events.emplace_back(on, measures ? event_default : event_disable_timing);
  event next = events[num_used].get();
  on->functions.call(on->functions.event_record, next, at);
  ++num_used;
  return next;
}

void timeline::start(stream at) {
  num_used = 0;
  steps.clear();
  next_event(at);
}

void timeline::mark(size_t step, stream at) {
  next_event(at);
  steps.push_back(step);
}

void timeline::wait(const wait_limit &limit, const std::function<void()> &poll,
                    const std::function<std::string(size_t)> &text_of) {
  for (size_t i = 0; i < steps.size(); ++i)
    wait_for(*on, events[i + 1].get(), limit, poll,
             [&] { return text_of(steps[i]); });
}

uint64_t timeline::nanoseconds(size_t step) const {
  auto found = std::find(steps.begin(), steps.end(), step);
  if (!measures || found == steps.end())
    return 0;
  auto index = static_cast<size_t>(found - steps.begin());
  float milliseconds = 0;
  on->functions.call(on->functions.event_elapsed, &milliseconds,
                     events[index].get(), events[index + 1].get());
  return static_cast<uint64_t>(static_cast<double>(milliseconds) * 1e6);
}
