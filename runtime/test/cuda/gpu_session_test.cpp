//===- gpu_session_test.cpp - Sessions on a GPU, through the C++ API ------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// gpu_session_test FAKE_CUDA BOTH.attnc GPU.attnc: the driver without a GPU,
// and the packages of gpu_package.py.
//
//===----------------------------------------------------------------------===//

#include "../check.h"
#include "attnc_rt/attnc_rt.hpp"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>
#include <unistd.h>

using namespace attnc_rt;

static constexpr int64_t width = 8;
static constexpr const char *log_path = "gpu_session_test.log";

/// The driver's lines since the last call.
static std::vector<std::string> take_log() {
  std::ifstream file(log_path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  unlink(log_path);
  return lines;
}

/// How many lines begin with `text`.
static int64_t count(const std::vector<std::string> &lines, const char *text) {
  return std::count_if(
      lines.begin(), lines.end(),
      [&](const std::string &line) { return line.starts_with(text); });
}

template <typename body_fn>
static void expect_error(attnc_rt_code code, const char *message,
                         const body_fn &body) {
  try {
    body();
  } catch (const error &caught) {
    if (caught.code != code || !strstr(caught.what(), message))
      fprintf(stderr, "expected %d with \"%s\", got %d with \"%s\"\n", code,
              message, caught.code, caught.what());
    CHECK(caught.code == code && strstr(caught.what(), message));
    return;
  }
  fprintf(stderr, "expected an error with \"%s\"\n", message);
  CHECK(false);
}

namespace {
/// The driver as a caller of the runtime uses it.
class caller_driver {
public:
  explicit caller_driver(const char *path) : library(dlopen(path, RTLD_NOW)) {
    CHECK(library);
    call("cuInit", 0u);
    call("cuDevicePrimaryCtxRetain", &context, 0);
    call("cuCtxPushCurrent_v2", context);
  }

  template <typename... parameters>
  void call(const char *name, parameters... given) const {
    auto *function =
        reinterpret_cast<int (*)(parameters...)>(dlsym(library, name));
    CHECK(function && function(given...) == 0);
  }

  void *make_stream() const {
    void *stream = nullptr;
    call("cuStreamCreate", &stream, 0u);
    return stream;
  }

  void *allocate(size_t bytes) const {
    uint64_t address = 0;
    call("cuMemAlloc_v2", &address, bytes);
    return reinterpret_cast<void *>(address);
  }

  /// Until all work of the stream is done.
  void wait(void *stream) const {
    auto *query =
        reinterpret_cast<int (*)(void *)>(dlsym(library, "cuStreamQuery"));
    int got;
    while ((got = query(stream)) != 0)
      CHECK(got == 600);
  }

private:
  void *library;
  void *context = nullptr;
};

const caller_driver *cuda;

/// Inputs and outputs of the entry `block`. What the driver calls memory of the
/// GPU can be read and written here.
class block_tensors {
public:
  block_tensors(int64_t batch, int64_t length, bool on_gpu)
      : batch(batch), length(length), x_shape{batch, length, width},
        ids_shape{batch} {
    size_t bytes = static_cast<size_t>(batch * length * width) * sizeof(float);
    auto allocate = [&](size_t size) {
      if (on_gpu)
        return cuda->allocate(size);
      host.push_back(std::make_unique<char[]>(size));
      return static_cast<void *>(host.back().get());
    };
    x = static_cast<float *>(allocate(bytes));
    y = static_cast<float *>(allocate(bytes));
    ids = static_cast<int32_t *>(
        allocate(static_cast<size_t>(batch) * sizeof(int32_t)));
    DLDevice device = {on_gpu ? kDLCUDA : kDLCPU, 0};
    inputs = {{x, device, 3, {kDLFloat, 32, 1}, x_shape, nullptr, 0},
              {ids, device, 1, {kDLInt, 32, 1}, ids_shape, nullptr, 0}};
    outputs = {{y, device, 3, {kDLFloat, 32, 1}, x_shape, nullptr, 0}};
    set(0);
  }

  /// Other inputs, and outputs that are wrong.
  void set(int64_t seed) {
    for (int64_t i = 0; i < batch * length * width; ++i) {
      x[i] = static_cast<float>(i + seed);
      y[i] = -1;
    }
    for (int64_t i = 0; i < batch; ++i)
      ids[i] = static_cast<int32_t>((i + seed) % 3);
  }

  bool is_right() const {
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t i = 0; i < length * width; ++i) {
        int64_t at = b * length * width + i;
        auto row = static_cast<float>(10 * ids[b] + i % width);
        if (y[at] != 2 * x[at] + row)
          return false;
      }
    return true;
  }

  const int64_t batch, length;
  float *x, *y;
  int32_t *ids;
  std::vector<DLTensor> inputs, outputs;

private:
  int64_t x_shape[3], ids_shape[1];
  std::vector<std::unique_ptr<char[]>> host;
};
} // namespace

