//===- gpu_target.h - The GPU kernels of a package --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_GPU_TARGET_H
#define ATTNC_RT_PACKAGE_GPU_TARGET_H

#include "package/tensor_table.h"

namespace attnc_rt {

/// What a kernel's parameter holds.
enum class gpu_param_kind : uint8_t {
  tensor_map, // of a view: 128 bytes by value
  pointer,    // to a view's first element: u64
  size,       // of a view's dimension: i32
  stride,     // of a view's dimension, in elements: i64
  counter     // address of two i32 of this launch alone, zero between launches
};

struct gpu_param {
  gpu_param_kind kind;
  size_t argument = 0; // of all but counters
  size_t dim = 0;      // of sizes and strides
  /// Of a tensor map, innermost first. One more than the view has dimensions:
  /// the rows are divided into panels of 128 bytes.
  std::vector<uint32_t> box;
};

/// The bytes that the parameter takes.
int64_t size_of(gpu_param_kind kind);
const char *name(gpu_param_kind kind);

struct gpu_kernel {
  std::string name; // of its entry function
  size_t blob;      // index of the cubin's tensor
  int64_t threads;  // of a block
  int64_t shared_bytes;
  /// A launch has no more blocks than the GPU holds at once.
  bool persistent;
  std::vector<attnc_kernel_param> arguments; // the views of a launch
  std::vector<gpu_param> params;
};

struct gpu_target {
  std::string name;
  std::vector<gpu_kernel> kernels;
};

/// The one GPU target that this reader knows.
inline constexpr const char gpu_target_name[] = "sm_90a";

/// Reads what follows the target's name.
gpu_target parse_gpu_target(object_reader &reader, const tensor_table &tensors);

/// A kernel blob by its name.
size_t parse_kernel_blob(object_reader &reader, const tensor_table &tensors);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_GPU_TARGET_H
