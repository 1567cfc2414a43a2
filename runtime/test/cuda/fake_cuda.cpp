//===- fake_cuda.cpp - A CUDA driver without a GPU ------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions of libcuda that the runtime uses, over host memory. Streams do
// nothing until somebody asks whether they are done, and then one piece of
// work; so what reads a result too early reads the wrong one. What would block
// in the driver and never return ends the process instead, and so do ranges that
// are not allocated.
//
// Modules are small ELF files with lines of text behind the header:
//
//     kernel NAME params=128,8,4 threads=1024 shared=0 blocks=2
//
// Names that kernels.cpp knows are computed. The environment chooses:
//
//     FAKE_CUDA_LOG         a file that gets a line for each call of interest
//     FAKE_CUDA_VERSION     13000
//     FAKE_CUDA_GPUS        1
//     FAKE_CUDA_CAPABILITY  90
//     FAKE_CUDA_MEMORY      bytes of a GPU
//     FAKE_CUDA_FAIL        CALL:ERROR:N, the error of the Nth call
//     FAKE_CUDA_HANG        the kernel that never ends
//     FAKE_CUDA_CRASH       the kernel that ends with error 700
//     FAKE_CUDA_IDLE        if set, kernels compute nothing
//
//===----------------------------------------------------------------------===//

#include "fake_cuda.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <sstream>

using namespace fake_cuda;

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {
constexpr int illegal_address = 700;
constexpr int invalid_value = 1;
constexpr int stream_capture_unsupported = 900;
constexpr int stream_capture_isolation = 905;

/// The whole driver; one lock for all of it.
struct state {
  std::mutex mutex;
  std::map<char *, allocation> allocations; // by their first byte
  size_t num_allocations = 0;
  uint64_t bytes_in_use = 0;
  std::vector<std::unique_ptr<fake_stream>> streams;
  size_t num_streams = 0, num_events = 0, num_modules = 0, num_graphs = 0;
  size_t num_live_streams = 0;
  int num_live_events = 0, num_live_modules = 0, num_live_graphs = 0;
  std::map<int, int> retained; // by GPU
  std::map<std::string, int> num_calls;
  int sticky_error = 0;
  uint64_t time = 0; // advances with work
};

state &all() {
  static state the_state;
  return the_state;
}

thread_local std::vector<int> context_stack; // of GPUs
} // namespace

static const char *setting(const char *name) { return getenv(name); }

static uint64_t number(const char *name, uint64_t otherwise) {
  const char *text = setting(name);
  return text ? strtoull(text, nullptr, 10) : otherwise;
}

__attribute__((format(printf, 1, 2))) static void log(const char *format, ...) {
  const char *path = setting("FAKE_CUDA_LOG");
  if (!path)
    return;
  FILE *file = fopen(path, "a");
  if (!file)
    return;
  va_list args;
  va_start(args, format);
  vfprintf(file, format, args);
  va_end(args);
  fputc('\n', file);
  fclose(file);
}

/// The real driver would never return from the call.
[[noreturn]] static void would_block(const char *call) {
  fprintf(stderr, "fake_cuda: %s would wait forever\n", call);
  abort();
}

[[noreturn]] static void misused(const char *call, const char *how) {
  fprintf(stderr, "fake_cuda: %s: %s\n", call, how);
  abort();
}

/// The error that this call must return: an injected one, or what an earlier
/// crash left.
static int error_of(const char *call) {
  int count = ++all().num_calls[call];
  if (const char *text = setting("FAKE_CUDA_FAIL")) {
    std::string wanted(text);
    size_t first = wanted.find(':'), second = wanted.rfind(':');
    if (wanted.substr(0, first) == call &&
        count == atoi(wanted.c_str() + second + 1))
      return atoi(wanted.c_str() + first + 1);
  }
  return all().sticky_error;
}

#define BEGIN(call)                                                            \
  std::lock_guard lock(all().mutex);                                           \
  if (int error = error_of(call))                                              \
    return error
#define BEGIN_IN_CONTEXT(call)                                                 \
  BEGIN(call);                                                                 \
  if (context_stack.empty())                                                   \
  misused(call, "no context is current")

