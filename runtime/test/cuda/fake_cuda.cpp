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
// in the driver and never return ends the process instead, and so do ranges
// that are not allocated.
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
#include <sstream>

using namespace fake_cuda;

state &fake_cuda::all() {
  static state the_state;
  return the_state;
}

std::vector<int> &fake_cuda::context_stack() {
  thread_local std::vector<int> stack;
  return stack;
}

const char *fake_cuda::setting(const char *name) { return getenv(name); }

uint64_t fake_cuda::number(const char *name, uint64_t otherwise) {
  const char *text = setting(name);
  return text ? strtoull(text, nullptr, 10) : otherwise;
}

void fake_cuda::log(const char *format, ...) {
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

void fake_cuda::would_block(const char *call) {
  fprintf(stderr, "fake_cuda: %s would wait forever\n", call);
  abort();
}

void fake_cuda::misused(const char *call, const char *how) {
  fprintf(stderr, "fake_cuda: %s: %s\n", call, how);
  abort();
}

int fake_cuda::error_of(const char *call) {
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

static constexpr int illegal_address = 700;

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

void *fake_cuda::context_of(int device) { return &contexts[device]; }

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
  BEGIN("cuDevicePrimaryCtxRetain");
  *context = context_of(device);
  log("retain %d", device);
  return 0;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
  std::lock_guard lock(all().mutex);
  log("release %d with %zu allocations, %zu streams, %d events, %d modules, "
      "%d graphs",
      device, all().allocations.size(), all().num_live_streams,
      all().num_live_events, all().num_live_modules, all().num_live_graphs);
  return 0;
}

EXPORT int cuCtxPushCurrent_v2(void *context) {
  std::lock_guard lock(all().mutex);
  // Popped even when the context is broken.
  context_stack().push_back(
      static_cast<int>(static_cast<char *>(context) - contexts));
  return 0;
}

EXPORT int cuCtxPopCurrent_v2(void **context) {
  std::lock_guard lock(all().mutex);
  if (context_stack().empty())
    misused("cuCtxPopCurrent_v2", "no context is current");
  context_stack().pop_back();
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
  uint64_t threads =
      uint64_t(config->block_x) * config->block_y * config->block_z;
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
