//===- operation.h - What ranks agree on first ------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every rank of a group sends its operation along with its data and compares
// those of its peers: ranks that diverge get an error, never wrong sums.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_OPERATION_H
#define ATTNC_RT_COLLECTIVE_OPERATION_H

#include "package/element_type.h"

#include <cstdint>
#include <span>
#include <string>

namespace attnc_rt {

enum class operation_kind : uint8_t {
  join, // all ranks of the group have come up
  barrier,
  all_reduce,
  reduce_scatter,
  all_gather,
  broadcast,
  split
};

/// Goes between processes and hosts as it is.
struct operation {
  uint64_t sequence = 0; // the group's operations, counted from 1
  int64_t count = 0;     // elements as given to the communicator's function;
                         // of a split: its grid and axes
  int32_t root = 0;      // of a broadcast
  operation_kind kind = operation_kind::barrier;
  element_type type = element_type::u8;
  uint16_t reserved = 0;

  bool operator==(const operation &) const = default;
};
static_assert(sizeof(operation) == 24);

/// "all_reduce #5 (F32, 1024 elements)". Takes any bytes of a peer.
std::string describe(const operation &what);

/// Compares what the ranks `ranks` are about to do. Empty if they agree, else
/// a text that names the first rank, one that differs from it, and what both
/// do.
std::string find_divergence(std::span<const operation> operations,
                            std::span<const int> ranks);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_OPERATION_H
