//===- rendezvous_server.h - Rank 0's service for all ranks -----*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread serves a small key-value store and listens to heartbeats. It
// trusts nobody: a connection that sends anything else than a message of attnc,
// or does not say hello in time, is closed and the others are not disturbed.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_RENDEZVOUS_SERVER_H
#define ATTNC_RT_COLLECTIVE_RENDEZVOUS_SERVER_H

#include "collective/roll_call.h"
#include "collective/tcp_socket.h"
#include "collective/wire.h"

#include <list>
#include <thread>

namespace attnc_rt {

class rendezvous_server {
public:
  static constexpr size_t max_key = 256;
  static constexpr size_t max_values = 4096;

  /// Serves from now on. Port 0: any.
  rendezvous_server(const std::string &address, uint16_t port, int num_ranks,
                    const collective_limits &limits);
  /// Tells all ranks that it ends and means it.
  ~rendezvous_server();
  rendezvous_server(const rendezvous_server &) = delete;
  rendezvous_server &operator=(const rendezvous_server &) = delete;

  uint16_t port() const { return listener.local_port(); }

private:
  using time_point = std::chrono::steady_clock::time_point;

  struct connection {
    tcp_socket socket;
    time_point accepted;
    frame_buffer received;
    std::string to_send;
    int rank = -1; // before its hello
    channel_kind channel = channel_kind::store;
    std::optional<std::string> awaited_key;
    time_point awaited_until;
    bool is_closing = false;
  };

  void serve();
  void accept_all(time_point now);
  void read(connection &from, time_point now);
  void handle(connection &from, frame_reader message, time_point now);
  void greet(connection &from, frame_reader &message, time_point now);
  void handle_store(connection &from, frame_reader &message, time_point now);
  void handle_heartbeat(connection &from, frame_reader &message,
                        time_point now);
  void answer_waiters(time_point now);
  void close_silent(time_point now);
  void raise(const failure &fault);
  void refuse(connection &to, const std::string &why);
  void send_all();

  const int num_ranks;
  const collective_limits limits;
  tcp_socket listener;
  int stop_event;

  // Of the thread alone.
  std::list<connection> connections;
  std::map<std::string, std::string, std::less<>> values;
  roll_call ranks;
  std::optional<failure> fault;

  std::thread thread;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_RENDEZVOUS_SERVER_H
