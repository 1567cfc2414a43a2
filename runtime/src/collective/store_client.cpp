//===- store_client.cpp - A rank's side of the store ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/store_client.h"

#include "failure.h"

using namespace attnc_rt;

store_client::store_client(const std::string &address, uint16_t port, int rank,
                           int num_ranks, deadline_point deadline)
    : socket(tcp_socket::connect(address, port, deadline)) {
  frame_writer hello(message_kind::hello);
  hello.number(static_cast<uint64_t>(rank))
      .number(static_cast<uint64_t>(num_ranks))
      .number(protocol_version)
      .number(static_cast<uint64_t>(channel_kind::store));
  socket.send(hello.finish(), deadline);
  // Rank 0 says yes, or why not.
  receive_value(deadline);
}

void store_client::set(std::string_view key, std::string_view value,
                       deadline_point deadline) {
  frame_writer message(message_kind::set);
  socket.send(message.text(key).text(value).finish(), deadline);
}

std::optional<std::string> store_client::get(std::string_view key,
                                             deadline_point deadline) {
  frame_writer message(message_kind::get);
  message.text(key).number(static_cast<uint64_t>(poll_time(deadline)));
  // Rank 0 answers at the deadline: give the answer some time to come.
  deadline_point patience = deadline + std::chrono::seconds(1);
  socket.send(message.finish(), patience);
  return receive_value(patience);
}

std::optional<std::string>
store_client::receive_value(deadline_point deadline) {
  std::string body = receive(deadline);
  frame_reader answer(body);
  if (answer.kind() == message_kind::refusal)
    fail(ATTNC_RT_IO, "rank 0 refused: %s", std::string(answer.text()).c_str());
  // What failed before this rank came, or while it waits.
  if (answer.kind() == message_kind::fault) {
    auto code = static_cast<attnc_rt_code>(answer.number());
    throw failure{code, std::string(answer.text())};
  }
  if (answer.kind() != message_kind::value)
    fail(ATTNC_RT_PEER_LOST, "store: expected a value, got message %d",
         static_cast<int>(answer.kind()));
  bool is_found = answer.number() != 0;
  std::string value(answer.text());
  answer.finish();
  return is_found ? std::optional(std::move(value)) : std::nullopt;
}

std::string store_client::receive(deadline_point deadline) {
  while (true) {
    if (std::optional<std::string> body = received.next())
      return *std::move(body);
    if (!socket.wait_readable(deadline))
      fail(ATTNC_RT_DEADLINE, "rank 0 did not answer in time");
    std::string bytes;
    tcp_socket::read_result result = socket.read_some(bytes);
    received.append(bytes);
    if (result == tcp_socket::read_result::end)
      fail(ATTNC_RT_PEER_LOST, "rank 0 was lost: its connection closed");
  }
}
