//===- mpi_plugin.h - The runtime <-> its MPI plug-in -------------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Open MPI's handles are addresses inside its library, MPICH's are numbers, so
// only code compiled against mpi.h can call MPI. That code is a plug-in that
// does nothing but move bytes between two ranks; agreement, sums and deadlines
// are the runtime's (mpi_communicator.h). It exports this table under the name
// ATTNC_RT_MPI_PLUGIN_SYMBOL.
//
// Functions return 0 or an MPI error code. One thread calls them.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_MPI_PLUGIN_H
#define ATTNC_RT_COLLECTIVE_MPI_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define ATTNC_RT_MPI_PLUGIN_VERSION 1
#define ATTNC_RT_MPI_PLUGIN_SYMBOL "attnc_rt_mpi_plugin"

typedef struct attnc_rt_mpi_plugin {
  uint32_t version; /* ATTNC_RT_MPI_PLUGIN_VERSION, in all versions */
  /* Initialises MPI if the process has not, and makes our own channel. */
  int (*start)(int *rank, int *num_ranks);
  /* Ends MPI if start() initialised it. All ranks call it; may hang if one does
     not. */
  int (*stop)(void);
  /* Begin to move `bytes` (at most INT32_MAX) between this rank and `peer`.
     Messages of the same two ranks and tag arrive in order. */
  int (*send)(const void *data, int bytes, int peer, int tag, void **request);
  int (*receive)(void *data, int bytes, int peer, int tag, void **request);
  /* Sets *done, and frees the request once it is. */
  int (*test)(void *request, int *done);
  /* The library's own words for an error code. */
  void (*describe)(int error, char *text, size_t size);
} attnc_rt_mpi_plugin_table;

#endif /* ATTNC_RT_COLLECTIVE_MPI_PLUGIN_H */
