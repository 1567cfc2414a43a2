//===- wire.cpp - Messages between the ranks' hosts -----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/wire.h"

#include "failure.h"

#include <bit>
#include <cstring>

using namespace attnc_rt;

static_assert(std::endian::native == std::endian::little);

static constexpr uint32_t frame_magic = 0x5254'4e41; // "ANTR"
static constexpr size_t prefix_bytes = 8;

template <typename value> static void append(std::string &bytes, value what) {
  bytes.append(reinterpret_cast<const char *>(&what), sizeof(what));
}

template <typename value> static value read(std::string_view bytes) {
  value result;
  std::memcpy(&result, bytes.data(), sizeof(result));
  return result;
}

frame_writer::frame_writer(message_kind kind) {
  append(bytes, frame_magic);
  append(bytes, uint32_t(0));
  append(bytes, kind);
}

frame_writer &frame_writer::number(uint64_t value) {
  append(bytes, value);
  return *this;
}

frame_writer &frame_writer::text(std::string_view value) {
  number(value.size());
  bytes += value;
  return *this;
}

frame_writer &frame_writer::what(const operation &value) {
  append(bytes, value);
  return *this;
}

const std::string &frame_writer::finish() {
  size_t length = bytes.size() - prefix_bytes;
  if (length > max_body)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "message: expected at most %zu bytes, got %zu", max_body, length);
  auto stored = static_cast<uint32_t>(length);
  std::memcpy(bytes.data() + sizeof(frame_magic), &stored, sizeof(stored));
  return bytes;
}

frame_reader::frame_reader(std::string_view body)
    : its_kind(static_cast<message_kind>(body.at(0))), rest(body.substr(1)) {}

std::string_view frame_reader::take(size_t length) {
  if (length > rest.size())
    fail(ATTNC_RT_IO, "message: expected %zu more bytes, got %zu", length,
         rest.size());
  std::string_view result = rest.substr(0, length);
  rest.remove_prefix(length);
  return result;
}

uint64_t frame_reader::number() { return read<uint64_t>(take(8)); }

std::string_view frame_reader::text(size_t max_length) {
  uint64_t length = number();
  if (length > max_length)
    fail(ATTNC_RT_IO, "message: expected a text of at most %zu bytes, got %llu",
         max_length, static_cast<unsigned long long>(length));
  return take(length);
}

operation frame_reader::what() {
  return read<operation>(take(sizeof(operation)));
}

void frame_reader::finish() const {
  if (!rest.empty())
    fail(ATTNC_RT_IO, "message: expected its end, got %zu more bytes",
         rest.size());
}

std::optional<std::string> frame_buffer::next() {
  // Garbage is refused by its first bytes.
  size_t seen = std::min(bytes.size(), sizeof(frame_magic));
  if (std::memcmp(bytes.data(), &frame_magic, seen) != 0)
    fail(ATTNC_RT_IO, "expected a message of attnc, got %s",
         in_quotes(std::string_view(bytes).substr(0, 16)).c_str());
  if (bytes.size() < prefix_bytes)
    return std::nullopt;
  auto length =
      read<uint32_t>(std::string_view(bytes).substr(sizeof(frame_magic)));
  if (length < 1 || length > max_body)
    fail(ATTNC_RT_IO, "message: expected 1 ... %zu bytes, got %u", max_body,
         length);
  if (bytes.size() < prefix_bytes + length)
    return std::nullopt;
  std::string body = bytes.substr(prefix_bytes, length);
  bytes.erase(0, prefix_bytes + length);
  return body;
}
