//===- rendezvous_server.cpp - Rank 0's service for all ranks -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/rendezvous_server.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

using namespace attnc_rt;

/// Beyond what any rank leaves unread.
static constexpr size_t max_unsent = 1 << 20;

static int make_event() {
  int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0)
    fail(ATTNC_RT_IO, "cannot make an event: %s", strerror(errno));
  return event;
}

rendezvous_server::rendezvous_server(const std::string &address, uint16_t port,
                                     int num_ranks,
                                     const collective_limits &limits)
    : num_ranks(num_ranks), limits(limits),
      listener(tcp_socket::listen(address, port)), stop_event(make_event()),
      ranks(num_ranks, limits), thread([this] { serve(); }) {}

rendezvous_server::~rendezvous_server() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(stop_event, &one, sizeof(one));
  thread.join();
  close(stop_event);
}

void rendezvous_server::serve() {
  auto next_beat = std::chrono::steady_clock::now();
  while (true) {
    std::vector<pollfd> files = {{stop_event, POLLIN, 0},
                                 {listener.descriptor(), POLLIN, 0}};
    deadline_point wake = next_beat;
    for (const connection &each : connections) {
      short events = each.to_send.empty() ? POLLIN : POLLIN | POLLOUT;
      files.push_back({each.socket.descriptor(), events, 0});
      if (each.awaited_key)
        wake = std::min(wake, each.awaited_until);
    }
    poll(files.data(), files.size(), poll_time(wake));
    auto now = std::chrono::steady_clock::now();
    if (files[0].revents)
      break;
    size_t index = 2;
    for (connection &each : connections)
      if (files[index++].revents & ~POLLOUT)
        read(each, now);
    if (files[1].revents)
      accept_all(now);
    if (now >= next_beat) {
      next_beat = now + limits.heartbeat;
      close_silent(now);
      if (auto late = ranks.find_late(now))
        raise(*late);
      for (connection &each : connections)
        if (each.rank >= 0 && each.channel == channel_kind::heartbeat)
          each.to_send += frame_writer(message_kind::beat).finish();
    }
    answer_waiters(now);
    send_all();
  }
  // The last words of this rank may have come after the last look.
  for (connection &each : connections)
    read(each, std::chrono::steady_clock::now());
  for (connection &each : connections)
    each.to_send += frame_writer(message_kind::goodbye).finish();
  send_all();
}

void rendezvous_server::accept_all(time_point now) {
  // Two channels a rank, and some for what does not belong here.
  size_t max_connections = static_cast<size_t>(num_ranks) * 2 + 64;
  while (connections.size() < max_connections) {
    connection fresh;
    fresh.socket = listener.accept();
    fresh.accepted = now;
    if (fresh.socket.descriptor() < 0)
      return;
    connections.push_back(std::move(fresh));
  }
  // Too many: the next one is turned away at once.
  listener.accept();
}

void rendezvous_server::read(connection &from, time_point now) {
  std::string received;
  tcp_socket::read_result result = from.socket.read_some(received);
  try {
    from.received.append(received);
    while (!from.is_closing) {
      std::optional<std::string> body = from.received.next();
      if (!body)
        break;
      handle(from, frame_reader(*body), now);
    }
  } catch (const failure &error) {
    refuse(from, error.message);
    return;
  }
  if (result != tcp_socket::read_result::end)
    return;
  from.is_closing = true;
  if (from.rank >= 0 && from.channel == channel_kind::heartbeat)
    if (auto lost = ranks.lose(from.rank))
      raise(*lost);
}

void rendezvous_server::refuse(connection &to, const std::string &why) {
  to.to_send += frame_writer(message_kind::refusal).text(why).finish();
  to.is_closing = true;
  // A rank that talks nonsense is as good as lost.
  if (to.rank >= 0)
    raise({ATTNC_RT_PEER_LOST,
           "rank " + std::to_string(to.rank) + " was lost: " + why});
}

void rendezvous_server::handle(connection &from, frame_reader message,
                               time_point now) {
  if (message.kind() == message_kind::hello) {
    greet(from, message, now);
  } else if (from.rank < 0) {
    fail(ATTNC_RT_IO, "expected a hello first, got message %d",
         static_cast<int>(message.kind()));
  } else if (from.channel == channel_kind::store) {
    handle_store(from, message, now);
  } else {
    handle_heartbeat(from, message, now);
  }
}

