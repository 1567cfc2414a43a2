//===- nccl_one_gpu.cpp - The real NCCL on real GPUs ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// nccl_one_gpu [REPLAYS]: one rank on one H100, or under a launcher one rank a
// GPU (torchrun --nproc-per-node=2 --no-python nccl_one_gpu). Needs a driver
// and libnccl.so.2, or ATTNC_RT_NCCL_LIB. Prints measurements and "ok".
//
// Calls every operation directly and inside a CUDA graph, replays the graph,
// and lets a deadline and an abort end operations that cannot end by
// themselves.
//
//===----------------------------------------------------------------------===//

#include "cuda_driver.h"

#include "../check.h"
#include "collective/nccl_communicator.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>

using namespace attnc_rt;

using std::chrono::milliseconds;
using clock_type = std::chrono::steady_clock;

static double ms_since(clock_type::time_point begin) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - begin)
      .count();
}

namespace {
/// Device buffers of one block of elements a rank, and what they must hold.
class test_data {
public:
  test_data(const cuda_driver &cuda, communicator &ranks, int64_t count)
      : cuda(cuda), ranks(ranks), count(count),
        all(static_cast<size_t>(count) * static_cast<size_t>(ranks.size())) {
    bytes = all * sizeof(float);
    send = cuda.allocate(bytes);
    for (cuda_driver::pointer &buffer : receive)
      buffer = cuda.allocate(bytes);
    std::vector<float> values(all);
    for (size_t i = 0; i < all; ++i)
      values[i] = value(ranks.rank(), i);
    cuda.write(send, values.data(), bytes);
  }

  /// One of each operation.
  void enqueue(void *stream) const {
    auto at = [](cuda_driver::pointer p) {
      return reinterpret_cast<void *>(p);
    };
    ranks.all_reduce(at(send), at(receive[0]), static_cast<int64_t>(all),
                     element_type::f32, stream);
    ranks.reduce_scatter(at(send), at(receive[1]), count, element_type::f32,
                         stream);
    ranks.all_gather(at(send), at(receive[2]), count, element_type::f32,
                     stream);
  }

  void poison() const {
    for (cuda_driver::pointer buffer : receive)
      cuda.fill(buffer, 0xff, bytes);
  }

  void check() const {
    std::vector<float> reduced = read(0), scattered = read(1),
                       gathered = read(2);
    auto block = static_cast<size_t>(count);
    size_t begin = block * static_cast<size_t>(ranks.rank());
    for (size_t i = 0; i < all; ++i) {
      CHECK(reduced[i] == sum(i));
      CHECK(gathered[i] == value(static_cast<int>(i / block), i % block));
      CHECK(i >= block || scattered[i] == sum(begin + i));
    }
  }

private:
  // Integers: their sums do not depend on the order.
  static float value(int rank, size_t i) {
    return static_cast<float>(rank + 1) * static_cast<float>(i % 1000);
  }
  float sum(size_t i) const {
    float total = 0;
    for (int rank = 0; rank < ranks.size(); ++rank)
      total += value(rank, i);
    return total;
  }
  std::vector<float> read(int which) const {
    std::vector<float> values(all);
    cuda.read(values.data(), receive[which], bytes);
    return values;
  }

  const cuda_driver &cuda;
  communicator &ranks;
  const int64_t count;
  const size_t all;
  size_t bytes;
  cuda_driver::pointer send, receive[3];
};
} // namespace

static void run_directly(const cuda_driver &cuda, communicator &ranks,
                         int64_t count) {
  void *stream = cuda.make_stream();
  test_data data(cuda, ranks, count);
  data.poison();
  auto begin = clock_type::now();
  data.enqueue(stream);
  ranks.synchronize(stream);
  printf("direct: %lld floats a rank, first three operations %.2f ms\n",
         static_cast<long long>(count), ms_since(begin));
  data.check();
  constexpr int repeats = 100;
  begin = clock_type::now();
  for (int i = 0; i < repeats; ++i)
    data.enqueue(stream);
  ranks.synchronize(stream);
  printf(
      "direct: %lld floats a rank, %.1f us for three operations (%d times)\n",
      static_cast<long long>(count), ms_since(begin) * 1000 / repeats, repeats);
}

