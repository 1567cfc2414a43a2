//===- shared_communicator.cpp - Collectives through shared memory --------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/shared_communicator.h"

#include "collective/rank_order_sum.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <sched.h>

using namespace attnc_rt;

/// Up to here every rank sums everything: one meeting instead of two.
static constexpr size_t small_bytes = 16 << 10;

/// Some tens of microseconds of looking, but only if every rank has a CPU.
static int choose_spins(size_t num_ranks) {
  cpu_set_t cpus;
  bool has_cpus = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 &&
                  static_cast<size_t>(CPU_COUNT(&cpus)) >= num_ranks;
  return has_cpus ? 2000 : 0;
}

shared_communicator::shared_communicator(std::shared_ptr<region_seat> its_seat,
                                         int group, std::vector<int> members,
                                         int rank,
                                         const collective_limits &limits,
                                         bool waits_for_all)
    : communicator(std::move(members), rank, limits), seat(std::move(its_seat)),
      group(group), spins(choose_spins(this->members().size())),
      posted(this->members().size()), inputs(this->members().size()) {
  if (!waits_for_all)
    return;
  operation join;
  join.kind = operation_kind::join;
  begin(join, limits.init_deadline);
  meet();
}

void shared_communicator::begin(const operation &op,
                                std::chrono::milliseconds time) {
  current = op;
  allowed = time;
  deadline = std::chrono::steady_clock::now() + time;
  rank_slot &own = seat->region.slot(group, seat->rank);
  own.sequence.store(op.sequence, std::memory_order_relaxed);
  if (own.phase & shared_region::fault_bit)
    throw_fault();
}

/// Where this rank's data of the next meeting goes.
std::byte *shared_communicator::outgoing() const {
  return seat->region.staging(group, seat->rank, (meetings + 1) & 1);
}

/// The peer's data of the last meeting.
const std::byte *shared_communicator::incoming(size_t peer) const {
  return seat->region.staging(group, members()[peer], meetings & 1);
}

std::span<const std::byte *const>
shared_communicator::all_incoming(size_t offset) {
  for (size_t peer = 0; peer < inputs.size(); ++peer)
    inputs[peer] = incoming(peer) + offset;
  return inputs;
}

void shared_communicator::meet() {
  const shared_region &region = seat->region;
  ++meetings;
  rank_slot &own = region.slot(group, seat->rank);
  own.posted[meetings & 1] = current;
  arrive(own);
  for (size_t peer = 0; peer < posted.size(); ++peer) {
    rank_slot &slot = region.slot(group, members()[peer]);
    wait_result result = wait_for(slot, meetings, deadline, spins);
    if (result != wait_result::arrived)
      miss(peer, result);
    posted[peer] = slot.posted[meetings & 1];
  }
  std::string divergence = find_divergence(posted, members());
  if (divergence.empty())
    return;
  region.raise(seat->rank, {ATTNC_RT_DIVERGED, divergence});
  throw failure{ATTNC_RT_DIVERGED, divergence};
}

void shared_communicator::miss(size_t peer, wait_result reason) const {
  const shared_region &region = seat->region;
  std::string rank = "rank " + std::to_string(members()[peer]);
  uint64_t last = region.slot(group, members()[peer])
                      .sequence.load(std::memory_order_relaxed);
  std::string where = "; its last operation here is #" + std::to_string(last);
  if (reason == wait_result::left)
    region.raise(seat->rank, {ATTNC_RT_PEER_LOST, rank + " has left" + where});
  else if (reason == wait_result::deadline)
    region.raise(seat->rank,
                 {ATTNC_RT_DEADLINE, rank + " did not come within " +
                                         std::to_string(allowed.count()) +
                                         " ms" + where});
  throw_fault();
}

/// The first fault of all ranks.
void shared_communicator::throw_fault() const {
  failure fault = seat->region.fault();
  fault.message = describe(current) + ": " + fault.message;
  throw fault;
}

void shared_communicator::run(const transfer &what) {
  begin(what.op, limits.deadline);
  switch (what.op.kind) {
  case operation_kind::all_reduce:
    if (bytes_of(what.op) <= small_bytes)
      return all_reduce_small(what);
    return all_reduce_large(what);
  case operation_kind::reduce_scatter:
    return reduce_scatter_chunks(what);
  case operation_kind::all_gather:
    return all_gather_chunks(what);
  case operation_kind::broadcast:
    return broadcast_chunks(what);
  case operation_kind::split:
    return agree_on_group();
  case operation_kind::join:
  case operation_kind::barrier:
    return meet();
  }
}

/// memcpy that takes null for no bytes.
static void copy(std::byte *to, const std::byte *from, size_t bytes) {
  if (bytes > 0)
    std::memcpy(to, from, bytes);
}

void shared_communicator::all_reduce_small(const transfer &what) {
  copy(outgoing(), what.send, bytes_of(what.op));
  meet();
  sum_in_rank_order(what.op.type, all_incoming(0), what.op.count, what.receive);
}

