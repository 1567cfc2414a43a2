//===- roll_call.h - Who is there and who does what -------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What rank 0 knows of all ranks: when each was last heard and which operations
// it has announced. It decides when a rank is lost, late, or out of step; time
// is an argument, sockets are elsewhere (rendezvous_server.h).
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_ROLL_CALL_H
#define ATTNC_RT_COLLECTIVE_ROLL_CALL_H

#include "collective/communicator.h"

#include <map>
#include <set>

namespace attnc_rt {

/// Used by one thread.
class roll_call {
public:
  using time_point = std::chrono::steady_clock::time_point;

  roll_call(int num_ranks, const collective_limits &limits);

  void hear(int rank, time_point now);
  /// The rank ends and will announce no more.
  void goodbye(int rank);
  /// The connection of a rank has closed: a fault, unless it said goodbye.
  std::optional<failure> lose(int rank) const;
  /// The rank comes to an operation of a group of `size` ranks. A fault if
  /// another rank of the group has announced something else.
  std::optional<failure> announce(int rank, uint64_t group, uint64_t size,
                                  const operation &op, time_point now);
  /// A fault if a rank has been silent, or an operation incomplete, for the
  /// deadline.
  std::optional<failure> find_late(time_point now) const;

private:
  struct rank_state {
    std::optional<time_point> heard;
    bool has_left = false;
    std::string last_operation; // "" before the first
  };
  struct pending_operation {
    operation op;
    uint64_t size;
    time_point since;
    std::set<int> ranks;
  };

  std::string name(int rank) const;

  const collective_limits limits;
  std::vector<rank_state> ranks;
  std::map<uint64_t, std::set<int>> groups; // what is known of their members
  std::map<std::pair<uint64_t, uint64_t>, pending_operation> pending;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_ROLL_CALL_H
