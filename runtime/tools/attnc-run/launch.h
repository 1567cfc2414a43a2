//===- launch.h - The ranks of one command ----------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_LAUNCH_H
#define ATTNC_RUN_LAUNCH_H

#include "options.h"

#include "attnc_rt/attnc_rt.hpp"

namespace attnc_run {

/// Why a package cannot run on the ranks that there are.
std::string wrong_number_text(const attnc_rt::package_handle &package,
                              const run_options &options,
                              const attnc_rt_rank_info &place);

/// Runs this command again as each rank. Returns the exit status: 0 if all
/// ranks ended well. Ranks report their own errors.
int launch(int32_t num_ranks, char **argv, const run_options &options);

/// Runs the ranks as threads of this process. Returns the exit status.
int run_threads(const attnc_rt::package_handle &package, run_options options);

/// Joins as the rank that the environment says, and leaves CPUs to the others
/// where the command line doesn't set the threads.
attnc_rt::communicator_handle join_ranks(run_options &options);

} // namespace attnc_run

#endif // ATTNC_RUN_LAUNCH_H
