//===- fake_nccl.c - Libraries that are not quite NCCL ------------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// FAKE_VERSION is what it reports. With FAKE_HANGS it has all functions,
// creates communicators that never come up, and never returns from an abort.
// With FAKE_COMES_UP they do come up, and take operations.
//
//===----------------------------------------------------------------------===//

#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct unique_id {
  char bytes[128];
};

int ncclGetVersion(int *version) {
  *version = FAKE_VERSION;
  return 0;
}

#ifdef FAKE_HANGS
enum { in_progress = 7 };
#ifdef FAKE_COMES_UP
enum { state = 0 };
#else
enum { state = in_progress };
#endif

int ncclGetUniqueId(struct unique_id *id) {
  memset(id, 1, sizeof(*id));
  return 0;
}

int ncclCommInitRankConfig(void **comm, int num_ranks, struct unique_id id,
                           int rank, void *config) {
  static int it;
  (void)num_ranks, (void)id, (void)rank, (void)config;
  *comm = &it;
  return in_progress;
}

int ncclCommGetAsyncError(void *comm, int *error) {
  (void)comm;
  *error = state;
  return 0;
}

int ncclCommAbort(void *comm) {
  (void)comm;
  while (1)
    pause();
}

const char *ncclGetErrorString(int result) {
  (void)result;
  return "fake";
}

const char *ncclGetLastError(void *comm) {
  (void)comm;
  return "";
}

int ncclAllReduce(const void *from, void *to, size_t count, int type,
                  int operation, void *comm, void *stream) {
  (void)from, (void)to, (void)count, (void)type, (void)operation;
  (void)comm, (void)stream;
  return 0;
}

/* Never called. */
void ncclCommSplit(void) {}
void ncclCommFinalize(void) {}
void ncclCommDestroy(void) {}
void ncclReduceScatter(void) {}
void ncclAllGather(void) {}
void ncclBroadcast(void) {}
#endif
