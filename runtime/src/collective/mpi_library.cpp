//===- mpi_library.cpp - The MPI plug-in in this process ------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/mpi_communicator.h"

#include <dlfcn.h>

using namespace attnc_rt;

static const attnc_rt_mpi_plugin_table *load(const std::string &path) {
  // MPI's libraries do not survive an unload: this is never closed.
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    fail(ATTNC_RT_UNSUPPORTED,
         "cannot load the MPI plug-in (expected libattnc_rt_mpi.so and the "
         "libmpi it was built for): %s",
         dlerror());
  auto *table = static_cast<const attnc_rt_mpi_plugin_table *>(
      dlsym(library, ATTNC_RT_MPI_PLUGIN_SYMBOL));
  if (!table)
    fail(ATTNC_RT_UNSUPPORTED, "%s: expected an MPI plug-in, got no symbol %s",
         in_quotes(path).c_str(), ATTNC_RT_MPI_PLUGIN_SYMBOL);
  if (table->version != ATTNC_RT_MPI_PLUGIN_VERSION)
    fail(ATTNC_RT_UNSUPPORTED, "%s: expected plug-in version %d, got %u",
         in_quotes(path).c_str(), ATTNC_RT_MPI_PLUGIN_VERSION, table->version);
  return table;
}

mpi_library::mpi_library(const std::string &path) : functions(load(path)) {
  check("start", functions->start(&rank, &num_ranks));
}

mpi_library::~mpi_library() {
  if (!has_failed)
    functions->stop();
}

void mpi_library::check(const char *what, int error) const {
  if (error == 0)
    return;
  char text[512];
  functions->describe(error, text, sizeof(text));
  fail(ATTNC_RT_IO, "MPI: cannot %s: %s (error %d)", what, text, error);
}
