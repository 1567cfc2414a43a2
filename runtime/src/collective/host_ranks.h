//===- host_ranks.h - Ranks of one host under another launcher --*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// torchrun and srun leave no shared memory behind and do not tell a rank that
// another has ended. So the ranks meet at rank 0's store (rendezvous.h): it
// says where rank 0's memory file is, and its heartbeats raise the faults that
// the launcher raises under attnc-run.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_HOST_RANKS_H
#define ATTNC_RT_COLLECTIVE_HOST_RANKS_H

#include "collective/communicator.h"
#include "collective/rank_environment.h"

#include <span>

namespace attnc_rt {

/// What processes must have in common to see each other's memory files: the
/// running system and the numbering of its processes.
std::string describe_host();

/// Fails unless the hosts of all ranks, in order, are one; names them.
void check_one_host(std::span<const std::string> hosts);

/// All ranks of the launcher, through shared memory. Fails if they do not all
/// come within the init deadline, or are on several hosts.
std::unique_ptr<communicator>
join_host_ranks(const rank_environment &environment,
                const collective_limits &limits);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_HOST_RANKS_H
