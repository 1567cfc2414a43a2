//===- fake_kernels.cpp - Kernels of the CUDA driver without a GPU --------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kernels of gpu_package.py, which has their parameters.
//
//===----------------------------------------------------------------------===//

#include "fake_cuda.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace fake_cuda;

template <typename T> static T param(const fake_call &call, size_t index) {
  T value;
  memcpy(&value, call.params.at(index).data(), sizeof(T));
  return value;
}

/// gather(ids, table, out, rows, width): out[i, :] = table[ids[i], :].
static void gather(const fake_call &call) {
  auto *ids = param<const int32_t *>(call, 0);
  auto *table = param<const float *>(call, 1);
  auto *out = param<float *>(call, 2);
  auto rows = param<int32_t>(call, 3), width = param<int32_t>(call, 4);
  for (int32_t i = 0; i < rows; ++i)
    for (int32_t j = 0; j < width; ++j)
      out[i * width + j] = table[ids[i] * width + j];
}

/// scale_add(x, row, y, B, S, stride of b): y[b, s, :] = 2 x[b, s, :] + row[b].
static void scale_add(const fake_call &call) {
  constexpr int32_t width = 8;
  auto *x = param<const float *>(call, 0);
  auto *row = param<const float *>(call, 1);
  auto *y = param<float *>(call, 2);
  auto batches = param<int32_t>(call, 3), length = param<int32_t>(call, 4);
  auto stride = param<int64_t>(call, 5);
  for (int32_t b = 0; b < batches; ++b)
    for (int32_t s = 0; s < length; ++s)
      for (int32_t j = 0; j < width; ++j) {
        int64_t at = b * stride + s * width + j;
        y[at] = 2 * x[at] + row[b * width + j];
      }
}

/// The address of an element that a map describes.
static char *element(const fake_map &map, const uint64_t (&index)[5]) {
  char *address = map.first + index[0] * 2; // 16-bit elements
  for (uint32_t i = 1; i < map.rank; ++i)
    address += index[i] * map.strides[i];
  return address;
}

/// map_copy(from, to, counter): copies what one map shows to what the other
/// shows, and counts like the kernels with a tile scheduler.
static void map_copy(const fake_call &call) {
  auto from = param<fake_map>(call, 0), to = param<fake_map>(call, 1);
  auto *counter = param<int32_t *>(call, 2);
  if (counter[0] != 0 || counter[1] != 0) {
    fprintf(stderr, "fake_cuda: a counter that is not zero\n");
    abort();
  }
  uint64_t index[5] = {};
  uint64_t count = 1;
  for (uint32_t i = 0; i < from.rank; ++i)
    count *= from.sizes[i];
  for (uint64_t n = 0; n < count; ++n) {
    uint64_t rest = n;
    for (uint32_t i = 0; i < from.rank; ++i) {
      index[i] = rest % from.sizes[i];
      rest /= from.sizes[i];
    }
    memcpy(element(to, index), element(from, index), 2);
  }
}

void fake_cuda::run_kernel(const fake_call &call) {
  if (call.name == "gather")
    gather(call);
  else if (call.name == "scale_add")
    scale_add(call);
  else if (call.name == "map_copy" || call.name == "map_copy_plain")
    map_copy(call);
}
