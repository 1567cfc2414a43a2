//===- fake_cuda.h - The parts of the CUDA driver without a GPU -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_TEST_CUDA_FAKE_CUDA_H
#define ATTNC_RT_TEST_CUDA_FAKE_CUDA_H

#include "cuda/driver_types.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
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
  std::string name = "default";
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

/// The whole driver; one lock for all of it.
struct state {
  std::mutex mutex;
  std::map<char *, allocation> allocations; // by their first byte
  size_t num_allocations = 0;
  uint64_t bytes_in_use = 0;
  fake_stream default_stream;
  std::vector<std::unique_ptr<fake_stream>> streams;
  size_t num_streams = 0, num_events = 0, num_modules = 0;
  size_t num_live_streams = 0;
  int num_live_events = 0, num_live_modules = 0, num_live_graphs = 0;
  std::map<std::string, int> num_calls;
  int sticky_error = 0;
  uint64_t time = 0; // advances with work
};

state &all();

/// GPUs whose contexts this thread has pushed.
std::vector<int> &context_stack();
/// The handle of a GPU's context.
void *context_of(int device);

const char *setting(const char *name);
uint64_t number(const char *name, uint64_t otherwise);
/// A line of FAKE_CUDA_LOG.
__attribute__((format(printf, 1, 2))) void log(const char *format, ...);

/// The real driver would never return from the call.
[[noreturn]] void would_block(const char *call);
[[noreturn]] void misused(const char *call, const char *how);

/// The error that this call must return: an injected one, or what an earlier
/// crash left.
int error_of(const char *call);

#define EXPORT extern "C" __attribute__((visibility("default")))
#define BEGIN(call)                                                            \
  std::lock_guard lock(all().mutex);                                           \
  if (int error = error_of(call))                                              \
  return error
#define BEGIN_IN_CONTEXT(call)                                                 \
  BEGIN(call);                                                                 \
  if (context_stack().empty())                                                 \
  misused(call, "no context is current")

/// The allocation that an address lies in, or null.
const allocation *find(const void *address);
/// "a2+64": where memory of the GPU lies.
std::string place(const void *address);
/// The range's first byte; what is not allocated ends the process.
void *checked(const char *call, uint64_t address, size_t bytes);

fake_stream &stream_of(void *handle);
/// Appends to the stream or to its capture.
void put(fake_stream &stream, work_item item);
void do_one_everywhere();
/// Whether all work could be done.
bool do_all();
bool is_any_captured();

constexpr int invalid_value = 1;
constexpr int stream_capture_unsupported = 900;

} // namespace fake_cuda

#endif // ATTNC_RT_TEST_CUDA_FAKE_CUDA_H