static session_handle make_session(const package_handle &package,
                                   attnc_rt_session_options options = {}) {
  options.device = options.device ? options.device : "cuda:0";
  return session_handle(package, package.find_entry("block"), options);
}

/// Memory of the GPU is used as it is; of the host, copied.
static void test_memory(const package_handle &package) {
  session_handle session = make_session(package);
  block_tensors host(3, 4, false), gpu(3, 4, true);
  take_log();
  session.run(gpu.inputs, gpu.outputs);
  CHECK(gpu.is_right());
  std::vector<std::string> log = take_log();
  CHECK(count(log, "htod") == 0 && count(log, "dtoh") == 0);
  session.run(host.inputs, host.outputs);
  CHECK(host.is_right());
  log = take_log();
  CHECK(count(log, "htod") == 2 && count(log, "dtoh") == 1);
  // Some here, some there.
  host.set(1);
  gpu.set(1);
  session.run({host.inputs[0], gpu.inputs[1]}, gpu.outputs);
  CHECK(gpu.is_right());

  // Pinned memory is the host's.
  block_tensors pinned(3, 4, false);
  for (DLTensor &tensor : pinned.inputs)
    tensor.device.device_type = kDLCUDAHost;
  session.run(pinned.inputs, pinned.outputs);
  CHECK(pinned.is_right());

  auto refuse = [&](const char *message, const auto &change) {
    block_tensors bad(3, 4, true);
    change(bad);
    expect_error(ATTNC_RT_INVALID_ARGUMENT, message,
                 [&] { session.run(bad.inputs, bad.outputs); });
  };
  refuse("entry 'block', input 'x': expected memory of the CPU (DLPack device "
         "type 1) or of cuda:0 (type 2), got type 2, number 1",
         [](block_tensors &t) { t.inputs[0].device.device_id = 1; });
  refuse("output 'y': expected memory of the CPU (DLPack device type 1) or of "
         "cuda:0 (type 2), got type 10, number 0",
         [](block_tensors &t) { t.outputs[0].device.device_type = kDLROCM; });
  refuse("entry 'block', input 'x': expected memory of cuda:0, as its DLPack "
         "device says, got memory of the host",
         [&](block_tensors &t) { t.inputs[0].data = host.x; });
  refuse("the memory of output 'y' overlaps that of 'x'",
         [](block_tensors &t) { t.outputs[0].data = t.x; });
  // In the caller's memory, too, where it is copied.
  expect_error(ATTNC_RT_INVALID_ARGUMENT,
               "the memory of output 'y' overlaps that of 'x'", [&] {
                 block_tensors bad(3, 4, false);
                 bad.outputs[0].data = bad.x;
                 session.run(bad.inputs, bad.outputs);
               });
}

