//===- mpi_communicator.cpp - Collectives through MPI ---------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/mpi_communicator.h"

#include "collective/rank_order_sum.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <sched.h>

using namespace attnc_rt;

mpi_communicator::mpi_communicator(std::shared_ptr<mpi_library> its_mpi,
                                   int group, std::vector<int> members,
                                   int rank, const collective_limits &limits)
    : communicator(std::move(members), rank, limits), mpi(std::move(its_mpi)),
      group(group),
      boxes(std::make_unique<std::vector<mailbox>>(this->members().size())) {}

mpi_communicator::~mpi_communicator() {
  // MPI may still be writing there.
  if (mpi->has_failed)
    static_cast<void>(boxes.release());
}

void mpi_communicator::exchange(const operation &op, const part_fn &part,
                                const size_fn &expected) {
  for (size_t peer = 0; peer < boxes->size(); ++peer) {
    auto [data, bytes] = part(peer);
    if (std::max(bytes, expected(peer)) > INT32_MAX)
      fail(ATTNC_RT_INVALID_ARGUMENT,
           "%s: expected at most %d bytes between two ranks, got %zu",
           describe(op).c_str(), INT32_MAX, std::max(bytes, expected(peer)));
    (*boxes)[peer].outgoing.assign(data, data + bytes);
    (*boxes)[peer].incoming.resize(expected(peer));
  }
  std::vector<void *> requests(boxes->size() * 2);
  auto post = [&](auto function, auto &bytes, size_t peer, void *&request) {
    mpi->check("exchange data",
               function(bytes.data(), static_cast<int>(bytes.size()),
                        members()[peer], group, &request));
  };
  for (size_t peer = 0; peer < boxes->size(); ++peer)
    post(mpi->functions->receive, (*boxes)[peer].incoming, peer,
         requests[peer]);
  for (size_t peer = 0; peer < boxes->size(); ++peer)
    post(mpi->functions->send, (*boxes)[peer].outgoing, peer,
         requests[boxes->size() + peer]);
  wait_for_all(op, requests);
}

/// Ranks that diverge may not even send the same sizes: the operations go
/// first.
void mpi_communicator::agree_on(const operation &op) {
  auto *bytes = reinterpret_cast<const std::byte *>(&op);
  exchange(
      op, [&](size_t) { return std::pair(bytes, sizeof(op)); },
      [](size_t) { return sizeof(operation); });
  std::vector<operation> posted(boxes->size());
  for (size_t peer = 0; peer < boxes->size(); ++peer)
    std::memcpy(&posted[peer], data_of(peer), sizeof(op));
  std::string divergence = find_divergence(posted, members());
  if (!divergence.empty())
    throw failure{ATTNC_RT_DIVERGED, divergence};
}

void mpi_communicator::wait_for_all(const operation &op,
                                    std::vector<void *> &requests) {
  size_t num_done = 0;
  while (num_done < requests.size()) {
    for (void *&request : requests) {
      int done = 0;
      if (request)
        mpi->check("finish an exchange", mpi->functions->test(request, &done));
      if (!done)
        continue;
      request = nullptr;
      ++num_done;
    }
    if (num_done == requests.size())
      return;
    if (mpi->has_failed)
      throw failure{ATTNC_RT_ABORTED, describe(op) + ": aborted"};
    if (std::chrono::steady_clock::now() >= deadline) {
      // Receives come first, one a peer.
      auto late = static_cast<size_t>(
          std::find_if(requests.begin(), requests.end(),
                       [](void *request) { return request; }) -
          requests.begin());
      fail(ATTNC_RT_DEADLINE, "%s: rank %d did not come within %lld ms",
           describe(op).c_str(), members()[late % members().size()],
           static_cast<long long>(limits.deadline.count()));
    }
    // MPI has nothing to sleep on; others may need this CPU to finish.
    sched_yield();
  }
}

void mpi_communicator::run(const transfer &what) {
  deadline = std::chrono::steady_clock::now() + limits.deadline;
  agree_on(what.op);
  switch (what.op.kind) {
  case operation_kind::all_reduce:
    return all_reduce_parts(what);
  case operation_kind::reduce_scatter:
    return reduce_scatter_parts(what);
  case operation_kind::all_gather:
    return all_gather_parts(what);
  case operation_kind::broadcast:
    return broadcast_all(what);
  case operation_kind::split:
    return agree_on_group(what.op);
  case operation_kind::join:
  case operation_kind::barrier:
    return;
  }
}

