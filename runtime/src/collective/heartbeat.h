//===- heartbeat.h - A rank's sign of life ----------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A thread tells rank 0 once a heartbeat that this rank lives, and listens for
// faults. Rank 0 is watched in turn: if it is silent or gone, that is a fault.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_HEARTBEAT_H
#define ATTNC_RT_COLLECTIVE_HEARTBEAT_H

#include "collective/communicator.h"
#include "collective/tcp_socket.h"
#include "collective/wire.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace attnc_rt {

/// Any thread may call any function.
class heartbeat {
public:
  /// Connects within the init deadline.
  heartbeat(const std::string &address, uint16_t port, int rank, int num_ranks,
            const collective_limits &limits);
  /// Says goodbye.
  ~heartbeat();
  heartbeat(const heartbeat &) = delete;
  heartbeat &operator=(const heartbeat &) = delete;

  /// This rank comes to an operation of the group numbered `group`, which has
  /// `size` ranks. Does not wait; a divergence becomes a fault.
  void announce(uint64_t group, int size, const operation &op);
  /// Makes all ranks fail.
  void raise(const failure &fault);
  std::optional<failure> fault() const;
  /// Calls `tell` with the first fault, from whichever thread learns of it, or
  /// now if there is one. It must not wait.
  void on_fault(std::function<void(const failure &)> tell);
  /// Waits for a fault; nothing at the deadline.
  std::optional<failure> wait_for_fault(deadline_point deadline) const;

private:
  void work();
  void listen();
  void handle(std::string_view body);
  void set_fault(const failure &fault);
  void send(const std::string &frame);
  void wake();

  const collective_limits limits;
  tcp_socket socket;
  int wake_event;

  // Of the thread alone.
  frame_buffer received;
  std::chrono::steady_clock::time_point heard;
  bool server_has_ended = false;

  mutable std::mutex mutex;
  mutable std::condition_variable fault_set;
  std::string to_send;
  bool stopping = false;
  std::optional<failure> its_fault;
  std::function<void(const failure &)> tell_fault;

  std::thread thread;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_HEARTBEAT_H
