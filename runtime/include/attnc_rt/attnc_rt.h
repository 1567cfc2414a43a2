//===- attnc_rt.h - The runtime's C API -*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Opens a package (docs/Package.md), tells what it holds and runs its entries.
//
// Errors      Every call that can fail returns an attnc_rt_status *: null on
//             success, else an error that the caller frees. Results are
//             written only on success. Nothing here throws, exits or prints.
// Ownership   What a call hands out through `T **` belongs to the caller until
//             the matching destroy. Every `const` pointer that is handed out
//             belongs to the object it came from and lives as long as that.
//             Destroy and free functions take null.
// Threading   A package never changes: any number of threads may use it. A
//             session serves one call at a time; sessions are independent of
//             each other, also those of one package.
// Units       Sizes are in bytes, shapes in elements, times in nanoseconds.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_ATTNC_RT_H
#define ATTNC_RT_ATTNC_RT_H

#include <dlpack/dlpack.h>

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ATTNC_RT_API __attribute__((visibility("default")))
#define ATTNC_RT_CHECKED __attribute__((warn_unused_result))
#else
#define ATTNC_RT_API
#define ATTNC_RT_CHECKED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* DLPack's type code of a bool (8 bits), which its older headers don't name. */
#define ATTNC_RT_DL_BOOL 6

/*===-- Status --===*/

typedef enum attnc_rt_code {
  ATTNC_RT_OK = 0,
  /* Between ranks: */
  ATTNC_RT_PEER_LOST = 16, /* a rank ended or can no longer be reached */
  ATTNC_RT_DEADLINE = 17,  /* a rank did not come to an operation in time, or
                              a GPU did not end its work */
  ATTNC_RT_DIVERGED = 18,  /* ranks call different things */
  ATTNC_RT_ABORTED = 19,   /* somebody aborted the communicator */
  ATTNC_RT_NCCL = 20,      /* NCCL refused; the message has its text */
  /* On one rank: */
  ATTNC_RT_INVALID_ARGUMENT = 1, /* a caller's name, shape, dtype or pointer */
  ATTNC_RT_IO = 2,               /* the operating system refused */
  ATTNC_RT_BAD_PACKAGE = 3,      /* damaged, or not what docs/Package.md says */
  ATTNC_RT_UNSUPPORTED = 4,      /* whole, but not for this runtime or host */
  ATTNC_RT_KERNEL = 5,           /* a kernel reported an error in its inputs */
  ATTNC_RT_OUT_OF_MEMORY = 6,    /* of the host or of a GPU */
  ATTNC_RT_CUDA = 7              /* the CUDA driver refused; the message has the
                                    call and its error */
} attnc_rt_code;

typedef struct attnc_rt_status attnc_rt_status;

/* ATTNC_RT_OK for null. */
ATTNC_RT_API attnc_rt_code attnc_rt_status_code(const attnc_rt_status *status);
/* One line in lower case without a final period; "" for null. Lives as long as
   the status. */
ATTNC_RT_API const char *attnc_rt_status_message(const attnc_rt_status *status);
ATTNC_RT_API void attnc_rt_status_free(attnc_rt_status *status);

/*===-- Package --===*/

typedef struct attnc_rt_package attnc_rt_package;

/* Maps the file and checks everything but the blobs' hashes: a session checks
   those of the blobs that it uses. The file must not be changed or truncated
   while the package or one of its sessions lives. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_package_open(const char *path, attnc_rt_package **package);

/* Sessions keep what they need: a package may be closed before them. */
ATTNC_RT_API void attnc_rt_package_close(attnc_rt_package *package);

/* Checks the hash of every blob on `num_threads` threads (0: one for each CPU
   that this process may use). */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_package_verify(const attnc_rt_package *package, int32_t num_threads);

/* A readable account of the package: targets, entries, buffers, steps and
   weights. The text is computed once and belongs to the package. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_package_describe(const attnc_rt_package *package, const char **text);

/* A dynamic size. It lies in min ... max and is a multiple of `multiple`. */
typedef struct attnc_rt_symbol {
  const char *name;
  int64_t min, max, multiple;
} attnc_rt_symbol;

