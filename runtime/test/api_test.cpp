//===- api_test.cpp - The C API as a program uses it ---------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//     api_test BLOCK.attnc
//
// What attnc-run cannot do: wrong tensors, several sessions and threads, other
// shapes from run to run. The package is block_package.py's.
//
//===----------------------------------------------------------------------===//

#include "attnc_rt/attnc_rt.hpp"
#include "check.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <optional>
#include <thread>

using attnc_rt::package_handle;
using attnc_rt::session_handle;

static constexpr int64_t width = 8;

namespace {
/// The tensors of one run of the entry `block`.
struct block_tensors {
  block_tensors(int64_t batch, int64_t sequence)
      : x_shape{batch, sequence, width}, ids_shape{batch},
        x(static_cast<size_t>(batch * sequence * width)), y(x.size()),
        ids(static_cast<size_t>(batch)) {
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i % 97);
    for (size_t i = 0; i < ids.size(); ++i)
      ids[i] = static_cast<int32_t>(i % 3);
    inputs = {DLTensor{x.data(),
                       {kDLCPU, 0},
                       3,
                       {kDLFloat, 32, 1},
                       x_shape.data(),
                       nullptr,
                       0},
              DLTensor{ids.data(),
                       {kDLCPU, 0},
                       1,
                       {kDLInt, 32, 1},
                       ids_shape.data(),
                       nullptr,
                       0}};
    outputs = {inputs[0]};
    outputs[0].data = y.data();
  }
  block_tensors(const block_tensors &) = delete;

  bool is_right() const {
    for (size_t i = 0; i < x.size(); ++i) {
      size_t batch = i / static_cast<size_t>(x_shape[1] * width);
      float bias = 10.0f * static_cast<float>(ids[batch]) +
                   static_cast<float>(i % width);
      if (y[i] != 2 * x[i] + bias)
        return false;
    }
    return true;
  }

  std::vector<int64_t> x_shape, ids_shape;
  std::vector<float> x, y;
  std::vector<int32_t> ids;
  std::vector<DLTensor> inputs, outputs;
};
} // namespace

/// Runs `body`, which must fail with this code and a message that contains
/// `message`.
static void expect_error(attnc_rt_code code, const char *message,
                         const std::function<void()> &body) {
  try {
    body();
  } catch (const attnc_rt::error &error) {
    if (error.code != code || !strstr(error.what(), message))
      fprintf(stderr, "expected '%s', got '%s'\n", message, error.what());
    CHECK(error.code == code && strstr(error.what(), message));
    return;
  }
  fprintf(stderr, "expected '%s', got success\n", message);
  exit(1);
}

static void test_signature(const package_handle &package) {
  CHECK(package.num_entries() == 3);
  size_t index = package.find_entry("block");
  const attnc_rt_entry &entry = package.entry(index);
  CHECK(index == 1 && !strcmp(entry.name, "block"));
  CHECK(entry.num_symbols == 2 && !strcmp(entry.symbols[1].name, "S"));
  CHECK(entry.symbols[1].min == 2 && entry.symbols[1].max == 4096 &&
        entry.symbols[1].multiple == 2);
  const attnc_rt_tensor &x = entry.inputs[0];
  CHECK(entry.num_inputs == 2 && !strcmp(x.name, "x") && x.rank == 3);
  CHECK(x.dtype.code == kDLFloat && x.dtype.bits == 32);
  CHECK(x.dims[1].size == -1 && x.dims[1].symbol == 1 &&
        !strcmp(x.dims[1].text, "S"));
  CHECK(x.dims[2].size == width && x.dims[2].symbol == -1 &&
        !strcmp(x.dims[2].text, "8"));
  CHECK(!attnc_rt_package_entry(package.get(), 3));
  try {
    package.entry(3);
    CHECK(false);
  } catch (const std::out_of_range &) {
  }

  block_tensors tensors(2, 6);
  std::vector<int64_t> symbols = package.bind(index, tensors.inputs);
  CHECK((symbols == std::vector<int64_t>{2, 6}));
  auto shapes = package.shapes(index, symbols);
  CHECK(shapes.size() == 3 && shapes[2] == tensors.x_shape);
  expect_error(ATTNC_RT_INVALID_ARGUMENT, "expected 2 symbols, got 1",
               [&] { package.shapes(index, {2}); });
  expect_error(ATTNC_RT_INVALID_ARGUMENT, "entry: expected 0 ... 2, got 3",
               [&] { session_handle(package, 3); });
}

