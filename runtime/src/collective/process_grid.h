//===- process_grid.h - Ranks in a grid, groups along axes ------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ranks are numbered in row-major order: the last axis varies fastest. The
// group of a rank along a set of axes are the ranks that have its coordinates
// on all other axes. In a 2x3 grid:
//
//     rank 0 1 2      along axis 0: {0 3} {1 4} {2 5}
//          3 4 5      along axis 1: {0 1 2} {3 4 5}
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_PROCESS_GRID_H
#define ATTNC_RT_COLLECTIVE_PROCESS_GRID_H

#include <cstdint>
#include <string>
#include <vector>

namespace attnc_rt {

struct process_grid {
  static constexpr size_t max_axes = 4;
  static constexpr int max_axis_size = 1023;

  std::vector<int> shape;
};

/// "2x3".
std::string describe(const process_grid &grid);

/// Fails unless the grid is within its limits and holds `size` ranks, and
/// `axes` (bit i: axis i) names only its axes, at least one.
void check_grid(const process_grid &grid, uint32_t axes, int size);

/// The ranks of `rank`'s group in ascending order. The grid is checked.
std::vector<int> group_along(const process_grid &grid, uint32_t axes, int rank);

/// A grid and axes as one number, and that number in words.
int64_t encode_split(const process_grid &grid, uint32_t axes);
std::string describe_split(int64_t encoded);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_PROCESS_GRID_H
