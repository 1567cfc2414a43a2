//===- launcher.h - Starts the ranks of one host and clears up after them --*-
// C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `attnc-run --ranks=N`. Ranks are processes that inherit one memory file
// (shared_region.h). Nothing is left behind: the file has no name, ranks that
// are still there at the end are killed, and if the launcher itself is killed
// the kernel kills the ranks (PR_SET_PDEATHSIG).
//
// The launcher is also how ranks learn of each other's end: a rank that dies,
// fails or stays stopped for the deadline is a fault in the shared memory,
// which wakes every rank that waits. Survivors then have until the end of the
// grace time to report their errors.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_LAUNCHER_H
#define ATTNC_RT_COLLECTIVE_LAUNCHER_H

#include "collective/communicator.h"

#include <string>
#include <sys/types.h>

namespace attnc_rt {

/// Set in each rank's environment: its rank, the number of ranks, and the
/// number of the inherited file.
inline constexpr const char *env_rank = "ATTNC_RT_RANK";
inline constexpr const char *env_num_ranks = "ATTNC_RT_NUM_RANKS";
inline constexpr const char *env_region = "ATTNC_RT_REGION_FD";

struct launch_options {
  int num_ranks = 1;
  /// The program, found along PATH, and its arguments.
  std::vector<std::string> command;
  collective_limits limits;
  /// From the first rank's failure until the rest are killed; less where only
  /// stopped ones are left. It covers a rank's deadline.
  std::chrono::milliseconds grace{32000};
};

struct rank_end {
  enum class reason { exited, killed, killed_by_launcher };
  reason why = reason::exited;
  int value = 0; // exit status or signal
  bool is_success() const { return why == reason::exited && value == 0; }
};

/// "rank 2 was killed by signal 9 (Killed)".
std::string describe(int rank, const rank_end &end);

/// Runs the command once for each rank and returns when all have ended. The
/// calling thread must live until then: ranks die with it. Fails if the ranks
/// cannot be started; none is left then either.
std::vector<rank_end> launch_ranks(const launch_options &options);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_LAUNCHER_H
