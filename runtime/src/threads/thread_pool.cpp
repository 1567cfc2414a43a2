//===- thread_pool.cpp - Threads for the blocks of a launch ---------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "threads/thread_pool.h"

#include "failure.h"

#include <algorithm>
#include <sched.h>

using namespace attnc_rt;

/// Some tens of microseconds: the steps of one run follow each other sooner.
static constexpr int max_spins = 2000;

int attnc_rt::checked_num_threads(int32_t wanted) {
  constexpr int32_t max_threads = 1024;
  if (wanted < 0 || wanted > max_threads)
    fail(ATTNC_RT_INVALID_ARGUMENT, "threads: expected 0 ... %d, got %d",
         max_threads, wanted);
  if (wanted > 0)
    return wanted;
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
    return CPU_COUNT(&cpus);
  // The host has more CPUs than the set has room for.
  return max_threads;
}

// Delegates, so that the destructor stops the workers there are if one fails to
// start.
thread_pool::thread_pool(int num_threads) : thread_pool() {
  for (int thread = 1; thread < num_threads; ++thread)
    workers.emplace_back([this, thread] { work(thread); });
}

thread_pool::~thread_pool() {
  stopping = true;
  ++wake;
  wake.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

void thread_pool::run(int64_t count, int64_t chunk, body_fn body,
                      void *context) {
  if (workers.empty() || count <= chunk) {
    if (count > 0)
      body(context, 0, 0, count);
    return;
  }
  auto job = static_cast<uint32_t>(cursor >> 32) + 1;
  job_count = count;
  job_chunk = chunk;
  job_body = body;
  job_context = context;
  num_done = 0;
  cursor = static_cast<uint64_t>(job) << 32;
  ++wake;
  wake.notify_all();

  take_chunks(job, 0);
  for (int spin = 0; spin < max_spins && num_done != count; ++spin)
    __builtin_ia32_pause();
  for (uint32_t done; (done = num_done) != static_cast<uint32_t>(count);)
    num_done.wait(done);
  cursor = static_cast<uint64_t>(job) << 32 | closed;
}

void thread_pool::take_chunks(uint32_t job, int thread) {
  int64_t done = 0;
  uint64_t seen = cursor;
  while (seen >> 32 == job) {
    auto begin = static_cast<int64_t>(seen & UINT32_MAX);
    int64_t count = job_count;
    int64_t end = std::min(begin + job_chunk, count);
    body_fn body = job_body;
    void *context = job_context;
    if (begin >= count)
      break;
    uint64_t next =
        static_cast<uint64_t>(job) << 32 | static_cast<uint64_t>(end);
    if (!cursor.compare_exchange_weak(seen, next))
      continue;
    body(context, thread, begin, end);
    done += end - begin;
    seen = cursor;
  }
  if (done == 0)
    return;
  int64_t count = job_count;
  if (num_done.fetch_add(static_cast<uint32_t>(done)) + done == count)
    num_done.notify_one();
}

void thread_pool::work(int thread) {
  uint32_t seen_wake = 0;
  while (true) {
    for (int spin = 0; spin < max_spins && wake == seen_wake; ++spin)
      __builtin_ia32_pause();
    wake.wait(seen_wake);
    seen_wake = wake;
    if (stopping)
      return;
    take_chunks(static_cast<uint32_t>(cursor >> 32), thread);
  }
}
