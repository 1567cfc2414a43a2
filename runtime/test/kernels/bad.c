//===- bad.c - Kernel blobs that must be refused ----------------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each test defines one of the macros below; see test_kernel_blob.py.
//
//===----------------------------------------------------------------------===//

#include "attnc_rt/kernel_abi.h"

#ifndef ABI_VERSION
#define ABI_VERSION ATTNC_KERNEL_ABI_VERSION
#endif
#ifndef NAME
#define NAME "gather"
#endif
#ifndef PARAM
#define PARAM {ATTNC_F32, 1, ATTNC_READ, {0}, {-1}}
#endif
#ifndef SCRATCH
#define SCRATCH 0
#endif
#ifndef NUM_KERNELS
#define NUM_KERNELS 1
#endif

#ifdef UNDEFINED_SYMBOL
extern int undefined_symbol;
int *reference = &undefined_symbol;
#endif
#ifdef CONSTRUCTOR
volatile int constructed;
__attribute__((constructor)) static void construct(void) { constructed = 1; }
#endif
#ifdef DESTRUCTOR
int destructed;
__attribute__((destructor)) static void destruct(void) { destructed = 1; }
#endif
#ifdef THREAD_LOCAL
_Thread_local int thread_local_variable = 1;
#endif
#ifdef IFUNC
static void chosen(void) {}
static void *volatile choice = (void *)chosen;
static void *choose(void) { return choice; }
__attribute__((visibility("default"))) void selected(void)
    __attribute__((ifunc("choose")));
void (*reference)(void) = selected;
#endif

static void kernel(const attnc_kernel_args *args, int64_t x, int64_t y,
                   int64_t z) {
  (void)args, (void)x, (void)y, (void)z;
}

static const attnc_kernel_param params[] = {PARAM};
static const attnc_kernel kernels[] = {{NAME, kernel, params, SCRATCH, 1, 0}};

#ifndef NO_TABLE
__attribute__((visibility("default")))
const attnc_kernel_table attnc_kernel_table_symbol __asm__(
    ATTNC_KERNEL_TABLE_SYMBOL) = {ABI_VERSION, NUM_KERNELS, kernels};
#else
const void *keep = kernels;
#endif
