//===- threads_test.cpp - Ranks that are threads: results, groups, errors -===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "exercise.h"

#include "../check.h"
#include "collective/half_floats.h"
#include "collective/package_agreement.h"
#include "collective/shared_communicator.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

using namespace attnc_rt;

using std::chrono::milliseconds;
using body_fn = std::function<void(communicator &)>;

static const collective_limits patient = {
    milliseconds(60000), milliseconds(60000), milliseconds(1000)};

/// Runs `body` on each rank and returns their failures.
static std::vector<std::optional<failure>>
run(int num_ranks, const body_fn &body,
    const collective_limits &limits = patient) {
  auto ranks = make_thread_ranks(num_ranks, limits);
  std::vector<std::optional<failure>> failures(ranks.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < ranks.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        body(*ranks[i]);
      } catch (const failure &error) {
        failures[i] = error;
      }
      ranks[i].reset();
    });
  for (std::thread &thread : threads)
    thread.join();
  return failures;
}

static void run_cleanly(int num_ranks, const body_fn &body) {
  for (const std::optional<failure> &error : run(num_ranks, body)) {
    if (error)
      fprintf(stderr, "%s\n", error->message.c_str());
    CHECK(!error);
  }
}

static void check_failure(const std::optional<failure> &error,
                          attnc_rt_code code,
                          const std::vector<std::string> &parts) {
  CHECK(error.has_value());
  for (const std::string &part : parts) {
    if (error->message.find(part) == std::string::npos)
      fprintf(stderr, "expected '%s' in: %s\n", part.c_str(),
              error->message.c_str());
    CHECK(error->message.find(part) != std::string::npos);
  }
  CHECK(error->code == code);
}

/// Every operation, type and size gives the oracle's bytes.
static void test_results() {
  for (int num_ranks : {1, 2, 3, 4, 8})
    run_cleanly(num_ranks, [](communicator &ranks) {
      exercise(ranks, static_cast<uint64_t>(ranks.size()), 60, 1 << 20);
    });
}

/// The groups of a grid work side by side, in turns with the world, and can be
/// split again.
static void test_groups() {
  for (const process_grid &grid :
       {process_grid{{2, 2}}, process_grid{{2, 3}}, process_grid{{2, 2, 2}}}) {
    int num_ranks = 1;
    for (int size : grid.shape)
      num_ranks *= size;
    run_cleanly(num_ranks, [&](communicator &world) {
      auto last = static_cast<uint32_t>(grid.shape.size() - 1);
      auto rows = world.split(grid, 1u << last);
      auto columns = world.split(grid, 1u);
      auto all = world.split(grid, (2u << last) - 1);
      CHECK(rows->size() == grid.shape.back());
      CHECK(rows->members()[static_cast<size_t>(rows->rank())] == world.rank());
      CHECK(columns->size() == grid.shape[0]);
      CHECK(all->members() == world.members());
      for (uint64_t seed = 0; seed < 4; ++seed) {
        exercise(*rows, seed * 8 + static_cast<uint64_t>(rows->members()[0]), 8,
                 100000);
        exercise(*columns, seed, 8, 100000);
        exercise(*all, seed, 2, 100000);
        exercise(world, seed, 2, 100000);
      }
      // Only some ranks split once more, and then all do.
      if (rows->members()[0] == 0)
        exercise(*rows->split({{rows->size()}}, 1), 1, 5, 1000);
      exercise(*world.split(grid, 1), 2, 5, 1000);
    });
  }
}

