//===- backend.h - The ranks that this process belongs to -------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_BACKEND_H
#define ATTNC_RT_COLLECTIVE_BACKEND_H

#include "collective/nccl_communicator.h"

namespace attnc_rt {

enum class backend {
  /// One rank without a launcher; processes under attnc-run, torchrun, and srun
  /// with MASTER_ADDR and MASTER_PORT; else mpi.
  automatic,
  processes,
  mpi,
  nccl
};

struct rank_options {
  backend with = backend::automatic;
  collective_limits limits;
  std::string mpi_plugin;   // "": see make_mpi_ranks
  std::string nccl_library; // "": see nccl_library
  std::string device;       // NCCL's: "cuda", "cuda:N"; "": current context's
  /// What all ranks must have in common.
  std::optional<package_hash> package;
};

/// Joins the ranks of the launcher (rank_environment.h). Fails if they do not
/// all come within the init deadline, or have different packages.
std::unique_ptr<communicator> join_ranks(const rank_environment &environment,
                                         const rank_options &options);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_BACKEND_H