static void test_streams(const package_handle &package) {
  session_handle session = make_session(package);
  block_tensors tensors(3, 4, true);
  void *stream = cuda->make_stream();
  take_log();
  session.enqueue(tensors.inputs, tensors.outputs, stream);
  CHECK(!tensors.is_right());
  cuda->wait(stream);
  CHECK(tensors.is_right());
  std::vector<std::string> log = take_log();
  CHECK(count(log, "launch") == 2 && count(log, "memset") == 1);

  // Null is the default stream. A run on another one waits for it.
  tensors.set(2);
  session.enqueue(tensors.inputs, tensors.outputs, nullptr);
  CHECK(!tensors.is_right());
  session.synchronize();
  CHECK(tensors.is_right());
  log = take_log();
  CHECK(count(log, "wait e") == 1);
  CHECK(log.back().find(" on default:") != std::string::npos);
  session.synchronize();

  block_tensors other(3, 4, true);
  session.enqueue(tensors.inputs, tensors.outputs, stream);
  session.run(other.inputs, other.outputs);
  CHECK(tensors.is_right() && other.is_right());

  block_tensors host(3, 4, false);
  expect_error(ATTNC_RT_INVALID_ARGUMENT,
               "entry 'block', input 'x': expected memory of cuda:0, got "
               "memory of the host",
               [&] { session.enqueue(host.inputs, host.outputs, stream); });
}

static void test_foreign_stream(const package_handle &package) {
  session_handle session = make_session(package);
  block_tensors tensors(3, 4, true);
  void *stream = cuda->make_stream();
  cuda->call("fake_cuda_make_foreign", stream);
  expect_error(
      ATTNC_RT_INVALID_ARGUMENT,
      "stream: expected one of cuda:0's primary context, got one of "
      "another context",
      [&] { session.enqueue(tensors.inputs, tensors.outputs, stream); });
}

/// Launches are built anew only for new addresses or shapes.
static void test_launches_are_kept(const package_handle &package) {
  attnc_rt_session_options options = {};
  options.device = "cuda:0";
  session_handle session(package, package.find_entry("maps"), options);
  int64_t wide_shape[] = {2, 9, 128}, plain_shape[] = {2, 9, 40};
  std::vector<DLTensor> inputs, outputs;
  for (int64_t *shape : {wide_shape, plain_shape})
    for (auto *list : {&inputs, &outputs})
      list->push_back({cuda->allocate(size_t(2 * 9 * 128 * 2)),
                       {kDLCUDA, 0},
                       3,
                       {kDLBfloat, 16, 1},
                       shape,
                       nullptr,
                       0});
  auto encodes = [&] {
    take_log();
    session.run(inputs, outputs);
    return count(take_log(), "encode");
  };
  CHECK(encodes() == 4);
  CHECK(encodes() == 0);
  inputs[0].data = cuda->allocate(2 * 9 * 128 * 2);
  CHECK(encodes() == 4);
  CHECK(encodes() == 0);
  wide_shape[1] = plain_shape[1] = 8;
  CHECK(encodes() == 4);
  // An address that fits the type and no tensor map.
  inputs[0].byte_offset = 2;
  expect_error(ATTNC_RT_BAD_PACKAGE,
               "entry 'maps', step 0 (kernel 'map_copy'), argument 0: expected "
               "an address at a multiple of 16, got one with a rest of 2",
               [&] { session.run(inputs, outputs); });
  inputs[0].byte_offset = 0;
  CHECK(encodes() == 4);
}

static void test_capture(const package_handle &package) {
  session_handle session = make_session(package);
  block_tensors gpu(3, 4, true), host(3, 4, false), larger(3, 6, true);
  expect_error(ATTNC_RT_INVALID_ARGUMENT,
               "entry 'block': expected a capture since the last run with "
               "other shapes, got none",
               [&] { session.replay(); });
  session.capture(gpu.inputs, gpu.outputs);
  CHECK(!gpu.is_right());
  take_log();
  session.replay();
  CHECK(gpu.is_right());
  std::vector<std::string> log = take_log();
  CHECK(count(log, "launch graph") == 1 && count(log, "launch") == 1);
  gpu.set(5);
  void *stream = cuda->make_stream();
  session.enqueue_replay(stream);
  CHECK(!gpu.is_right());
  cuda->wait(stream);
  CHECK(gpu.is_right());
  // A run with the same shapes and other tensors leaves the capture as it is.
  block_tensors other(3, 4, true);
  session.run(other.inputs, other.outputs);
  gpu.set(6);
  std::vector<uint64_t> times = session.time_replays(70);
  CHECK(gpu.is_right());
  // The driver's clock counts milliseconds and goes on by one with each node.
  CHECK(std::all_of(times.begin(), times.end(), [](uint64_t nanoseconds) {
    return nanoseconds == 4'000'000;
  }));
  session.run(larger.inputs, larger.outputs);
  expect_error(ATTNC_RT_INVALID_ARGUMENT, "expected a capture since",
               [&] { session.replay(); });

  session.capture(host.inputs, host.outputs);
  for (int64_t seed : {7, 8}) {
    host.set(seed);
    session.replay();
    CHECK(host.is_right());
  }
  expect_error(ATTNC_RT_INVALID_ARGUMENT,
               "input 'x': expected memory of cuda:0, got memory of the host",
               [&] { session.enqueue_replay(stream); });
}

