//===- future_mpi_plugin.c - A plug-in that is newer than the runtime -*- C -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/mpi_plugin.h"

const attnc_rt_mpi_plugin_table attnc_rt_mpi_plugin = {
    .version = ATTNC_RT_MPI_PLUGIN_VERSION + 1};
