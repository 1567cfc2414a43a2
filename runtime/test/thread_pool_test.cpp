//===- thread_pool_test.cpp - Every item once, and seen ------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "check.h"
#include "threads/thread_pool.h"

#include <unistd.h>

using attnc_rt::thread_pool;

namespace {
struct job {
  std::vector<int> counts; // of each item; not atomic: the pool synchronizes
  int num_threads;
};
} // namespace

static void count(void *context, int thread, int64_t begin, int64_t end) {
  auto &self = *static_cast<job *>(context);
  CHECK(thread >= 0 && thread < self.num_threads);
  for (int64_t i = begin; i < end; ++i)
    ++self.counts[static_cast<size_t>(i)];
}

/// Runs jobs of many sizes, one right after the other or with pauses in which
/// the workers fall asleep.
static void test(int num_threads, bool pause) {
  thread_pool pool(num_threads);
  CHECK(pool.num_threads() == num_threads);
  int rounds = pause ? 30 : 5000;
  for (int round = 0; round < rounds; ++round) {
    job work{std::vector<int>(static_cast<size_t>(round % 300)), num_threads};
    auto items = static_cast<int64_t>(work.counts.size());
    pool.run(items, 1 + round % 7, count, &work);
    for (int times : work.counts)
      CHECK(times == 1);
    if (pause)
      usleep(1000);
  }
}

/// The caller, done with its own items, waits for a slow worker.
static void test_slow_worker() {
  thread_pool pool(2);
  auto sleep = [](void *context, int thread, int64_t begin, int64_t end) {
    usleep(thread == 0 ? 1000 : 20000);
    *static_cast<std::atomic<int64_t> *>(context) += end - begin;
  };
  for (int round = 0; round < 10; ++round) {
    std::atomic<int64_t> num_done = 0;
    pool.run(8, 1, sleep, &num_done);
    CHECK(num_done == 8);
  }
}

int main() {
  test_slow_worker();
  for (int num_threads : {1, 2, 3, 8}) {
    test(num_threads, false);
    test(num_threads, true);
  }
  CHECK(attnc_rt::checked_num_threads(0) >= 1);
}