typedef struct attnc_rt_dim {
  const char *text; /* "576", "B", "2*B" */
  int64_t size;     /* -1 where it depends on symbols */
  int32_t symbol;   /* the index of the symbol that stands here alone, or -1 */
  /* How ranks divide it: slices of the whole dimension, which has num_slices
     times `size` elements. */
  int32_t num_slices; /* 1: every rank has the whole */
  int32_t axis;       /* of the grid, or -1 */
  int32_t group;      /* neighbours on the axis that have the same slice */
} attnc_rt_dim;

typedef struct attnc_rt_tensor {
  const char *name;
  DLDataType dtype;
  int32_t rank;
  const attnc_rt_dim *dims;
} attnc_rt_tensor;

typedef struct attnc_rt_entry {
  const char *name;
  size_t num_symbols;
  const attnc_rt_symbol *symbols;
  size_t num_inputs;
  const attnc_rt_tensor *inputs;
  size_t num_outputs;
  const attnc_rt_tensor *outputs;
} attnc_rt_entry;

ATTNC_RT_API size_t
attnc_rt_package_num_entries(const attnc_rt_package *package);
/* Null if there is no such entry. Entries are in the order of their names. */
ATTNC_RT_API const attnc_rt_entry *
attnc_rt_package_entry(const attnc_rt_package *package, size_t index);

/* The ranks that a package is for. Coordinates of rank r are the digits of r,
   the last axis fastest; the rank has slice coordinate / group of a dimension
   that an axis divides. Tensors of an entry are one rank's. */
typedef struct attnc_rt_grid {
  const char *name; /* "" if the package is for one rank */
  int32_t num_axes; /* then 0 */
  const int64_t *shape;
  int32_t num_ranks;
} attnc_rt_grid;

ATTNC_RT_API attnc_rt_grid
attnc_rt_package_grid(const attnc_rt_package *package);

/* The slice of a dimension that a rank of the package's grid has. */
ATTNC_RT_API int32_t attnc_rt_package_slice(const attnc_rt_package *package,
                                            const attnc_rt_dim *dim,
                                            int32_t rank);

/* Finds an entry by its name; null stands for the only entry. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_package_find_entry(const attnc_rt_package *package, const char *name,
                            size_t *index);

/* Finds the values of an entry's symbols (num_symbols of them) from the shapes
   of all its inputs, and checks both. Only `ndim` and `shape` are read. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_package_bind(const attnc_rt_package *package, size_t entry,
                      const DLTensor *inputs, size_t num_inputs,
                      int64_t *symbols);

/* The shapes of all inputs, then of all outputs of an entry, one after the
   other, for checked values of its symbols. `shapes` has room for the sum of
   the tensors' ranks. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_package_shapes(const attnc_rt_package *package, size_t entry,
                        const int64_t *symbols, size_t num_symbols,
                        int64_t *shapes);

/*===-- Session --===*/

/* One entry on one device, with its code, weights, threads and workspace. On a
   GPU it uses the primary context, has a copy of the weights there, and makes
   the context current during its calls only. */
typedef struct attnc_rt_session attnc_rt_session;

/* All zeros are the defaults. */
typedef struct attnc_rt_session_options {
  /* "cpu", "cuda:N" (the GPU N of this process; compute capability 9.0 and a
     driver for CUDA 13) or "cuda" (the GPU of the launcher's local rank, 0
     without a launcher). The package must have code for it. null: "cpu". */
  const char *device;
  /* Of the CPU; on a GPU they only check hashes. The calling thread counts. 0:
     one for each CPU this process may use. */
  int32_t num_threads;
  /* A run that needs more workspace, copies of host tensors for a GPU
     included, is an error. 0: no limit. */
  uint64_t max_workspace_bytes;
  /* Measure each step, on a GPU those of attnc_rt_session_run only. */
  uint8_t profile;
  /* Debugging: fill workspace and outputs with 0xFF (NaN) before each run. */
  uint8_t poison;
  /* Debugging, CPU only: put each workspace buffer right before an
     inaccessible page. */
  uint8_t guard;
  /* The ranks among which a package with a grid runs (collective.h); null: one.
     All of them create their sessions and run them in the same order. Creating
     one compares the ranks' packages. A run that fails on one rank fails on
     all, and the communicator can't be used again. The session keeps what it
     needs. */
  struct attnc_rt_communicator *communicator;
  /* Milliseconds that a call waits for a GPU. Work that takes longer is an
     error that names the step; all sessions of the process on that GPU are lost
     then, and what they own there is freed by the end of the process. 0: 30000.
   */
  int32_t deadline;
} attnc_rt_session_options;

