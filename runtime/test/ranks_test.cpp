//===- ranks_test.cpp - Sessions of several ranks, as threads -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//     ranks_test RANKS.attnc OTHER.attnc
//
// RANKS is made by ranks_package.py; OTHER is any other package.
//
//===----------------------------------------------------------------------===//

#include "attnc_rt/attnc_rt.hpp"
#include "check.h"

#include <cstring>
#include <functional>
#include <thread>

using namespace attnc_rt;

using body_fn = std::function<void(const communicator_handle &)>;

/// Runs `body` on each of `num_ranks` threads and returns their errors, ""
/// where there is none.
static std::vector<std::string> run(int32_t num_ranks, const body_fn &body) {
  auto ranks = communicator_handle::make_threads(num_ranks);
  std::vector<std::string> errors(ranks.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < ranks.size(); ++i)
    threads.emplace_back([&, i, own = std::move(ranks[i])]() mutable {
      try {
        body(own);
      } catch (const error &failure) {
        errors[i] = failure.what();
      }
      communicator_handle leaving = std::move(own);
    });
  for (std::thread &thread : threads)
    thread.join();
  return errors;
}

static void check_all(const std::vector<std::string> &errors,
                      const char *text) {
  for (const std::string &message : errors) {
    if (message.find(text) == std::string::npos)
      fprintf(stderr, "expected '%s' in: %s\n", text, message.c_str());
    CHECK(message.find(text) != std::string::npos);
  }
}

static session_handle make_session(const package_handle &package,
                                   const communicator_handle &ranks) {
  attnc_rt_session_options options = {};
  options.num_threads = 1;
  options.communicator = ranks.get();
  return session_handle(package, package.find_entry("exchange"), options);
}

/// One run of `exchange`: y = 2 x.
static void exchange(session_handle &session, int64_t batch) {
  int64_t x_shape[] = {batch, 3}, s_shape[] = {2, 2};
  auto count = static_cast<size_t>(3 * batch);
  std::vector<float> x(count), y(count), s(4);
  for (size_t i = 0; i < count; ++i)
    x[i] = static_cast<float>(i);
  auto tensor = [](std::vector<float> &data, int64_t *shape) {
    return DLTensor{data.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1},
                    shape,       nullptr,     0};
  };
  session.run({tensor(x, x_shape)}, {tensor(y, x_shape), tensor(s, s_shape)});
  for (size_t i = 0; i < count; ++i)
    CHECK(y[i] == 2 * x[i]);
}

/// Sessions share the communicator's groups: there may be many, of any life.
static void test_sessions(const package_handle &package) {
  check_all(run(4,
                [&](const communicator_handle &ranks) {
                  std::vector<session_handle> sessions;
                  for (int64_t i = 1; i <= 40; ++i) {
                    sessions.push_back(make_session(package, ranks));
                    exchange(sessions.back(), i % 7 + 1);
                  }
                  exchange(sessions[0], 3);
                }),
            "");
}

/// The package's slices and shapes, as a program that embeds the runtime cuts
/// its tensors by them.
static void test_grid(const package_handle &package) {
  attnc_rt_grid grid = package.grid();
  CHECK(strcmp(grid.name, "g") == 0 && grid.num_ranks == 4);
  CHECK(grid.num_axes == 2 && grid.shape[0] == 2 && grid.shape[1] == 2);
  const attnc_rt_entry &entry = package.entry(package.find_entry("exchange"));
  const attnc_rt_dim *dims = entry.inputs[0].dims;
  CHECK(dims[0].num_slices == 1 && dims[1].num_slices == 2);
  for (int32_t rank = 0; rank < 4; ++rank) {
    CHECK(package.slice(dims[0], rank) == 0);
    CHECK(package.slice(dims[1], rank) == rank / 2);
  }
}

static void test_refusals(const package_handle &package,
                          const package_handle &other) {
  auto create = [](const package_handle &package) {
    return
        [&](const communicator_handle &ranks) { make_session(package, ranks); };
  };
  check_all(run(2, create(package)),
            "the package is for 4 ranks (grid g = 2x2), got 2");
  // Whatever the other package is for: all ranks learn that they differ.
  check_all(run(4,
                [&](const communicator_handle &ranks) {
                  attnc_rt_session_options options = {};
                  options.communicator = ranks.get();
                  const package_handle &own =
                      ranks.rank() == 2 ? other : package;
                  session_handle session(own, 0, options);
                }),
            "expected one package on all ranks, got 2 by their hashes");
  try {
    session_handle session(package, 0);
    CHECK(!"created");
  } catch (const error &failure) {
    CHECK(strstr(failure.what(), "(grid g = 2x2), got 1"));
  }
}

/// A rank that leaves is an error of those that run on.
static void test_leaving(const package_handle &package) {
  auto errors = run(4, [&](const communicator_handle &ranks) {
    session_handle session = make_session(package, ranks);
    exchange(session, 2);
    if (ranks.rank() != 3)
      exchange(session, 2);
  });
  CHECK(errors[3].empty());
  errors.pop_back();
  check_all(errors, "rank ");
}

int main(int argc, char **argv) {
  CHECK(argc == 3);
  package_handle package(argv[1]), other(argv[2]);
  test_grid(package);
  test_sessions(package);
  test_refusals(package, other);
  test_leaving(package);
}
