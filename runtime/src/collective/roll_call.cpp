//===- roll_call.cpp - Who is there and who does what ---------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/roll_call.h"

using namespace attnc_rt;

roll_call::roll_call(int num_ranks, const collective_limits &limits)
    : limits(limits), ranks(static_cast<size_t>(num_ranks)) {}

void roll_call::hear(int rank, time_point now) {
  ranks[static_cast<size_t>(rank)].heard = now;
}

void roll_call::goodbye(int rank) {
  ranks[static_cast<size_t>(rank)].has_left = true;
}

std::string roll_call::name(int rank) const {
  const std::string &last = ranks[static_cast<size_t>(rank)].last_operation;
  return "rank " + std::to_string(rank) +
         (last.empty() ? "" : " (last operation: " + last + ")");
}

std::optional<failure> roll_call::lose(int rank) const {
  if (ranks[static_cast<size_t>(rank)].has_left)
    return std::nullopt;
  return failure{ATTNC_RT_PEER_LOST,
                 name(rank) + " was lost: its connection closed"};
}

std::optional<failure> roll_call::announce(int rank, uint64_t group,
                                           uint64_t size, const operation &op,
                                           time_point now) {
  ranks[static_cast<size_t>(rank)].last_operation = describe(op);
  groups[group].insert(rank);
  auto key = std::pair(group, op.sequence);
  auto [found, is_first] =
      pending.try_emplace(key, pending_operation{op, size, now, {}});
  pending_operation &entry = found->second;
  if (!is_first) {
    operation operations[] = {entry.op, op};
    int its_ranks[] = {*entry.ranks.begin(), rank};
    std::string divergence = find_divergence(operations, its_ranks);
    if (!divergence.empty())
      return failure{ATTNC_RT_DIVERGED, divergence};
  }
  entry.ranks.insert(rank);
  if (entry.ranks.size() == entry.size)
    pending.erase(found);
  return std::nullopt;
}

std::optional<failure> roll_call::find_late(time_point now) const {
  std::string time = std::to_string(limits.deadline.count()) + " ms";
  for (size_t i = 0; i < ranks.size(); ++i)
    if (ranks[i].heard && !ranks[i].has_left &&
        now - *ranks[i].heard >= limits.deadline)
      return failure{ATTNC_RT_DEADLINE, name(static_cast<int>(i)) +
                                            " has been silent for " + time};
  for (const auto &[key, entry] : pending) {
    if (now - entry.since < limits.deadline)
      continue;
    std::string missing;
    for (int rank : groups.at(key.first))
      if (!entry.ranks.contains(rank))
        missing += (missing.empty() ? "" : ", ") + name(rank);
    if (missing.empty())
      missing = std::to_string(entry.size - entry.ranks.size()) +
                " ranks that announced nothing";
    return failure{ATTNC_RT_DEADLINE, missing + " did not come to " +
                                          describe(entry.op) + " within " +
                                          time};
  }
  return std::nullopt;
}