/* Checks the device and the hashes of the kernels and of the weights that the
   entry uses, loads the kernels and compares them with the plan.
   `options` may be null. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_create(const attnc_rt_package *package, size_t entry,
                        const attnc_rt_session_options *options,
                        attnc_rt_session **session);
ATTNC_RT_API void attnc_rt_session_destroy(attnc_rt_session *session);

/* Runs the entry once and returns when the outputs are written. Tensors come
   in the order of the entry's signature and stay the caller's: contiguous and
   row-major, aligned to their element size; no output overlaps another tensor.
   Memory of the host fits every device; a session on a GPU copies it, and takes
   memory of its GPU (kDLCUDA) as it is. What writes an input there must be done
   before the call. After an error the outputs hold anything, and the session
   can be used again. The shapes of the last run are remembered: running them
   again costs no checks of the plan and no memory. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_run(attnc_rt_session *session, const DLTensor *inputs,
                     size_t num_inputs, const DLTensor *outputs,
                     size_t num_outputs);

/*===-- Sessions on a GPU, beside the caller --===*/

/* Puts a run on a stream (a CUstream or cudaStream_t of the GPU's primary
   context; null is the default stream) and returns. Tensors must be memory of
   the GPU. They, and the session, must live until the stream has come so far;
   errors of the kernels appear where the stream is waited for. The stream may
   be in a capture of the caller's if the session has run with the same shapes
   before; the graph then uses the session's workspace, so nothing else of the
   session may run beside it. Runs of one session on several streams wait for
   each other on the device. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_enqueue(attnc_rt_session *session, const DLTensor *inputs,
                         size_t num_inputs, const DLTensor *outputs,
                         size_t num_outputs, void *stream);

/* Waits for all that the session has put on streams, at most as long as its
   deadline. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_synchronize(attnc_rt_session *session);

/* Captures a run with these tensors into a CUDA graph, and runs nothing. The
   session has one graph: a capture replaces it, a run with other shapes drops
   it. The tensors' memory must live as long as the graph is replayed. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_capture(attnc_rt_session *session, const DLTensor *inputs,
                         size_t num_inputs, const DLTensor *outputs,
                         size_t num_outputs);

/* Runs the captured graph once and returns when the outputs are written.
   Tensors in host memory are copied before and after. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_replay(attnc_rt_session *session);

/* Puts the captured graph on a stream, as attnc_rt_session_enqueue does with a
   run. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_enqueue_replay(attnc_rt_session *session, void *stream);

/* Replays the captured graph `count` times, one after the other, and writes
   what each took on the device; copies nothing to or from the host.
   `nanoseconds` has room for `count`. */
ATTNC_RT_API ATTNC_RT_CHECKED attnc_rt_status *
attnc_rt_session_time_replays(attnc_rt_session *session, size_t count,
                              uint64_t *nanoseconds);

/*===-- Profile --===*/

typedef struct attnc_rt_step_profile {
  const char *op;     /* "launch", "memset", "copy", "collective" */
  const char *kernel; /* or "all_reduce", …; "" of a memset or a copy */
  uint64_t calls;
  uint64_t nanoseconds; /* of all calls together */
} attnc_rt_step_profile;

/* What the steps took since the session began or its profile was reset: one
   row a step, in plan order. All rows are zero without options.profile. The
   rows belong to the session; its next run changes them. */
ATTNC_RT_API size_t attnc_rt_session_profile(
    const attnc_rt_session *session, const attnc_rt_step_profile **steps);
ATTNC_RT_API void attnc_rt_session_reset_profile(attnc_rt_session *session);

#ifdef __cplusplus
}
#endif

#endif /* ATTNC_RT_ATTNC_RT_H */
