//===- rank_world.cpp - The ranks that a session runs among ---------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "session/rank_world.h"

#include "collective/package_agreement.h"

using namespace attnc_rt;

void rank_world::join(const package &source, const entry &plan) {
  check_equal_packages(*all_ranks, source.header_hash());
  const rank_grid &grid = source.info().grid;
  if (all_ranks->size() != grid.num_ranks())
    fail(ATTNC_RT_INVALID_ARGUMENT, "the package is for %s, got %d",
         describe(grid).c_str(), all_ranks->size());
  process_grid shape{{grid.shape.begin(), grid.shape.end()}};
  // In plan order: all ranks split alike.
  for (const step &each : plan.steps) {
    auto *collective = std::get_if<collective_step>(&each);
    if (!collective || collective->num_ranks == all_ranks->size())
      continue;
    auto &group = groups[{grid.shape, collective->axes}];
    if (!group)
      group = all_ranks->split(shape, collective->axes);
  }
}

void rank_world::abort() noexcept {
  all_ranks->abort();
  for (auto &[axes, group] : groups)
    if (group)
      group->abort();
  // What was aborted is given up when it is next used.
  auto give_up = [](communicator &each) {
    try {
      each.poll();
    } catch (const failure &) {
    }
  };
  give_up(*all_ranks);
  for (auto &[axes, group] : groups)
    if (group)
      give_up(*group);
}
