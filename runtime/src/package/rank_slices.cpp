//===- rank_slices.cpp - How ranks divide tensors -------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/rank_slices.h"

#include <nlohmann/json.hpp>

using namespace attnc_rt;

static constexpr size_t max_axes = 4;
static constexpr int64_t max_axis_size = 1023;
static constexpr int64_t max_ranks = 65536;

int64_t rank_grid::num_ranks() const {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

std::string attnc_rt::describe(const rank_grid &grid) {
  if (grid.shape.empty())
    return "1 rank";
  std::string sizes;
  for (int64_t size : grid.shape)
    sizes += (sizes.empty() ? "" : "x") + std::to_string(size);
  return std::to_string(grid.num_ranks()) + " ranks (grid " + grid.name +
         " = " + sizes + ")";
}

int64_t dim_split::num_slices(const rank_grid &grid) const {
  return axis == whole ? 1 : grid.shape[static_cast<size_t>(axis)] / group;
}

int64_t dim_split::slice_of(const rank_grid &grid, int64_t rank) const {
  if (axis == whole)
    return 0;
  for (size_t i = grid.shape.size() - 1; i > static_cast<size_t>(axis); --i)
    rank /= grid.shape[i];
  return rank % grid.shape[static_cast<size_t>(axis)] / group;
}

rank_grid attnc_rt::parse_grid(const json &value, const std::string &where) {
  object_reader reader(value, where);
  rank_grid grid{reader.name("name"), {}};
  const json &shape = reader.array("shape");
  reader.finish();
  if (shape.empty() || shape.size() > max_axes)
    fail_at(reader.path("shape"), "expected 1 ... " + std::to_string(max_axes) +
                                      " axes, got " +
                                      std::to_string(shape.size()));
  for (const json &size : shape) {
    grid.shape.push_back(as_integer(size, reader.path("shape")));
    if (grid.shape.back() < 1 || grid.shape.back() > max_axis_size)
      fail_at(reader.path("shape"),
              "expected axes of 1 ... " + std::to_string(max_axis_size) +
                  " ranks, got " + std::to_string(grid.shape.back()));
    if (grid.num_ranks() > max_ranks)
      fail_at(reader.path("shape"),
              "expected at most " + std::to_string(max_ranks) + " ranks");
  }
  if (grid.num_ranks() == 1)
    fail_at(reader.path("shape"), "expected more than 1 rank");
  return grid;
}

std::vector<dim_split> attnc_rt::parse_split(const json &value, size_t rank,
                                             const rank_grid &grid,
                                             const std::string &where) {
  if (as_array(value, where).size() != rank)
    fail_at(where, "expected a split for each of " + std::to_string(rank) +
                       " dimensions, got " + std::to_string(value.size()));
  std::vector<dim_split> splits;
  for (size_t i = 0; i < value.size(); ++i) {
    dim_split split;
    if (!value[i].is_null()) {
      object_reader reader(value[i], element_of(where, i));
      split = {reader.integer("axis"), reader.integer("group")};
      reader.finish();
      auto num_axes = static_cast<int64_t>(grid.shape.size());
      if (split.axis >= num_axes)
        fail_at(reader.path("axis"), "expected an axis below " +
                                         std::to_string(num_axes) + ", got " +
                                         std::to_string(split.axis));
      int64_t size = grid.shape[static_cast<size_t>(split.axis)];
      if (split.group == 0 || size % split.group != 0)
        fail_at(reader.path("group"), "expected a divisor of " +
                                          std::to_string(size) + ", got " +
                                          std::to_string(split.group));
      for (const dim_split &other : splits)
        if (other.axis == split.axis)
          fail_at(reader.path("axis"), "axis " + std::to_string(split.axis) +
                                           " divides a second dimension");
    }
    splits.push_back(split);
  }
  return splits;
}
