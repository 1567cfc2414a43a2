//===- mpi_plugin.c - Moves bytes through MPI ---------------------*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/mpi_plugin.h"

#include <mpi.h>

#include <stdio.h>
#include <stdlib.h>

    static MPI_Comm channel = MPI_COMM_NULL;
static int started_mpi = 0;

static int start(int *rank, int *num_ranks) {
  int is_initialized = 0;
  int error = MPI_Initialized(&is_initialized);
  if (!error && !is_initialized) {
    int provided;
    error = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    started_mpi = !error;
  }
  if (!error)
    error = MPI_Comm_dup(MPI_COMM_WORLD, &channel);
  if (!error)
    error = MPI_Comm_set_errhandler(channel, MPI_ERRORS_RETURN);
  if (!error)
    error = MPI_Comm_rank(channel, rank);
  if (!error)
    error = MPI_Comm_size(channel, num_ranks);
  return error;
}

static int stop(void) {
  int error = MPI_Comm_free(&channel);
  if (!error && started_mpi)
    error = MPI_Finalize();
  return error;
}

static int keep(int error, MPI_Request request, void **result) {
  MPI_Request *kept;
  if (error)
    return error;
  kept = malloc(sizeof(*kept));
  if (!kept)
    return MPI_ERR_NO_MEM;
  *kept = request;
  *result = kept;
  return MPI_SUCCESS;
}

static int start_send(const void *data, int bytes, int peer, int tag,
                      void **request) {
  MPI_Request fresh = MPI_REQUEST_NULL;
  int error = MPI_Isend(data, bytes, MPI_BYTE, peer, tag, channel, &fresh);
  return keep(error, fresh, request);
}

static int start_receive(void *data, int bytes, int peer, int tag,
                         void **request) {
  MPI_Request fresh = MPI_REQUEST_NULL;
  int error = MPI_Irecv(data, bytes, MPI_BYTE, peer, tag, channel, &fresh);
  return keep(error, fresh, request);
}

static int test(void *request, int *done) {
  int error = MPI_Test(request, done, MPI_STATUS_IGNORE);
  if (!error && *done)
    free(request);
  return error;
}

static void describe(int error, char *text, size_t size) {
  char words[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(error, words, &length);
  snprintf(text, size, "%s", words);
}

__attribute__((visibility("default")))
const attnc_rt_mpi_plugin_table attnc_rt_mpi_plugin = {
    ATTNC_RT_MPI_PLUGIN_VERSION,
    start,
    stop,
    start_send,
    start_receive,
    test,
    describe};
