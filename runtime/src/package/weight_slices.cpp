//===- weight_slices.cpp - The tensors of a weight, rank by rank ----------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/weight_slices.h"

#include "failure.h"

#include <nlohmann/json.hpp>

using namespace attnc_rt;

static size_t find_weight(const json &value, const tensor_table &tensors,
                          const std::string &where) {
  const std::string &name = as_name(value, where);
  auto tensor = tensors.find(name);
  if (!tensor || tensors[*tensor].kind != tensor_kind::weight)
    fail_at(where, in_quotes(name) + " is no weight");
  return *tensor;
}

/// Rank r has `slices[r]`; one slice for all ranks is the whole.
static void check_slices(const std::vector<size_t> &slices,
                         const std::vector<dim_split> &split,
                         const tensor_table &tensors, const manifest &manifest,
                         const std::string &where) {
  const weight_source &first = manifest.weight(slices[0]);
  for (size_t rank = 0; rank < slices.size(); ++rank) {
    const weight_source &slice = manifest.weight(slices[rank]);
    const std::string name = in_quotes(tensors[slices[rank]].name);
    if (slice.source != first.source || slice.dtype != first.dtype ||
        slice.shape != first.shape || slice.pad != first.pad ||
        slice.layout != first.layout)
      fail_at(where, name + ": expected a slice of the same tensor as " +
                         in_quotes(tensors[slices[0]].name));
    for (size_t i = 0; i < split.size(); ++i) {
      int64_t size = slice.slice_size[i];
      int64_t whole = slice.shape[i] + slice.pad[i];
      int64_t number =
          split[i].slice_of(manifest.grid, static_cast<int64_t>(rank));
      int64_t num_slices = split[i].num_slices(manifest.grid);
      if (whole % num_slices != 0 || size != whole / num_slices ||
          slice.slice_offset[i] != number * size)
        fail_at(where, name + ": dimension " + std::to_string(i) +
                           ": expected slice " + std::to_string(number) +
                           " of " + std::to_string(num_slices) + " of " +
                           std::to_string(whole) + " elements, got " +
                           std::to_string(size) + " at " +
                           std::to_string(slice.slice_offset[i]));
    }
  }
}

std::vector<size_t> attnc_rt::parse_weight_tensors(object_reader &reader,
                                                   const tensor_table &tensors,
                                                   const manifest &manifest) {
  const rank_grid &grid = manifest.grid;
  std::vector<size_t> slices;
  const json *list = grid.shape.empty() ? nullptr : reader.find("tensors");
  if (!list) {
    const std::string where = reader.path("tensor");
    slices = {find_weight(reader["tensor"], tensors, where)};
    std::vector<dim_split> whole(manifest.weight(slices[0]).shape.size());
    check_slices(slices, whole, tensors, manifest, where);
    return slices;
  }
  const std::string where = reader.path("tensors");
  for (const json &name : as_array(*list, where))
    slices.push_back(find_weight(name, tensors, where));
  if (slices.size() != static_cast<size_t>(grid.num_ranks()))
    fail_at(where, "expected one for each of " + describe(grid) + ", got " +
                       std::to_string(slices.size()));
  size_t rank = manifest.weight(slices[0]).shape.size();
  check_slices(slices,
               parse_split(reader["split"], rank, grid, reader.path("split")),
               tensors, manifest, where);
  return slices;
}