static const allocation *find(const void *address) {
  auto after = all().allocations.upper_bound(
      static_cast<char *>(const_cast<void *>(address)));
  if (after == all().allocations.begin())
    return nullptr;
  const allocation &found = std::prev(after)->second;
  return address <= found.first + found.bytes ? &found : nullptr;
}

/// "a2+64": where memory of the GPU lies.
static std::string place(const void *address) {
  const allocation *found = find(address);
  if (!found)
    return "host";
  auto offset = static_cast<const char *>(address) - found->first;
  return "a" + std::to_string(found->number) + "+" + std::to_string(offset);
}

static void *checked(const char *call, uint64_t address, size_t bytes) {
  auto *start = reinterpret_cast<char *>(address);
  const allocation *found = find(start);
  if (!found || start + bytes > found->first + found->bytes)
    misused(call, "a range that is not allocated");
  return start;
}

//===-- Streams -----------------------------------------------------------===//

static fake_stream &stream_of(void *handle) {
  static fake_stream default_stream;
  default_stream.name = "default";
  return handle ? *static_cast<fake_stream *>(handle) : default_stream;
}

static bool do_one(fake_stream &stream) {
  if (stream.work.empty() || all().sticky_error)
    return false;
  ++all().time;
  if (!stream.work.front()())
    return false;
  stream.work.pop_front();
  return true;
}

static void do_one_everywhere() {
  do_one(stream_of(nullptr));
  for (auto &stream : all().streams)
    do_one(*stream);
}

/// Whether all work could be done.
static bool do_all() {
  bool goes_on = true;
  while (goes_on) {
    goes_on = do_one(stream_of(nullptr));
    for (auto &stream : all().streams)
      goes_on |= do_one(*stream);
  }
  bool is_done = stream_of(nullptr).work.empty();
  for (auto &stream : all().streams)
    is_done &= stream->work.empty();
  return is_done || all().sticky_error;
}

static void put(fake_stream &stream, work_item item) {
  if (stream.capture)
    stream.capture->work.push_back(std::move(item));
  else
    stream.work.push_back(std::move(item));
}

static bool is_any_captured() {
  for (auto &stream : all().streams)
    if (stream->capture)
      return true;
  return stream_of(nullptr).capture != nullptr;
}

//===-- Initialization, devices, contexts ---------------------------------===//

EXPORT int cuInit(unsigned) {
  BEGIN("cuInit");
  return number("FAKE_CUDA_GPUS", 1) == 0 ? 100 : 0;
}

EXPORT int cuDriverGetVersion(int *version) {
  *version = static_cast<int>(number("FAKE_CUDA_VERSION", 13000));
  return 0;
}

namespace {
struct error_row {
  int number;
  const char *name;
  const char *text;
};
} // namespace

static constexpr error_row errors[] = {
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS",
     "an illegal memory access was encountered"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}};

EXPORT int cuGetErrorName(int error, const char **name) {
  for (const error_row &row : errors)
    if (row.number == error) {
      *name = row.name;
      return 0;
    }
  return invalid_value;
}

EXPORT int cuGetErrorString(int error, const char **text) {
  for (const error_row &row : errors)
    if (row.number == error) {
      *text = row.text;
      return 0;
    }
  return invalid_value;
}

EXPORT int cuDeviceGetCount(int *count) {
  BEGIN("cuDeviceGetCount");
  *count = static_cast<int>(number("FAKE_CUDA_GPUS", 1));
  return 0;
}

EXPORT int cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return 0;
}

EXPORT int cuDeviceGetName(char *name, int length, int device) {
  snprintf(name, static_cast<size_t>(length), "Fake GPU %d", device);
  return 0;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int) {
  BEGIN("cuDeviceGetAttribute");
  auto capability = static_cast<int>(number("FAKE_CUDA_CAPABILITY", 90));
  switch (attribute) {
  case 16:
    *value = 4;
    return 0;
  case 75:
    *value = capability / 10;
    return 0;
  case 76:
    *value = capability % 10;
    return 0;
  case 97:
    *value = 232448;
    return 0;
  }
  return invalid_value;
}

