//===- driver_types.h - The types of the CUDA driver API --------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The part of CUDA 13's cuda.h that the runtime uses, under the runtime's own
// names: attnc builds without the toolkit. A test compares every number and
// layout with cuda.h where it is installed.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_DRIVER_TYPES_H
#define ATTNC_RT_CUDA_DRIVER_TYPES_H

#include <cstddef>
#include <cstdint>

namespace attnc_rt::cuda {

enum class result : int {
  success = 0,
  out_of_memory = 2,
  no_device = 100,
  no_binary_for_gpu = 209,
  invalid_context = 201,
  not_found = 500,
  not_ready = 600,
  launch_failed = 719
};

struct context_object;
struct code_module_object;
struct function_object;
struct stream_object;
struct event_object;
struct graph_object;
struct graph_exec_object;
using context = context_object *;
using code_module = code_module_object *;
using function = function_object *;
using stream = stream_object *;
using event = event_object *;
using graph = graph_object *;
using graph_exec = graph_exec_object *;
using device_address = unsigned long long;

enum class device_attribute : int {
  multiprocessor_count = 16,
  compute_capability_major = 75,
  compute_capability_minor = 76,
  max_shared_bytes_per_block = 97 // that a kernel may ask for
};

enum class function_attribute : int {
  max_threads_per_block = 0,
  static_shared_bytes = 1,
  max_dynamic_shared_bytes = 8
};

enum class pointer_attribute : int { memory_type = 2, device_ordinal = 9 };

enum class memory_type : unsigned { host = 1, device = 2 };

enum class capture_status : int { none = 0, active = 1, invalidated = 2 };
enum class capture_mode : int { thread_local_ = 1 };

inline constexpr unsigned stream_non_blocking = 1;
inline constexpr unsigned event_default = 0;
inline constexpr unsigned event_disable_timing = 2;

/// The caller's default streams are no objects but small numbers.
inline constexpr uintptr_t max_default_stream = 2;

struct launch_attribute {
  int id;
  char pad[4];
  union {
    int programmatic_stream_serialization;
    char bytes[64];
  } value;
};
inline constexpr int attribute_programmatic_stream_serialization = 6;

struct launch_config {
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned shared_bytes;
  stream on;
  launch_attribute *attributes;
  unsigned num_attributes;
};

struct alignas(128) tensor_map {
  uint64_t opaque[16];
};

enum class map_type : int { u8 = 0, i32 = 3, f16 = 6, f32 = 7, bf16 = 9 };
enum class map_interleave : int { none = 0 };
enum class map_swizzle : int { bytes_128 = 3 };
enum class map_promotion : int { l2_256 = 3 };
enum class map_fill : int { zeros = 0 };

struct copy_2d {
  size_t from_x, from_y;
  memory_type from_type;
  const void *from_host;
  device_address from_device;
  void *from_array;
  size_t from_pitch;
  size_t to_x, to_y;
  memory_type to_type;
  void *to_host;
  device_address to_device;
  void *to_array;
  size_t to_pitch;
  size_t width_bytes;
  size_t height;
};

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_DRIVER_TYPES_H
