//===- communicator.h - The collectives of a group of ranks -----*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One interface for threads, processes, MPI and NCCL.
//
// Agreement   All ranks of a group call the same operations in the same order
//             with the same type, count and root. Ranks that do not are told
//             so (ATTNC_RT_DIVERGED) before any of them sees a wrong result.
// Time        No operation takes longer than the deadline: what a lost rank
//             (ATTNC_RT_PEER_LOST) or a late one (ATTNC_RT_DEADLINE) holds up
//             fails on every other rank and names rank and operation.
// Errors      Are thrown (failure.h). An argument that is refused leaves the
//             group as it was. After any other error the communicator, and all
//             that share its ranks, only repeat that error: the process can
//             end, or make new communicators with its peers.
// Sums        The backends that sum on the host add in rank order: equal bits
//             on all ranks and in every run. NCCL chooses its own order, equal
//             bits on all ranks.
// Threading   A rank makes one call at a time, over all its communicators.
//             abort() may come from any thread.
// Ownership   Buffers are the caller's. Host backends are done with them when a
//             call returns. NCCL's operations run on the given stream: buffers
//             must live until synchronize(), after an error until the end of
//             the communicator.
// In place    `receive` may be `send` where both have the same size; in
//             reduce_scatter `receive` may be rank()'s part of `send`, in
//             all_gather `send` may be rank()'s part of `receive`.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_COMMUNICATOR_H
#define ATTNC_RT_COLLECTIVE_COMMUNICATOR_H

#include "collective/operation.h"
#include "collective/process_grid.h"
#include "failure.h"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace attnc_rt {

struct collective_limits {
  std::chrono::milliseconds deadline{30000};
  std::chrono::milliseconds init_deadline{60000};
  std::chrono::milliseconds heartbeat{1000};
};

/// Fails unless all are positive and at most a day.
void check_limits(const collective_limits &limits);

class communicator {
public:
  virtual ~communicator() = default;
  communicator(const communicator &) = delete;
  communicator &operator=(const communicator &) = delete;

  /// This rank's place in the group, and the group's size.
  int rank() const { return own_rank; }
  int size() const { return static_cast<int>(world_ranks.size()); }
  /// The group's ranks as the launcher numbers them: errors name these.
  const std::vector<int> &members() const { return world_ranks; }
  int world_rank() const { return members()[static_cast<size_t>(rank())]; }

  /// receive[i] = sum over ranks of send[i]; `count` elements both.
  void all_reduce(const void *send, void *receive, int64_t count,
                  element_type type, void *stream = nullptr);
  /// receive[i] = sum over ranks of send[rank() * count + i]; `count` elements
  /// are received, size() times as many sent.
  void reduce_scatter(const void *send, void *receive, int64_t count,
                      element_type type, void *stream = nullptr);
  /// receive[r * count + i] = send[i] of rank r; `count` elements are sent.
  void all_gather(const void *send, void *receive, int64_t count,
                  element_type type, void *stream = nullptr);
  void broadcast(void *buffer, int64_t count, element_type type, int root,
                 void *stream = nullptr);
  /// Returns when all ranks have called it.
  void barrier();

  /// The groups along the axes of a grid over this group (process_grid.h);
  /// every rank gets its own. A group may outlive the communicator it came
  /// from.
  std::unique_ptr<communicator> split(const process_grid &grid, uint32_t axes);

  /// Whether buffers are memory of a GPU, and work goes to its streams.
  virtual bool is_for_gpus() const { return false; }

  /// Waits for the operations on a stream. The host backends have none.
  void synchronize(void *stream);

  /// While somebody else waits for a stream: fails as synchronize() would,
  /// and returns at once.
  void poll();

  /// `receive` gets `bytes` bytes of each rank; host memory on every backend.
  void all_gather_on_host(const void *send, void *receive, int64_t bytes);

  /// Makes current and later calls of all ranks fail.
  void abort() noexcept;

protected:
  struct transfer {
    operation op;
    const std::byte *send = nullptr;
    std::byte *receive = nullptr;
    void *stream = nullptr;
  };

  communicator(std::vector<int> members, int rank, collective_limits limits)
      : limits(limits), world_ranks(std::move(members)), own_rank(rank) {}

  /// Fails if this backend cannot do it, before it is counted.
  virtual void check_supported(operation_kind) const {}
  virtual void run(const transfer &what) = 0;
  virtual void wait_for_stream(void *) {}
  virtual void check_peers() {}
  virtual void gather_on_host(const void *send, void *receive, int64_t bytes) {
    all_gather(send, receive, bytes, element_type::u8);
  }
  /// `members` are world ranks, `rank` this one's place among them; `which`
  /// numbers the groups of one split. All ranks come here, each with its own.
  virtual std::unique_ptr<communicator> make_group(std::vector<int> members,
                                                   int rank, int which) = 0;

  /// Makes the calls of all ranks, this one too, fail with `fault`. From any
  /// thread.
  virtual void tell_all(const failure &fault) noexcept = 0;
  /// This rank has failed: lets go of what others may hold on to.
  virtual void stop() noexcept {}

  /// The bytes of `count` elements.
  static size_t bytes_of(const operation &op);

  const collective_limits limits;

private:
  void perform(transfer what);
  template <typename body_fn> void guard(const body_fn &body);
  void give_up(const failure &reason) noexcept;

  const std::vector<int> world_ranks;
  const int own_rank;
  uint64_t sequence = 0;
  std::optional<failure> first_failure;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_COMMUNICATOR_H
