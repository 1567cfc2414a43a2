//===- collective_api_test.cpp - The C API: one rank alone, and four that it
// launches itself -===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../check.h"
#include "attnc_rt/collective.h"

#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

static constexpr DLDataType f32 = {kDLFloat, 32, 1};

static void check_ok(attnc_rt_status *status) {
  if (status)
    fprintf(stderr, "%s\n", attnc_rt_status_message(status));
  CHECK(!status);
}

static void check_error(attnc_rt_status *status, attnc_rt_code code,
                        const char *text) {
  CHECK(status);
  if (!strstr(attnc_rt_status_message(status), text))
    fprintf(stderr, "expected '%s' in: %s\n", text,
            attnc_rt_status_message(status));
  CHECK(strstr(attnc_rt_status_message(status), text));
  CHECK(attnc_rt_status_code(status) == code);
  attnc_rt_status_free(status);
}

/// One of each operation.
static void run_rank() {
  uint8_t hash[32] = {1};
  attnc_rt_communicator_options options = {};
  options.deadline = 20000;
  options.package_hash = hash;
  attnc_rt_communicator *world;
  check_ok(attnc_rt_communicator_create(&options, &world));
  int32_t size = attnc_rt_communicator_size(world);
  auto rank = static_cast<float>(attnc_rt_communicator_rank(world));
  auto ranks = static_cast<float>(size);
  float all[4] = {rank, rank, rank, rank};
  float one;
  check_ok(attnc_rt_reduce_scatter(world, all, &one, 1, f32, nullptr));
  CHECK(one == ranks * (ranks - 1) / 2);
  check_ok(attnc_rt_all_reduce(world, &rank, &one, 1, f32, nullptr));
  CHECK(one == ranks * (ranks - 1) / 2);
  check_ok(attnc_rt_all_gather(world, &rank, all, 1, f32, nullptr));
  for (int32_t i = 0; i < size; ++i)
    CHECK(all[i] == static_cast<float>(i));
  one = rank;
  check_ok(attnc_rt_broadcast(world, &one, 1, f32, size - 1, nullptr));
  CHECK(one == ranks - 1);
  check_ok(attnc_rt_barrier(world));
  check_ok(attnc_rt_communicator_synchronize(world, nullptr));
  int32_t grid[] = {size / 2 + size % 2, size / 2 + size % 2};
  attnc_rt_communicator *row;
  check_ok(attnc_rt_communicator_split(world, grid, 2, 2, &row));
  CHECK(attnc_rt_communicator_size(row) == grid[1]);
  check_ok(attnc_rt_barrier(row));
  attnc_rt_communicator_destroy(world);
  check_ok(attnc_rt_barrier(row));
  // Others may still be leaving.
  if (size == 1) {
    attnc_rt_communicator_abort(row);
    check_error(attnc_rt_barrier(row), ATTNC_RT_ABORTED, "rank 0 aborted");
  }
  attnc_rt_communicator_destroy(row);
}

static void test_launch(const char *self) {
  const char *arguments[] = {self, "rank", nullptr};
  attnc_rt_rank_end ends[4];
  check_ok(attnc_rt_launch_ranks(4, arguments, nullptr, ends));
  for (const attnc_rt_rank_end &end : ends)
    CHECK(end.exit_status == 0 && end.signal == 0 && end.by_launcher == 0);
  const char *fails[] = {"sh", "-c", "exit $((ATTNC_RT_RANK * 5))", nullptr};
  check_ok(attnc_rt_launch_ranks(2, fails, nullptr, ends));
  CHECK(ends[0].exit_status == 0 && ends[1].exit_status == 5);
  const char *hangs[] = {"sh", "-c",
                         "[ $ATTNC_RT_RANK = 0 ] && exec tail -f /dev/null; "
                         "exit 1",
                         nullptr};
  attnc_rt_launch_options options = {0, 100};
  check_ok(attnc_rt_launch_ranks(2, hangs, &options, ends));
  CHECK(ends[0].exit_status == -1 && ends[0].signal == 9 &&
        ends[0].by_launcher == 1);
}

static void test_misuse() {
  attnc_rt_communicator *world;
  check_error(attnc_rt_communicator_create(nullptr, nullptr),
              ATTNC_RT_INVALID_ARGUMENT, "communicator: expected an object");
  attnc_rt_communicator_options options = {};
  options.deadline = -1;
  check_error(attnc_rt_communicator_create(&options, &world),
              ATTNC_RT_INVALID_ARGUMENT, "deadline: expected 1 ... ");
  options = {};
  options.backend = ATTNC_RT_BACKEND_PROCESSES;
  check_error(attnc_rt_communicator_create(&options, &world),
              ATTNC_RT_INVALID_ARGUMENT,
              "expected attnc-run, torchrun or srun as launcher");
  setenv("ATTNC_RT_REGION_FD", "1x", 1);
  check_error(attnc_rt_communicator_create(&options, &world),
              ATTNC_RT_INVALID_ARGUMENT,
              "expected a file descriptor, got '1x'");
  unsetenv("ATTNC_RT_REGION_FD");
  options.backend = ATTNC_RT_BACKEND_NCCL;
  options.library = "/no/libnccl.so";
  check_error(attnc_rt_communicator_create(&options, &world),
              ATTNC_RT_UNSUPPORTED, "cannot load NCCL");
  options.backend = ATTNC_RT_BACKEND_MPI;
  check_error(attnc_rt_communicator_create(&options, &world),
              ATTNC_RT_UNSUPPORTED, "cannot load the MPI plug-in");
  check_ok(attnc_rt_communicator_create(nullptr, &world));
  float value = 1;
  check_error(attnc_rt_all_reduce(nullptr, &value, &value, 1, f32, nullptr),
              ATTNC_RT_INVALID_ARGUMENT, "communicator: expected an object");
  check_error(
      attnc_rt_all_reduce(world, &value, &value, 1, {kDLFloat, 64, 1}, nullptr),
      ATTNC_RT_INVALID_ARGUMENT, "dtype: expected F32, BF16,");
  int32_t grid[100] = {};
  check_error(attnc_rt_communicator_split(world, grid, 100, 1, &world),
              ATTNC_RT_INVALID_ARGUMENT, "grid: expected 1 ... 4 axes, got 5");
  attnc_rt_communicator_destroy(world);
  attnc_rt_communicator_destroy(nullptr);
  attnc_rt_rank_end end;
  const char *none[] = {nullptr};
  check_error(attnc_rt_launch_ranks(1, none, nullptr, &end),
              ATTNC_RT_INVALID_ARGUMENT, "ranks: expected a program, got none");
}

int main(int argc, char **argv) {
  run_rank();
  if (argc > 1)
    return 0;
  test_misuse();
  test_launch(argv[0]);
}
