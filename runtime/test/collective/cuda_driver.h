//===- cuda_driver.h - The CUDA driver functions of nccl_one_gpu -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_TEST_COLLECTIVE_CUDA_DRIVER_H
#define ATTNC_RT_TEST_COLLECTIVE_CUDA_DRIVER_H

#include <cstddef>
#include <cstdint>

/// libcuda.so.1, found at run time. Functions end the process on an error.
class cuda_driver {
public:
  using pointer = unsigned long long;

  /// The device's primary context becomes this thread's.
  explicit cuda_driver(int device);

  void use_here() const;
  void *make_stream() const;
  pointer allocate(size_t bytes) const;
  /// A word of host memory that streams may wait for and the host writes.
  uint32_t *make_gate() const;
  void write(pointer to, const void *from, size_t bytes) const;
  void read(void *to, pointer from, size_t bytes) const;
  void fill(pointer at, unsigned char value, size_t bytes) const;
  void begin_capture(void *stream) const;
  /// Ready to launch.
  void *end_capture(void *stream) const;
  void launch(void *graph, void *stream) const;
  void synchronize(void *stream) const;
  /// The stream goes on when the gate holds `value`.
  void wait_for_value(void *stream, uint32_t *gate, uint32_t value) const;
  const char *name() const { return device_name; }

private:
  template <typename... parameters>
  void call(const char *function, parameters... arguments) const;

  void *library;
  void *context = nullptr;
  char device_name[128] = "";
};

#endif // ATTNC_RT_TEST_COLLECTIVE_CUDA_DRIVER_H
