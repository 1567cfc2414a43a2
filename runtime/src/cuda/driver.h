//===- driver.h - libcuda, found at run time --------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_DRIVER_H
#define ATTNC_RT_CUDA_DRIVER_H

#include "cuda/driver_types.h"
#include "failure.h"

namespace attnc_rt::cuda {

/// A function of the driver, known by the name that it is loaded by.
template <typename... parameters> struct driver_function {
  const char *name;
  result (*address)(parameters...) = nullptr;
};

// The whole of the driver that the runtime uses: member, symbol, parameters.
#define ATTNC_RT_CUDA_FUNCTIONS(F)                                             \
  F(init, "cuInit", unsigned)                                                  \
  F(driver_get_version, "cuDriverGetVersion", int *)                           \
  F(get_error_name, "cuGetErrorName", result, const char **)                   \
  F(get_error_string, "cuGetErrorString", result, const char **)               \
  F(device_get_count, "cuDeviceGetCount", int *)                               \
  F(device_get, "cuDeviceGet", int *, int)                                     \
  F(device_get_name, "cuDeviceGetName", char *, int, int)                      \
  F(device_get_attribute, "cuDeviceGetAttribute", int *, device_attribute,     \
    int)                                                                       \
  F(primary_context_retain, "cuDevicePrimaryCtxRetain", context *, int)        \
  F(primary_context_release, "cuDevicePrimaryCtxRelease_v2", int)              \
  F(context_push, "cuCtxPushCurrent_v2", context)                              \
  F(context_pop, "cuCtxPopCurrent_v2", context *)                              \
  F(module_load_data, "cuModuleLoadData", code_module *, const void *)         \
  F(module_unload, "cuModuleUnload", code_module)                              \
  F(module_get_function, "cuModuleGetFunction", function *, code_module,       \
    const char *)                                                              \
  F(function_get_attribute, "cuFuncGetAttribute", int *, function_attribute,   \
    function)                                                                  \
  F(function_set_attribute, "cuFuncSetAttribute", function,                    \
    function_attribute, int)                                                   \
  F(function_get_param_info, "cuFuncGetParamInfo", function, size_t, size_t *, \
    size_t *)                                                                  \
  F(occupancy, "cuOccupancyMaxActiveBlocksPerMultiprocessor", int *, function, \
    int, size_t)                                                               \
  F(tensor_map_encode, "cuTensorMapEncodeTiled", tensor_map *, map_type,       \
    uint32_t, void *, const uint64_t *, const uint64_t *, const uint32_t *,    \
    const uint32_t *, map_interleave, map_swizzle, map_promotion, map_fill)    \
  F(launch, "cuLaunchKernelEx", const launch_config *, function, void **,      \
    void **)                                                                   \
  F(allocate, "cuMemAlloc_v2", device_address *, size_t)                       \
  F(release, "cuMemFree_v2", device_address)                                   \
  F(fill, "cuMemsetD8Async", device_address, unsigned char, size_t, stream)    \
  F(copy_to_device, "cuMemcpyHtoDAsync_v2", device_address, const void *,      \
    size_t, stream)                                                            \
  F(copy_to_host, "cuMemcpyDtoHAsync_v2", void *, device_address, size_t,      \
    stream)                                                                    \
  F(copy_on_device, "cuMemcpyDtoDAsync_v2", device_address, device_address,    \
    size_t, stream)                                                            \
  F(copy_rows, "cuMemcpy2DAsync_v2", const copy_2d *, stream)                  \
  F(pointer_get_attribute, "cuPointerGetAttribute", void *, pointer_attribute, \
    device_address)                                                            \
  F(stream_create, "cuStreamCreate", stream *, unsigned)                       \
  F(stream_destroy, "cuStreamDestroy_v2", stream)                              \
  F(stream_query, "cuStreamQuery", stream)                                     \
  F(stream_get_context, "cuStreamGetCtx", stream, context *)                   \
  F(stream_wait_event, "cuStreamWaitEvent", stream, event, unsigned)           \
  F(stream_is_capturing, "cuStreamIsCapturing", stream, capture_status *)      \
  F(stream_begin_capture, "cuStreamBeginCapture_v2", stream, capture_mode)     \
  F(stream_end_capture, "cuStreamEndCapture", stream, graph *)                 \
  F(graph_instantiate, "cuGraphInstantiateWithFlags", graph_exec *, graph,     \
    unsigned long long)                                                        \
  F(graph_launch, "cuGraphLaunch", graph_exec, stream)                         \
  F(graph_destroy, "cuGraphDestroy", graph)                                    \
  F(graph_exec_destroy, "cuGraphExecDestroy", graph_exec)                      \
  F(event_create, "cuEventCreate", event *, unsigned)                          \
  F(event_destroy, "cuEventDestroy_v2", event)                                 \
  F(event_record, "cuEventRecord", event, stream)                              \
  F(event_query, "cuEventQuery", event)                                        \
  F(event_elapsed, "cuEventElapsedTime_v2", float *, event, event)

/// The functions that the runtime calls, loaded together. Stays loaded: the
/// driver has threads of its own. Any number of threads may use it.
class driver {
public:
  static constexpr int min_version = 13000;

  /// Loads ATTNC_RT_CUDA_LIBRARY or else libcuda.so.1, once for the process.
  /// Fails if there is none, if it is older than CUDA 13, or without a GPU.
  static const driver &get();

  /// Calls a function; its error is a failure that names function and error.
  template <typename... parameters, typename... arguments>
  void call(const driver_function<parameters...> &function,
            arguments... given) const {
    check(function.name, function.address(given...));
  }

  void check(const char *call, result got) const {
    if (got != result::success)
      fail_with(call, got);
  }

  /// "cuMemAlloc_v2: CUDA error 2 (CUDA_ERROR_OUT_OF_MEMORY): out of memory".
  std::string error_text(const char *call, result got) const;

#define ATTNC_RT_CUDA_MEMBER(member, symbol, ...)                              \
  driver_function<__VA_ARGS__> member{symbol};
  ATTNC_RT_CUDA_FUNCTIONS(ATTNC_RT_CUDA_MEMBER)
#undef ATTNC_RT_CUDA_MEMBER

private:
  explicit driver(const std::string &path);
  [[noreturn]] void fail_with(const char *call, result got) const;
};

/// "13.1".
std::string version_text(int version);

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_DRIVER_H
