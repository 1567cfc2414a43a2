//===- operation.cpp - What ranks agree on before they exchange data ------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/operation.h"

#include "collective/process_grid.h"

#include <iterator>

using namespace attnc_rt;

// In the order of operation_kind.
static constexpr const char *kind_names[] = {
    "join",       "barrier",   "all_reduce", "reduce_scatter",
    "all_gather", "broadcast", "split"};

static std::string kind_name(operation_kind kind) {
  auto index = static_cast<size_t>(kind);
  return index < std::size(kind_names) ? kind_names[index]
                                       : "operation " + std::to_string(index);
}

static std::string type_name(element_type type) {
  return type <= element_type::u8
             ? name(type)
             : "type " + std::to_string(static_cast<unsigned>(type));
}

std::string attnc_rt::describe(const operation &what) {
  std::string text = kind_name(what.kind);
  if (what.kind == operation_kind::join)
    return text;
  text += " #" + std::to_string(what.sequence);
  if (what.kind == operation_kind::barrier)
    return text;
  if (what.kind == operation_kind::split)
    return text + " (" + describe_split(what.count) + ")";
  text += " (" + type_name(what.type) + ", " + std::to_string(what.count) +
          " elements";
  if (what.kind == operation_kind::broadcast)
    text += ", root " + std::to_string(what.root);
  return text + ")";
}

std::string attnc_rt::find_divergence(std::span<const operation> operations,
                                      std::span<const int> ranks) {
  for (size_t i = 1; i < operations.size(); ++i)
    if (operations[i] != operations[0])
      return "ranks diverge: rank " + std::to_string(ranks[0]) + " calls " +
             describe(operations[0]) + ", rank " + std::to_string(ranks[i]) +
             " calls " + describe(operations[i]);
  return "";
}
