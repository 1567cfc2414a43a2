//===- process_grid.cpp - Ranks in a grid and the groups along its axes ---===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/process_grid.h"

#include "failure.h"

using namespace attnc_rt;

static constexpr int bits_per_axis = 10;
static_assert((1 << bits_per_axis) - 1 == process_grid::max_axis_size);

std::string attnc_rt::describe(const process_grid &grid) {
  std::string text;
  for (int size : grid.shape)
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

void attnc_rt::check_grid(const process_grid &grid, uint32_t axes, int size) {
  if (grid.shape.empty() || grid.shape.size() > process_grid::max_axes)
    fail(ATTNC_RT_INVALID_ARGUMENT, "grid: expected 1 ... %zu axes, got %zu",
         process_grid::max_axes, grid.shape.size());
  int64_t product = 1;
  for (int axis_size : grid.shape) {
    if (axis_size < 1 || axis_size > process_grid::max_axis_size)
      fail(ATTNC_RT_INVALID_ARGUMENT,
           "grid: expected axes of 1 ... %d ranks, got %s",
           process_grid::max_axis_size, describe(grid).c_str());
    product *= axis_size;
  }
  if (product != size)
    fail(ATTNC_RT_INVALID_ARGUMENT, "grid %s: expected %lld ranks, got %d",
         describe(grid).c_str(), static_cast<long long>(product), size);
  if (axes == 0 || axes >> grid.shape.size())
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "grid %s: expected axes 0 ... %zu, got the set 0x%x",
         describe(grid).c_str(), grid.shape.size() - 1, axes);
}

/// The rank's number with the coordinates on `axes` set to zero.
static int origin(const process_grid &grid, uint32_t axes, int rank) {
  int result = 0;
  int stride = 1;
  for (size_t axis = grid.shape.size(); axis-- > 0;) {
    int coordinate = rank / stride % grid.shape[axis];
    if (!(axes >> axis & 1))
      result += coordinate * stride;
    stride *= grid.shape[axis];
  }
  return result;
}

std::vector<int> attnc_rt::group_along(const process_grid &grid, uint32_t axes,
                                       int rank) {
  int size = 1;
  for (int axis_size : grid.shape)
    size *= axis_size;
  std::vector<int> members;
  for (int other = 0; other < size; ++other)
    if (origin(grid, axes, other) == origin(grid, axes, rank))
      members.push_back(other);
  return members;
}

int64_t attnc_rt::encode_split(const process_grid &grid, uint32_t axes) {
  int64_t encoded = axes;
  for (size_t axis = grid.shape.size(); axis-- > 0;)
    encoded = encoded << bits_per_axis | grid.shape[axis];
  return encoded << 4 | static_cast<int64_t>(grid.shape.size());
}

std::string attnc_rt::describe_split(int64_t encoded) {
  process_grid grid;
  auto num_axes = static_cast<size_t>(encoded & 0xf);
  encoded >>= 4;
  for (size_t axis = 0; axis < num_axes; ++axis) {
    grid.shape.push_back(
        static_cast<int>(encoded & process_grid::max_axis_size));
    encoded >>= bits_per_axis;
  }
  std::string axes;
  for (size_t axis = 0; axis < num_axes; ++axis)
    if (encoded >> axis & 1)
      axes += (axes.empty() ? "" : ", ") + std::to_string(axis);
  return "grid " + describe(grid) + ", axes " + axes;
}
