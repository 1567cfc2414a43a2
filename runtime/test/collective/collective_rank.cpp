//===- collective_rank.cpp - One rank of the process tests ----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// collective_rank BACKEND DEADLINE_MS MODE [ARGUMENT]
//
//   BACKEND  processes (under collective_launch), mpi (under mpirun), auto, or
//            rendezvous (any launcher's environment; no data, only heartbeats)
//   MODE     exercise SEED   random operations and groups against the oracle
//            loop            operations until one fails
//            diverge         rank 1 calls something else
//            skip            rank 1 leaves one out and waits
//            package         rank 1 has another package
//            exit            rank 1 ends with status 7
//
// Prints `ready RANK PID` when all ranks are there and `failed RANK CODE: TEXT`
// on an error, with status 3.
//
//===----------------------------------------------------------------------===//

#include "exercise.h"

#include "collective/backend.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace attnc_rt;

using std::chrono::milliseconds;

static void announce_ready(int rank) {
  printf("ready %d %d\n", rank, getpid());
  fflush(stdout);
}

static void exercise_groups(communicator &world, uint64_t seed) {
  exercise(world, seed, 25, 300000);
  int size = world.size();
  process_grid grid = size == 6       ? process_grid{{2, 3}}
                      : size % 2 == 0 ? process_grid{{2, size / 2}}
                                      : process_grid{{1, size}};
  auto columns = world.split(grid, 1);
  auto rows = world.split(grid, 2);
  for (uint64_t i = 0; i < 3; ++i) {
    exercise(*columns, seed + i, 5, 50000);
    exercise(*rows, seed + i, 5, 50000);
    exercise(world, seed + i, 2, 50000);
  }
}

static void loop(communicator &world) {
  std::vector<float> data(100000);
  std::vector<float> result(data.size());
  for (int64_t round = 0;; ++round) {
    int64_t count = round * 7919 % static_cast<int64_t>(data.size());
    world.all_reduce(data.data(), result.data(), count, element_type::f32);
    world.barrier();
  }
}

static void run(communicator &world, const std::string &mode,
                const char *argument) {
  float value[2] = {1, 2};
  bool is_odd = world.rank() == 1;
  if (mode == "exercise")
    return exercise_groups(world, strtoull(argument, nullptr, 10));
  if (mode == "loop")
    return loop(world);
  if (mode == "diverge")
    return world.all_reduce(value, value, is_odd ? 2 : 1, element_type::f32);
  if (mode == "package") {
    package_hash hash = {};
    hash[31] = std::byte(is_odd);
    return check_equal_packages(world, hash);
  }
  if (mode == "exit" && is_odd)
    exit(7);
  if (mode == "skip" && is_odd) {
    pause();
    return;
  }
  world.barrier();
}

/// Announces operations, as the NCCL backend does, until there is a fault.
static void run_rendezvous(const rank_environment &environment,
                           const collective_limits &limits,
                           const std::string &mode) {
  rendezvous peers(environment, limits);
  bool is_odd = environment.rank == 1;
  package_hash hash = {};
  hash[0] = std::byte(mode == "package" && is_odd);
  peers.agree_on_package(hash);
  std::string id = peers.share("id", [] { return std::string(128, 'x'); });
  if (id != std::string(128, 'x'))
    fail(ATTNC_RT_IO, "expected the id of rank 0");
  announce_ready(environment.rank);
  int rounds = mode == "exercise" ? 20 : INT32_MAX;
  for (int round = 1; round <= rounds; ++round) {
    operation op;
    op.kind = operation_kind::all_reduce;
    op.type = element_type::f32;
    op.sequence = static_cast<uint64_t>(round);
    op.count = mode == "diverge" && is_odd && round == 5 ? 2 : 1;
    if (!(mode == "skip" && is_odd && round >= 5))
      peers.beat().announce(0, environment.num_ranks, op);
    if (mode == "exit" && is_odd && round == 5)
      _exit(7);
    if (auto fault = peers.beat().wait_for_fault(
            std::chrono::steady_clock::now() + milliseconds(5)))
      throw failure{fault->code, describe(op) + ": " + fault->message};
  }
}

int main(int argc, char **argv) {
  if (argc < 4)
    return 2;
  collective_limits limits;
  limits.deadline = milliseconds(atoi(argv[2]));
  limits.heartbeat = milliseconds(200);
  if (const char *init = getenv("TEST_INIT_DEADLINE_MS"))
    limits.init_deadline = milliseconds(atoi(init));
  std::string name = argv[1];
  std::string mode = argv[3];
  int rank = -1;
  try {
    rank_environment environment = read_rank_environment();
    rank = environment.rank;
    if (name == "rendezvous") {
      run_rendezvous(environment, limits, mode);
    } else {
      rank_options options;
      options.with = name == "auto"  ? backend::automatic
                     : name == "mpi" ? backend::mpi
                                     : backend::processes;
      options.limits = limits;
      auto world = join_ranks(environment, options);
      rank = world->rank();
      announce_ready(rank);
      run(*world, mode, argc > 4 ? argv[4] : "0");
    }
  } catch (const failure &error) {
    printf("failed %d %d: %s\n", rank, error.code, error.message.c_str());
    fflush(stdout);
    return 3;
  }
  return 0;
}
