//===- rendezvous.cpp - How the ranks of several hosts find each other ----===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/rendezvous.h"

using namespace attnc_rt;

static const rank_environment &checked(const rank_environment &environment,
                                       const collective_limits &limits) {
  check_limits(limits);
  require_master(environment);
  return environment;
}

static std::optional<rendezvous_server>
make_server(const rank_environment &environment,
            const collective_limits &limits) {
  if (environment.rank != 0)
    return std::nullopt;
  return std::optional<rendezvous_server>(
      std::in_place, environment.master_address, environment.master_port,
      environment.num_ranks, limits);
}

rendezvous::rendezvous(const rank_environment &environment,
                       const collective_limits &limits)
    : rank(checked(environment, limits).rank), num_ranks(environment.num_ranks),
      init_time(limits.init_deadline),
      init_deadline(std::chrono::steady_clock::now() + init_time),
      server(make_server(environment, limits)),
      store(environment.master_address, environment.master_port, rank,
            num_ranks, init_deadline),
      its_beat(environment.master_address, environment.master_port, rank,
               num_ranks, limits) {}

std::string rendezvous::get(const std::string &key, int owner) {
  std::optional<std::string> value = store.get(key, init_deadline);
  if (!value)
    fail(ATTNC_RT_DEADLINE,
         "rank %d did not come within %lld ms (waiting for its '%s')", owner,
         static_cast<long long>(init_time.count()), key.c_str());
  return *std::move(value);
}

void rendezvous::agree_on_package(const package_hash &own) {
  auto key = [](int owner) { return "package/" + std::to_string(owner); };
  store.set(key(rank), to_hex(own), init_deadline);
  std::vector<std::string> hashes;
  std::vector<int> ranks;
  for (int owner = 0; owner < num_ranks; ++owner) {
    hashes.push_back(get(key(owner), owner));
    ranks.push_back(owner);
  }
  // Rank 0 may fail here, and end: all others must have read the hashes before.
  auto read_key = [](int reader) {
    return "package_read/" + std::to_string(reader);
  };
  store.set(read_key(rank), "", init_deadline);
  for (int reader = 1; rank == 0 && reader < num_ranks; ++reader)
    get(read_key(reader), reader);
  check_equal_packages(hashes, ranks);
}
