//===- gpu.h - One GPU of this process --------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_GPU_H
#define ATTNC_RT_CUDA_GPU_H

#include "cuda/driver.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace attnc_rt::cuda {

/// The number in "cuda:N". "cuda" is the GPU of the launcher's local rank, the
/// first one if there is no launcher or just one GPU. Nothing for other names;
/// fails for a number that is none.
bool is_gpu_name(std::string_view device);
int gpu_ordinal(std::string_view device);

/// A GPU's primary context, which all users in a process share.
class gpu {
public:
  /// The one object of the GPU in this process. Fails unless it is there and
  /// runs sm_90a code.
  static std::shared_ptr<gpu> open(int ordinal);
  ~gpu();
  gpu(const gpu &) = delete;

  /// Makes the context current for the object's life, on this thread.
  class scope {
  public:
    explicit scope(const gpu &device);
    ~scope();
    scope(const scope &) = delete;

  private:
    const driver &functions;
  };

  const driver &functions;
  const int ordinal;
  const int handle; // the driver's number of it
  const std::string name;
  const int num_multiprocessors;
  const int max_shared_bytes; // of a block, that a kernel may ask for
  context primary() const { return its_context; }

  /// After a wait has passed its deadline nothing may be freed: the driver
  /// would wait for what never ends.
  bool is_lost() const { return lost; }
  void lose() noexcept;
  /// Fails if this process has lost the GPU.
  static void check_not_lost(int ordinal);

private:
  gpu(const driver &functions, int ordinal, int handle);
  int attribute(device_attribute which) const;
  std::string read_name() const;

  context its_context = nullptr;
  std::atomic<bool> lost = false;
};

/// Owns a stream that waits for no other. The context must be current in its
/// constructor and destructor.
class owned_stream {
public:
  explicit owned_stream(std::shared_ptr<gpu> on);
  ~owned_stream();
  owned_stream(const owned_stream &) = delete;

  stream get() const { return it; }

private:
  const std::shared_ptr<gpu> on;
  stream it = nullptr;
};

/// Owns a range of the GPU's memory. The context must be current in its
/// constructor and destructor.
class memory {
public:
  memory() = default;
  memory(std::shared_ptr<gpu> on, size_t bytes);
  ~memory();
  memory(memory &&other) noexcept
      : on(std::move(other.on)), start(std::exchange(other.start, 0)) {}
  memory &operator=(memory &&other) noexcept {
    std::swap(on, other.on);
    std::swap(start, other.start);
    return *this;
  }

  device_address address() const { return start; }

private:
  std::shared_ptr<gpu> on;
  device_address start = 0;
};

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_GPU_H
