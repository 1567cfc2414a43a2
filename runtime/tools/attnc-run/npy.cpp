//===- npy.cpp - NumPy's files --------------------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "npy.h"

#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>

using namespace attnc_run;

static constexpr std::string_view magic = "\x93NUMPY";
static constexpr size_t alignment = 64;

namespace {
/// Reads the header, a Python dict with exactly the keys 'descr',
/// 'fortran_order' and 'shape'.
class header_parser {
public:
  header_parser(std::string_view text, const std::string &path)
      : text(text), path(path) {}

  void parse(npy_array &array);

private:
  [[noreturn]] void refuse(const std::string &expected) const {
    throw std::runtime_error(path + ": bad .npy header: expected " + expected);
  }
  /// Skips blanks; true if `token` came next, which is then behind us.
  bool accept(std::string_view token);
  void expect(std::string_view token);
  std::string_view parse_string();
  std::vector<int64_t> parse_shape();

  std::string_view text;
  const std::string &path;
};
} // namespace

bool header_parser::accept(std::string_view token) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  if (!text.starts_with(token))
    return false;
  text.remove_prefix(token.size());
  return true;
}

void header_parser::expect(std::string_view token) {
  if (!accept(token))
    refuse("'" + std::string(token) + "'");
}

std::string_view header_parser::parse_string() {
  expect("'");
  size_t length = text.find('\'');
  if (length == std::string_view::npos)
    refuse("the end of a string");
  std::string_view result = text.substr(0, length);
  text.remove_prefix(length + 1);
  return result;
}

std::vector<int64_t> header_parser::parse_shape() {
  std::vector<int64_t> shape;
  expect("(");
  while (!accept(")")) {
    accept(""); // blanks
    int64_t size;
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || size < 0)
      refuse("a size");
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    shape.push_back(size);
    if (!accept(",") && !text.starts_with(")"))
      refuse("',' or ')'");
  }
  return shape;
}

void header_parser::parse(npy_array &array) {
  std::optional<bool> fortran_order;
  bool has_shape = false;
  expect("{");
  while (!accept("}")) {
    std::string_view key = parse_string();
    expect(":");
    if (key == "descr" && array.descr.empty()) {
      array.descr = parse_string();
    } else if (key == "fortran_order" && !fortran_order) {
      fortran_order = accept("True");
      if (!*fortran_order)
        expect("False");
    } else if (key == "shape" && !has_shape) {
      array.shape = parse_shape();
      has_shape = true;
    } else {
      refuse("'descr', 'fortran_order' and 'shape' once each");
    }
    if (!accept(",") && !text.starts_with("}"))
      refuse("',' or '}'");
  }
  accept("");
  if (array.descr.empty() || !fortran_order || !has_shape || !text.empty())
    refuse("'descr', 'fortran_order' and 'shape', and nothing behind them");
  if (*fortran_order)
    throw std::runtime_error(path + ": expected C order, got Fortran order");
}

static std::string read_file(const std::string &path) {
  std::error_code error;
  uintmax_t size = std::filesystem::file_size(path, error);
  if (error)
    throw std::runtime_error("cannot read '" + path + "': " + error.message());
  std::string contents(size, '\0');
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(contents.data(), static_cast<std::streamsize>(size)))
    throw std::runtime_error("cannot read '" + path + "'");
  return contents;
}

/// Of a plain number, "<f4", or a bool, "|b1".
static int64_t element_bytes(std::string_view descr, const std::string &path) {
  if (descr.size() != 3 || (descr[0] != '<' && descr[0] != '|') ||
      !strchr("biuf", descr[1]) || !strchr("1248", descr[2]))
    throw std::runtime_error(path +
                             ": expected the dtype of a number such as "
                             "<f4, got " +
                             std::string(descr));
  return descr[2] - '0';
}

npy_array attnc_run::read_npy(const std::string &path) {
  const std::string file = read_file(path);
  std::string_view rest = file;
  auto take = [&](size_t bytes) {
    if (rest.size() < bytes)
      throw std::runtime_error(path + ": expected a .npy file, got its first " +
                               std::to_string(file.size()) + " bytes");
    std::string_view taken = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    return taken;
  };
  if (take(std::min(magic.size(), rest.size())) != magic)
    throw std::runtime_error(path + ": expected a .npy file");
  std::string_view version = take(2);
  if ((version[0] != 1 && version[0] != 2) || version[1] != 0)
    throw std::runtime_error(path + ": expected .npy version 1.0 or 2.0, got " +
                             std::to_string(version[0]) + "." +
                             std::to_string(version[1]));
  uint32_t header_bytes = 0;
  size_t length_bytes = version[0] == 1 ? 2 : 4;
  memcpy(&header_bytes, take(length_bytes).data(), length_bytes);

  npy_array array;
  header_parser(take(header_bytes), path).parse(array);
  int64_t expected = element_bytes(array.descr, path);
  for (int64_t size : array.shape)
    if (__builtin_mul_overflow(expected, size, &expected))
      throw std::runtime_error(path + ": the array's size overflows");
  if (static_cast<uint64_t>(expected) != rest.size())
    throw std::runtime_error(path + ": expected " + std::to_string(expected) +
                             " bytes of data, got " +
                             std::to_string(rest.size()));
  auto bytes = std::as_bytes(std::span(rest));
  array.data.assign(bytes.begin(), bytes.end());
  return array;
}

std::string attnc_run::npy_header(const std::string &descr,
                                  std::span<const int64_t> shape) {
  std::string sizes;
  for (int64_t size : shape)
    sizes += std::to_string(size) + ", ";
  std::string dict = "{'descr': '" + descr +
                     "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  constexpr size_t prefix_bytes = magic.size() + 4;
  size_t end = (prefix_bytes + dict.size() + alignment) / alignment * alignment;
  dict.append(end - prefix_bytes - dict.size() - 1, ' ');
  dict += '\n';
  auto length = static_cast<uint16_t>(dict.size());
  std::string result(magic);
  result += {'\1', '\0', static_cast<char>(length & 0xff),
             static_cast<char>(length >> 8)};
  return result + dict;
}