/// The contexts' handles.
static char contexts[64];

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
  BEGIN("cuDevicePrimaryCtxRetain");
  ++all().retained[device];
  *context = &contexts[device];
  log("retain %d", device);
  return 0;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
  std::lock_guard lock(all().mutex);
  --all().retained[device];
  log("release %d with %zu allocations, %zu streams, %d events, %d modules, "
      "%d graphs",
      device, all().allocations.size(), all().num_live_streams,
      all().num_live_events, all().num_live_modules, all().num_live_graphs);
  return 0;
}

EXPORT int cuCtxPushCurrent_v2(void *context) {
  std::lock_guard lock(all().mutex);
  // Popped even when the context is broken.
  context_stack.push_back(
      static_cast<int>(static_cast<char *>(context) - contexts));
  return 0;
}

EXPORT int cuCtxPopCurrent_v2(void **context) {
  std::lock_guard lock(all().mutex);
  if (context_stack.empty())
    misused("cuCtxPopCurrent_v2", "no context is current");
  context_stack.pop_back();
  *context = nullptr;
  return 0;
}

//===-- Modules -----------------------------------------------------------===//

static std::string value_of(const std::string &line, const std::string &key) {
  size_t at = line.find(" " + key + "=");
  if (at == std::string::npos)
    return "";
  at += key.size() + 2;
  return line.substr(at, line.find(' ', at) - at);
}

EXPORT int cuModuleLoadData(void **result, const void *image) {
  BEGIN_IN_CONTEXT("cuModuleLoadData");
  constexpr size_t header_bytes = 64;
  std::istringstream lines(static_cast<const char *>(image) + header_bytes);
  auto module = std::make_unique<fake_module>();
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("kernel "))
      continue;
    fake_function function;
    function.name = line.substr(7, line.find(' ', 7) - 7);
    std::istringstream sizes(value_of(line, "params"));
    for (std::string size; std::getline(sizes, size, ',');)
      function.param_bytes.push_back(std::stoul(size));
    function.max_threads = std::stoi(value_of(line, "threads"));
    function.static_shared = std::stoi(value_of(line, "shared"));
    function.blocks = std::stoi(value_of(line, "blocks"));
    module->functions.push_back(std::move(function));
  }
  if (module->functions.empty())
    return 209;
  ++all().num_live_modules;
  log("load m%zu", all().num_modules++);
  *result = module.release();
  return 0;
}

EXPORT int cuModuleUnload(void *module) {
  std::lock_guard lock(all().mutex);
  if (!do_all())
    would_block("cuModuleUnload");
  --all().num_live_modules;
  delete static_cast<fake_module *>(module);
  return 0;
}

EXPORT int cuModuleGetFunction(void **result, void *module, const char *name) {
  BEGIN_IN_CONTEXT("cuModuleGetFunction");
  for (fake_function &each : static_cast<fake_module *>(module)->functions)
    if (each.name == name) {
      *result = &each;
      return 0;
    }
  return 500;
}

EXPORT int cuFuncGetAttribute(int *value, int attribute, void *function) {
  BEGIN_IN_CONTEXT("cuFuncGetAttribute");
  auto &its = *static_cast<fake_function *>(function);
  if (attribute > 1)
    return invalid_value;
  *value = attribute == 0 ? its.max_threads : its.static_shared;
  return 0;
}

EXPORT int cuFuncSetAttribute(void *function, int attribute, int value) {
  BEGIN_IN_CONTEXT("cuFuncSetAttribute");
  auto &its = *static_cast<fake_function *>(function);
  if (attribute != 8)
    return invalid_value;
  its.max_dynamic_shared = value;
  log("set %s shared %d", its.name.c_str(), value);
  return 0;
}

EXPORT int cuFuncGetParamInfo(void *function, size_t index, size_t *offset,
                              size_t *bytes) {
  std::lock_guard lock(all().mutex);
  auto &its = *static_cast<fake_function *>(function);
  if (index >= its.param_bytes.size())
    return invalid_value;
  *offset = 0;
  *bytes = its.param_bytes[index];
  return 0;
}

EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks,
                                                       void *function,
                                                       int threads,
                                                       size_t shared) {
  BEGIN_IN_CONTEXT("cuOccupancyMaxActiveBlocksPerMultiprocessor");
  auto &its = *static_cast<fake_function *>(function);
  *blocks = its.blocks;
  log("occupancy %s %d threads %zu shared", its.name.c_str(), threads, shared);
  return 0;
}

//===-- Tensor maps and launches ------------------------------------------===//

EXPORT int cuTensorMapEncodeTiled(void *map, int type, uint32_t rank,
                                  void *first, const uint64_t *sizes,
                                  const uint64_t *strides, const uint32_t *box,
                                  const uint32_t *unit, int interleave,
                                  int swizzle, int promotion, int fill) {
  BEGIN("cuTensorMapEncodeTiled");
  if (reinterpret_cast<uintptr_t>(map) % 64 != 0)
    misused("cuTensorMapEncodeTiled", "a map that is not aligned to 64");
  if (reinterpret_cast<uintptr_t>(first) % 16 != 0 || rank < 1 || rank > 5 ||
      interleave != 0 || swizzle != 3 || promotion != 3 || fill != 0)
    return invalid_value;
  fake_map its = {};
  its.type = static_cast<uint32_t>(type);
  its.rank = rank;
  its.first = static_cast<char *>(first);
  for (uint32_t i = 0; i < rank; ++i) {
    if (sizes[i] < 1 || sizes[i] > (1ull << 32) || box[i] < 1 || box[i] > 256 ||
        unit[i] != 1 ||
        (i > 0 && (strides[i - 1] % 16 != 0 || strides[i - 1] >> 40 != 0)))
      return invalid_value;
    its.sizes[i] = sizes[i];
    its.strides[i] = i ? strides[i - 1] : 0;
    its.box[i] = static_cast<uint16_t>(box[i]);
  }
  memset(map, 0, 128);
  memcpy(map, &its, sizeof(its));
  log("encode %s", place(first).c_str());
  return 0;
}

static std::string text_of(const fake_map &map) {
  std::string text =
      "map(" + place(map.first) + " type " + std::to_string(map.type);
  auto list = [&](const char *what, const auto *values, uint32_t from) {
    text += std::string(what);
    for (uint32_t i = from; i < map.rank; ++i)
      text += (i > from ? "," : "") + std::to_string(values[i]);
  };
  list(" sizes ", map.sizes, 0);
  list(" strides ", map.strides, 1);
  list(" box ", map.box, 0);
  return text + ")";
}

static std::string text_of(const std::string &param) {
  if (param.size() == sizeof(attnc_rt::cuda::tensor_map)) {
    fake_map map;
    memcpy(&map, param.data(), sizeof(map));
    return text_of(map);
  }
  uint64_t value = 0;
  memcpy(&value, param.data(), param.size());
  if (param.size() == 8 && find(reinterpret_cast<void *>(value)))
    return place(reinterpret_cast<void *>(value));
  return std::to_string(value);
}

EXPORT int cuLaunchKernelEx(const attnc_rt::cuda::launch_config *config,
                            void *function, void **params, void **extra) {
  BEGIN_IN_CONTEXT("cuLaunchKernelEx");
  auto &its = *static_cast<fake_function *>(function);
  uint64_t threads = uint64_t(config->block_x) * config->block_y *
                     config->block_z;
  if (config->grid_x == 0 || config->grid_y == 0 || config->grid_z == 0 ||
      extra || threads == 0 ||
      threads > static_cast<uint64_t>(its.max_threads) ||
      config->shared_bytes > static_cast<unsigned>(its.max_dynamic_shared))
    return invalid_value;
  auto call = std::make_shared<fake_call>();
  call->name = its.name;
  for (size_t i = 0; i < its.param_bytes.size(); ++i)
    call->params.emplace_back(static_cast<const char *>(params[i]),
                              its.param_bytes[i]);
  bool is_dependent = false;
  for (unsigned i = 0; i < config->num_attributes; ++i)
    is_dependent |=
        config->attributes[i].id == 6 &&
        config->attributes[i].value.programmatic_stream_serialization == 1;
  fake_stream &stream = stream_of(config->on);
  std::string text;
  for (const std::string &param : call->params)
    text += " " + text_of(param);
  log("launch %s grid %ux%ux%u threads %u shared %u on %s%s:%s",
      its.name.c_str(), config->grid_x, config->grid_y, config->grid_z,
      config->block_x, config->shared_bytes, stream.name.c_str(),
      is_dependent ? " dependent" : "", text.c_str());
  put(stream, [call] {
    const char *hanging = setting("FAKE_CUDA_HANG");
    const char *crashing = setting("FAKE_CUDA_CRASH");
    if (hanging && call->name == hanging)
      return false;
    if (crashing && call->name == crashing)
      all().sticky_error = illegal_address;
    else if (!setting("FAKE_CUDA_IDLE"))
      run_kernel(*call);
    return true;
  });
  return 0;
}

