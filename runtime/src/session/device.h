//===- device.h - What runs the steps of a session --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_DEVICE_H
#define ATTNC_RT_SESSION_DEVICE_H

#include "attnc_rt/kernel_abi.h"

#include <cstddef>
#include <span>
#include <string>

namespace attnc_rt {

/// A device as one session uses it: code, workspace and the work itself. Used
/// by one thread at a time. Everything that comes here was checked: addresses
/// are the device's, and ranges lie inside their buffers.
class device {
public:
  virtual ~device() = default;

  /// The loaded kernel with this name, or null. It lives as long as the device.
  virtual const attnc_kernel *find_kernel(const std::string &name) const = 0;

  /// Makes room for what the kernel needs beside its views; once for each
  /// kernel, before it is launched.
  virtual void prepare(const attnc_kernel &kernel) = 0;

  /// Replaces the workspace by buffers of these sizes, aligned to 64 bytes.
  /// They hold anything. Together they have less than 2^62 bytes.
  virtual void allocate_workspace(std::span<const int64_t> sizes,
                                  std::span<void *> addresses) = 0;

  /// Runs all blocks of the grid; returns an ATTNC_ERROR_* of the kernel ABI.
  virtual uint32_t launch(const attnc_kernel &kernel, const attnc_view *views,
                          const int64_t (&grid)[3]) = 0;
  virtual void fill(void *to, uint8_t value, int64_t bytes) = 0;
  /// The ranges may overlap.
  virtual void copy(void *to, const void *from, int64_t bytes) = 0;
};

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_DEVICE_H