void rendezvous_server::greet(connection &from, frame_reader &message,
                              time_point now) {
  uint64_t rank = message.number();
  uint64_t size = message.number();
  uint64_t version = message.number();
  uint64_t channel = message.number();
  message.finish();
  if (version != protocol_version)
    fail(ATTNC_RT_UNSUPPORTED, "expected protocol version %llu, got %llu",
         static_cast<unsigned long long>(protocol_version),
         static_cast<unsigned long long>(version));
  if (size != static_cast<uint64_t>(num_ranks)) {
    failure wrong{ATTNC_RT_INVALID_ARGUMENT,
                  "ranks do not agree on their number: rank 0 expects " +
                      std::to_string(num_ranks) + ", rank " +
                      std::to_string(rank) + " expects " +
                      std::to_string(size)};
    raise(wrong);
    throw wrong;
  }
  if (rank >= size ||
      channel > static_cast<uint64_t>(channel_kind::heartbeat) ||
      from.rank >= 0)
    fail(ATTNC_RT_IO, "expected one hello of rank 0 ... %d, got rank %llu",
         num_ranks - 1, static_cast<unsigned long long>(rank));
  for (const connection &other : connections)
    if (other.rank == static_cast<int>(rank) && !other.is_closing &&
        other.channel == static_cast<channel_kind>(channel))
      fail(ATTNC_RT_INVALID_ARGUMENT, "two processes say that they are rank %d",
           other.rank);
  from.rank = static_cast<int>(rank);
  from.channel = static_cast<channel_kind>(channel);
  if (from.channel == channel_kind::heartbeat)
    ranks.hear(from.rank, now);
  else
    from.to_send +=
        frame_writer(message_kind::value).number(0).text("").finish();
  if (fault)
    from.to_send += frame_writer(message_kind::fault)
                        .number(fault->code)
                        .text(fault->message)
                        .finish();
}

void rendezvous_server::handle_store(connection &from, frame_reader &message,
                                     time_point now) {
  std::string key(message.text(max_key));
  if (message.kind() == message_kind::set) {
    std::string_view value = message.text();
    message.finish();
    if (values.size() >= max_values && !values.contains(key))
      fail(ATTNC_RT_INVALID_ARGUMENT, "store: expected at most %zu keys",
           max_values);
    values[key] = value;
  } else if (message.kind() == message_kind::get) {
    auto time = std::min<uint64_t>(message.number(), INT32_MAX);
    message.finish();
    from.awaited_key = std::move(key);
    from.awaited_until = now + std::chrono::milliseconds(time);
  } else {
    fail(ATTNC_RT_IO, "store: expected set or get, got message %d",
         static_cast<int>(message.kind()));
  }
}

void rendezvous_server::handle_heartbeat(connection &from,
                                         frame_reader &message,
                                         time_point now) {
  ranks.hear(from.rank, now);
  if (message.kind() == message_kind::goodbye) {
    ranks.goodbye(from.rank);
  } else if (message.kind() == message_kind::announce) {
    uint64_t group = message.number();
    uint64_t size = message.number();
    operation op = message.what();
    if (auto diverged = ranks.announce(from.rank, group, size, op, now))
      raise(*diverged);
  } else if (message.kind() == message_kind::fault) {
    auto code = message.number();
    bool is_known = code >= ATTNC_RT_PEER_LOST && code <= ATTNC_RT_NCCL;
    raise({is_known ? static_cast<attnc_rt_code>(code) : ATTNC_RT_PEER_LOST,
           std::string(message.text())});
  } else if (message.kind() != message_kind::beat) {
    fail(ATTNC_RT_IO, "heartbeat: expected a beat, got message %d",
         static_cast<int>(message.kind()));
  }
  message.finish();
}

void rendezvous_server::answer_waiters(time_point now) {
  for (connection &each : connections) {
    if (!each.awaited_key)
      continue;
    auto found = values.find(*each.awaited_key);
    if (found == values.end() && now < each.awaited_until && !fault)
      continue;
    each.awaited_key.reset();
    // A waiter that a fault ends learns of it by the refusal.
    if (found == values.end() && fault) {
      each.to_send +=
          frame_writer(message_kind::refusal).text(fault->message).finish();
      continue;
    }
    bool is_found = found != values.end();
    each.to_send += frame_writer(message_kind::value)
                        .number(is_found)
                        .text(is_found ? found->second : "")
                        .finish();
  }
}

void rendezvous_server::close_silent(time_point now) {
  for (connection &each : connections)
    if (each.rank < 0 && now - each.accepted >= limits.init_deadline)
      each.is_closing = true;
}

void rendezvous_server::raise(const failure &found) {
  if (fault)
    return;
  fault = found;
  for (connection &each : connections)
    if (each.rank >= 0 && each.channel == channel_kind::heartbeat)
      each.to_send += frame_writer(message_kind::fault)
                          .number(found.code)
                          .text(found.message)
                          .finish();
}

void rendezvous_server::send_all() {
  for (connection &each : connections)
    if (!each.socket.send_some(each.to_send) ||
        each.to_send.size() > max_unsent)
      each.is_closing = true;
  connections.remove_if([](const connection &each) { return each.is_closing; });
}