//===-- Memory ------------------------------------------------------------===//

EXPORT int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  BEGIN_IN_CONTEXT("cuMemAlloc_v2");
  if (is_any_captured())
    return stream_capture_unsupported;
  if (all().bytes_in_use + bytes > number("FAKE_CUDA_MEMORY", 1ull << 34))
    return 2;
  all().bytes_in_use += bytes;
  auto *first = static_cast<char *>(
      std::aligned_alloc(512, (bytes + 511) / 512 * 512));
  memset(first, 0xcd, bytes);
  all().allocations[first] = {first, bytes, all().num_allocations};
  log("alloc a%zu %zu", all().num_allocations++, bytes);
  *address = reinterpret_cast<uint64_t>(first);
  return 0;
}

EXPORT int cuMemFree_v2(uint64_t address) {
  std::lock_guard lock(all().mutex);
  if (is_any_captured())
    misused("cuMemFree_v2", "while a stream is captured");
  if (!do_all())
    would_block("cuMemFree_v2");
  auto found = all().allocations.find(reinterpret_cast<char *>(address));
  if (found == all().allocations.end())
    misused("cuMemFree_v2", "an address that is not allocated");
  log("free a%zu", found->second.number);
  all().bytes_in_use -= found->second.bytes;
  std::free(found->first);
  all().allocations.erase(found);
  return 0;
}

EXPORT int cuPointerGetAttribute(void *value, int attribute, uint64_t address) {
  BEGIN_IN_CONTEXT("cuPointerGetAttribute");
  if (!find(reinterpret_cast<void *>(address)))
    return invalid_value;
  *static_cast<int *>(value) = attribute == 2 ? 2 : 0;
  return 0;
}

EXPORT int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes,
                           void *handle) {
  BEGIN_IN_CONTEXT("cuMemsetD8Async");
  void *target = checked("cuMemsetD8Async", to, bytes);
  fake_stream &stream = stream_of(handle);
  log("memset %s %u %zu on %s", place(target).c_str(), value, bytes,
      stream.name.c_str());
  put(stream, [=] {
    memset(target, value, bytes);
    return true;
  });
  return 0;
}

EXPORT int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes,
                                void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpyHtoDAsync_v2");
  void *target = checked("cuMemcpyHtoDAsync_v2", to, bytes);
  fake_stream &stream = stream_of(handle);
  log("htod %s %zu on %s", place(target).c_str(), bytes, stream.name.c_str());
  // Pageable memory is copied before the call returns.
  std::string copy(static_cast<const char *>(from), bytes);
  put(stream, [=] {
    memcpy(target, copy.data(), bytes);
    return true;
  });
  return 0;
}

EXPORT int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes,
                                void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpyDtoHAsync_v2");
  void *source = checked("cuMemcpyDtoHAsync_v2", from, bytes);
  fake_stream &stream = stream_of(handle);
  log("dtoh %s %zu on %s", place(source).c_str(), bytes, stream.name.c_str());
  // To pageable memory the call waits.
  if (!do_all())
    would_block("cuMemcpyDtoHAsync_v2");
  if (all().sticky_error)
    return all().sticky_error;
  memcpy(to, source, bytes);
  return 0;
}

EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes,
                                void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpyDtoDAsync_v2");
  void *target = checked("cuMemcpyDtoDAsync_v2", to, bytes);
  void *source = checked("cuMemcpyDtoDAsync_v2", from, bytes);
  fake_stream &stream = stream_of(handle);
  log("dtod %s %s %zu on %s", place(target).c_str(), place(source).c_str(),
      bytes, stream.name.c_str());
  put(stream, [=] {
    memcpy(target, source, bytes);
    return true;
  });
  return 0;
}

EXPORT int cuMemcpy2DAsync_v2(const attnc_rt::cuda::copy_2d *what,
                              void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpy2DAsync_v2");
  attnc_rt::cuda::copy_2d its = *what;
  fake_stream &stream = stream_of(handle);
  log("copy rows %s by %zu from %s by %zu: %zu of %zu on %s",
      place(reinterpret_cast<void *>(its.to_device)).c_str(), its.to_pitch,
      place(reinterpret_cast<void *>(its.from_device)).c_str(),
      its.from_pitch, its.height, its.width_bytes, stream.name.c_str());
  put(stream, [its] {
    for (size_t row = 0; row < its.height; ++row)
      memcpy(checked("cuMemcpy2DAsync_v2", its.to_device + row * its.to_pitch,
                     its.width_bytes),
             checked("cuMemcpy2DAsync_v2",
                     its.from_device + row * its.from_pitch, its.width_bytes),
             its.width_bytes);
    return true;
  });
  return 0;
}

//===-- Streams, events, graphs -------------------------------------------===//

EXPORT int cuStreamCreate(void **stream, unsigned) {
  BEGIN_IN_CONTEXT("cuStreamCreate");
  auto made = std::make_unique<fake_stream>();
  made->name = "s" + std::to_string(all().num_streams++);
  *stream = made.get();
  ++all().num_live_streams;
  all().streams.push_back(std::move(made));
  return 0;
}

EXPORT int cuStreamDestroy_v2(void *stream) {
  std::lock_guard lock(all().mutex);
  if (!do_all())
    would_block("cuStreamDestroy_v2");
  --all().num_live_streams;
  std::erase_if(all().streams,
                [&](const auto &each) { return each.get() == stream; });
  return 0;
}

EXPORT int cuStreamQuery(void *handle) {
  BEGIN_IN_CONTEXT("cuStreamQuery");
  fake_stream &stream = stream_of(handle);
  if (stream.capture)
    return stream_capture_unsupported;
  do_one_everywhere();
  if (all().sticky_error)
    return all().sticky_error;
  return stream.work.empty() ? 0 : 600;
}

EXPORT int cuStreamGetCtx(void *handle, void **context) {
  BEGIN_IN_CONTEXT("cuStreamGetCtx");
  *context = stream_of(handle).is_foreign
                 ? static_cast<void *>(&all())
                 : &contexts[context_stack.back()];
  return 0;
}

EXPORT int cuStreamWaitEvent(void *handle, void *event, unsigned) {
  BEGIN_IN_CONTEXT("cuStreamWaitEvent");
  auto &its = *static_cast<fake_event *>(event);
  fake_stream &stream = stream_of(handle);
  if (stream.capture)
    return stream_capture_isolation;
  log("wait e%zu on %s", its.number, stream.name.c_str());
  uint64_t waited = its.num_recorded;
  put(stream, [&its, waited] { return its.num_done >= waited; });
  return 0;
}

EXPORT int cuStreamIsCapturing(void *handle, int *status) {
  BEGIN_IN_CONTEXT("cuStreamIsCapturing");
  *status = stream_of(handle).capture ? 1 : 0;
  return 0;
}

EXPORT int cuStreamBeginCapture_v2(void *handle, int mode) {
  BEGIN_IN_CONTEXT("cuStreamBeginCapture_v2");
  fake_stream &stream = stream_of(handle);
  stream.capture = std::make_shared<fake_graph>();
  ++all().num_live_graphs;
  log("begin capture of %s in mode %d", stream.name.c_str(), mode);
  return 0;
}

