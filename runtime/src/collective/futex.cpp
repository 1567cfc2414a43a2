//===- futex.cpp - Sleeping on a word that processes share ----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/futex.h"

#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace attnc_rt;

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t) &&
              std::atomic<uint32_t>::is_always_lock_free);

void attnc_rt::futex_wait(std::atomic<uint32_t> &word, uint32_t value,
                          deadline_point deadline) {
  // The steady clock is CLOCK_MONOTONIC, which this futex call takes as an
  // absolute time.
  auto since_epoch = std::chrono::duration_cast<std::chrono::nanoseconds>(
                         deadline.time_since_epoch())
                         .count();
  timespec until{static_cast<time_t>(since_epoch / 1000000000),
                 static_cast<long>(since_epoch % 1000000000)};
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, &until, nullptr,
          FUTEX_BITSET_MATCH_ANY);
}

void attnc_rt::futex_wake_all(std::atomic<uint32_t> &word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}
