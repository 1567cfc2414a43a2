//===- tensor_table.cpp - The tensors of a package ------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/tensor_table.h"

#include "failure.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

using namespace attnc_rt;

static constexpr uint64_t blob_alignment = 64;

static tensor_kind classify(const std::string &name, const std::string &where) {
  if (!name.starts_with("attnc."))
    return tensor_kind::weight;
  if (name.starts_with("attnc.kernels."))
    return tensor_kind::kernels;
  if (name == "attnc.sha256")
    return tensor_kind::header_hash;
  if (name.starts_with("attnc.pad."))
    return tensor_kind::padding;
  fail_at(where, "unknown tensor: names that start with 'attnc.' are reserved");
}

static element_type stored_type(const std::string &name,
                                const std::string &where) {
  auto type = parse_element_type(name);
  if (!type || *type == element_type::i8 || *type == element_type::i1)
    fail_at(where,
            "expected F32, BF16, F16, I32 or U8, got " + in_quotes(name));
  return *type;
}

static stored_tensor parse_tensor(const std::string &name, const json &value,
                                  uint64_t data_size) {
  check_name(name, "header");
  object_reader reader(value, "header: tensor " + in_quotes(name));
  stored_tensor result{name,
                       classify(name, reader.path("name")),
                       stored_type(reader.name("dtype"), reader.path("dtype")),
                       {},
                       0,
                       0};
  int64_t bytes = size_of(result.dtype);
  for (const json &size : reader.array("shape")) {
    result.shape.push_back(as_integer(size, reader.path("shape")));
    if (__builtin_mul_overflow(bytes, result.shape.back(), &bytes))
      fail_at(reader.path("shape"), "the size in bytes overflows");
  }

  std::string where = reader.path("data_offsets");
  const json &offsets = reader.array("data_offsets");
  reader.finish();
  if (offsets.size() != 2)
    fail_at(where, "expected 2 offsets, got " + std::to_string(offsets.size()));
  result.begin = static_cast<uint64_t>(as_integer(offsets[0], where));
  result.end = static_cast<uint64_t>(as_integer(offsets[1], where));
  if (result.begin > result.end || result.end > data_size)
    fail_at(where, "expected a range in 0 ... " + std::to_string(data_size) +
                       ", got " + offsets.dump());
  if (result.end - result.begin != static_cast<uint64_t>(bytes))
    fail_at(where, "expected " + std::to_string(bytes) + " bytes, got " +
                       std::to_string(result.end - result.begin));

  if (result.kind == tensor_kind::weight)
    return result;
  if (result.dtype != element_type::u8 || result.shape.size() != 1)
    fail_at(where, "expected a U8 tensor of rank 1");
  if (result.kind == tensor_kind::header_hash && bytes != 32)
    fail_at(where, "expected 32 bytes, got " + std::to_string(bytes));
  return result;
}

tensor_table::tensor_table(const json &header, uint64_t data_size) {
  for (const auto &[name, value] : header.items())
    if (name != "__metadata__")
      rows.push_back(parse_tensor(name, value, data_size));
  std::sort(rows.begin(), rows.end(),
            [](const stored_tensor &a, const stored_tensor &b) {
              return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
            });

  uint64_t end = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const stored_tensor &row = rows[i];
    std::string where = "header: tensor " + in_quotes(row.name);
    if (row.begin != end)
      fail_at(where, "expected it to begin at " + std::to_string(end) +
                         ", where the one before ends, got " +
                         std::to_string(row.begin));
    if (row.kind != tensor_kind::padding && row.begin % blob_alignment != 0)
      fail_at(where, "expected it to begin at a multiple of 64, got " +
                         std::to_string(row.begin));
    end = row.end;
    indices.emplace(row.name, i);
  }
  if (end != data_size)
    fail_at("header", "expected the tensors to end with the file at " +
                          std::to_string(data_size) + ", got " +
                          std::to_string(end));
  if (rows.empty() || rows.back().kind != tensor_kind::header_hash)
    fail_at("header", "expected 'attnc.sha256' as the last tensor");
}

std::optional<size_t> tensor_table::find(const std::string &name) const {
  auto found = indices.find(name);
  if (found == indices.end())
    return std::nullopt;
  return found->second;
}
