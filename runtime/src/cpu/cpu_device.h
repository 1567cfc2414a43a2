//===- cpu_device.h - The CPU as a device -----------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CPU_CPU_DEVICE_H
#define ATTNC_RT_CPU_CPU_DEVICE_H

#include "cpu/host_pages.h"
#include "cpu/kernel_image.h"
#include "session/device.h"

#include <vector>

namespace attnc_rt {

class package;
class thread_pool;
struct cpu_target;

class cpu_device : public device {
public:
  /// Checks the target and this host's CPU, then loads the target's kernels.
  /// `pool` runs the blocks and outlives the device. `guard`: see the session
  /// options.
  cpu_device(const package &source, const cpu_target &code, thread_pool &pool,
             bool guard);

  DLDevice memory() const override { return {kDLCPU, 0}; }
  const device_kernel *find_kernel(const std::string &name) override;
  void prepare(const device_kernel &kernel) override;
  void *place_weight(std::span<const std::byte> bytes) override;
  void allocate_workspace(std::span<const int64_t> sizes,
                          std::span<void *> addresses) override;
  uint32_t launch(size_t step, const bound_launch &launch,
                  const attnc_view *views) override;
  void fill(void *to, uint8_t value, int64_t bytes) override;
  void copy(void *to, const void *from, int64_t bytes) override;
  void copy_rows(void *to, int64_t to_pitch, const void *from,
                 int64_t from_pitch, int64_t bytes, int64_t rows) override;
  void copy_in(void *to, const void *from, int64_t bytes) override;
  void copy_out(void *to, const void *from, int64_t bytes) override;

private:
  kernel_image image;
  thread_pool &pool;
  bool guard;
  uint64_t scratch_bytes = 0;
  std::vector<host_pages> scratch; // of each thread
  std::vector<host_pages> workspace;
  size_t workspace_bytes = 0; // of the only element without guards
};

} // namespace attnc_rt

#endif // ATTNC_RT_CPU_CPU_DEVICE_H
