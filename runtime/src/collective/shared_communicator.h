//===- shared_communicator.h - Through shared memory ------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The backends `threads` and `processes`: they differ only in who maps the
// region and who notices that a rank is gone.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_SHARED_COMMUNICATOR_H
#define ATTNC_RT_COLLECTIVE_SHARED_COMMUNICATOR_H

#include "collective/communicator.h"
#include "collective/shared_region.h"

#include <span>

namespace attnc_rt {

/// A rank's place in a region. The last of its communicators gives it up, and
/// peers that wait for the rank are told.
struct region_seat {
  region_seat(shared_region region, int rank)
      : region(std::move(region)), rank(rank) {}
  ~region_seat() { region.leave(rank); }
  region_seat(const region_seat &) = delete;
  region_seat &operator=(const region_seat &) = delete;

  const shared_region region;
  const int rank;
  int num_groups = 1;
};

class shared_communicator final : public communicator {
public:
  /// Group `group` of the region, with the world ranks `members`. If
  /// `waits_for_all`, returns when all members have come, within the init
  /// deadline.
  shared_communicator(std::shared_ptr<region_seat> seat, int group,
                      std::vector<int> members, int rank,
                      const collective_limits &limits, bool waits_for_all);

private:
  void tell_all(const failure &fault) noexcept override {
    seat->region.raise(seat->rank, fault);
  }
  void run(const transfer &what) override;
  std::unique_ptr<communicator> make_group(std::vector<int> members, int rank,
                                           int which) override;

  void all_reduce_small(const transfer &what);
  void all_reduce_large(const transfer &what);
  void reduce_scatter_chunks(const transfer &what);
  void all_gather_chunks(const transfer &what);
  void broadcast_chunks(const transfer &what);
  void agree_on_group();

  void begin(const operation &op, std::chrono::milliseconds time);
  void meet();
  [[noreturn]] void miss(size_t peer, wait_result reason) const;
  [[noreturn]] void throw_fault() const;
  std::byte *outgoing() const;
  const std::byte *incoming(size_t peer) const;
  std::span<const std::byte *const> all_incoming(size_t offset);

  const std::shared_ptr<region_seat> seat;
  const int group;
  const int spins;

  operation current;
  std::chrono::milliseconds allowed{0};
  deadline_point deadline;
  uint32_t meetings = 0;
  std::vector<operation> posted;
  std::vector<const std::byte *> inputs;
};

/// N ranks in this process, for one thread each.
std::vector<std::unique_ptr<communicator>>
make_thread_ranks(int num_ranks, const collective_limits &limits);

/// This process's rank among those that launch_ranks (launcher.h) has started.
/// `file` is what the launcher left open. Waits for all.
std::unique_ptr<communicator>
join_process_ranks(int file, int rank, int num_ranks,
                   const collective_limits &limits);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_SHARED_COMMUNICATOR_H
