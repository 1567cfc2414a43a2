//===- shared_region.h - The memory through which ranks of one host meet --*-
// C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One mapping for all ranks: threads share an anonymous one, processes one
// memory file that has no name and vanishes with its last process. Each rank
// has a slot in each of its groups (the world is group 0; one split makes one
// further group number, in which every rank belongs to one of disjoint groups):
//
//     header | fault of rank 0 ... N - 1, of the launcher
//            | slot [group][rank]             what a rank waits for
//            | staging [group][rank][half]    what it hands over
//
// A slot's `phase` word counts the meetings that the rank has come to:
//
//     phase = count << 2 | left << 1 | fault
//
// Ranks sleep on this word alone. A fault and a leaving rank set their bits in
// the words themselves, so nobody can go to sleep after the news and miss it.
//
// A rank hands over data of meeting p in half p % 2. Before it fills a half
// again it has been to meeting p + 1, to which its peers come when they have
// read everything of meeting p: one meeting per exchange is enough.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_SHARED_REGION_H
#define ATTNC_RT_COLLECTIVE_SHARED_REGION_H

#include "collective/futex.h"
#include "collective/operation.h"
#include "failure.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace attnc_rt {

struct alignas(64) rank_slot {
  std::atomic<uint32_t> phase;
  std::atomic<uint32_t> sleepers;
  std::atomic<uint64_t> sequence; // of the operation the rank is in
  operation posted[2];            // of meeting p at [p % 2]
};

/// A view that owns its mapping; copies share it. Any thread may use it.
class shared_region {
public:
  static constexpr int max_ranks = 256;
  static constexpr int max_groups = 16;
  static constexpr size_t half_bytes = 128 << 10;

  /// For ranks that are threads of this process.
  static shared_region create(int num_ranks);
  /// For ranks that are processes: the mapping and the file that they attach
  /// to. The caller closes the file.
  static shared_region create_file(int num_ranks, int &file);
  /// Checks the file's size and header; does not keep it.
  static shared_region attach_file(int file);

  int num_ranks() const;
  rank_slot &slot(int group, int rank) const;
  std::byte *staging(int group, int rank, uint32_t half) const;

  /// Makes all ranks fail. The first fault is the one they report. `writer` is
  /// the rank that found it, or num_ranks() for the launcher.
  void raise(int writer, const failure &fault) const noexcept;
  failure fault() const;

  /// The rank will come to no more meetings.
  void leave(int rank) const noexcept;
  bool has_left(int rank) const;

  static constexpr uint32_t fault_bit = 1;
  static constexpr uint32_t left_bit = 2;
  static constexpr int count_shift = 2;

private:
  struct header;
  struct fault_record;

  explicit shared_region(std::shared_ptr<std::byte> memory)
      : memory(std::move(memory)) {}
  static shared_region map_new(int file, int num_ranks);
  header &head() const;
  fault_record &record(int writer) const;
  void set_bit(int rank, uint32_t bit) const noexcept;

  std::shared_ptr<std::byte> memory;
};

/// Comes to a meeting: counts the slot up and wakes whoever waits for it.
void arrive(rank_slot &slot);

/// A rank that has come counts as such also if it, or another one, failed
/// later.
enum class wait_result { arrived, fault, left, deadline };

/// Waits until the slot's count is `count` or more. `spins`: how often to look
/// before going to sleep.
wait_result wait_for(rank_slot &slot, uint32_t count, deadline_point deadline,
                     int spins);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_SHARED_REGION_H