static void run_in_graph(const cuda_driver &cuda, communicator &ranks,
                         int64_t count, int replays) {
  void *stream = cuda.make_stream();
  test_data data(cuda, ranks, count);
  auto begin = clock_type::now();
  cuda.begin_capture(stream);
  data.enqueue(stream);
  void *graph = cuda.end_capture(stream);
  printf("graph: captured three operations of %lld floats in %.2f ms\n",
         static_cast<long long>(count), ms_since(begin));
  data.poison();
  begin = clock_type::now();
  for (int i = 0; i < replays; ++i)
    cuda.launch(graph, stream);
  ranks.synchronize(stream);
  printf("graph: %.2f us a replay (%d replays)\n",
         ms_since(begin) * 1000 / replays, replays);
  data.check();
}

/// What `end` does to an operation behind a wait that nothing ends.
template <typename end_fn>
static void run_blocked(const cuda_driver &cuda,
                        const rank_environment &environment,
                        const nccl_options &options, attnc_rt_code expected,
                        const end_fn &end) {
  auto ranks = make_nccl_ranks(environment, options);
  void *stream = cuda.make_stream();
  test_data data(cuda, *ranks, 1024);
  data.enqueue(stream);
  ranks->synchronize(stream);
  // In host memory: a copy to the device would wait behind the blocked stream.
  uint32_t *gate = cuda.make_gate();
  __atomic_store_n(gate, 0u, __ATOMIC_RELEASE);
  cuda.wait_for_value(stream, gate, 1);
  data.enqueue(stream);
  auto begin = clock_type::now();
  std::thread ender([&] { end(*ranks); });
  std::optional<failure> error;
  try {
    ranks->synchronize(stream);
  } catch (const failure &caught) {
    error = caught;
  }
  ender.join();
  double took = ms_since(begin);
  CHECK(error.has_value());
  printf("blocked: after %.1f ms: %s\n", took, error->message.c_str());
  // NCCL's abort, which waits for the stream, does not keep the caller long.
  CHECK(took < 1500);
  CHECK(error->code == expected);
  begin = clock_type::now();
  __atomic_store_n(gate, 1u, __ATOMIC_RELEASE);
  ranks.reset();
  cuda.synchronize(stream);
  printf("blocked: let go and drained in %.1f ms\n", ms_since(begin));
}

int main(int argc, char **argv) {
  int replays = argc > 1 ? atoi(argv[1]) : 1000;
  setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    rank_environment environment = read_rank_environment();
    cuda_driver cuda(environment.local_rank);
    nccl_options options;
    printf("rank %d of %d on %s, NCCL %s\n", environment.rank,
           environment.num_ranks, cuda.name(),
           nccl_version_text(nccl_library("").version()).c_str());
    {
      auto begin = clock_type::now();
      auto ranks = make_nccl_ranks(environment, options);
      printf("communicator: created in %.1f ms\n", ms_since(begin));
      auto group = ranks->split({{ranks->size()}}, 1);
      for (int64_t count : {1024, 1 << 20}) {
        run_directly(cuda, *ranks, count);
        run_in_graph(cuda, *ranks, count, replays);
      }
      run_directly(cuda, *group, 1024);
    }
    // One rank only: with several, those that meet again would need a new port.
    if (environment.num_ranks == 1) {
      options.limits.deadline = milliseconds(500);
      run_blocked(cuda, environment, options, ATTNC_RT_DEADLINE,
                  [](communicator &) {});
      options.limits.deadline = milliseconds(30000);
      run_blocked(cuda, environment, options, ATTNC_RT_ABORTED,
                  [](communicator &ranks) { ranks.abort(); });
    }
    printf("ok\n");
    return 0;
  } catch (const failure &error) {
    fprintf(stderr, "error %d: %s\n", error.code, error.message.c_str());
    return 1;
  }
}
