//===- cuda_driver.cpp - The CUDA driver functions of nccl_one_gpu --------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda_driver.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

template <typename... parameters>
void cuda_driver::call(const char *function, parameters... arguments) const {
  auto *address = reinterpret_cast<int (*)(parameters...)>(
      library ? dlsym(library, function) : nullptr);
  int result = address ? address(arguments...) : -1;
  if (result == 0)
    return;
  fprintf(stderr, "%s: CUDA error %d\n", function, result);
  exit(1);
}

cuda_driver::cuda_driver(int device)
    : library(dlopen("libcuda.so.1", RTLD_NOW)) {
  if (!library) {
    fprintf(stderr, "expected a CUDA driver: %s\n", dlerror());
    exit(1);
  }
  int handle = 0;
  call("cuInit", 0u);
  call("cuDeviceGet", &handle, device);
  call("cuDeviceGetName", &device_name[0],
       static_cast<int>(sizeof(device_name)), handle);
  call("cuDevicePrimaryCtxRetain", &context, handle);
  use_here();
}

void cuda_driver::use_here() const { call("cuCtxSetCurrent", context); }

void *cuda_driver::make_stream() const {
  constexpr unsigned non_blocking = 1;
  void *stream = nullptr;
  call("cuStreamCreate", &stream, non_blocking);
  return stream;
}

cuda_driver::pointer cuda_driver::allocate(size_t bytes) const {
  pointer result = 0;
  call("cuMemAlloc_v2", &result, bytes);
  return result;
}

void cuda_driver::write(pointer to, const void *from, size_t bytes) const {
  call("cuMemcpyHtoD_v2", to, from, bytes);
}

void cuda_driver::read(void *to, pointer from, size_t bytes) const {
  call("cuMemcpyDtoH_v2", to, from, bytes);
}

void cuda_driver::fill(pointer at, unsigned char value, size_t bytes) const {
  call("cuMemsetD8_v2", at, value, bytes);
  call("cuCtxSynchronize");
}

void cuda_driver::begin_capture(void *stream) const {
  constexpr int thread_local_mode = 1;
  call("cuStreamBeginCapture_v2", stream, thread_local_mode);
}

void *cuda_driver::end_capture(void *stream) const {
  void *graph = nullptr;
  void *executable = nullptr;
  call("cuStreamEndCapture", stream, &graph);
  call("cuGraphInstantiateWithFlags", &executable, graph, 0ull);
  return executable;
}

void cuda_driver::launch(void *graph, void *stream) const {
  call("cuGraphLaunch", graph, stream);
}

void cuda_driver::synchronize(void *stream) const {
  call("cuStreamSynchronize", stream);
}

uint32_t *cuda_driver::make_gate() const {
  constexpr unsigned portable_and_mapped = 3;
  void *result = nullptr;
  call("cuMemHostAlloc", &result, sizeof(uint32_t), portable_and_mapped);
  return static_cast<uint32_t *>(result);
}

void cuda_driver::wait_for_value(void *stream, uint32_t *gate,
                                 uint32_t value) const {
  pointer at = 0;
  call("cuMemHostGetDevicePointer_v2", &at, static_cast<void *>(gate), 0u);
  constexpr unsigned equal = 1;
  call("cuStreamWaitValue32_v2", stream, at, value, equal);
}
