//===- rendezvous.h - How ranks of several hosts meet -----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_RENDEZVOUS_H
#define ATTNC_RT_COLLECTIVE_RENDEZVOUS_H

#include "collective/heartbeat.h"
#include "collective/package_agreement.h"
#include "collective/rank_environment.h"
#include "collective/rendezvous_server.h"
#include "collective/store_client.h"

namespace attnc_rt {

/// This rank's connections to rank 0, and the service on rank 0. Its functions
/// are called by one thread at a time and fail at the init deadline.
class rendezvous {
public:
  rendezvous(const rank_environment &environment,
             const collective_limits &limits);

  /// What each rank gives under this name, on all ranks.
  std::vector<std::string> gather(const std::string &name,
                                  const std::string &own);

  /// Fails unless all ranks give the same hash.
  void agree_on_package(const package_hash &own);

  /// What rank 0 makes, on all ranks.
  template <typename make_fn>
  std::string share(const std::string &key, const make_fn &make) {
    if (rank == 0)
      store.set(key, make(), init_deadline);
    return get(key, 0);
  }

  /// Valid as long as this object.
  heartbeat &beat() { return its_beat; }

private:
  std::string get(const std::string &key, int owner);

  const int rank;
  const int num_ranks;
  const std::chrono::milliseconds init_time;
  const deadline_point init_deadline;
  std::optional<rendezvous_server> server; // on rank 0; ends last
  store_client store;
  heartbeat its_beat;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_RENDEZVOUS_H
