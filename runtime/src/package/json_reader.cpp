//===- json_reader.cpp - Strict reading of JSON ---------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/json_reader.h"

#include "failure.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <set>

using namespace attnc_rt;

json attnc_rt::parse_json_object(std::string_view text,
                                 const std::string &where) {
  constexpr int max_depth = 32;
  // The keys seen so far in each open object, by its depth.
  std::vector<std::set<std::string>> keys;
  auto check = [&](int depth, json::parse_event_t event, json &value) {
    if (event == json::parse_event_t::object_start ||
        event == json::parse_event_t::array_start) {
      if (depth >= max_depth)
        fail_at(where, "JSON is nested deeper than 32");
      keys.resize(static_cast<size_t>(depth));
      keys.emplace_back();
    } else if (event == json::parse_event_t::key) {
      const auto &key = value.get_ref<const std::string &>();
      if (!keys[static_cast<size_t>(depth) - 1].insert(key).second)
        fail_at(where, "duplicate key " + in_quotes(key));
    }
    return true;
  };
  try {
    // The library would skip a byte order mark; an object starts with a brace.
    if (text.empty() || text[0] != '{')
      fail_at(where, "expected a JSON object");
    return json::parse(text, check);
  } catch (const json::parse_error &error) {
    fail_at(where, "not valid JSON at byte " + std::to_string(error.byte));
  }
}

void attnc_rt::fail_at(const std::string &where, const std::string &message) {
  fail(ATTNC_RT_BAD_PACKAGE, "%s: %s", where.c_str(), message.c_str());
}

std::string attnc_rt::element_of(const std::string &where, size_t index) {
  return where + "[" + std::to_string(index) + "]";
}

static void expect(bool is_expected, const char *expected, const json &value,
                   const std::string &where) {
  if (!is_expected)
    fail_at(where, std::string("expected ") + expected + ", got " +
                       (value.is_number() ? value.dump() : value.type_name()));
}

const json &attnc_rt::as_object(const json &value, const std::string &where) {
  expect(value.is_object(), "an object", value, where);
  return value;
}

const json &attnc_rt::as_array(const json &value, const std::string &where) {
  expect(value.is_array(), "an array", value, where);
  return value;
}

const std::string &attnc_rt::as_string(const json &value,
                                       const std::string &where) {
  expect(value.is_string(), "a string", value, where);
  return value.get_ref<const std::string &>();
}

bool attnc_rt::as_bool(const json &value, const std::string &where) {
  expect(value.is_boolean(), "true or false", value, where);
  return value.get<bool>();
}

int64_t attnc_rt::as_integer(const json &value, const std::string &where) {
  expect(value.is_number_unsigned() && value.get<uint64_t>() <= INT64_MAX,
         "an integer in 0 ... 2^63 - 1", value, where);
  return value.get<int64_t>();
}

const std::string &attnc_rt::as_name(const json &value,
                                     const std::string &where) {
  const std::string &name = as_string(value, where);
  check_name(name, where);
  return name;
}

void attnc_rt::check_name(const std::string &name, const std::string &where) {
  auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (name.empty() || std::any_of(name.begin(), name.end(), is_control))
    fail_at(where, "expected a name without control characters, got " +
                       in_quotes(name));
}

object_reader::object_reader(const json &value, std::string path)
    : object(as_object(value, path)), where(std::move(path)) {}

const json &object_reader::operator[](const char *key) {
  auto member = object.find(key);
  if (member == object.end())
    fail_at(where, "lacks the member " + in_quotes(key));
  read.push_back(key);
  return *member;
}

const json *object_reader::find(const char *key) {
  return object.contains(key) ? &(*this)[key] : nullptr;
}

const std::string &object_reader::name(const char *key) {
  return as_name((*this)[key], path(key));
}

int64_t object_reader::integer(const char *key) {
  return as_integer((*this)[key], path(key));
}

const json &object_reader::array(const char *key) {
  return as_array((*this)[key], path(key));
}

void object_reader::finish() const {
  for (const auto &member : object.items())
    if (std::none_of(read.begin(), read.end(), [&](const std::string &key) {
          return member.key() == key;
        }))
      fail_at(where, "unknown member " + in_quotes(member.key()));
}
