//===- rank_world.h - The ranks that a session runs among -------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_RANK_WORLD_H
#define ATTNC_RT_SESSION_RANK_WORLD_H

#include "collective/communicator.h"
#include "package/package.h"

#include <map>

namespace attnc_rt {

/// This rank's communicators. Used by one thread at a time, but for abort().
class rank_world {
public:
  explicit rank_world(std::unique_ptr<communicator> all)
      : all_ranks(std::move(all)) {}

  communicator &all() { return *all_ranks; }

  /// All ranks call it. Fails unless they have the same package and are as many
  /// as it is for, and makes the groups that the entry's collectives need.
  void join(const package &source, const entry &plan);

  /// Fails if work on a stream waits for a rank that is lost.
  void poll() {
    all_ranks->poll();
    for (auto &[axes, group] : groups)
      if (group)
        group->poll();
  }

  /// Makes current and later calls of all ranks fail, and lets go of work on
  /// streams that waits for other ranks.
  void abort() noexcept;

  /// The group of a collective of an entry that was joined.
  communicator &group(const rank_grid &grid, uint32_t axes) {
    auto found = groups.find({grid.shape, axes});
    return found == groups.end() ? *all_ranks : *found->second;
  }

private:
  std::unique_ptr<communicator> all_ranks;
  /// By grid and axes; not those that all ranks form together.
  std::map<std::pair<std::vector<int64_t>, uint32_t>,
           std::unique_ptr<communicator>>
      groups;
};

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_RANK_WORLD_H