static void test_null_arguments(const package_handle &package) {
  attnc_rt_package *opened;
  const char *text;
  size_t index;
  attnc_rt_session *session;
  auto expect = [](const char *name, attnc_rt_status *status) {
    std::string message = std::string(name) + ": expected an object, got null";
    expect_error(ATTNC_RT_INVALID_ARGUMENT, message.c_str(),
                 [&] { attnc_rt::check(status); });
  };
  expect("path", attnc_rt_package_open(nullptr, &opened));
  expect("package", attnc_rt_package_open("x", nullptr));
  expect("package", attnc_rt_package_verify(nullptr, 1));
  expect("package", attnc_rt_package_describe(nullptr, &text));
  expect("text", attnc_rt_package_describe(package.get(), nullptr));
  expect("package", attnc_rt_package_find_entry(nullptr, "x", &index));
  expect("index", attnc_rt_package_find_entry(package.get(), "x", nullptr));
  expect("package", attnc_rt_session_create(nullptr, 0, nullptr, &session));
  expect("session",
         attnc_rt_session_create(package.get(), 0, nullptr, nullptr));
  expect("session", attnc_rt_session_run(nullptr, nullptr, 0, nullptr, 0));
  attnc_rt_package_close(nullptr);
  attnc_rt_session_destroy(nullptr);
  attnc_rt_status_free(nullptr);
  CHECK(attnc_rt_status_code(nullptr) == ATTNC_RT_OK);
  CHECK(!strcmp(attnc_rt_status_message(nullptr), ""));
}

/// One wrong thing about a tensor at a time.
static void test_tensors(const package_handle &package) {
  session_handle session(package, package.find_entry("block"));
  using change_fn = std::function<void(block_tensors &)>;
  auto refuse = [&](const char *message, const change_fn &change) {
    block_tensors tensors(2, 6);
    session.run(tensors.inputs, tensors.outputs);
    change(tensors);
    expect_error(ATTNC_RT_INVALID_ARGUMENT, message,
                 [&] { session.run(tensors.inputs, tensors.outputs); });
  };
  refuse("expected 2 inputs, got 1",
         [](block_tensors &t) { t.inputs.pop_back(); });
  refuse("expected 1 outputs, got 2",
         [](block_tensors &t) { t.outputs.push_back(t.outputs[0]); });
  refuse("input 'x': expected memory of the CPU (DLPack device type 1), got "
         "type 2",
         [](block_tensors &t) { t.inputs[0].device.device_type = kDLCUDA; });
  refuse("input 'x': expected dtype F32, got DLPack code 4 with 32 bits and 1 "
         "lanes",
         [](block_tensors &t) { t.inputs[0].dtype.code = kDLBfloat; });
  refuse("got DLPack code 2 with 16 bits",
         [](block_tensors &t) { t.inputs[0].dtype.bits = 16; });
  refuse("and 2 lanes", [](block_tensors &t) { t.inputs[0].dtype.lanes = 2; });
  refuse("input 'x': expected rank 3, got -1",
         [](block_tensors &t) { t.inputs[0].ndim = -1; });
  refuse("input 'x': its shape is null",
         [](block_tensors &t) { t.inputs[0].shape = nullptr; });
  refuse("input 'x': its data is null",
         [](block_tensors &t) { t.inputs[0].data = nullptr; });
  refuse("input 'x': expected data aligned to 4 bytes",
         [](block_tensors &t) { t.inputs[0].byte_offset = 2; });
  refuse("output 'y': expected the shape [2, 6, 8], got [2]",
         [](block_tensors &t) {
           t.outputs[0].ndim = 1;
           t.outputs[0].shape = t.ids_shape.data();
         });
  refuse("output 'y': expected the shape [2, 6, 8], got rank 3",
         [](block_tensors &t) { t.outputs[0].shape = nullptr; });
  refuse("the memory of output 'y' overlaps that of 'x'",
         [](block_tensors &t) { t.outputs[0].data = t.x.data(); });
  refuse("the memory of output 'y' overlaps that of 'x'",
         [](block_tensors &t) { t.outputs[0].data = t.x.data() + 95; });
  refuse("the memory of output 'y' overlaps that of 'ids'",
         [](block_tensors &t) { t.inputs[1].data = t.y.data() + 40; });

  std::vector<int64_t> strides = {48, 8, 1};
  auto with_strides = [&](block_tensors &t) {
    t.inputs[0].strides = strides.data();
  };
  block_tensors good(2, 6);
  with_strides(good);
  session.run(good.inputs, good.outputs);
  CHECK(good.is_right());
  strides = {8, 16, 1};
  refuse("input 'x': expected contiguous row-major memory", with_strides);

  // The stride of a single element means nothing.
  block_tensors single(1, 6);
  strides = {0, 8, 1};
  with_strides(single);
  session.run(single.inputs, single.outputs);
  CHECK(single.is_right());
}

