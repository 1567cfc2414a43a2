//===- tcp_socket.h - TCP with deadlines ------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_TCP_SOCKET_H
#define ATTNC_RT_COLLECTIVE_TCP_SOCKET_H

#include "collective/futex.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace attnc_rt {

/// Owns a file descriptor; -1 is none.
class tcp_socket {
public:
  tcp_socket() = default;
  explicit tcp_socket(int file) : file(file) {}
  ~tcp_socket() { close(); }
  tcp_socket(tcp_socket &&other) noexcept : file(other.release()) {}
  tcp_socket &operator=(tcp_socket &&other) noexcept;

  int descriptor() const { return file; }
  void close();

  /// A nonblocking socket that listens on the address if this host has it, else
  /// on all of its addresses. Port 0: any.
  static tcp_socket listen(const std::string &address, uint16_t port);
  uint16_t local_port() const;
  /// An empty socket if nobody waits.
  tcp_socket accept();

  /// Tries until somebody listens there, or fails at the deadline.
  static tcp_socket connect(const std::string &address, uint16_t port,
                            deadline_point deadline);

  /// Sends everything or fails.
  void send(std::string_view bytes, deadline_point deadline);
  /// Sends what fits and removes it from `bytes`; false if the connection is
  /// lost.
  bool send_some(std::string &bytes);

  enum class read_result { data, nothing, end };
  /// Appends what has come.
  read_result read_some(std::string &bytes);

  /// Waits until there is something to read; false at the deadline.
  bool wait_readable(deadline_point deadline) const;

private:
  int release() { return std::exchange(file, -1); }

  int file = -1;
};

/// From now until the deadline in milliseconds, for poll: not negative.
int poll_time(deadline_point deadline);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_TCP_SOCKET_H
