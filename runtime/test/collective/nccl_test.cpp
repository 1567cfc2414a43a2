//===- nccl_test.cpp - NCCL libraries that are missing, wrong, hanging, or real
// without a GPU -===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// nccl_test OLD NEXT_MAJOR INCOMPLETE HANGING BLOCKED [REAL]: paths of
// libraries.
//
//===----------------------------------------------------------------------===//

#include "../check.h"
#include "collective/nccl_communicator.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

using namespace attnc_rt;

using std::chrono::milliseconds;

static void check_fails(const nccl_options &options, attnc_rt_code code,
                        const std::vector<std::string> &parts) {
  try {
    make_nccl_ranks(rank_environment(), options);
  } catch (const failure &error) {
    fprintf(stderr, "%s\n", error.message.c_str());
    for (const std::string &part : parts)
      CHECK(error.message.find(part) != std::string::npos);
    CHECK(error.code == code);
    return;
  }
  CHECK(!"expected a failure");
}

static nccl_options with(const char *library) {
  nccl_options options;
  options.library = library;
  options.limits.init_deadline = milliseconds(300);
  options.abort_grace = milliseconds(300);
  return options;
}

static void test_wrong_libraries(char **paths) {
  check_fails(with("/no/libnccl.so.2"), ATTNC_RT_UNSUPPORTED,
              {"cannot load NCCL (expected version 2.18.0 or later): "
               "/no/libnccl.so.2"});
  check_fails(with("libc.so.6"), ATTNC_RT_UNSUPPORTED,
              {"'libc.so.6': expected NCCL, got no ncclGetVersion"});
  check_fails(with(paths[0]), ATTNC_RT_UNSUPPORTED,
              {"need NCCL 2.18.0 or a later 2.x, have NCCL 2.17.3"});
  check_fails(with(paths[1]), ATTNC_RT_UNSUPPORTED,
              {"need NCCL 2.18.0 or a later 2.x, have NCCL 3.0.1"});
  check_fails(with(paths[2]), ATTNC_RT_UNSUPPORTED,
              {"NCCL 2.28.9: expected ncclGetUniqueId, got none"});
  // The environment's library counts if no other is given.
  setenv("ATTNC_RT_NCCL_LIB", paths[0], 1);
  check_fails(with(""), ATTNC_RT_UNSUPPORTED, {"have NCCL 2.17.3"});
  unsetenv("ATTNC_RT_NCCL_LIB");
  CHECK(nccl_version_text(2708) == "2.7.8");
}

/// Neither a communicator that never comes up nor an abort that never returns
/// keeps the caller.
static void test_hanging_library(const char *path) {
  auto begin = std::chrono::steady_clock::now();
  check_fails(with(path), ATTNC_RT_DEADLINE,
              {"create a communicator: expected its end within 300 ms"});
  CHECK(std::chrono::steady_clock::now() - begin < milliseconds(5000));
}

/// A stream that never gets done is an error at the deadline, although the
/// abort never returns; only the communicator's end waits longer for that.
static void test_blocked_stream(const char *path) {
  constexpr milliseconds deadline(300), grace(4000), slack(1500);
  auto now = [] { return std::chrono::steady_clock::now(); };
  auto context = std::make_shared<nccl_context>(path, grace, /*on=*/nullptr);
  context->stream_query = [](void *) { return 600; };
  nccl_comm *comm = nullptr;
  nccl_config config;
  context->library.comm_init_rank_config(&comm, 1, nccl_unique_id(), 0,
                                         &config);
  collective_limits limits;
  limits.deadline = deadline;
  auto ranks = std::make_unique<nccl_communicator>(
      context, comm, 0, std::vector<int>{0}, 0, limits);
  float value = 0;
  ranks->all_reduce(&value, &value, 1, element_type::f32);

  auto begin = now();
  std::string first;
  try {
    ranks->synchronize(nullptr);
  } catch (const failure &error) {
    CHECK(error.code == ATTNC_RT_DEADLINE);
    first = error.message;
  }
  auto took = now() - begin;
  CHECK(first == "synchronize after all_reduce #1 (F32, 1 elements): expected "
                 "its end within 300 ms");
  CHECK(took >= deadline && took < deadline + slack);

  begin = now();
  try {
    ranks->all_reduce(&value, &value, 1, element_type::f32);
    CHECK(!"expected a failure");
  } catch (const failure &again) {
    CHECK(again.message == first);
  }
  CHECK(now() - begin < slack);

  begin = now();
  ranks.reset();
  took = now() - begin;
  CHECK(took > milliseconds(0) && took < grace + slack);
}

/// The real library passes the gate; without a driver its own error arrives.
static void test_real_library(const char *path) {
  nccl_library library(path);
  CHECK(std::strcmp(getenv("NCCL_NVLS_ENABLE"), "0") == 0);
  printf("%s: NCCL %s\n", path, nccl_version_text(library.version()).c_str());
  if (dlopen("libcuda.so.1", RTLD_NOW)) {
    printf("a CUDA driver is here: see nccl_one_gpu\n");
    return;
  }
  nccl_options options = with(path);
  options.limits.init_deadline = milliseconds(60000);
  check_fails(options, ATTNC_RT_NCCL,
              {"NCCL " + nccl_version_text(library.version()) +
                   ": cannot create a communicator: unhandled cuda error",
               "(1)"});
}

int main(int argc, char **argv) {
  CHECK(argc >= 6);
  test_wrong_libraries(argv + 1);
  test_hanging_library(argv[4]);
  test_blocked_stream(argv[5]);
  if (argc > 6)
    test_real_library(argv[6]);
}
