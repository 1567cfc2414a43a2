//===- package.cpp - One opened package -----------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/package.h"

#include "failure.h"
#include "package/launch_check.h"
#include "package/plan_agreement.h"
#include "threads/thread_pool.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

using namespace attnc_rt;

static constexpr uint64_t length_bytes = 8;
static constexpr uint64_t hash_bytes = 32;
static constexpr uint64_t data_alignment = 4096;
static constexpr uint64_t max_header_bytes = 100'000'000;

/// Checks the file's frame and the header's hash, which is what the file ends
/// with; returns a copy of the header, so that it stays what was checked.
static std::string read_header(std::span<const std::byte> file) {
  if (file.size() < length_bytes + hash_bytes)
    fail_at("file",
            "expected at least 40 bytes, got " + std::to_string(file.size()));
  uint64_t length;
  memcpy(&length, file.data(), length_bytes);
  if (length > max_header_bytes)
    fail_at("header",
            "expected at most 100000000 bytes, got " + std::to_string(length));
  uint64_t available = file.size() - length_bytes - hash_bytes;
  if (length > available)
    fail_at("header", "has " + std::to_string(length) +
                          " bytes, of which the file has room for " +
                          std::to_string(available));
  if ((length_bytes + length) % data_alignment != 0)
    fail_at("header", "expected an end at a multiple of 4096, got " +
                          std::to_string(length_bytes + length));
  std::string header(reinterpret_cast<const char *>(file.data() + length_bytes),
                     length);
  digest hash = sha256(std::as_bytes(std::span(header)));
  if (memcmp(hash.data(), file.last(hash_bytes).data(), hash_bytes) != 0)
    fail_at("header", "its SHA-256 is not the one at the end of the file: the "
                      "file is damaged or no attnc package");
  return header;
}

static json parse_header(const std::string &text) {
  // Padding is spaces: other blanks would be read as JSON, too.
  size_t last = text.find_last_not_of(' ');
  if (last == std::string::npos || text[last] != '}')
    fail_at("header", "expected a JSON object and spaces");
  return parse_json_object(text, "header");
}

package::package(const std::string &path) : file(path) {
  const std::string text = read_header(file.bytes());
  const json header = parse_header(text);
  data = file.bytes().subspan(length_bytes + text.size());

  object_reader header_reader(header, "header");
  object_reader metadata(header_reader["__metadata__"], "header: __metadata__");
  const json manifest_json = parse_json_object(
      as_string(metadata["attnc.manifest"], "manifest"), "manifest");
  // Before all else: another format may differ in anything.
  check_format(manifest_json);
  table = tensor_table(header, data.size());
  parsed_manifest = parse_manifest(manifest_json, table);

  std::vector<std::string> targets = parsed_manifest.target_names();
  if (targets.empty())
    targets.push_back("");
  for (const std::string &target : targets) {
    bool is_gpu = parsed_manifest.gpu && target == parsed_manifest.gpu->name;
    const std::string suffix = is_gpu ? "." + target : "";
    const std::string key = "attnc.plan" + suffix, where = "plan" + suffix;
    const json plan =
        parse_json_object(as_string(metadata[key.c_str()], where), where);
    parsed_plans.push_back(
        {target, parse_plan(plan, table, parsed_manifest, target, where)});
    if (is_gpu)
      for (const entry &each : parsed_plans.back().entries)
        check_launches(each, *parsed_manifest.gpu);
    check_same_signatures(parsed_plans.front().entries,
                          parsed_plans.back().entries, where);
  }
  metadata.finish();
  is_checked = std::make_unique<std::atomic<bool>[]>(table.tensors().size());
}

std::array<std::byte, 32> package::header_hash() const {
  std::array<std::byte, hash_bytes> hash;
  memcpy(hash.data(), file.bytes().last(hash_bytes).data(), hash_bytes);
  return hash;
}

std::span<const std::byte> package::bytes(size_t tensor) const {
  const stored_tensor &row = table[tensor];
  return data.subspan(row.begin, row.end - row.begin);
}

void package::check_hashes(std::vector<size_t> wanted,
                           thread_pool &pool) const {
  std::erase_if(wanted, [&](size_t tensor) -> bool {
    return is_checked[tensor] || parsed_manifest.hashes[tensor].empty();
  });
  // The largest first, so that no thread ends with one alone.
  std::sort(wanted.begin(), wanted.end(), [&](size_t a, size_t b) {
    size_t a_bytes = bytes(a).size(), b_bytes = bytes(b).size();
    return a_bytes != b_bytes ? a_bytes > b_bytes : a < b;
  });
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  struct job {
    const package &self;
    const std::vector<size_t> &wanted;
  } context{*this, wanted};
  auto hash = [](void *context, int, int64_t begin, int64_t end) {
    const auto &[self, wanted] = *static_cast<job *>(context);
    for (int64_t i = begin; i < end; ++i) {
      size_t tensor = wanted[static_cast<size_t>(i)];
      digest found = sha256(self.bytes(tensor));
      self.is_checked[tensor] =
          hex(found) == self.parsed_manifest.hashes[tensor];
    }
  };
  pool.run(static_cast<int64_t>(wanted.size()), 1, hash, &context);
  for (size_t tensor : wanted)
    if (!is_checked[tensor])
      fail_at("tensor " + in_quotes(table[tensor].name),
              "its SHA-256 is not the manifest's: expected " +
                  parsed_manifest.hashes[tensor] + ", got " +
                  hex(sha256(bytes(tensor))));
}

void package::verify(thread_pool &pool) const {
  std::vector<size_t> all;
  for (size_t i = 0; i < table.tensors().size(); ++i) {
    all.push_back(i);
    std::span<const std::byte> contents = bytes(i);
    if (table[i].kind == tensor_kind::padding &&
        std::any_of(contents.begin(), contents.end(),
                    [](std::byte value) { return value != std::byte(0); }))
      fail_at("tensor " + in_quotes(table[i].name),
              "expected zeros as padding");
  }
  check_hashes(std::move(all), pool);
}
