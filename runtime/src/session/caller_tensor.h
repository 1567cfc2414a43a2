//===- caller_tensor.h - Tensors that come from outside ---------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_CALLER_TENSOR_H
#define ATTNC_RT_SESSION_CALLER_TENSOR_H

#include "package/plan.h"

namespace attnc_rt {

bool has_shape(const DLTensor &tensor, std::span<const int64_t> shape);

/// Whether the host reads and writes the device's memory: its own, and what
/// CUDA has pinned.
bool is_host_memory(DLDevice device);

/// Checks device, dtype, shape, strides and alignment of a tensor that plays
/// `role` ("input") for the entry; returns the address of its first element.
/// Memory of the host is right for every device.
void *check_tensor(const DLTensor &tensor, DLDevice expected,
                   const entry &source, const signature_tensor &declared,
                   std::span<const int64_t> shape, const char *role);

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_CALLER_TENSOR_H
