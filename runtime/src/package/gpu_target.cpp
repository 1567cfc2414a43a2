//===- gpu_target.cpp - The GPU kernels of a package ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/gpu_target.h"

#include "failure.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>

using namespace attnc_rt;

namespace {
struct param_row {
  const char *name;
  int64_t bytes;
};
} // namespace

// In the order of gpu_param_kind.
static constexpr param_row param_rows[] = {{"tensor_map", 128},
                                           {"pointer", 8},
                                           {"size", 4},
                                           {"stride", 8},
                                           {"counter", 8}};

static const param_row &row(gpu_param_kind kind) {
  return param_rows[static_cast<size_t>(kind)];
}

const char *attnc_rt::name(gpu_param_kind kind) { return row(kind).name; }

int64_t attnc_rt::size_of(gpu_param_kind kind) { return row(kind).bytes; }

static constexpr int64_t max_threads = 1024;
static constexpr int64_t swizzle_bytes = 128;
static constexpr int64_t max_box = 256;
static constexpr size_t max_map_rank = 5;

size_t attnc_rt::parse_kernel_blob(object_reader &reader,
                                   const tensor_table &tensors) {
  const std::string &blob = reader.name("blob");
  auto tensor = tensors.find(blob);
  if (!tensor || tensors[*tensor].kind != tensor_kind::kernels)
    fail_at(reader.path("blob"), in_quotes(blob) + " is no kernel blob");
  return *tensor;
}

static uint8_t parse_access(const std::string &name, const std::string &where) {
  static constexpr std::pair<const char *, uint8_t> rows[] = {
      {"read", ATTNC_READ},
      {"write", ATTNC_WRITE},
      {"read_write", ATTNC_READ_WRITE}};
  for (auto [text, access] : rows)
    if (name == text)
      return access;
  fail_at(where, "expected read, write or read_write, got " + in_quotes(name));
}

static attnc_kernel_param parse_argument(const json &value,
                                         const std::string &where) {
  object_reader reader(value, where);
  attnc_kernel_param result = {};
  const std::string &dtype = reader.name("dtype");
  auto type = parse_element_type(dtype);
  if (!type || *type == element_type::u8)
    fail_at(reader.path("dtype"), "unknown dtype " + in_quotes(dtype));
  result.dtype = static_cast<uint8_t>(*type);
  result.access = parse_access(reader.name("access"), reader.path("access"));
  const json &sizes = reader.array("sizes");
  if (sizes.empty() || sizes.size() > ATTNC_KERNEL_MAX_RANK)
    fail_at(reader.path("sizes"),
            "expected a rank of 1 ... 6, got " + std::to_string(sizes.size()));
  result.rank = static_cast<uint8_t>(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i)
    result.sizes[i] =
        sizes[i].is_null() ? -1 : as_integer(sizes[i], reader.path("sizes"));
  reader.finish();
  return result;
}

/// What the driver asks of a box that does not depend on the view's sizes.
static std::vector<uint32_t> parse_box(object_reader &reader,
                                       const attnc_kernel_param &argument) {
  const std::string where = reader.path("box");
  const json &sizes = reader.array("box");
  size_t rank = argument.rank;
  if ((sizes.size() != rank && sizes.size() != rank + 1) ||
      sizes.size() > max_map_rank)
    fail_at(where, "expected " + std::to_string(rank) + " or " +
                       std::to_string(rank + 1) +
                       " sizes and at most 5 for a view of rank " +
                       std::to_string(rank) + ", got " +
                       std::to_string(sizes.size()));
  // Panels of a row go behind the rows.
  if (sizes.size() == rank + 1 && rank < 2)
    fail_at(where, "expected 1 size for a view of rank 1, got 2");
  std::vector<uint32_t> box;
  for (const json &size : sizes) {
    int64_t value = as_integer(size, where);
    if (value < 1 || value > max_box)
      fail_at(where, "expected 1 ... 256, got " + std::to_string(value));
    box.push_back(static_cast<uint32_t>(value));
  }
  int64_t element = size_of(static_cast<element_type>(argument.dtype));
  if (box[0] != swizzle_bytes / element)
    fail_at(where, "expected rows of 128 bytes, " +
                       std::to_string(swizzle_bytes / element) +
                       " elements, got " + std::to_string(box[0]));
  return box;
}

