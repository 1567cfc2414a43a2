//===- host_ranks.cpp - Ranks of one host under another launcher ----------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/host_ranks.h"

#include "collective/rendezvous.h"
#include "collective/shared_communicator.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <numeric>
#include <unistd.h>

using namespace attnc_rt;

namespace {
/// A rank's place, with what tells it of the others.
struct met_seat : region_seat {
  met_seat(shared_region region, int rank, std::unique_ptr<rendezvous> peers)
      : region_seat(std::move(region), rank), peers(std::move(peers)) {}

  const std::unique_ptr<rendezvous> peers;
};

/// A descriptor that is closed at the end.
struct owned_file {
  ~owned_file() {
    if (number >= 0)
      close(number);
  }
  int number = -1;
};
} // namespace

std::string attnc_rt::describe_host() {
  char name[256] = {}, processes[64] = {};
  gethostname(name, sizeof(name) - 1);
  if (readlink("/proc/self/ns/pid", processes, sizeof(processes) - 1) < 0)
    fail(ATTNC_RT_IO, "cannot read /proc/self/ns/pid: %s", strerror(errno));
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  return std::string(name) + " (boot " + boot + ", " + processes + ")";
}

void attnc_rt::check_one_host(std::span<const std::string> hosts) {
  std::map<std::string, std::string> ranks;
  for (size_t rank = 0; rank < hosts.size(); ++rank) {
    std::string &list = ranks[hosts[rank]];
    list += (list.empty() ? "rank " : ", rank ") + std::to_string(rank);
  }
  if (ranks.size() <= 1)
    return;
  std::string text;
  for (const auto &[host, list] : ranks)
    text += (text.empty() ? "" : "; ") + list + ": " + host;
  fail(
      ATTNC_RT_UNSUPPORTED,
      "backend processes: expected all ranks on one host, got %zu (for several "
      "start them with mpirun): %s",
      ranks.size(), text.c_str());
}

/// Opens the file whose place rank 0 has told.
static shared_region attach(const std::string &place) {
  owned_file file{open(place.c_str(), O_RDWR | O_CLOEXEC)};
  if (file.number < 0)
    fail(ATTNC_RT_IO, "cannot open the memory of rank 0, %s: %s", place.c_str(),
         strerror(errno));
  return shared_region::attach_file(file.number);
}

std::unique_ptr<communicator>
attnc_rt::join_host_ranks(const rank_environment &environment,
                          const collective_limits &limits) {
  auto peers = std::make_unique<rendezvous>(environment, limits);
  check_one_host(peers->gather("host", describe_host()));

  owned_file file; // of rank 0; open until all have attached to it
  std::optional<shared_region> region;
  std::string place = peers->share("region", [&] {
    region = shared_region::create_file(environment.num_ranks, file.number);
    return "/proc/" + std::to_string(getpid()) + "/fd/" +
           std::to_string(file.number);
  });
  if (!region)
    region = attach(place);
  if (region->num_ranks() != environment.num_ranks)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "the memory of rank 0: expected %d ranks, got %d",
         environment.num_ranks, region->num_ranks());

  int rank = environment.rank;
  peers->beat().on_fault([region = *region, rank](const failure &fault) {
    region.raise(rank, fault);
  });
  std::vector<int> members(static_cast<size_t>(environment.num_ranks));
  std::iota(members.begin(), members.end(), 0);
  return std::make_unique<shared_communicator>(
      std::make_shared<met_seat>(*region, rank, std::move(peers)), 0,
      std::move(members), rank, limits, true);
}
