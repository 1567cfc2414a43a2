//===- rank_slices.h - How ranks divide tensors -----------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rank r's coordinates in the grid are the digits of r, the last axis fastest.
// A dimension that an axis divides has slices of equal size, one behind the
// other. Neighbours of a group have the same one. At an axis of 4 ranks:
//
//     {"axis": 0, "group": 1}    ranks 0 1 2 3 have the slices 0 1 2 3
//     {"axis": 0, "group": 2}    ranks 0 1 2 3 have the slices 0 0 1 1
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_RANK_SLICES_H
#define ATTNC_RT_PACKAGE_RANK_SLICES_H

#include "package/json_reader.h"

#include <cstdint>
#include <string>
#include <vector>

namespace attnc_rt {

/// The ranks that a package is for.
struct rank_grid {
  std::string name;
  std::vector<int64_t> shape; // empty: one rank
  int64_t num_ranks() const;
};

/// "2 ranks (grid tp = 2)", for messages.
std::string describe(const rank_grid &grid);

/// How ranks divide one dimension.
struct dim_split {
  static constexpr int64_t whole = -1;
  int64_t axis = whole;
  int64_t group = 1; // neighbours on the axis that have the same slice

  int64_t num_slices(const rank_grid &grid) const;
  /// The number of the slice that `rank` has.
  int64_t slice_of(const rank_grid &grid, int64_t rank) const;
};

rank_grid parse_grid(const json &value, const std::string &where);

/// An array of null or a split for each of `rank` dimensions.
std::vector<dim_split> parse_split(const json &value, size_t rank,
                                   const rank_grid &grid,
                                   const std::string &where);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_RANK_SLICES_H