static gpu_param parse_param(const json &value,
                             std::span<const attnc_kernel_param> arguments,
                             const std::string &where) {
  object_reader reader(value, where);
  const std::string &kind = reader.name("kind");
  const auto *found =
      std::find_if(std::begin(param_rows), std::end(param_rows),
                   [&](const param_row &each) { return kind == each.name; });
  if (found == std::end(param_rows))
    fail_at(reader.path("kind"), "unknown kind " + in_quotes(kind));
  gpu_param result{
      static_cast<gpu_param_kind>(found - std::begin(param_rows)), 0, 0, {}};
  if (result.kind == gpu_param_kind::counter) {
    reader.finish();
    return result;
  }
  result.argument = static_cast<size_t>(reader.integer("argument"));
  if (result.argument >= arguments.size())
    fail_at(reader.path("argument"),
            "expected an argument below " + std::to_string(arguments.size()) +
                ", got " + std::to_string(result.argument));
  const attnc_kernel_param &argument = arguments[result.argument];
  if (result.kind == gpu_param_kind::size ||
      result.kind == gpu_param_kind::stride) {
    result.dim = static_cast<size_t>(reader.integer("dim"));
    if (result.dim >= argument.rank)
      fail_at(reader.path("dim"), "expected a dimension below " +
                                      std::to_string(argument.rank) + ", got " +
                                      std::to_string(result.dim));
  }
  if (result.kind == gpu_param_kind::tensor_map)
    result.box = parse_box(reader, argument);
  reader.finish();
  return result;
}

static gpu_kernel parse_kernel(const json &value, const tensor_table &tensors,
                               const std::string &where) {
  object_reader reader(value, where);
  gpu_kernel result;
  result.name = reader.name("name");
  result.blob = parse_kernel_blob(reader, tensors);
  result.threads = reader.integer("threads");
  if (result.threads < 1 || result.threads > max_threads)
    fail_at(reader.path("threads"),
            "expected 1 ... 1024, got " + std::to_string(result.threads));
  result.shared_bytes = reader.integer("shared_bytes");
  if (result.shared_bytes > INT32_MAX)
    fail_at(reader.path("shared_bytes"),
            "expected at most 2^31 - 1, got " +
                std::to_string(result.shared_bytes));
  result.persistent = as_bool(reader["persistent"], reader.path("persistent"));
  const json &arguments = reader.array("arguments");
  for (size_t i = 0; i < arguments.size(); ++i)
    result.arguments.push_back(
        parse_argument(arguments[i], element_of(reader.path("arguments"), i)));
  const json &params = reader.array("params");
  for (size_t i = 0; i < params.size(); ++i)
    result.params.push_back(parse_param(params[i], result.arguments,
                                        element_of(reader.path("params"), i)));
  reader.finish();
  return result;
}

gpu_target attnc_rt::parse_gpu_target(object_reader &reader,
                                      const tensor_table &tensors) {
  gpu_target result{gpu_target_name, {}};
  const json &kernels = reader.array("kernels");
  for (size_t i = 0; i < kernels.size(); ++i) {
    const std::string where = element_of(reader.path("kernels"), i);
    gpu_kernel next = parse_kernel(kernels[i], tensors, where);
    for (const gpu_kernel &earlier : result.kernels) {
      if (earlier.name == next.name)
        fail_at(where + ".name", "a second kernel " + in_quotes(next.name));
      if (earlier.blob == next.blob)
        fail_at(where + ".blob",
                "a second kernel in " + in_quotes(tensors[next.blob].name));
    }
    result.kernels.push_back(std::move(next));
  }
  reader.finish();
  return result;
}
