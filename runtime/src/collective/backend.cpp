//===- backend.cpp - The ranks that this process belongs to ---------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/backend.h"

#include "collective/host_ranks.h"
#include "collective/launcher.h"
#include "collective/mpi_communicator.h"
#include "collective/shared_communicator.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

using namespace attnc_rt;

static backend choose(const rank_environment &environment, backend wanted) {
  if (wanted != backend::automatic)
    return wanted;
  // torchrun has no MPI; srun may have, and then says nothing of a master.
  bool meets = environment.launcher == "torchrun" ||
               (environment.launcher == "srun" &&
                !environment.master_address.empty() && environment.master_port);
  return meets || environment.launcher == "attnc-run" ? backend::processes
                                                      : backend::mpi;
}

static int inherited_file() {
  const char *text = getenv(env_region);
  if (!text)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "backend processes: expected attnc-run, torchrun or srun as launcher, "
         "got no %s",
         env_region);
  int file = -1;
  const char *end = text + std::strlen(text);
  auto [stop, error] = std::from_chars(text, end, file);
  if (error != std::errc() || stop != end || file < 0)
    fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected a file descriptor, got %s",
         env_region, in_quotes(text).c_str());
  return file;
}

static std::unique_ptr<communicator>
join_processes(const rank_environment &environment,
               const collective_limits &limits) {
  if (environment.launcher.empty() || environment.launcher == "attnc-run")
    return join_process_ranks(inherited_file(), environment.rank,
                              environment.num_ranks, limits);
  return join_host_ranks(environment, limits);
}

static std::unique_ptr<communicator>
join_mpi_ranks(const rank_environment &environment,
               const rank_options &options) {
  auto ranks = make_mpi_ranks(options.mpi_plugin, options.limits);
  if (ranks->rank() != environment.rank ||
      ranks->size() != environment.num_ranks)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "%s says rank %d of %d, MPI says rank %d of %d: expected MPI's own "
         "launcher",
         environment.launcher.c_str(), environment.rank, environment.num_ranks,
         ranks->rank(), ranks->size());
  return ranks;
}

std::unique_ptr<communicator>
attnc_rt::join_ranks(const rank_environment &environment,
                     const rank_options &options) {
  check_limits(options.limits);
  backend with = choose(environment, options.with);
  if (with == backend::nccl) {
    nccl_options its_options;
    its_options.limits = options.limits;
    its_options.library = options.nccl_library;
    its_options.package = options.package;
    if (!options.device.empty()) {
      if (!cuda::is_gpu_name(options.device))
        fail(ATTNC_RT_INVALID_ARGUMENT,
             "device: expected cuda or cuda:N for NCCL, got %s",
             in_quotes(options.device).c_str());
      its_options.on = cuda::gpu::open(cuda::gpu_ordinal(options.device));
    }
    return make_nccl_ranks(environment, its_options);
  }
  // One rank that nobody launched needs neither memory file nor MPI.
  if (environment.launcher.empty() && options.with == backend::automatic)
    return std::move(make_thread_ranks(1, options.limits).front());
  std::unique_ptr<communicator> ranks =
      with == backend::mpi ? join_mpi_ranks(environment, options)
                           : join_processes(environment, options.limits);
  if (options.package)
    check_equal_packages(*ranks, *options.package);
  return ranks;
}