void mpi_communicator::sum(const transfer &what, size_t bytes,
                           std::byte *result) {
  std::vector<const std::byte *> inputs;
  for (size_t peer = 0; peer < boxes->size(); ++peer)
    inputs.push_back(data_of(peer));
  sum_in_rank_order(what.op.type, inputs,
                    static_cast<int64_t>(bytes) / size_of(what.op.type),
                    result);
}

void mpi_communicator::all_reduce_parts(const transfer &what) {
  auto element = static_cast<size_t>(size_of(what.op.type));
  size_t total = bytes_of(what.op);
  auto ranks = static_cast<size_t>(size());
  // Rank r sums part r, for all.
  auto begin = [&](size_t r) { return total / element * r / ranks * element; };
  auto length = [&](size_t r) { return begin(r + 1) - begin(r); };
  auto own = static_cast<size_t>(rank());
  exchange(
      what.op,
      [&](size_t r) { return std::pair(what.send + begin(r), length(r)); },
      [&](size_t) { return length(own); });
  std::vector<std::byte> sums(length(own));
  sum(what, sums.size(), sums.data());
  exchange(
      what.op, [&](size_t) { return std::pair(sums.data(), sums.size()); },
      length);
  for (size_t r = 0; r < ranks; ++r)
    if (length(r) > 0)
      std::memcpy(what.receive + begin(r), data_of(r), length(r));
}

void mpi_communicator::reduce_scatter_parts(const transfer &what) {
  size_t bytes = bytes_of(what.op);
  exchange(
      what.op,
      [&](size_t r) { return std::pair(what.send + r * bytes, bytes); },
      [&](size_t) { return bytes; });
  sum(what, bytes, what.receive);
}

void mpi_communicator::all_gather_parts(const transfer &what) {
  size_t bytes = bytes_of(what.op);
  exchange(
      what.op, [&](size_t) { return std::pair(what.send, bytes); },
      [&](size_t) { return bytes; });
  for (size_t r = 0; bytes > 0 && r < static_cast<size_t>(size()); ++r)
    std::memcpy(what.receive + r * bytes, data_of(r), bytes);
}

void mpi_communicator::broadcast_all(const transfer &what) {
  size_t bytes = bytes_of(what.op);
  auto root = static_cast<size_t>(what.op.root);
  bool is_root = rank() == what.op.root;
  exchange(
      what.op,
      [&](size_t) { return std::pair(what.send, is_root ? bytes : size_t(0)); },
      [&](size_t r) { return r == root ? bytes : size_t(0); });
  if (!is_root && bytes > 0)
    std::memcpy(what.receive, data_of(root), bytes);
}

/// The next tag that no rank of this group has used: its members may have been
/// split differently before.
void mpi_communicator::agree_on_group(const operation &op) {
  auto *own = reinterpret_cast<const std::byte *>(&mpi->num_groups);
  exchange(
      op, [&](size_t) { return std::pair(own, sizeof(int)); },
      [](size_t) { return sizeof(int); });
  for (size_t peer = 0; peer < boxes->size(); ++peer) {
    int used;
    std::memcpy(&used, data_of(peer), sizeof(int));
    mpi->num_groups = std::max(mpi->num_groups, used);
  }
}

std::unique_ptr<communicator>
mpi_communicator::make_group(std::vector<int> group_members, int group_rank,
                             int) {
  // MPI promises tags up to 32767.
  if (mpi->num_groups == 32767)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "split: expected at most 32767 groups of one rank, got one more");
  return std::make_unique<mpi_communicator>(
      mpi, mpi->num_groups++, std::move(group_members), group_rank, limits);
}

std::unique_ptr<communicator>
attnc_rt::make_mpi_ranks(const std::string &path,
                         const collective_limits &limits) {
  check_limits(limits);
  const char *from_environment = getenv("ATTNC_RT_MPI_PLUGIN");
  auto mpi =
      std::make_shared<mpi_library>(!path.empty()      ? path
                                    : from_environment ? from_environment
                                                       : "libattnc_rt_mpi.so");
  std::vector<int> members(static_cast<size_t>(mpi->num_ranks));
  std::iota(members.begin(), members.end(), 0);
  int rank = mpi->rank;
  return std::make_unique<mpi_communicator>(std::move(mpi), 0,
                                            std::move(members), rank, limits);
}
