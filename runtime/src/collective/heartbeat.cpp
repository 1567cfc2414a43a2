//===- heartbeat.cpp - A rank's sign of life, and the news of the others --===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/heartbeat.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

using namespace attnc_rt;

using clock_type = std::chrono::steady_clock;

heartbeat::heartbeat(const std::string &address, uint16_t port, int rank,
                     int num_ranks, const collective_limits &limits)
    : limits(limits),
      socket(tcp_socket::connect(address, port,
                                 clock_type::now() + limits.init_deadline)),
      wake_event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      heard(clock_type::now()) {
  if (wake_event < 0)
    fail(ATTNC_RT_IO, "cannot make an event: %s", strerror(errno));
  to_send = frame_writer(message_kind::hello)
                .number(static_cast<uint64_t>(rank))
                .number(static_cast<uint64_t>(num_ranks))
                .number(protocol_version)
                .number(static_cast<uint64_t>(channel_kind::heartbeat))
                .finish();
  thread = std::thread([this] { work(); });
}

heartbeat::~heartbeat() {
  {
    // Together: the thread leaves when it has sent what is there.
    std::lock_guard lock(mutex);
    stopping = true;
    to_send += frame_writer(message_kind::goodbye).finish();
  }
  wake();
  thread.join();
  close(wake_event);
}

void heartbeat::send(const std::string &frame) {
  {
    std::lock_guard lock(mutex);
    to_send += frame;
  }
  wake();
}

void heartbeat::wake() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(wake_event, &one, sizeof(one));
}

void heartbeat::announce(uint64_t group, int size, const operation &op) {
  send(frame_writer(message_kind::announce)
           .number(group)
           .number(static_cast<uint64_t>(size))
           .what(op)
           .finish());
}

void heartbeat::raise(const failure &fault) {
  send(frame_writer(message_kind::fault)
           .number(static_cast<uint64_t>(fault.code))
           .text(fault.message)
           .finish());
  set_fault(fault);
}

void heartbeat::set_fault(const failure &fault) {
  std::lock_guard lock(mutex);
  if (its_fault)
    return;
  its_fault = fault;
  fault_set.notify_all();
  if (tell_fault)
    tell_fault(fault);
}

void heartbeat::on_fault(std::function<void(const failure &)> tell) {
  std::lock_guard lock(mutex);
  tell_fault = std::move(tell);
  if (its_fault)
    tell_fault(*its_fault);
}

std::optional<failure> heartbeat::fault() const {
  std::lock_guard lock(mutex);
  return its_fault;
}

std::optional<failure>
heartbeat::wait_for_fault(deadline_point deadline) const {
  std::unique_lock lock(mutex);
  fault_set.wait_until(lock, deadline, [&] { return its_fault.has_value(); });
  return its_fault;
}

void heartbeat::work() {
  auto next_beat = clock_type::now() + limits.heartbeat;
  bool is_last = false;
  while (!is_last && !server_has_ended) {
    bool is_connected;
    {
      std::lock_guard lock(mutex);
      is_connected = socket.send_some(to_send);
      is_last = stopping;
    }
    if (!is_connected) {
      // What the server sent before it ended is still there to read.
      listen();
      set_fault({ATTNC_RT_PEER_LOST, "rank 0 was lost: its connection closed"});
      return;
    }
    if (is_last)
      return;
    pollfd files[] = {{socket.descriptor(), POLLIN, 0},
                      {wake_event, POLLIN, 0}};
    poll(files, 2, poll_time(next_beat));
    uint64_t count;
    [[maybe_unused]] ssize_t bytes = ::read(wake_event, &count, sizeof(count));
    if (files[0].revents)
      listen();
    auto now = clock_type::now();
    if (now < next_beat)
      continue;
    next_beat = now + limits.heartbeat;
    if (now - heard >= limits.deadline)
      set_fault({ATTNC_RT_DEADLINE,
                 "rank 0 has been silent for " +
                     std::to_string(limits.deadline.count()) + " ms"});
    send(frame_writer(message_kind::beat).finish());
  }
}

void heartbeat::listen() {
  std::string bytes;
  tcp_socket::read_result result = socket.read_some(bytes);
  if (result == tcp_socket::read_result::data)
    heard = clock_type::now();
  try {
    received.append(bytes);
    while (std::optional<std::string> body = received.next())
      handle(*body);
  } catch (const failure &error) {
    set_fault({ATTNC_RT_PEER_LOST, "rank 0 was lost: " + error.message});
    server_has_ended = true;
  }
  if (result == tcp_socket::read_result::end && !server_has_ended) {
    set_fault({ATTNC_RT_PEER_LOST, "rank 0 was lost: its connection closed"});
    server_has_ended = true;
  }
}

void heartbeat::handle(std::string_view body) {
  frame_reader message(body);
  if (message.kind() == message_kind::fault) {
    auto code = static_cast<attnc_rt_code>(message.number());
    set_fault({code, std::string(message.text())});
  } else if (message.kind() == message_kind::refusal) {
    set_fault({ATTNC_RT_IO, "rank 0 refused: " + std::string(message.text())});
    server_has_ended = true;
  } else if (message.kind() == message_kind::goodbye) {
    server_has_ended = true;
  } else if (message.kind() != message_kind::beat) {
    fail(ATTNC_RT_IO, "heartbeat: expected a beat, got message %d",
         static_cast<int>(message.kind()));
  }
  message.finish();
}
