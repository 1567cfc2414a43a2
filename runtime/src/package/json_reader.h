//===- json_reader.h - Strict reading of JSON -------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every function takes `where`, the path of the value for messages such as
// "plan.entries.block.steps[3]", and fails with ATTNC_RT_BAD_PACKAGE.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_JSON_READER_H
#define ATTNC_RT_PACKAGE_JSON_READER_H

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attnc_rt {

using json = nlohmann::json;

/// Parses an object; duplicate keys and nesting beyond 32 are errors.
json parse_json_object(std::string_view text, const std::string &where);

[[noreturn]] void fail_at(const std::string &where, const std::string &message);

/// "where[index]".
std::string element_of(const std::string &where, size_t index);

const json &as_object(const json &value, const std::string &where);
const json &as_array(const json &value, const std::string &where);
const std::string &as_string(const json &value, const std::string &where);
bool as_bool(const json &value, const std::string &where);
/// An integer in 0 ... 2^63 - 1.
int64_t as_integer(const json &value, const std::string &where);

/// A name that can be shown: not empty, without control characters.
const std::string &as_name(const json &value, const std::string &where);
void check_name(const std::string &name, const std::string &where);

/// Reads the members of one object, which must outlive the reader.
class object_reader {
public:
  object_reader(const json &value, std::string where);

  /// The member; its absence is an error.
  const json &operator[](const char *key);

  /// The member, or null if there is none.
  const json *find(const char *key);

  /// "where.key".
  std::string path(const char *key) const { return where + "." + key; }

  const std::string &name(const char *key);
  int64_t integer(const char *key);
  const json &array(const char *key);

  /// Refuses members that were not read.
  void finish() const;

private:
  const json &object;
  std::string where;
  std::vector<std::string> read;
};

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_JSON_READER_H
