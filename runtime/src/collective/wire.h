//===- wire.h - Messages between the ranks' hosts ---------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A frame is a magic number, the length of what follows, a kind and fields.
// Nothing that arrives is trusted: a wrong number, length or field is a failure
// that closes that one connection.
//
//     u32 magic | u32 length (1 ... max_body) | u8 kind | fields
//     number: 8 bytes, little-endian       text: a number (length), bytes
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_WIRE_H
#define ATTNC_RT_COLLECTIVE_WIRE_H

#include "collective/operation.h"

#include <optional>
#include <string_view>

namespace attnc_rt {

enum class message_kind : uint8_t {
  hello,    // rank, number of ranks, protocol version, channel_kind;
            // the store answers with a value
  refusal,  // text: why the server closes the connection
  set,      // key, value
  get,      // key, milliseconds to wait for it
  value,    // 0 or 1: found, value
  beat,     // I am alive; both ways
  goodbye,  // I will close the connection and mean it; both ways
  announce, // group, its size, operation
  fault     // code, text: everybody fails
};

enum class channel_kind : uint8_t { store, heartbeat };

inline constexpr uint64_t protocol_version = 1;
inline constexpr size_t max_body = 64 << 10;

/// Builds one frame.
class frame_writer {
public:
  explicit frame_writer(message_kind kind);
  frame_writer &number(uint64_t value);
  frame_writer &text(std::string_view value);
  frame_writer &what(const operation &value);
  /// The whole frame.
  const std::string &finish();

private:
  std::string bytes;
};

/// Reads the fields of one frame; fails if they are not there.
class frame_reader {
public:
  /// The body of a frame: kind and fields. Must outlive the reader.
  explicit frame_reader(std::string_view body);
  message_kind kind() const { return its_kind; }
  uint64_t number();
  std::string_view text(size_t max_length = max_body);
  operation what();
  /// Fails if there is more.
  void finish() const;

private:
  std::string_view take(size_t length);

  message_kind its_kind;
  std::string_view rest;
};

/// Collects what a socket brings until it is a frame.
class frame_buffer {
public:
  void append(std::string_view received) { bytes += received; }
  /// The next body, if it is complete. Fails on what is no frame.
  std::optional<std::string> next();

private:
  std::string bytes;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_WIRE_H
