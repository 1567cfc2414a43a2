//===- cpu_device.cpp - The CPU as a device -------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cpu/cpu_device.h"

#include "cpu/cpu_features.h"
#include "failure.h"
#include "package/package.h"
#include "threads/thread_pool.h"

#include <algorithm>
#include <cstring>
#include <xmmintrin.h>

using namespace attnc_rt;

/// Checks what can be checked before the kernels are loaded.
static const cpu_target &check_target(const cpu_target &code) {
  if (code.arch != "x86_64")
    fail(ATTNC_RT_UNSUPPORTED, "target 'cpu': expected x86_64, got %s",
         in_quotes(code.arch).c_str());
  if (code.kernel_abi != ATTNC_KERNEL_ABI_VERSION)
    fail(ATTNC_RT_UNSUPPORTED, "target 'cpu': kernel ABI: expected %d, got %ld",
         ATTNC_KERNEL_ABI_VERSION, code.kernel_abi);
  check_cpu_features(code.features);
  return code;
}

cpu_device::cpu_device(const package &source, const cpu_target &code,
                       thread_pool &pool, bool guard)
    : image(source.bytes(check_target(code).blob),
            source.info().hashes[code.blob]),
      pool(pool), guard(guard) {}

static const attnc_kernel &code_of(const device_kernel &kernel) {
  return *static_cast<const cpu_kernel &>(kernel).code;
}

const device_kernel *cpu_device::find_kernel(const std::string &name) {
  return image.find(name);
}

void cpu_device::prepare(const device_kernel &kernel) {
  uint64_t wanted = code_of(kernel).scratch_bytes;
  if (wanted <= scratch_bytes)
    return;
  scratch.clear();
  for (int thread = 0; thread < pool.num_threads(); ++thread)
    scratch.emplace_back(wanted, guard);
  scratch_bytes = wanted;
}

void *cpu_device::place_weight(std::span<const std::byte> bytes) {
  // Never written: the plan was checked for that.
  return const_cast<std::byte *>(bytes.data());
}

void cpu_device::allocate_workspace(std::span<const int64_t> sizes,
                                    std::span<void *> addresses) {
  if (guard) {
    workspace.clear();
    for (size_t i = 0; i < sizes.size(); ++i) {
      workspace.emplace_back(static_cast<size_t>(sizes[i]), true);
      addresses[i] = workspace.back().first();
    }
    return;
  }
  constexpr int64_t alignment = 4096;
  int64_t total = 0;
  std::vector<int64_t> offsets;
  for (int64_t size : sizes) {
    offsets.push_back(total);
    total += (size + alignment - 1) / alignment * alignment;
  }
  if (static_cast<size_t>(total) > workspace_bytes) {
    workspace.clear();
    workspace_bytes = 0;
    workspace.emplace_back(static_cast<size_t>(total), false);
    workspace_bytes = static_cast<size_t>(total);
  }
  for (size_t i = 0; i < sizes.size(); ++i)
    addresses[i] =
        workspace_bytes == 0
            ? nullptr
            : static_cast<std::byte *>(workspace[0].first()) + offsets[i];
}

namespace {
struct launch_job {
  const attnc_kernel &kernel;
  const attnc_view *views;
  const int64_t (&grid)[3];
  const std::vector<host_pages> &scratch;
  uint32_t error;
};

/// The default floating-point environment for the object's life: results must
/// not depend on which thread computes a block.
class default_rounding {
public:
  default_rounding() : before(_mm_getcsr()) { _mm_setcsr(0x1f80); }
  ~default_rounding() { _mm_setcsr(before); }

private:
  unsigned before;
};
} // namespace

static void run_blocks(void *context, int thread, int64_t begin, int64_t end) {
  auto &job = *static_cast<launch_job *>(context);
  void *scratch = job.scratch.empty()
                      ? nullptr
                      : job.scratch[static_cast<size_t>(thread)].first();
  attnc_kernel_args args{job.views, scratch, &job.error};
  int64_t x = begin % job.grid[0];
  int64_t y = begin / job.grid[0] % job.grid[1];
  int64_t z = begin / job.grid[0] / job.grid[1];
  default_rounding environment;
  for (int64_t block = begin; block < end; ++block) {
    job.kernel.fn(&args, x, y, z);
    if (++x < job.grid[0])
      continue;
    x = 0;
    if (++y < job.grid[1])
      continue;
    y = 0;
    ++z;
  }
}

uint32_t cpu_device::launch(size_t, const bound_launch &launch,
                            const attnc_view *views) {
  // Several chunks a thread, so that a thread that is interrupted holds back
  // little.
  constexpr int64_t chunks_per_thread = 8;
  const int64_t (&grid)[3] = launch.grid;
  int64_t count = grid[0] * grid[1] * grid[2];
  int64_t chunk =
      std::max<int64_t>(1, count / (chunks_per_thread * pool.num_threads()));
  launch_job job{code_of(*launch.kernel), views, grid, scratch,
                 ATTNC_ERROR_NONE};
  pool.run(count, chunk, run_blocks, &job);
  return job.error;
}

void cpu_device::fill(void *to, uint8_t value, int64_t bytes) {
  if (bytes > 0)
    memset(to, value, static_cast<size_t>(bytes));
}

void cpu_device::copy(void *to, const void *from, int64_t bytes) {
  if (bytes > 0)
    memmove(to, from, static_cast<size_t>(bytes));
}

void cpu_device::copy_rows(void *to, int64_t to_pitch, const void *from,
                           int64_t from_pitch, int64_t bytes, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row)
    copy(static_cast<std::byte *>(to) + row * to_pitch,
         static_cast<const std::byte *>(from) + row * from_pitch, bytes);
}

void cpu_device::copy_in(void *to, const void *from, int64_t bytes) {
  copy(to, from, bytes);
}

void cpu_device::copy_out(void *to, const void *from, int64_t bytes) {
  copy(to, from, bytes);
}
