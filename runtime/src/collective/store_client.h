//===- store_client.h - A rank's side of the store --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_STORE_CLIENT_H
#define ATTNC_RT_COLLECTIVE_STORE_CLIENT_H

#include "collective/tcp_socket.h"
#include "collective/wire.h"

namespace attnc_rt {

/// One connection to rank 0's store; used by one thread at a time.
class store_client {
public:
  /// Connects and says hello; fails at the deadline or if rank 0 refuses.
  store_client(const std::string &address, uint16_t port, int rank,
               int num_ranks, deadline_point deadline);

  void set(std::string_view key, std::string_view value,
           deadline_point deadline);
  /// Waits until somebody has set the key; nothing at the deadline. Fails if
  /// rank 0 is lost or refuses.
  std::optional<std::string> get(std::string_view key, deadline_point deadline);

private:
  std::optional<std::string> receive_value(deadline_point deadline);
  std::string receive(deadline_point deadline);

  tcp_socket socket;
  frame_buffer received;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_STORE_CLIENT_H
