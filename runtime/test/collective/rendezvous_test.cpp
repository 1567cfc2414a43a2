//===- rendezvous_test.cpp - Environments, the store, the roll call, and garbage
//-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../check.h"
#include "collective/host_ranks.h"
#include "collective/rendezvous.h"

#include <cstring>
#include <functional>
#include <map>
#include <random>

using namespace attnc_rt;

using std::chrono::milliseconds;
using clock_type = std::chrono::steady_clock;

static void check_fails(const std::function<void()> &call, attnc_rt_code code,
                        const char *text) {
  try {
    call();
  } catch (const failure &error) {
    if (error.message.find(text) == std::string::npos)
      fprintf(stderr, "expected '%s' in: %s\n", text, error.message.c_str());
    CHECK(error.message.find(text) != std::string::npos);
    CHECK(error.code == code);
    return;
  }
  fprintf(stderr, "expected a failure: %s\n", text);
  CHECK(false);
}

using variables = std::map<std::string, std::string>;

static rank_environment read(const variables &values) {
  return read_rank_environment([&](const char *name) {
    auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  });
}

static void check_environment(const variables &values, const char *launcher,
                              int rank, int num_ranks, int local_rank) {
  rank_environment found = read(values);
  CHECK(found.launcher == launcher && found.rank == rank &&
        found.num_ranks == num_ranks && found.local_rank == local_rank);
}

