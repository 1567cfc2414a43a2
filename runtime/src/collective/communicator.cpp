//===- communicator.cpp - The collectives of a group of ranks -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/communicator.h"

#include "collective/rank_order_sum.h"

#include <algorithm>
#include <new>

using namespace attnc_rt;

void attnc_rt::check_limits(const collective_limits &limits) {
  constexpr std::chrono::milliseconds day = std::chrono::hours(24);
  for (auto [name, value] : {std::pair("deadline", limits.deadline),
                             std::pair("init deadline", limits.init_deadline),
                             std::pair("heartbeat", limits.heartbeat)})
    if (value.count() < 1 || value > day)
      fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected 1 ... %lld ms, got %lld",
           name, static_cast<long long>(day.count()),
           static_cast<long long>(value.count()));
}

/// `parts`: how many times `count` elements the larger buffer holds.
static void check_buffers(const char *name, const void *send,
                          const void *receive, int64_t count, element_type type,
                          int parts) {
  int64_t max_count = INT64_MAX / 8 / parts / size_of(type);
  if (count < 0 || count > max_count)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "%s: expected 0 ... %lld elements, got %lld", name,
         static_cast<long long>(max_count), static_cast<long long>(count));
  if (count > 0 && !(send && receive))
    fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected a buffer, got null", name);
}

static void check_summable(const char *name, element_type type) {
  if (!can_sum(type))
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "%s: expected F32, BF16, F16 or I32, got %s", name,
         attnc_rt::name(type));
}

static operation make_operation(operation_kind kind, int64_t count,
                                element_type type) {
  operation op;
  op.kind = kind;
  op.count = count;
  op.type = type;
  return op;
}

size_t communicator::bytes_of(const operation &op) {
  return static_cast<size_t>(op.count * size_of(op.type));
}

/// After a failure the ranks are no longer in step: no more calls.
template <typename body_fn> void communicator::guard(const body_fn &body) {
  if (first_failure)
    throw *first_failure;
  try {
    body();
  } catch (const failure &error) {
    give_up(error);
    throw;
  } catch (const std::bad_alloc &) {
    give_up({ATTNC_RT_OUT_OF_MEMORY, "out of memory"});
    throw;
  }
}

void communicator::give_up(const failure &reason) noexcept {
  first_failure = reason;
  // What happened between ranks is the same for all of them.
  bool is_shared = reason.code >= ATTNC_RT_PEER_LOST;
  tell_all(is_shared ? reason
                     : failure{ATTNC_RT_PEER_LOST,
                               "rank " + std::to_string(world_rank()) +
                                   " gave up: " + reason.message});
  stop();
}

void communicator::abort() noexcept {
  tell_all(
      {ATTNC_RT_ABORTED, "rank " + std::to_string(world_rank()) + " aborted"});
}

void communicator::perform(transfer what) {
  check_supported(what.op.kind);
  guard([&] {
    what.op.sequence = ++sequence;
    run(what);
  });
}

void communicator::all_reduce(const void *send, void *receive, int64_t count,
                              element_type type, void *stream) {
  check_summable("all_reduce", type);
  check_buffers("all_reduce", send, receive, count, type, 1);
  perform({make_operation(operation_kind::all_reduce, count, type),
           static_cast<const std::byte *>(send),
           static_cast<std::byte *>(receive), stream});
}

void communicator::reduce_scatter(const void *send, void *receive,
                                  int64_t count, element_type type,
                                  void *stream) {
  check_summable("reduce_scatter", type);
  check_buffers("reduce_scatter", send, receive, count, type, size());
  perform({make_operation(operation_kind::reduce_scatter, count, type),
           static_cast<const std::byte *>(send),
           static_cast<std::byte *>(receive), stream});
}

void communicator::all_gather(const void *send, void *receive, int64_t count,
                              element_type type, void *stream) {
  check_buffers("all_gather", send, receive, count, type, size());
  perform({make_operation(operation_kind::all_gather, count, type),
           static_cast<const std::byte *>(send),
           static_cast<std::byte *>(receive), stream});
}

void communicator::broadcast(void *buffer, int64_t count, element_type type,
                             int root, void *stream) {
  check_buffers("broadcast", buffer, buffer, count, type, 1);
  if (root < 0 || root >= size())
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "broadcast: expected a root 0 ... %d, got %d", size() - 1, root);
  operation op = make_operation(operation_kind::broadcast, count, type);
  op.root = root;
  perform({op, static_cast<const std::byte *>(buffer),
           static_cast<std::byte *>(buffer), stream});
}

void communicator::barrier() {
  perform({operation(), nullptr, nullptr, nullptr});
}

std::unique_ptr<communicator> communicator::split(const process_grid &grid,
                                                  uint32_t axes) {
  check_grid(grid, axes, size());
  operation op;
  op.kind = operation_kind::split;
  op.count = encode_split(grid, axes);
  perform({op, nullptr, nullptr, nullptr});
  std::vector<int> group = group_along(grid, axes, rank());
  int first = group.front();
  auto own = std::find(group.begin(), group.end(), rank()) - group.begin();
  for (int &member : group)
    member = members()[static_cast<size_t>(member)];
  std::unique_ptr<communicator> result;
  guard([&] {
    result = make_group(std::move(group), static_cast<int>(own), first);
  });
  return result;
}

void communicator::poll() {
  guard([&] { check_peers(); });
}

void communicator::all_gather_on_host(const void *send, void *receive,
                                      int64_t bytes) {
  gather_on_host(send, receive, bytes);
}

void communicator::synchronize(void *stream) {
  guard([&] { wait_for_stream(stream); });
}
