//===- rendezvous.cpp - How the ranks of several hosts find each other ----===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/rendezvous.h"

#include <numeric>

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

std::vector<std::string> rendezvous::gather(const std::string &name,
                                            const std::string &own) {
  auto key = [&](const char *what, int owner) {
    return name + what + std::to_string(owner);
  };
  store.set(key("/", rank), own, init_deadline);
  std::vector<std::string> all;
  for (int owner = 0; owner < num_ranks; ++owner)
    all.push_back(get(key("/", owner), owner));
  // Rank 0 may refuse what it sees, and end: the others must have seen it.
  store.set(key("_read/", rank), "", init_deadline);
  for (int reader = 1; rank == 0 && reader < num_ranks; ++reader)
    get(key("_read/", reader), reader);
  return all;
}

void rendezvous::agree_on_package(const package_hash &own) {
  std::vector<int> ranks(static_cast<size_t>(num_ranks));
  std::iota(ranks.begin(), ranks.end(), 0);
  check_equal_packages(gather("package", to_hex(own)), ranks);
}