EXPORT int cuStreamEndCapture(void *handle, void **graph) {
  BEGIN_IN_CONTEXT("cuStreamEndCapture");
  fake_stream &stream = stream_of(handle);
  if (!stream.capture)
    return invalid_value;
  log("end capture of %s: %zu nodes", stream.name.c_str(),
      stream.capture->work.size());
  *graph = new std::shared_ptr<fake_graph>(std::move(stream.capture));
  stream.capture.reset();
  return 0;
}

EXPORT int cuGraphInstantiateWithFlags(void **result, void *graph,
                                       unsigned long long) {
  BEGIN_IN_CONTEXT("cuGraphInstantiateWithFlags");
  ++all().num_live_graphs;
  *result = new std::shared_ptr<fake_graph>(
      *static_cast<std::shared_ptr<fake_graph> *>(graph));
  return 0;
}

static int destroy_graph(void *graph) {
  std::lock_guard lock(all().mutex);
  --all().num_live_graphs;
  delete static_cast<std::shared_ptr<fake_graph> *>(graph);
  return 0;
}

EXPORT int cuGraphDestroy(void *graph) { return destroy_graph(graph); }
EXPORT int cuGraphExecDestroy(void *graph) { return destroy_graph(graph); }

EXPORT int cuGraphLaunch(void *graph, void *handle) {
  BEGIN_IN_CONTEXT("cuGraphLaunch");
  fake_stream &stream = stream_of(handle);
  auto &its = *static_cast<std::shared_ptr<fake_graph> *>(graph);
  log("launch graph on %s", stream.name.c_str());
  for (const work_item &item : its->work)
    put(stream, item);
  return 0;
}

EXPORT int cuEventCreate(void **event, unsigned flags) {
  BEGIN_IN_CONTEXT("cuEventCreate");
  auto *made = new fake_event;
  made->number = all().num_events++;
  made->has_time = (flags & 2) == 0;
  ++all().num_live_events;
  *event = made;
  return 0;
}

EXPORT int cuEventDestroy_v2(void *event) {
  std::lock_guard lock(all().mutex);
  if (!do_all())
    would_block("cuEventDestroy_v2");
  --all().num_live_events;
  delete static_cast<fake_event *>(event);
  return 0;
}

EXPORT int cuEventRecord(void *event, void *handle) {
  BEGIN_IN_CONTEXT("cuEventRecord");
  auto &its = *static_cast<fake_event *>(event);
  fake_stream &stream = stream_of(handle);
  if (stream.capture)
    misused("cuEventRecord", "on a stream that is captured");
  ++its.num_recorded;
  put(stream, [&its] {
    ++its.num_done;
    its.time = all().time;
    return true;
  });
  return 0;
}

EXPORT int cuEventQuery(void *event) {
  BEGIN_IN_CONTEXT("cuEventQuery");
  auto &its = *static_cast<fake_event *>(event);
  do_one_everywhere();
  if (all().sticky_error)
    return all().sticky_error;
  return its.num_done == its.num_recorded ? 0 : 600;
}

EXPORT int cuEventElapsedTime_v2(float *milliseconds, void *start, void *end) {
  BEGIN_IN_CONTEXT("cuEventElapsedTime_v2");
  auto &first = *static_cast<fake_event *>(start);
  auto &last = *static_cast<fake_event *>(end);
  if (!first.has_time || !last.has_time)
    return invalid_value;
  if (last.num_done != last.num_recorded)
    return 600;
  *milliseconds = static_cast<float>(last.time - first.time);
  return 0;
}

/// For fake_nccl.cpp: work like a kernel's.
EXPORT int fake_cuda_put(void *stream, work_item item) {
  BEGIN_IN_CONTEXT("fake_cuda_put");
  log("collective on %s", stream_of(stream).name.c_str());
  put(stream_of(stream), std::move(item));
  return 0;
}

/// For tests: a stream that belongs to another context.
EXPORT int fake_cuda_make_foreign(void *stream) {
  stream_of(stream).is_foreign = true;
  return 0;
}