/// The caller captures a stream and puts a run on it.
static void test_capture_by_caller(const package_handle &package) {
  session_handle session = make_session(package);
  block_tensors tensors(3, 4, true);
  void *stream = cuda->make_stream();
  void *graph = nullptr, *executable = nullptr;
  cuda->call("cuStreamBeginCapture_v2", stream, 1);
  expect_error(
      ATTNC_RT_INVALID_ARGUMENT,
      "entry 'block': expected a run with these shapes before the "
      "stream's capture",
      [&] { session.enqueue(tensors.inputs, tensors.outputs, stream); });
  cuda->call("cuStreamEndCapture", stream, &graph);
  session.run(tensors.inputs, tensors.outputs);
  tensors.set(3);
  cuda->call("cuStreamBeginCapture_v2", stream, 1);
  session.enqueue(tensors.inputs, tensors.outputs, stream);
  cuda->call("cuStreamEndCapture", stream, &graph);
  cuda->call("cuGraphInstantiateWithFlags", &executable, graph, 0ull);
  CHECK(!tensors.is_right());
  cuda->call("cuGraphLaunch", executable, stream);
  cuda->wait(stream);
  CHECK(tensors.is_right());
}

/// What needs a GPU says so on the CPU, where nothing is asynchronous.
static void test_cpu(const package_handle &package) {
  attnc_rt_session_options options = {};
  options.device = "cpu";
  session_handle session = make_session(package, options);
  block_tensors tensors(3, 4, false), gpu(3, 4, true);
  session.run(tensors.inputs, tensors.outputs);
  CHECK(tensors.is_right());
  session.synchronize();
  const char *message =
      "entry 'block': expected a session on a GPU, got one on the cpu";
  for (const std::function<void()> &call : std::vector<std::function<void()>>{
           [&] { session.enqueue(gpu.inputs, gpu.outputs, nullptr); },
           [&] { session.capture(gpu.inputs, gpu.outputs); },
           [&] { session.replay(); }, [&] { session.enqueue_replay(nullptr); },
           [&] { session.time_replays(1); }})
    expect_error(ATTNC_RT_UNSUPPORTED, message, call);
  expect_error(ATTNC_RT_INVALID_ARGUMENT,
               "expected memory of the CPU (DLPack device type 1), got type 2",
               [&] { session.run(gpu.inputs, gpu.outputs); });
}

static void test_options(const package_handle &package) {
  attnc_rt_session_options options = {};
  options.guard = true;
  expect_error(ATTNC_RT_UNSUPPORTED,
               "guard: expected the device cpu, got 'cuda:0'",
               [&] { make_session(package, options); });
  options = {};
  for (int32_t deadline : {-1, 86400001}) {
    options.deadline = deadline;
    expect_error(ATTNC_RT_INVALID_ARGUMENT,
                 "deadline: expected 0 ... 86400000 ms, got",
                 [&] { make_session(package, options); });
  }
  // The workspace, and copies of the host's tensors: x, ids and y.
  options = {};
  options.max_workspace_bytes = 3 * 4 * width * 4;
  session_handle session = make_session(package, options);
  block_tensors host(3, 4, false), gpu(3, 4, true);
  session.run(gpu.inputs, gpu.outputs);
  expect_error(ATTNC_RT_OUT_OF_MEMORY,
               "expected a workspace of at most 384 bytes, got 908",
               [&] { session.run(host.inputs, host.outputs); });

  options = {};
  options.profile = true;
  options.poison = true;
  session_handle profiled = make_session(package, options);
  profiled.run(gpu.inputs, gpu.outputs);
  profiled.run(gpu.inputs, gpu.outputs);
  CHECK(gpu.is_right());
  std::vector<attnc_rt_step_profile> steps = profiled.profile();
  CHECK(steps.size() == 3 && steps[2].calls == 2);
  // Two pieces of work of a millisecond each: the step and its event.
  CHECK(steps[0].nanoseconds == 4'000'000 && steps[2].nanoseconds == 4'000'000);
}