/// Older writers of DLPack pass bools as bytes.
static void test_bools(const package_handle &package) {
  session_handle session(package, package.find_entry("types"));
  for (uint8_t code : {uint8_t(kDLUInt), uint8_t(ATTNC_RT_DL_BOOL)}) {
    int64_t shape[] = {3};
    uint16_t bf16[3] = {1, 2, 3}, f16[3] = {4, 5, 6};
    int32_t i32[3] = {7, 8, 9};
    uint8_t i1[3] = {1, 0, 1};
    uint16_t bf16_out[3], f16_out[3];
    int32_t i32_out[3];
    uint8_t i1_out[3] = {};
    auto tensor = [&](void *data, uint8_t code, uint8_t bits) {
      return DLTensor{data, {kDLCPU, 0}, 1, {code, bits, 1}, shape, nullptr, 0};
    };
    session.run({tensor(bf16, kDLBfloat, 16), tensor(f16, kDLFloat, 16),
                 tensor(i32, kDLInt, 32), tensor(i1, code, 8)},
                {tensor(bf16_out, kDLBfloat, 16), tensor(f16_out, kDLFloat, 16),
                 tensor(i32_out, kDLInt, 32), tensor(i1_out, code, 8)});
    CHECK(!memcmp(bf16, bf16_out, sizeof(bf16)) &&
          !memcmp(f16, f16_out, sizeof(f16)) &&
          !memcmp(i32, i32_out, sizeof(i32)) &&
          !memcmp(i1, i1_out, sizeof(i1)));
  }
}

static void test_changing_shapes(const package_handle &package) {
  for (bool guard : {false, true}) {
    attnc_rt_session_options options = {};
    options.num_threads = 3;
    options.poison = true;
    options.guard = guard;
    session_handle session(package, package.find_entry("block"), options);
    for (int64_t batch : {1, 64, 2, 2, 7}) {
      block_tensors tensors(batch, 2 * batch);
      session.run(tensors.inputs, tensors.outputs);
      CHECK(tensors.is_right());
    }
    // A failed run leaves the session usable.
    block_tensors bad(2, 6), good(2, 6);
    bad.ids[1] = 3;
    expect_error(ATTNC_RT_KERNEL, "an index lies outside its table",
                 [&] { session.run(bad.inputs, bad.outputs); });
    session.run(good.inputs, good.outputs);
    CHECK(good.is_right());
  }
}

static void test_limits(const package_handle &package) {
  attnc_rt_session_options options = {};
  options.max_workspace_bytes = 64 * 10;
  session_handle session(package, package.find_entry("block"), options);
  block_tensors small(20, 2), large(21, 2);
  session.run(small.inputs, small.outputs);
  expect_error(ATTNC_RT_OUT_OF_MEMORY,
               "expected a workspace of at most 640 bytes, got 704",
               [&] { session.run(large.inputs, large.outputs); });
  options = {};
  options.num_threads = -1;
  expect_error(ATTNC_RT_INVALID_ARGUMENT,
               "threads: expected 0 ... 1024, got -1",
               [&] { session_handle(package, 0, options); });
}

static void test_profile(const package_handle &package) {
  attnc_rt_session_options options = {};
  options.profile = true;
  session_handle session(package, package.find_entry("block"), options);
  block_tensors tensors(2, 6);
  session.run(tensors.inputs, tensors.outputs);
  session.run(tensors.inputs, tensors.outputs);
  std::vector<attnc_rt_step_profile> steps = session.profile();
  CHECK(steps.size() == 3 && !strcmp(steps[0].op, "memset") &&
        !strcmp(steps[0].kernel, "") && !strcmp(steps[2].op, "launch") &&
        !strcmp(steps[2].kernel, "scale_add"));
  CHECK(steps[2].calls == 2 && steps[2].nanoseconds > 0);
  session.reset_profile();
  CHECK(session.profile()[2].calls == 0);
}

/// Sessions outlive their package and run beside each other.
static void test_threads(const char *path) {
  auto package = std::make_optional<package_handle>(path);
  size_t block = package->find_entry("block");
  std::vector<session_handle> sessions;
  for (int i = 0; i < 4; ++i)
    sessions.emplace_back(*package, block);
  package.reset();
  std::vector<std::thread> threads;
  for (session_handle &session : sessions)
    threads.emplace_back([&session] {
      for (int64_t i = 1; i < 50; ++i) {
        block_tensors tensors(i, 4);
        session.run(tensors.inputs, tensors.outputs);
        CHECK(tensors.is_right());
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

/// The cost of a step beside its kernel, with unchanged shapes.
static void test_overhead(const package_handle &package) {
  attnc_rt_session_options options = {};
  options.num_threads = 1;
  session_handle session(package, package.find_entry("block"), options);
  block_tensors tensors(1, 2);
  double best = INFINITY;
  for (int i = 0; i < 1000; ++i) {
    auto start = std::chrono::steady_clock::now();
    session.run(tensors.inputs, tensors.outputs);
    std::chrono::duration<double, std::micro> taken =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  printf("3 small steps take %.2f us\n", best);
  CHECK(best < 3 * 5);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  package_handle package(argv[1]);
  package.verify();
  test_signature(package);
  test_null_arguments(package);
  test_tensors(package);
  test_bools(package);
  test_changing_shapes(package);
  test_limits(package);
  test_profile(package);
  test_threads(argv[1]);
  test_overhead(package);
}
