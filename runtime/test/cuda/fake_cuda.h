//===- fake_cuda.h - The parts of the CUDA driver without a GPU -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_TEST_CUDA_FAKE_CUDA_H
#define ATTNC_RT_TEST_CUDA_FAKE_CUDA_H

#include "cuda/driver_types.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fake_cuda {

struct allocation {
  char *first;
  size_t bytes;
  size_t number;
};

/// Returns whether it is done; if not, it is tried again.
using work_item = std::function<bool()>;

struct fake_graph {
  std::vector<work_item> work;
};

struct fake_stream {
  std::string name;
  std::deque<work_item> work;
  std::shared_ptr<fake_graph> capture; // null: not captured
  bool is_foreign = false;
};

struct fake_event {
  size_t number = 0;
  bool has_time = true;
  uint64_t num_recorded = 0, num_done = 0;
  uint64_t time = 0;
};

struct fake_function {
  std::string name;
  std::vector<size_t> param_bytes;
  int max_threads = 0;
  int static_shared = 0;
  int blocks = 0; // that a multiprocessor holds
  int max_dynamic_shared = 48 * 1024;
};

struct fake_module {
  std::vector<fake_function> functions;
};

/// What this driver writes into a tensor map.
struct fake_map {
  char *first;
  uint64_t sizes[5];
  uint64_t strides[5]; // in bytes; the first is not used
  uint32_t type, rank;
  uint16_t box[5];
  uint16_t padding[3];
};
static_assert(sizeof(fake_map) <= sizeof(attnc_rt::cuda::tensor_map));

struct fake_call {
  std::string name;
  std::vector<std::string> params; // the bytes of each
};

/// Computes the whole grid of a kernel; unknown names do nothing.
void run_kernel(const fake_call &call);

} // namespace fake_cuda

#endif // ATTNC_RT_TEST_CUDA_FAKE_CUDA_H
