//===- collective.h - The C API of ranks and collectives ----------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What attnc_rt.h says of errors, ownership and units holds here, too. Times
// are in milliseconds. The meaning of the operations:
// src/collective/communicator.h.
//
// Threading   A communicator serves one call at a time, and so do all that were
//             split from it together; attnc_rt_communicator_abort may come from
//             any thread.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_H
#define ATTNC_RT_COLLECTIVE_H

#include "attnc_rt/attnc_rt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* This process's place in a group of ranks. */
typedef struct attnc_rt_communicator attnc_rt_communicator;

typedef enum attnc_rt_backend {
  /* One rank without a launcher; shared memory under attnc-run, torchrun, and
     srun with MASTER_ADDR and MASTER_PORT; else MPI. */
  ATTNC_RT_BACKEND_AUTO = 0,
  ATTNC_RT_BACKEND_PROCESSES = 1, /* of one host, through shared memory */
  ATTNC_RT_BACKEND_MPI = 2,
  ATTNC_RT_BACKEND_NCCL = 3 /* buffers in device memory, on streams */
} attnc_rt_backend;

/* What the environment's launcher says of this process. */
typedef struct attnc_rt_rank_info {
  /* "attnc-run", "torchrun", "mpirun", "mpiexec", "srun"; "" if none. */
  const char *launcher;
  int32_t rank;
  int32_t num_ranks; /* 1 if there is no launcher */
} attnc_rt_rank_info;

ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_read_rank_environment(attnc_rt_rank_info *info);

/* All zeros are the defaults. */
typedef struct attnc_rt_communicator_options {
  attnc_rt_backend backend;
  int32_t deadline;      /* of an operation; 0: 30000 */
  int32_t init_deadline; /* until all ranks have come; 0: 60000 */
  int32_t heartbeat;     /* 0: 1000 */
  /* libattnc_rt_mpi.so's or libnccl.so.2's path; null: ATTNC_RT_MPI_PLUGIN or
     ATTNC_RT_NCCL_LIB, or else the library path. */
  const char *library;
  /* 32 bytes that must be the same on all ranks, or null. */
  const uint8_t *package_hash;
  /* NCCL: this rank's GPU, named as in attnc_rt_session_options; a session with
     the communicator must be on it. Null: the current context's, which must
     then be current in all calls, and sessions take no such communicator. */
  const char *device;
} attnc_rt_communicator_options;

/* Joins the ranks that attnc-run, torchrun, mpirun or srun has started. Waits
   for all of them. `options` may be null. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_communicator_create(const attnc_rt_communicator_options *options,
                             attnc_rt_communicator **communicator);
/* `num_ranks` ranks of this process, for one thread each; `communicators` has
   room for them. `options` may be null; its backend and library are not read.
 */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_communicator_create_threads(
    int32_t num_ranks, const attnc_rt_communicator_options *options,
    attnc_rt_communicator **communicators);

ATTNC_RT_API void
attnc_rt_communicator_destroy(attnc_rt_communicator *communicator);

ATTNC_RT_API int32_t
attnc_rt_communicator_rank(const attnc_rt_communicator *communicator);
ATTNC_RT_API int32_t
attnc_rt_communicator_size(const attnc_rt_communicator *communicator);

/* The group of this rank along the axes (bit i: axis i) of a grid over the
   communicator's ranks, in row-major order. It may outlive `communicator`. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_communicator_split(attnc_rt_communicator *communicator,
                            const int32_t *grid, size_t num_axes, uint32_t axes,
                            attnc_rt_communicator **group);

/* `count` elements are received by all_reduce and reduce_scatter, and sent by
   all_gather; the other buffer of the latter two is `size` times as large.
   Sums take f32, bf16, f16 and i32. `stream` is NCCL's; else null. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_all_reduce(attnc_rt_communicator *communicator, const void *send,
                    void *receive, int64_t count, DLDataType type,
                    void *stream);
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_reduce_scatter(attnc_rt_communicator *communicator, const void *send,
                        void *receive, int64_t count, DLDataType type,
                        void *stream);
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_all_gather(attnc_rt_communicator *communicator, const void *send,
                    void *receive, int64_t count, DLDataType type,
                    void *stream);
/* `receive` gets `bytes` bytes of each rank; memory of the host with every
   backend. Returns when they are there. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_all_gather_bytes(attnc_rt_communicator *communicator, const void *send,
                          void *receive, int64_t bytes);
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_broadcast(attnc_rt_communicator *communicator, void *buffer,
                   int64_t count, DLDataType type, int32_t root, void *stream);
/* Not with NCCL. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_barrier(attnc_rt_communicator *communicator);
/* Waits for what is on the stream, within the deadline. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_communicator_synchronize(attnc_rt_communicator *communicator,
                                  void *stream);
/* Makes current and later calls of all ranks fail. */
ATTNC_RT_API void
attnc_rt_communicator_abort(attnc_rt_communicator *communicator);

/* How a rank that was launched has ended. */
typedef struct attnc_rt_rank_end {
  int32_t exit_status; /* -1 if it was killed */
  int32_t signal;      /* 0 if it exited */
  uint8_t by_launcher; /* killed when it did not end after another's failure */
} attnc_rt_rank_end;

/* All zeros are the defaults. */
typedef struct attnc_rt_launch_options {
  int32_t deadline; /* the ranks' own; 0: 30000 */
  int32_t grace;    /* from the first failure until the rest is killed, less
                       where only stopped ranks are left; 0: the deadline and
                       2000 */
} attnc_rt_launch_options;

/* Runs a program (found along PATH; `arguments` end with null) as the ranks
   0 ... num_ranks - 1 on this host and returns when all have ended. They die
   with the calling thread. `ends` has room for num_ranks; an error of a rank is
   no error of this call. `options` may be null. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_launch_ranks(int32_t num_ranks, const char *const *arguments,
                      const attnc_rt_launch_options *options,
                      attnc_rt_rank_end *ends);

#ifdef __cplusplus
}
#endif

#endif /* ATTNC_RT_COLLECTIVE_H */
