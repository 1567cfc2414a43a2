//===- gpu.cpp - One GPU of this process ----------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/gpu.h"

#include "collective/rank_environment.h"

#include <charconv>
#include <map>
#include <mutex>

using namespace attnc_rt;
using namespace attnc_rt::cuda;

static constexpr std::string_view gpu_name = "cuda";
// What sm_90a code runs on, and nothing else does.
static constexpr int capability_major = 9, capability_minor = 0;

bool cuda::is_gpu_name(std::string_view device) {
  return device == gpu_name || device.substr(0, gpu_name.size() + 1) == "cuda:";
}

static int count_gpus(const driver &functions) {
  int count = 0;
  functions.call(functions.device_get_count, &count);
  return count;
}

int cuda::gpu_ordinal(std::string_view device) {
  if (device == gpu_name) {
    int local_rank = read_rank_environment().local_rank;
    // A launcher may show each rank its own GPU only.
    return count_gpus(driver::get()) == 1 ? 0 : local_rank;
  }
  std::string_view digits = device.substr(gpu_name.size() + 1);
  int ordinal = -1;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      ordinal < 0)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "device: expected cpu, cuda or cuda:N, got %s",
         in_quotes(device).c_str());
  return ordinal;
}

static int checked_handle(const driver &functions, int ordinal) {
  int count = count_gpus(functions);
  if (ordinal >= count)
    fail(ATTNC_RT_UNSUPPORTED, "device: need cuda:%d, have %d GPU%s", ordinal,
         count, count == 1 ? "" : "s");
  int handle = 0;
  functions.call(functions.device_get, &handle, ordinal);
  return handle;
}

/// A GPU stays lost when all that used it is gone.
static std::atomic<uint64_t> lost_gpus = 0;

static uint64_t bit_of(int ordinal) { return uint64_t(1) << (ordinal % 64); }

void gpu::lose() noexcept {
  lost = true;
  lost_gpus |= bit_of(ordinal);
}

void gpu::check_not_lost(int ordinal) {
  if (lost_gpus & bit_of(ordinal))
    fail(ATTNC_RT_DEADLINE,
         "cuda:%d: work of this process did not end: expected a new process",
         ordinal);
}

std::shared_ptr<gpu> gpu::open(int ordinal) {
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<gpu>> open_gpus;
  const driver &functions = driver::get();
  check_not_lost(ordinal);
  std::lock_guard lock(mutex);
  std::shared_ptr<gpu> found = open_gpus[ordinal].lock();
  if (!found) {
    found.reset(
        new gpu(functions, ordinal, checked_handle(functions, ordinal)));
    open_gpus[ordinal] = found;
  }
  return found;
}

gpu::gpu(const driver &functions, int ordinal, int handle)
    : functions(functions), ordinal(ordinal), handle(handle), name(read_name()),
      num_multiprocessors(attribute(device_attribute::multiprocessor_count)),
      max_shared_bytes(
          attribute(device_attribute::max_shared_bytes_per_block)) {
  int major = attribute(device_attribute::compute_capability_major);
  int minor = attribute(device_attribute::compute_capability_minor);
  if (major != capability_major || minor != capability_minor)
    fail(ATTNC_RT_UNSUPPORTED,
         "cuda:%d: need compute capability %d.%d (Hopper), have %d.%d (%s)",
         ordinal, capability_major, capability_minor, major, minor,
         name.c_str());
  functions.call(functions.primary_context_retain, &its_context, handle);
}

gpu::~gpu() {
  if (its_context && !lost)
    functions.primary_context_release.address(handle);
}

int gpu::attribute(device_attribute which) const {
  int value = 0;
  functions.call(functions.device_get_attribute, &value, which, handle);
  return value;
}

std::string gpu::read_name() const {
  char text[256] = "";
  functions.call(functions.device_get_name, &text[0],
                 static_cast<int>(sizeof(text)), handle);
  return text;
}

gpu::scope::scope(const gpu &device) : functions(device.functions) {
  functions.call(functions.context_push, device.primary());
}

gpu::scope::~scope() {
  context popped;
  functions.context_pop.address(&popped);
}

memory::memory(std::shared_ptr<gpu> gpu_of, size_t bytes)
    : on(std::move(gpu_of)) {
  if (bytes == 0)
    return;
  result got = on->functions.allocate.address(&start, bytes);
  if (got == result::out_of_memory)
    fail(ATTNC_RT_OUT_OF_MEMORY, "cuda:%d: no room for %zu bytes: %s",
         on->ordinal, bytes,
         on->functions.error_text(on->functions.allocate.name, got).c_str());
  on->functions.check(on->functions.allocate.name, got);
}

memory::~memory() {
  if (start && !on->is_lost())
    on->functions.release.address(start);
}

owned_stream::owned_stream(std::shared_ptr<gpu> gpu_of)
    : on(std::move(gpu_of)) {
  on->functions.call(on->functions.stream_create, &it, stream_non_blocking);
}

owned_stream::~owned_stream() {
  if (!on->is_lost())
    on->functions.stream_destroy.address(it);
}