/// Whatever one rank does differently, every rank is told who and what.
static void test_divergence() {
  float data[64] = {};
  const std::pair<const char *, body_fn> calls[] = {
      {"all_reduce #2 (F32, 8 elements)",
       [&](communicator &r) {
         r.all_reduce(data, data, 8, element_type::f32);
       }},
      {"all_reduce #2 (F32, 9 elements)",
       [&](communicator &r) {
         r.all_reduce(data, data, 9, element_type::f32);
       }},
      {"all_reduce #2 (I32, 8 elements)",
       [&](communicator &r) {
         r.all_reduce(data, data, 8, element_type::i32);
       }},
      {"reduce_scatter #2 (F32, 8 elements)",
       [&](communicator &r) {
         r.reduce_scatter(data, data, 8, element_type::f32);
       }},
      {"all_gather #2 (F32, 8 elements)",
       [&](communicator &r) {
         r.all_gather(data, data, 8, element_type::f32);
       }},
      {"broadcast #2 (F32, 8 elements, root 0)",
       [&](communicator &r) { r.broadcast(data, 8, element_type::f32, 0); }},
      {"broadcast #2 (F32, 8 elements, root 1)",
       [&](communicator &r) { r.broadcast(data, 8, element_type::f32, 1); }},
      {"barrier #2", [](communicator &r) { r.barrier(); }},
      {"split #2 (grid 3, axes 0)", [](communicator &r) { r.split({{3}}, 1); }},
      {"split #2 (grid 1x3, axes 1)",
       [](communicator &r) { r.split({{1, 3}}, 2); }}};
  for (const auto &[first_name, first] : calls)
    for (const auto &[second_name, second] : calls) {
      if (first_name == second_name)
        continue;
      auto failures = run(3, [&, odd = second, usual = first](communicator &r) {
        r.barrier();
        float own[64] = {};
        std::memcpy(own, data, sizeof(own));
        (r.rank() == 2 ? odd : usual)(r);
      });
      for (const auto &error : failures)
        check_failure(
            error, ATTNC_RT_DIVERGED,
            {"rank 0 calls ", first_name, "rank 2 calls ", second_name});
    }
}

/// A rank that does not come is named after the deadline, by all others.
static void test_deadline() {
  collective_limits limits = patient;
  limits.deadline = milliseconds(200);
  std::atomic<int> failed = 0;
  auto failures = run(
      4,
      [&](communicator &ranks) {
        ranks.barrier();
        if (ranks.rank() == 2) {
          for (int seen = failed; seen < 3; seen = failed)
            failed.wait(seen);
        }
        try {
          int32_t one = 1;
          ranks.all_reduce(&one, &one, 1, element_type::i32);
        } catch (const failure &) {
          ++failed;
          failed.notify_all();
          // The error stays.
          ranks.barrier();
        }
      },
      limits);
  for (const auto &error : failures)
    check_failure(
        error, ATTNC_RT_DEADLINE,
        {"rank 2 did not come within 200 ms", "its last operation here is #1"});
  check_failure(failures[0], ATTNC_RT_DEADLINE,
                {"all_reduce #2 (I32, 1 elements): "});
}

/// A rank that leaves is missed at once.
static void test_leaving() {
  auto begin = std::chrono::steady_clock::now();
  auto failures = run(3, [](communicator &ranks) {
    ranks.barrier();
    if (ranks.rank() != 1)
      ranks.barrier();
  });
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(10000));
  CHECK(!failures[1]);
  for (size_t rank : {0, 2})
    check_failure(
        failures[rank], ATTNC_RT_PEER_LOST,
        {"barrier #2: rank 1 has left", "its last operation here is #1"});
}

/// abort() from another thread ends everybody's waiting.
static void test_abort() {
  auto failures = run(3, [](communicator &ranks) {
    ranks.barrier();
    if (ranks.rank() != 2) {
      ranks.barrier();
      return;
    }
    std::thread([&] { ranks.abort(); }).join();
    ranks.barrier();
  });
  for (const auto &error : failures)
    check_failure(error, ATTNC_RT_ABORTED, {"barrier #2: rank 2 aborted"});
}

