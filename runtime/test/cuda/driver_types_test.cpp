//===- driver_types_test.cpp - The runtime's CUDA against NVIDIA's --------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiled where cuda.h is installed: every number, layout and parameter list
// that the runtime declares for itself.
//
//===----------------------------------------------------------------------===//

#include "../check.h"
#include "cuda/driver.h"

#include <cuda.h>

#include <type_traits>

using namespace attnc_rt;

#define SAME(ours, theirs)                                                     \
  static_assert(static_cast<int>(cuda::ours) == static_cast<int>(theirs))

SAME(result::success, CUDA_SUCCESS);
SAME(result::out_of_memory, CUDA_ERROR_OUT_OF_MEMORY);
SAME(result::no_device, CUDA_ERROR_NO_DEVICE);
SAME(result::not_ready, CUDA_ERROR_NOT_READY);
SAME(device_attribute::multiprocessor_count,
     CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME(device_attribute::compute_capability_major,
     CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(device_attribute::compute_capability_minor,
     CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(device_attribute::max_shared_bytes_per_block,
     CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
SAME(function_attribute::max_threads_per_block,
     CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
SAME(function_attribute::static_shared_bytes,
     CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
SAME(function_attribute::max_dynamic_shared_bytes,
     CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
SAME(pointer_attribute::memory_type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE);
SAME(pointer_attribute::device_ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL);
SAME(memory_type::host, CU_MEMORYTYPE_HOST);
SAME(memory_type::device, CU_MEMORYTYPE_DEVICE);
SAME(capture_status::none, CU_STREAM_CAPTURE_STATUS_NONE);
SAME(capture_mode::thread_local_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
SAME(stream_non_blocking, CU_STREAM_NON_BLOCKING);
SAME(event_default, CU_EVENT_DEFAULT);
SAME(event_disable_timing, CU_EVENT_DISABLE_TIMING);
SAME(attribute_programmatic_stream_serialization,
     CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
SAME(map_type::u8, CU_TENSOR_MAP_DATA_TYPE_UINT8);
SAME(map_type::i32, CU_TENSOR_MAP_DATA_TYPE_INT32);
SAME(map_type::f16, CU_TENSOR_MAP_DATA_TYPE_FLOAT16);
SAME(map_type::f32, CU_TENSOR_MAP_DATA_TYPE_FLOAT32);
SAME(map_type::bf16, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
SAME(map_interleave::none, CU_TENSOR_MAP_INTERLEAVE_NONE);
SAME(map_swizzle::bytes_128, CU_TENSOR_MAP_SWIZZLE_128B);
SAME(map_promotion::l2_256, CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
SAME(map_fill::zeros, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);

#define SAME_PLACE(ours, our_member, theirs, their_member)                     \
  static_assert(offsetof(cuda::ours, our_member) ==                            \
                offsetof(theirs, their_member))

static_assert(sizeof(cuda::launch_attribute) == sizeof(CUlaunchAttribute));
SAME_PLACE(launch_attribute, id, CUlaunchAttribute, id);
SAME_PLACE(launch_attribute, value, CUlaunchAttribute, value);
static_assert(sizeof(cuda::launch_config) == sizeof(CUlaunchConfig));
SAME_PLACE(launch_config, grid_x, CUlaunchConfig, gridDimX);
SAME_PLACE(launch_config, grid_z, CUlaunchConfig, gridDimZ);
SAME_PLACE(launch_config, block_x, CUlaunchConfig, blockDimX);
SAME_PLACE(launch_config, shared_bytes, CUlaunchConfig, sharedMemBytes);
SAME_PLACE(launch_config, on, CUlaunchConfig, hStream);
SAME_PLACE(launch_config, attributes, CUlaunchConfig, attrs);
SAME_PLACE(launch_config, num_attributes, CUlaunchConfig, numAttrs);
static_assert(sizeof(cuda::tensor_map) == sizeof(CUtensorMap));
static_assert(alignof(cuda::tensor_map) >= alignof(CUtensorMap));
static_assert(sizeof(cuda::copy_2d) == sizeof(CUDA_MEMCPY2D));
SAME_PLACE(copy_2d, from_y, CUDA_MEMCPY2D, srcY);
SAME_PLACE(copy_2d, from_type, CUDA_MEMCPY2D, srcMemoryType);
SAME_PLACE(copy_2d, from_host, CUDA_MEMCPY2D, srcHost);
SAME_PLACE(copy_2d, from_device, CUDA_MEMCPY2D, srcDevice);
SAME_PLACE(copy_2d, from_pitch, CUDA_MEMCPY2D, srcPitch);
SAME_PLACE(copy_2d, to_type, CUDA_MEMCPY2D, dstMemoryType);
SAME_PLACE(copy_2d, to_device, CUDA_MEMCPY2D, dstDevice);
SAME_PLACE(copy_2d, to_pitch, CUDA_MEMCPY2D, dstPitch);
SAME_PLACE(copy_2d, width_bytes, CUDA_MEMCPY2D, WidthInBytes);
SAME_PLACE(copy_2d, height, CUDA_MEMCPY2D, Height);

/// Types that are passed alike: of one size, all pointers or all integers.
template <typename ours, typename theirs> constexpr bool are_alike() {
  constexpr bool points = std::is_pointer_v<ours> && std::is_pointer_v<theirs>;
  constexpr bool counts =
      !std::is_pointer_v<ours> && !std::is_pointer_v<theirs> &&
      !std::is_floating_point_v<ours> && !std::is_floating_point_v<theirs>;
  return sizeof(ours) == sizeof(theirs) && (points || counts);
}

template <typename... ours, typename... theirs>
constexpr bool has_parameters(const cuda::driver_function<ours...> *,
                              CUresult (*)(theirs...)) {
  if constexpr (sizeof...(ours) != sizeof...(theirs))
    return false;
  else
    return (are_alike<ours, theirs>() && ...);
}

#define SAME_PARAMETERS(member, function)                                      \
  static_assert(                                                               \
      has_parameters(static_cast<decltype(cuda::driver::member) *>(nullptr),   \
                     static_cast<decltype(&function)>(nullptr)))

// cuda.h maps each name to the newest version, as the runtime's table must.
SAME_PARAMETERS(init, cuInit);
SAME_PARAMETERS(driver_get_version, cuDriverGetVersion);
SAME_PARAMETERS(get_error_name, cuGetErrorName);
SAME_PARAMETERS(get_error_string, cuGetErrorString);
SAME_PARAMETERS(device_get_count, cuDeviceGetCount);
SAME_PARAMETERS(device_get, cuDeviceGet);
SAME_PARAMETERS(device_get_name, cuDeviceGetName);
SAME_PARAMETERS(device_get_attribute, cuDeviceGetAttribute);
SAME_PARAMETERS(primary_context_retain, cuDevicePrimaryCtxRetain);
SAME_PARAMETERS(primary_context_release, cuDevicePrimaryCtxRelease);
SAME_PARAMETERS(context_push, cuCtxPushCurrent);
SAME_PARAMETERS(context_pop, cuCtxPopCurrent);
SAME_PARAMETERS(module_load_data, cuModuleLoadData);
SAME_PARAMETERS(module_unload, cuModuleUnload);
SAME_PARAMETERS(module_get_function, cuModuleGetFunction);
SAME_PARAMETERS(function_get_attribute, cuFuncGetAttribute);
SAME_PARAMETERS(function_set_attribute, cuFuncSetAttribute);
SAME_PARAMETERS(function_get_param_info, cuFuncGetParamInfo);
SAME_PARAMETERS(occupancy, cuOccupancyMaxActiveBlocksPerMultiprocessor);
SAME_PARAMETERS(tensor_map_encode, cuTensorMapEncodeTiled);
SAME_PARAMETERS(launch, cuLaunchKernelEx);
SAME_PARAMETERS(allocate, cuMemAlloc);
SAME_PARAMETERS(release, cuMemFree);
SAME_PARAMETERS(fill, cuMemsetD8Async);
SAME_PARAMETERS(copy_to_device, cuMemcpyHtoDAsync);
SAME_PARAMETERS(copy_to_host, cuMemcpyDtoHAsync);
SAME_PARAMETERS(copy_on_device, cuMemcpyDtoDAsync);
SAME_PARAMETERS(copy_rows, cuMemcpy2DAsync);
SAME_PARAMETERS(pointer_get_attribute, cuPointerGetAttribute);
SAME_PARAMETERS(stream_create, cuStreamCreate);
SAME_PARAMETERS(stream_destroy, cuStreamDestroy);
SAME_PARAMETERS(stream_query, cuStreamQuery);
SAME_PARAMETERS(stream_get_context, cuStreamGetCtx);
SAME_PARAMETERS(stream_wait_event, cuStreamWaitEvent);
SAME_PARAMETERS(stream_is_capturing, cuStreamIsCapturing);
SAME_PARAMETERS(stream_begin_capture, cuStreamBeginCapture);
SAME_PARAMETERS(stream_end_capture, cuStreamEndCapture);
SAME_PARAMETERS(graph_instantiate, cuGraphInstantiate);
SAME_PARAMETERS(graph_launch, cuGraphLaunch);
SAME_PARAMETERS(graph_destroy, cuGraphDestroy);
SAME_PARAMETERS(graph_exec_destroy, cuGraphExecDestroy);
SAME_PARAMETERS(event_create, cuEventCreate);
SAME_PARAMETERS(event_destroy, cuEventDestroy);
SAME_PARAMETERS(event_record, cuEventRecord);
SAME_PARAMETERS(event_query, cuEventQuery);
SAME_PARAMETERS(event_elapsed, cuEventElapsedTime);

int main() {
  CHECK(cuda::driver::min_version / 1000 == CUDA_VERSION / 1000);
  CHECK(cuda::version_text(13010) == "13.1");
}
