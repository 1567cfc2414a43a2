//===- caller_tensor.cpp - Tensors that come from outside -----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "session/caller_tensor.h"

#include "failure.h"
#include "session/binding.h"

#include <algorithm>

using namespace attnc_rt;

bool attnc_rt::has_shape(const DLTensor &tensor,
                         std::span<const int64_t> shape) {
  return static_cast<size_t>(tensor.ndim) == shape.size() &&
         (shape.empty() || tensor.shape) &&
         std::equal(shape.begin(), shape.end(), tensor.shape);
}

static bool has_type(const DLTensor &tensor, element_type type) {
  DLDataType expected = to_dlpack(type);
  const DLDataType &got = tensor.dtype;
  // Older writers of DLPack have no bool and pass bytes.
  bool is_bool_as_byte = type == element_type::i1 && got.code == kDLUInt;
  return (got.code == expected.code || is_bool_as_byte) &&
         got.bits == expected.bits && got.lanes == 1;
}

static bool is_contiguous(const DLTensor &tensor,
                          std::span<const int64_t> shape) {
  if (!tensor.strides)
    return true;
  int64_t expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    // The stride of a single element is never used.
    if (shape[i] != 1 && tensor.strides[i] != expected)
      return false;
    expected *= shape[i];
  }
  return true;
}

bool attnc_rt::is_host_memory(DLDevice device) {
  return device.device_type == kDLCPU || device.device_type == kDLCUDAHost;
}

/// Whether a device's kernels reach the memory, or the session copies it.
static bool is_reachable(DLDevice memory, DLDevice expected) {
  if (is_host_memory(memory))
    return true;
  bool is_cuda =
      memory.device_type == kDLCUDA || memory.device_type == kDLCUDAManaged;
  return is_cuda && expected.device_type == kDLCUDA &&
         memory.device_id == expected.device_id;
}

void *attnc_rt::check_tensor(const DLTensor &tensor, DLDevice expected,
                             const entry &source,
                             const signature_tensor &declared,
                             std::span<const int64_t> shape, const char *role) {
  auto refuse = [&](const std::string &message) {
    fail(ATTNC_RT_INVALID_ARGUMENT, "entry %s, %s %s: %s",
         in_quotes(source.name).c_str(), role, in_quotes(declared.name).c_str(),
         message.c_str());
  };
  if (!is_reachable(tensor.device, expected))
    refuse("expected memory of the CPU (DLPack device type 1)" +
           (is_host_memory(expected)
                ? ""
                : " or of cuda:" + std::to_string(expected.device_id) +
                      " (type 2)") +
           ", got type " + std::to_string(tensor.device.device_type) +
           (is_host_memory(expected)
                ? ""
                : ", number " + std::to_string(tensor.device.device_id)));
  if (!has_type(tensor, declared.dtype))
    refuse(std::string("expected dtype ") + name(declared.dtype) +
           ", got DLPack code " + std::to_string(tensor.dtype.code) + " with " +
           std::to_string(tensor.dtype.bits) + " bits and " +
           std::to_string(tensor.dtype.lanes) + " lanes");
  if (!has_shape(tensor, shape))
    refuse("expected the shape " + shape_text(shape) + ", got " +
           (tensor.shape && tensor.ndim > 0
                ? shape_text({tensor.shape, static_cast<size_t>(tensor.ndim)})
                : "rank " + std::to_string(tensor.ndim)));
  bool is_empty = std::count(shape.begin(), shape.end(), 0) > 0;
  if (is_empty)
    return nullptr;
  if (!is_contiguous(tensor, shape))
    refuse("expected contiguous row-major memory");
  if (!tensor.data)
    refuse("its data is null");
  auto *data = static_cast<std::byte *>(tensor.data) + tensor.byte_offset;
  if (reinterpret_cast<uintptr_t>(data) %
          static_cast<uintptr_t>(size_of(declared.dtype)) !=
      0)
    refuse("expected data aligned to " +
           std::to_string(size_of(declared.dtype)) + " bytes");
  return data;
}