/// After an error counters are zero again, and the session works.
static void test_errors(const package_handle &package) {
  session_handle session = make_session(package);
  block_tensors tensors(3, 4, true);
  session.run(tensors.inputs, tensors.outputs);
  setenv("FAKE_CUDA_FAIL", "cuMemsetD8Async:719:0", 1);
  tensors.set(1);
  // Counts on from the calls that this process has made.
  for (int n = 1; n < 1000; ++n) {
    setenv("FAKE_CUDA_FAIL",
           ("cuLaunchKernelEx:719:" + std::to_string(n)).c_str(), 1);
    try {
      session.run(tensors.inputs, tensors.outputs);
    } catch (const error &caught) {
      CHECK(caught.code == ATTNC_RT_CUDA);
      CHECK(strstr(caught.what(), "entry 'block', step ") &&
            strstr(caught.what(), "cuLaunchKernelEx: CUDA error 719"));
      break;
    }
  }
  unsetenv("FAKE_CUDA_FAIL");
  tensors.set(4);
  session.run(tensors.inputs, tensors.outputs);
  CHECK(tensors.is_right());
}

/// Sessions outlive their package and run beside each other.
static void test_threads(const char *path) {
  auto package = std::make_optional<package_handle>(path);
  std::vector<session_handle> sessions;
  for (int i = 0; i < 4; ++i)
    sessions.push_back(make_session(*package));
  package.reset();
  std::vector<std::thread> threads;
  for (session_handle &session : sessions)
    threads.emplace_back([&session] {
      for (int64_t i = 1; i < 20; ++i) {
        block_tensors tensors(i, 4, false);
        session.run(tensors.inputs, tensors.outputs);
        CHECK(tensors.is_right());
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

/// Last: the GPU is lost after it.
static void test_deadline(const package_handle &package) {
  attnc_rt_session_options options = {};
  options.deadline = 100;
  session_handle session = make_session(package, options);
  session_handle idle = make_session(package);
  block_tensors tensors(3, 4, true), host(3, 4, false);
  void *stream = cuda->make_stream();
  session.run(tensors.inputs, tensors.outputs);
  setenv("FAKE_CUDA_HANG", "scale_add", 1);
  // Neither of these waits.
  session.enqueue(tensors.inputs, tensors.outputs, stream);
  session.enqueue(tensors.inputs, tensors.outputs, stream);
  expect_error(ATTNC_RT_DEADLINE,
               "entry 'block': expected its end within 100 ms on cuda:0",
               [&] { session.synchronize(); });
  const char *lost = "cuda:0: work of this process did not end: expected a new "
                     "process";
  expect_error(ATTNC_RT_DEADLINE, lost,
               [&] { session.run(host.inputs, host.outputs); });
  expect_error(ATTNC_RT_DEADLINE, lost,
               [&] { idle.run(host.inputs, host.outputs); });
  expect_error(ATTNC_RT_DEADLINE, lost, [&] { make_session(package); });
}

int main(int argc, char **argv) {
  CHECK(argc == 4);
  setenv("ATTNC_RT_CUDA_LIBRARY", argv[1], 1);
  setenv("FAKE_CUDA_LOG", log_path, 1);
  caller_driver driver(argv[1]);
  cuda = &driver;
  package_handle both(argv[2]), gpu_only(argv[3]);
  both.verify();
  test_memory(both);
  test_streams(both);
  test_foreign_stream(both);
  test_launches_are_kept(gpu_only);
  test_capture(both);
  test_capture_by_caller(both);
  test_cpu(both);
  test_options(both);
  test_errors(both);
  test_threads(argv[2]);
  test_deadline(both);
  unlink(log_path);
  printf("ok\n");
  fflush(stdout);
  _exit(0); // as after every deadline
}
