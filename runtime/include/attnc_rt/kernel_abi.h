//===- kernel_abi.h - Generated code <-> runtime --------------------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one agreement between the CPU kernels that the compiler emits and the
// runtime that calls them. Both sides include this file; the compiler mirrors
// the structs as LLVM types and checks their sizes against these.
//
// A CPU blob is an ELF shared object that needs nothing, has no constructor and
// exports one symbol, ATTNC_KERNEL_TABLE_SYMBOL, an attnc_kernel_table. The
// table is the code's own statement of what it accepts: it lies inside the blob
// that is hashed as a whole, so the loader trusts it over the JSON plan.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_KERNEL_ABI_H
#define ATTNC_RT_KERNEL_ABI_H

#include <stdint.h>

#define ATTNC_KERNEL_ABI_VERSION 1
#define ATTNC_KERNEL_MAX_RANK 6
#define ATTNC_KERNEL_TABLE_SYMBOL "attnc_kernel_table"
/* The scratch pointer of a call is aligned to this many bytes. */
#define ATTNC_KERNEL_SCRATCH_ALIGN 64

/* Element types of a view. */
enum {
  ATTNC_F32 = 0,
  ATTNC_BF16 = 1,
  ATTNC_F16 = 2,
  ATTNC_I32 = 3,
  ATTNC_I8 = 4,
  ATTNC_I1 = 5 /* one byte an element, 0 or 1 */
};

/* What a kernel does to a view. */
enum { ATTNC_READ = 1, ATTNC_WRITE = 2, ATTNC_READ_WRITE = 3 };

/* A strided window of a buffer. Sizes and strides count elements; the first
   `rank` entries are valid; the innermost stride is 1. */
typedef struct attnc_view {
  void *data;
  int64_t sizes[ATTNC_KERNEL_MAX_RANK];
  int64_t strides[ATTNC_KERNEL_MAX_RANK];
} attnc_view;

/* What every block of one launch shares. */
typedef struct attnc_kernel_args {
  const attnc_view *views; /* num_params of them */
  void *scratch;           /* scratch_bytes, private to the calling thread */
  uint32_t *error;         /* a kernel stores an ATTNC_ERROR_* here, never 0 */
} attnc_kernel_args;

/* Values of the error word. */
enum {
  ATTNC_ERROR_NONE = 0,
  ATTNC_ERROR_INDEX = 1,   /* a gathered index lies outside its table */
  ATTNC_ERROR_CAPACITY = 2 /* an append would pass the cache's capacity */
};

/* Computes block (x, y, z) of the launch. Blocks are independent. A block
   outside the kernel's own grid returns at once. A kernel touches nothing
   outside its views and its scratch, whatever the sizes in the views. */
typedef void (*attnc_kernel_fn)(const attnc_kernel_args *args, int64_t x,
                                int64_t y, int64_t z);

typedef struct attnc_kernel_param {
  uint8_t dtype;  /* ATTNC_F32 ... */
  uint8_t rank;   /* 1 ... ATTNC_KERNEL_MAX_RANK */
  uint8_t access; /* ATTNC_READ ... */
  uint8_t reserved[5];
  int64_t sizes[ATTNC_KERNEL_MAX_RANK]; /* -1: any size; 0 beyond the rank */
} attnc_kernel_param;

typedef struct attnc_kernel {
  const char *name;
  attnc_kernel_fn fn;
  const attnc_kernel_param *params;
  uint64_t scratch_bytes;
  uint32_t num_params;
  uint32_t reserved;
} attnc_kernel;

typedef struct attnc_kernel_table {
  uint32_t abi_version; /* ATTNC_KERNEL_ABI_VERSION */
  uint32_t num_kernels;
  const attnc_kernel *kernels;
} attnc_kernel_table;

#ifdef __cplusplus
#define ATTNC_ABI_ASSERT static_assert
#else
#define ATTNC_ABI_ASSERT _Static_assert
#endif
ATTNC_ABI_ASSERT(sizeof(void *) == 8, "the kernel ABI is for 64-bit hosts");
ATTNC_ABI_ASSERT(sizeof(attnc_view) == 104, "attnc_view changed size");
ATTNC_ABI_ASSERT(sizeof(attnc_kernel_args) == 24, "args changed size");
ATTNC_ABI_ASSERT(sizeof(attnc_kernel_param) == 56, "param changed size");
ATTNC_ABI_ASSERT(sizeof(attnc_kernel) == 40, "kernel changed size");
ATTNC_ABI_ASSERT(sizeof(attnc_kernel_table) == 16, "table changed size");

#endif /* ATTNC_RT_KERNEL_ABI_H */
