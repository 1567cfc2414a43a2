//===- block.c - Kernels for the runtime's tests ----------------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc_rt/kernel_abi.h"

enum { width = 8, rows_per_block = 4, scratch_floats = 16 };

static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }

static float *row2(const attnc_view *view, int64_t i) {
  return (float *)view->data + i * view->strides[0];
}

static float *row3(const attnc_view *view, int64_t i, int64_t j) {
  return (float *)view->data + i * view->strides[0] + j * view->strides[1];
}

// out[i, :] = table[ids[i], :]; block x does row x.
static void gather(const attnc_kernel_args *args, int64_t x, int64_t y,
                   int64_t z) {
  const attnc_view *ids = &args->views[0];
  const attnc_view *table = &args->views[1];
  const attnc_view *out = &args->views[2];
  if (x >= min(ids->sizes[0], out->sizes[0]) || y > 0 || z > 0)
    return;
  int32_t id = ((const int32_t *)ids->data)[x];
  if (id < 0 || id >= table->sizes[0]) {
    *args->error = ATTNC_ERROR_INDEX;
    return;
  }
  for (int64_t c = 0; c < width; ++c)
    row2(out, x)[c] = row2(table, id)[c];
}

// out[b, s, :] = 2 * in[b, s, :] + bias[b, :]; block (x, y) does some rows of
// batch y.
static void scale_add(const attnc_kernel_args *args, int64_t x, int64_t y,
                      int64_t z) {
  const attnc_view *in = &args->views[0];
  const attnc_view *bias = &args->views[1];
  const attnc_view *out = &args->views[2];
  int64_t batches = min(min(in->sizes[0], bias->sizes[0]), out->sizes[0]);
  int64_t rows = min(in->sizes[1], out->sizes[1]);
  if (y >= batches || x > rows / rows_per_block || z > 0)
    return;
  volatile float *scratch = args->scratch;
  for (int64_t c = 0; c < scratch_floats; ++c)
    scratch[c] = c < width ? row2(bias, y)[c] : 0;
  int64_t end = min(rows, (x + 1) * rows_per_block);
  for (int64_t s = x * rows_per_block; s < end; ++s)
    for (int64_t c = 0; c < width; ++c)
      row3(out, y, s)[c] = 2 * row3(in, y, s)[c] + scratch[c];
}

// Fails unless there is room for `count` elements.
static void append(const attnc_kernel_args *args, int64_t x, int64_t y,
                   int64_t z) {
  const attnc_view *capacity = &args->views[0];
  (void)x, (void)y, (void)z;
  if (((const int32_t *)capacity->data)[0] < 1)
    *args->error = ATTNC_ERROR_CAPACITY;
}

#define READ(type, n, ...)                                                     \
  {                                                                            \
    type, n, ATTNC_READ, {0}, { __VA_ARGS__ }                                  \
  }
#define WRITE(type, n, ...)                                                    \
  {                                                                            \
    type, n, ATTNC_WRITE, {0}, { __VA_ARGS__ }                                 \
  }

static const attnc_kernel_param gather_params[] = {
    READ(ATTNC_I32, 1, -1), READ(ATTNC_F32, 2, -1, width),
    WRITE(ATTNC_F32, 2, -1, width)};
static const attnc_kernel_param scale_add_params[] = {
    READ(ATTNC_F32, 3, -1, -1, width), READ(ATTNC_F32, 2, -1, width),
    WRITE(ATTNC_F32, 3, -1, -1, width)};
static const attnc_kernel_param append_params[] = {READ(ATTNC_I32, 1, -1)};

static const attnc_kernel kernels[] = {
    {"gather", gather, gather_params, 0, 3, 0},
    {"scale_add", scale_add, scale_add_params, scratch_floats * sizeof(float),
     3, 0},
    {"append", append, append_params, 0, 1, 0},
};

__attribute__((visibility("default")))
const attnc_kernel_table attnc_kernel_table_symbol __asm__(
    ATTNC_KERNEL_TABLE_SYMBOL) = {ATTNC_KERNEL_ABI_VERSION, 3, kernels};