void shared_communicator::all_reduce_large(const transfer &what) {
  auto element = static_cast<size_t>(size_of(what.op.type));
  size_t total = bytes_of(what.op);
  auto ranks = static_cast<size_t>(size());
  for (size_t offset = 0; offset < total; offset += shared_region::half_bytes) {
    size_t bytes = std::min(shared_region::half_bytes, total - offset);
    // Rank r sums part r, for all.
    auto part = [&](size_t r) { return bytes / element * r / ranks * element; };
    copy(outgoing(), what.send + offset, bytes);
    meet();
    auto own = static_cast<size_t>(rank());
    size_t begin = part(own);
    size_t length = part(own + 1) - begin;
    sum_in_rank_order(what.op.type, all_incoming(begin),
                      static_cast<int64_t>(length / element),
                      outgoing() + begin);
    meet();
    for (size_t r = 0; r < ranks; ++r)
      copy(what.receive + offset + part(r), incoming(r) + part(r),
           part(r + 1) - part(r));
  }
}

void shared_communicator::reduce_scatter_chunks(const transfer &what) {
  auto element = static_cast<size_t>(size_of(what.op.type));
  auto ranks = static_cast<size_t>(size());
  size_t total = bytes_of(what.op);
  size_t chunk = shared_region::half_bytes / ranks / element * element;
  size_t offset = 0;
  do {
    size_t bytes = std::min(chunk, total - offset);
    for (size_t r = 0; r < ranks; ++r)
      copy(outgoing() + r * bytes, what.send + r * total + offset, bytes);
    meet();
    sum_in_rank_order(
        what.op.type, all_incoming(static_cast<size_t>(rank()) * bytes),
        static_cast<int64_t>(bytes / element), what.receive + offset);
    offset += bytes;
  } while (offset < total);
}

void shared_communicator::all_gather_chunks(const transfer &what) {
  size_t total = bytes_of(what.op);
  size_t offset = 0;
  do {
    size_t bytes = std::min(shared_region::half_bytes, total - offset);
    copy(outgoing(), what.send + offset, bytes);
    meet();
    for (size_t r = 0; r < static_cast<size_t>(size()); ++r)
      copy(what.receive + r * total + offset, incoming(r), bytes);
    offset += bytes;
  } while (offset < total);
}

void shared_communicator::broadcast_chunks(const transfer &what) {
  size_t total = bytes_of(what.op);
  auto root = static_cast<size_t>(what.op.root);
  size_t offset = 0;
  do {
    size_t bytes = std::min(shared_region::half_bytes, total - offset);
    if (rank() == what.op.root)
      copy(outgoing(), what.send + offset, bytes);
    meet();
    if (rank() != what.op.root)
      copy(what.receive + offset, incoming(root), bytes);
    offset += bytes;
  } while (offset < total);
}

/// The next group number that no rank of this group has used: its members may
/// have been split differently before.
void shared_communicator::agree_on_group() {
  std::memcpy(outgoing(), &seat->num_groups, sizeof(int));
  meet();
  for (const std::byte *input : all_incoming(0)) {
    int used;
    std::memcpy(&used, input, sizeof(int));
    seat->num_groups = std::max(seat->num_groups, used);
  }
}

std::unique_ptr<communicator>
shared_communicator::make_group(std::vector<int> group_members, int group_rank,
                                int) {
  if (seat->num_groups == shared_region::max_groups)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "split: expected at most %d groups of one rank, got one more",
         shared_region::max_groups);
  return std::make_unique<shared_communicator>(seat, seat->num_groups++,
                                               std::move(group_members),
                                               group_rank, limits, false);
}

static std::vector<int> ranks_up_to(int num_ranks) {
  std::vector<int> members(static_cast<size_t>(num_ranks));
  std::iota(members.begin(), members.end(), 0);
  return members;
}

std::vector<std::unique_ptr<communicator>>
attnc_rt::make_thread_ranks(int num_ranks, const collective_limits &limits) {
  check_limits(limits);
  shared_region region = shared_region::create(num_ranks);
  std::vector<std::unique_ptr<communicator>> ranks;
  for (int rank = 0; rank < num_ranks; ++rank)
    ranks.push_back(std::make_unique<shared_communicator>(
        std::make_shared<region_seat>(region, rank), 0, ranks_up_to(num_ranks),
        rank, limits, false));
  return ranks;
}

std::unique_ptr<communicator>
attnc_rt::join_process_ranks(int file, int rank, int num_ranks,
                             const collective_limits &limits) {
  check_limits(limits);
  shared_region region = shared_region::attach_file(file);
  if (region.num_ranks() != num_ranks)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "the launcher's shared memory: expected %d ranks, got %d", num_ranks,
         region.num_ranks());
  if (rank < 0 || rank >= num_ranks)
    fail(ATTNC_RT_INVALID_ARGUMENT, "rank: expected 0 ... %d, got %d",
         num_ranks - 1, rank);
  if (region.has_left(rank))
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "rank %d has left its group and cannot join again", rank);
  return std::make_unique<shared_communicator>(
      std::make_shared<region_seat>(std::move(region), rank), 0,
      ranks_up_to(num_ranks), rank, limits, true);
}
