//===- thread_pool.h - Threads for the blocks of a launch -------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Hands out the items of one job at a time to the calling thread and a fixed
// set of workers, in chunks, to whoever asks next.
//
// The hard part is a worker that wakes late: it must not touch a job that is
// over. A job is published by one word, the cursor:
//
//     cursor = job number << 32 | first item that nobody has taken
//
// A worker takes a chunk by compare-and-swap on the whole word, so the swap
// fails if the job is another one by now. The caller closes a finished job
// (`item = closed`) before it writes the next job's description, so what a
// worker read before a successful swap was that job's. Nobody waits for a
// worker that took nothing.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_THREADS_THREAD_POOL_H
#define ATTNC_RT_THREADS_THREAD_POOL_H

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace attnc_rt {

/// The threads to start for a caller's wish: 0 stands for one for each CPU that
/// this process may use. Fails outside 0 ... 1024.
int checked_num_threads(int32_t wanted);

class thread_pool {
public:
  /// With the calling thread; 1 starts no worker, and jobs run inline.
  explicit thread_pool(int num_threads);
  ~thread_pool();

  int num_threads() const { return static_cast<int>(workers.size()) + 1; }

  /// Items begin ... end - 1, on thread number `thread` (0: the caller). Must
  /// not throw.
  using body_fn = void (*)(void *context, int thread, int64_t begin,
                           int64_t end);

  static constexpr int64_t max_items = INT32_MAX;

  /// Runs items 0 ... count - 1 and returns when all are done. The bodies see
  /// what the caller wrote before, and the caller sees what they wrote. One
  /// call at a time. Allocates nothing.
  void run(int64_t count, int64_t chunk, body_fn body, void *context);

private:
  static constexpr uint32_t closed = UINT32_MAX;

  thread_pool() = default;
  void work(int thread);
  void take_chunks(uint32_t job, int thread);

  std::vector<std::thread> workers;

  // The job. Workers may read it while it changes; see above.
  std::atomic<int64_t> job_count{0};
  std::atomic<int64_t> job_chunk{0};
  std::atomic<body_fn> job_body{nullptr};
  std::atomic<void *> job_context{nullptr};

  alignas(64) std::atomic<uint64_t> cursor{closed};
  alignas(64) std::atomic<uint32_t> num_done{0};
  // Counts published jobs; what a sleeping worker waits on.
  alignas(64) std::atomic<uint32_t> wake{0};
  std::atomic<bool> stopping{false};
};

} // namespace attnc_rt

#endif // ATTNC_RT_THREADS_THREAD_POOL_H