static void test_environments() {
  check_environment({}, "", 0, 1, 0);
  check_environment({{"SLURM_NTASKS", "4"}}, "", 0, 1, 0);
  variables torchrun = {{"RANK", "3"},
                        {"WORLD_SIZE", "8"},
                        {"LOCAL_RANK", "1"},
                        {"MASTER_ADDR", "node0"},
                        {"MASTER_PORT", "29500"}};
  check_environment(torchrun, "torchrun", 3, 8, 1);
  CHECK(read(torchrun).master_address == "node0");
  CHECK(read(torchrun).master_port == 29500);
  torchrun["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  CHECK(read(torchrun).master_port == 29501);
  torchrun["ATTNC_RT_PORT"] = "1234";
  CHECK(read(torchrun).master_port == 1234);
  // torchrun as a task of srun: Slurm numbers the nodes.
  torchrun["SLURM_PROCID"] = "1";
  torchrun["SLURM_NTASKS"] = "2";
  check_environment(torchrun, "torchrun", 3, 8, 1);
  check_environment(
      {{"SLURM_PROCID", "5"}, {"SLURM_NTASKS", "6"}, {"SLURM_LOCALID", "2"}},
      "srun", 5, 6, 2);
  variables mpirun = {{"OMPI_COMM_WORLD_RANK", "1"},
                      {"OMPI_COMM_WORLD_SIZE", "2"},
                      {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}};
  check_environment(mpirun, "mpirun", 1, 2, 1);
  check_environment({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}, "mpiexec", 1, 2, 0);
  // mpirun that also says what torchrun would.
  mpirun["RANK"] = "1";
  mpirun["WORLD_SIZE"] = "2";
  check_environment(mpirun, "mpirun", 1, 2, 1);
  // attnc-run inside mpirun.
  mpirun["ATTNC_RT_RANK"] = "2";
  mpirun["ATTNC_RT_NUM_RANKS"] = "3";
  check_environment(mpirun, "attnc-run", 2, 3, 2);
}

static void test_bad_environments() {
  struct bad_row {
    variables values;
    const char *text;
  };
  const bad_row rows[] = {
      {{{"RANK", "0"}},
       "torchrun: expected both RANK and WORLD_SIZE, got only "
       "RANK=0"},
      {{{"WORLD_SIZE", "2"}}, "got only WORLD_SIZE=2"},
      {{{"RANK", "2"}, {"WORLD_SIZE", "2"}}, "RANK: expected 0 ... 1, got '2'"},
      {{{"RANK", "-1"}, {"WORLD_SIZE", "2"}},
       "RANK: expected 0 ... 1, got '-1'"},
      {{{"RANK", ""}, {"WORLD_SIZE", "2"}}, "RANK: expected 0 ... 1, got ''"},
      {{{"RANK", "0"}, {"WORLD_SIZE", "0"}},
       "WORLD_SIZE: expected 1 ... 1048576, got '0'"},
      {{{"RANK", "0"}, {"WORLD_SIZE", "2x"}}, "got '2x'"},
      {{{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", "2"}},
       "LOCAL_RANK: expected 0 ... 1, got '2'"},
      {{{"MASTER_PORT", "70000"}}, "MASTER_PORT: expected 1 ... 65535, got"},
      {{{"SLURM_PROCID", "0"}}, "srun: expected both"},
      {{{"RANK", "1"},
        {"WORLD_SIZE", "4"},
        {"OMPI_COMM_WORLD_RANK", "0"},
        {"OMPI_COMM_WORLD_SIZE", "2"}},
       "contradicting environments: torchrun says rank 1 of 4, mpirun says "
       "rank "
       "0 of 2"}};
  for (const bad_row &row : rows)
    check_fails([&] { read(row.values); }, ATTNC_RT_INVALID_ARGUMENT, row.text);
  check_fails(
      [] { require_master(read({{"RANK", "0"}, {"WORLD_SIZE", "2"}})); },
      ATTNC_RT_INVALID_ARGUMENT,
      "2 ranks of torchrun: expected MASTER_ADDR and MASTER_PORT");
}

static collective_limits short_limits() {
  return {milliseconds(500), milliseconds(500), milliseconds(50)};
}

static deadline_point soon() { return clock_type::now() + milliseconds(5000); }

static void test_store() {
  rendezvous_server server("127.0.0.1", 0, 2, short_limits());
  store_client first("127.0.0.1", server.port(), 0, 2, soon());
  store_client second("127.0.0.1", server.port(), 1, 2, soon());
  first.set("a", "1", soon());
  CHECK(second.get("a", soon()) == "1");
  // A key that comes while somebody waits for it.
  std::thread late([&] { first.set("b", std::string(60000, 'x'), soon()); });
  CHECK(second.get("b", soon()) == std::string(60000, 'x'));
  late.join();
  CHECK(!second.get("never", clock_type::now() + milliseconds(100)));
  CHECK(second.get("a", clock_type::now()) == "1");
  check_fails([&] { first.set("c", std::string(70000, 'x'), soon()); },
              ATTNC_RT_INVALID_ARGUMENT, "message: expected at most 65536");
  // "a" and "b" are there.
  for (size_t i = 2; i < rendezvous_server::max_values; ++i)
    second.set(std::to_string(i), "", soon());
  CHECK(second.get("2", soon()) == "");
  second.set("one more", "", soon());
  check_fails([&] { second.get("2", soon()); }, ATTNC_RT_IO,
              "rank 0 refused: store: expected at most 4096 keys");
}

static void test_refused_hellos() {
  rendezvous_server server("127.0.0.1", 0, 2, short_limits());
  auto refused = [&](int rank, int num_ranks, const char *text) {
    check_fails(
        [&] {
          store_client("127.0.0.1", server.port(), rank, num_ranks, soon());
        },
        ATTNC_RT_IO, text);
  };
  refused(2, 2, "expected one hello of rank 0 ... 1, got rank 2");
  store_client first("127.0.0.1", server.port(), 1, 2, soon());
  first.set("a", "1", soon());
  CHECK(first.get("a", soon()) == "1");
  refused(1, 2, "two processes say that they are rank 1");
  refused(1, 3,
          "ranks do not agree on their number: rank 0 expects 2, rank 1 "
          "expects 3");
}

/// Random bytes, and frames that are right up to one field.
static void test_garbage() {
  rendezvous_server server("127.0.0.1", 0, 2, short_limits());
  std::mt19937 random(3);
  std::string hello = frame_writer(message_kind::hello)
                          .number(1)
                          .number(2)
                          .number(protocol_version)
                          .number(0)
                          .finish();
  for (int round = 0; round < 200; ++round) {
    std::string bytes = round % 2 ? hello : "";
    if (round % 4 == 3)
      bytes.resize(random() % bytes.size());
    else if (round % 4 == 2)
      bytes = "GET / HTTP/1.1\r\n\r\n";
    else
      for (uint32_t i = random() % 3000; i > 0; --i)
        bytes += static_cast<char>(random());
    if (round % 4 == 1)
      bytes[random() % hello.size()] ^= static_cast<char>(1 + random() % 255);
    try {
      tcp_socket socket =
          tcp_socket::connect("127.0.0.1", server.port(), soon());
      socket.send(bytes, soon());
    } catch (const failure &error) {
      // Closed before everything was sent.
      CHECK(error.code == ATTNC_RT_PEER_LOST);
    }
  }
  // A connection that says nothing is closed at the init deadline.
  tcp_socket silent = tcp_socket::connect("127.0.0.1", server.port(), soon());
  CHECK(silent.wait_readable(soon()));
}

static void test_garbage_does_not_disturb() {
  rendezvous_server server("127.0.0.1", 0, 2, short_limits());
  store_client client("127.0.0.1", server.port(), 0, 2, soon());
  for (int round = 0; round < 50; ++round) {
    tcp_socket socket = tcp_socket::connect("127.0.0.1", server.port(), soon());
    socket.send("garbage", soon());
    // It is told why.
    CHECK(socket.wait_readable(soon()));
    std::string answer;
    socket.read_some(answer);
    CHECK(answer.find("expected a message of attnc, got 'garbage'") !=
          std::string::npos);
    client.set("round", std::to_string(round), soon());
    CHECK(client.get("round", soon()) == std::to_string(round));
  }
}

static void test_frames() {
  auto decode = [](std::string bytes) {
    frame_buffer buffer;
    buffer.append(bytes);
    frame_reader reader(buffer.next().value());
    reader.finish();
  };
  check_fails([&] { decode("x"); }, ATTNC_RT_IO, "got 'x'");
  std::string frame = frame_writer(message_kind::beat).number(5).finish();
  check_fails([&] { decode(frame); }, ATTNC_RT_IO,
              "message: expected its end, got 8 more bytes");
  std::string huge = frame;
  uint32_t length = max_body + 1;
  std::memcpy(huge.data() + 4, &length, 4);
  check_fails([&] { decode(huge); }, ATTNC_RT_IO,
              "message: expected 1 ... 65536 bytes, got 65537");
  frame_buffer split;
  for (char each : frame.substr(0, frame.size() - 1)) {
    split.append({&each, 1});
    CHECK(!split.next());
  }
  split.append({&frame.back(), 1});
  std::string body = split.next().value();
  frame_reader reader(body);
  CHECK(reader.number() == 5);
  check_fails([&] { reader.number(); }, ATTNC_RT_IO,
              "message: expected 8 more bytes, got 0");
  std::string text = frame_writer(message_kind::set).number(1000).finish();
  frame_buffer buffer;
  buffer.append(text);
  body = buffer.next().value();
  check_fails([&] { frame_reader(body).text(10); }, ATTNC_RT_IO,
              "message: expected a text of at most 10 bytes, got 1000");
}

static void test_roll_call() {
  roll_call ranks(3, short_limits());
  roll_call::time_point now;
  operation op;
  op.sequence = 1;
  for (int rank = 0; rank < 3; ++rank) {
    ranks.hear(rank, now);
    CHECK(!ranks.announce(rank, 0, 3, op, now));
  }
  op.sequence = 2;
  CHECK(!ranks.announce(0, 0, 3, op, now));
  CHECK(!ranks.announce(2, 0, 3, op, now));
  CHECK(!ranks.find_late(now + milliseconds(499)));
  for (int rank = 0; rank < 3; ++rank)
    ranks.hear(rank, now + milliseconds(400));
  CHECK(ranks.find_late(now + milliseconds(500))->message ==
        "rank 1 (last operation: barrier #1) did not come to barrier #2 within "
        "500 ms");
  operation other = op;
  other.kind = operation_kind::all_reduce;
  CHECK(ranks.announce(1, 0, 3, other, now)->message ==
        "ranks diverge: rank 0 calls barrier #2, rank 1 calls all_reduce #2 "
        "(U8, 0 elements)");
  CHECK(ranks.lose(1)->code == ATTNC_RT_PEER_LOST);
  ranks.goodbye(1);
  CHECK(!ranks.lose(1));
}

static void test_no_server() {
  check_fails(
      [] {
        tcp_socket free = tcp_socket::listen("127.0.0.1", 0);
        uint16_t port = free.local_port();
        free.close();
        tcp_socket::connect("127.0.0.1", port,
                            clock_type::now() + milliseconds(200));
      },
      ATTNC_RT_DEADLINE, "cannot reach rank 0 at '127.0.0.1' port");
  check_fails([] { tcp_socket::listen("no host", 0); }, ATTNC_RT_IO,
              "cannot resolve 'no host'");
}

static void test_hosts() {
  std::string host = describe_host();
  CHECK(host == describe_host() && host.find("pid:[") != std::string::npos);
  check_one_host(std::vector<std::string>{host, host});
  check_fails(
      [] { check_one_host(std::vector<std::string>{"a", "b", "a"}); },
      ATTNC_RT_UNSUPPORTED,
      "expected all ranks on one host, got 2 (for several start them with "
      "mpirun): rank 0, rank 2: a; rank 1: b");
}

int main() {
  test_environments();
  test_bad_environments();
  test_hosts();
  test_frames();
  test_store();
  test_refused_hellos();
  test_garbage();
  test_garbage_does_not_disturb();
  test_roll_call();
  test_no_server();
}
