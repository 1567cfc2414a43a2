//===- collective_launch.cpp - Starts ranks for the tests -----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// collective_launch N DEADLINE_MS GRACE_MS PROGRAM ARGUMENTS...: prints how
// each rank ended. Status 0 if all did well.
//
//===----------------------------------------------------------------------===//

#include "collective/launcher.h"

#include <cstdio>
#include <cstdlib>

using namespace attnc_rt;

int main(int argc, char **argv) {
  if (argc < 5)
    return 2;
  launch_options options;
  options.num_ranks = atoi(argv[1]);
  options.limits.deadline = std::chrono::milliseconds(atoi(argv[2]));
  options.limits.heartbeat = std::chrono::milliseconds(200);
  options.grace = std::chrono::milliseconds(atoi(argv[3]));
  options.command.assign(argv + 4, argv + argc);
  try {
    bool is_success = true;
    std::vector<rank_end> ends = launch_ranks(options);
    for (size_t rank = 0; rank < ends.size(); ++rank) {
      is_success &= ends[rank].is_success();
      printf("end: %s\n", describe(static_cast<int>(rank), ends[rank]).c_str());
    }
    return is_success ? 0 : 1;
  } catch (const failure &error) {
    fprintf(stderr, "error: %s\n", error.message.c_str());
    return 1;
  }
}