/// What is refused does not count: the group goes on.
static void test_arguments() {
  run_cleanly(2, [](communicator &ranks) {
    float data[4] = {};
    auto refused = [&](const std::function<void()> &call, const char *text) {
      std::optional<failure> error;
      try {
        call();
      } catch (const failure &caught) {
        error = caught;
      }
      check_failure(error, ATTNC_RT_INVALID_ARGUMENT, {text});
    };
    if (ranks.rank() == 0) {
      refused([&] { ranks.all_reduce(data, data, -1, element_type::f32); },
              "all_reduce: expected 0 ... ");
      refused(
          [&] {
            ranks.all_gather(data, data, INT64_MAX / 4, element_type::f32);
          },
          "got 2305843009213693951");
      refused([&] { ranks.all_reduce(nullptr, data, 1, element_type::f32); },
              "all_reduce: expected a buffer, got null");
      refused([&] { ranks.all_reduce(data, data, 1, element_type::i8); },
              "expected F32, BF16, F16 or I32, got I8");
      refused([&] { ranks.broadcast(data, 1, element_type::f32, 2); },
              "broadcast: expected a root 0 ... 1, got 2");
      refused([&] { ranks.split({{3}}, 1); },
              "grid 3: expected 3 ranks, got 2");
      refused([&] { ranks.split({{2}}, 2); },
              "grid 2: expected axes 0 ... 0, got the set 0x2");
      refused([&] { ranks.split({}, 1); },
              "grid: expected 1 ... 4 axes, got 0");
      refused([&] { ranks.split({{0}}, 1); },
              "grid: expected axes of 1 ... 1023 ranks, got 0");
      refused([&] { make_thread_ranks(0, patient); },
              "ranks: expected 1 ... 256, got 0");
      collective_limits none = patient;
      none.deadline = milliseconds(0);
      refused([&] { make_thread_ranks(2, none); },
              "deadline: expected 1 ... 86400000 ms, got 0");
    }
    exercise(ranks, 5, 5, 1000);
    // Each rank has room for 15 groups beside the world.
    for (int i = 0; i < 15; ++i)
      ranks.split({{2}}, 1);
    refused([&] { ranks.split({{2}}, 1); },
            "split: expected at most 16 groups of one rank");
  });
}

static void test_package_agreement() {
  auto failures = run(3, [](communicator &ranks) {
    package_hash hash = {};
    check_equal_packages(ranks, hash);
    hash[0] = std::byte(ranks.rank() == 1 ? 0xab : 0);
    check_equal_packages(ranks, hash);
  });
  for (const auto &error : failures)
    check_failure(error, ATTNC_RT_DIVERGED,
                  {"rank 0, rank 2: 0000", "rank 1: ab00"});
}

/// Every F16 and BF16 survives F32, and F32 rounds as the language does.
static void test_half_floats() {
  for (uint32_t bits = 0; bits < 1 << 16; ++bits) {
    f16 half{static_cast<uint16_t>(bits)}, half_again;
    bf16 brain{half.bits}, brain_again;
    float value = to_f32(half);
    auto expected = static_cast<float>(std::bit_cast<_Float16>(half.bits));
    CHECK(std::isnan(value) ? std::isnan(expected) : value == expected);
    from_f32(value, half_again);
    CHECK(std::isnan(value) ? (half_again.bits & 0x7fff) > 0x7c00
                            : half_again.bits == half.bits);
    from_f32(to_f32(brain), brain_again);
    CHECK(std::isnan(to_f32(brain)) ? (brain_again.bits & 0x7fff) > 0x7f80
                                    : brain_again.bits == brain.bits);
  }
  std::mt19937 random(7);
  for (int i = 0; i < 1000000; ++i) {
    auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    f16 half;
    from_f32(value, half);
    auto expected = std::bit_cast<uint16_t>(static_cast<_Float16>(value));
    CHECK(std::isnan(value) || half.bits == expected);
  }
}

int main() {
  test_half_floats();
  test_results();
  test_groups();
  test_divergence();
  test_deadline();
  test_leaving();
  test_abort();
  test_arguments();
  test_package_agreement();
}
