//===- launch.cpp - The ranks of one command ------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "launch.h"

#include "collective/launcher.h"
#include "threads/thread_pool.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

using namespace attnc_run;

std::string
attnc_run::wrong_number_text(const attnc_rt::package_handle &package,
                             const run_options &options,
                             const attnc_rt_rank_info &place) {
  attnc_rt_grid grid = package.grid();
  std::string text =
      "the package is for " + std::to_string(grid.num_ranks) +
      (grid.num_ranks == 1 ? " rank"
                           : " ranks (grid " + std::string(grid.name));
  for (int32_t i = 0; i < grid.num_axes; ++i)
    text += (i ? "x" : " = ") + std::to_string(grid.shape[i]);
  text += grid.num_axes ? "), got " : ", got ";
  if (place.launcher[0] && grid.num_ranks > 1)
    text += std::to_string(place.num_ranks) + " of " + place.launcher;
  if (options.ranks)
    text += (text.ends_with("got ") ? "--ranks=" : " and --ranks=") +
            std::to_string(*options.ranks);
  return text.ends_with("got ")
             ? text + "1; expected --ranks=" + std::to_string(grid.num_ranks)
             : text;
}

int attnc_run::launch(int32_t num_ranks, char **argv,
                      const run_options &options) {
  attnc_rt::launch_options what;
  what.num_ranks = num_ranks;
  what.command = {"/proc/self/exe"};
  for (char **argument = argv + 1; *argument; ++argument)
    what.command.push_back(*argument);
  if (options.deadline_ms > 0)
    what.limits.deadline = std::chrono::milliseconds(options.deadline_ms);
  // Time for the survivors to report.
  what.grace = what.limits.deadline + std::chrono::seconds(2);
  int status = 0;
  try {
    std::vector<attnc_rt::rank_end> ends = attnc_rt::launch_ranks(what);
    for (size_t rank = 0; rank < ends.size(); ++rank) {
      if (!ends[rank].is_success())
        status = 1;
      if (ends[rank].why != attnc_rt::rank_end::reason::exited)
        fprintf(stderr, "attnc-run: error: %s\n",
                describe(static_cast<int>(rank), ends[rank]).c_str());
    }
  } catch (const attnc_rt::failure &error) {
    throw std::runtime_error(error.message);
  }
  return status;
}

attnc_rt::ranks_handle attnc_run::join_ranks(run_options &options) {
  attnc_rt_ranks_options join_options = {};
  join_options.deadline_ms = options.deadline_ms;
  auto ranks = attnc_rt::ranks_handle::join(join_options);
  if (options.threads == 0)
    options.threads =
        std::max(1, attnc_rt::checked_num_threads(0) / ranks.size());
  return ranks;
}
