//===- kernel_image.h - Loaded kernel code ----------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CPU_KERNEL_IMAGE_H
#define ATTNC_RT_CPU_KERNEL_IMAGE_H

#include "session/device_kernel.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attnc_rt {

/// A kernel of the blob.
struct cpu_kernel : device_kernel {
  const attnc_kernel *code;
};

/// A kernel blob in executable memory, for the object's life.
class kernel_image {
public:
  /// Loads a copy of `blob` whose SHA-256 must be `sha256` (64 hex digits),
  /// and checks it and its table.
  kernel_image(std::span<const std::byte> blob, const std::string &sha256);
  ~kernel_image();
  kernel_image(const kernel_image &) = delete;
  kernel_image &operator=(const kernel_image &) = delete;

  /// The kernel with this name, or null.
  const cpu_kernel *find(const std::string &name) const;

private:
  kernel_image() = default;
  void copy(std::span<const std::byte> blob);
  void check_copy(size_t bytes, const std::string &sha256) const;
  void load();
  void check_table() const;
  void list_kernels();

  /// Open as long as the code is loaded: the dynamic loader knows libraries by
  /// their path, and the path of this one is the number.
  int fd = -1;
  void *handle = nullptr;
  const attnc_kernel_table *table = nullptr;
  std::vector<cpu_kernel> kernels;
};

} // namespace attnc_rt

#endif // ATTNC_RT_CPU_KERNEL_IMAGE_H
