//===- kernel.h - A kernel that is loaded on a GPU --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_KERNEL_H
#define ATTNC_RT_CUDA_KERNEL_H

#include "cuda/gpu.h"
#include "package/package.h"
#include "session/device.h"

namespace attnc_rt::cuda {

/// The context must be current in its constructor and destructor.
class kernel : public device_kernel {
public:
  /// Checks the blob and its hash, loads it, and compares it with what the
  /// package says: parameters, threads and shared memory. `declared` belongs
  /// to the package and outlives this.
  kernel(std::shared_ptr<gpu> on, const package &source,
         const gpu_kernel &declared);
  ~kernel();
  kernel(const kernel &) = delete;

  const gpu_kernel &declared;
  /// How many blocks the whole GPU holds at once.
  int64_t num_resident_blocks() const { return resident_blocks; }
  function code() const { return its_code; }

private:
  void load(const package &source);
  void check_params() const;
  void reserve_shared_memory();
  int attribute(function_attribute which) const;

  const std::shared_ptr<gpu> on;
  code_module its_module = nullptr;
  function its_code = nullptr;
  int64_t resident_blocks = 0;
};

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_KERNEL_H
