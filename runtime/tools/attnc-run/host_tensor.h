//===- host_tensor.h - Inputs and outputs of attnc-run ----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_HOST_TENSOR_H
#define ATTNC_RUN_HOST_TENSOR_H

#include "npy.h"

#include "attnc_rt/attnc_rt.h"

#include <cstdlib>
#include <memory>
#include <random>

namespace attnc_run {

/// Owns a tensor's memory, aligned to 64 bytes.
class host_tensor {
public:
  /// Not initialized. The shape's size in bytes fits 63 bits.
  host_tensor(DLDataType dtype, std::vector<int64_t> shape);

  /// Points into this object.
  DLTensor view();

  std::span<const int64_t> shape() const { return sizes; }
  size_t num_elements() const { return count; }
  size_t element_bytes() const { return dtype.bits / 8; }
  size_t num_bytes() const { return count * element_bytes(); }
  template <typename T> T *data() { return static_cast<T *>(memory.get()); }

private:
  struct freer {
    void operator()(void *address) const { std::free(address); }
  };
  DLDataType dtype;
  std::vector<int64_t> sizes;
  size_t count;
  std::unique_ptr<void, freer> memory;
};

/// Converts an array for an input of this type, or throws std::runtime_error:
/// f4 for F32 and BF16, f2 for F16, i4 or i8 for I32, b1 for I1. `where` names
/// the input.
host_tensor from_npy(const npy_array &array, DLDataType dtype,
                     const std::string &where);

/// The contents of the .npy file for an output.
std::string to_npy(host_tensor &tensor);

/// Floats in -1 ... 1, integers and bools 0 or 1.
void fill_random(host_tensor &tensor, std::mt19937_64 &random);

} // namespace attnc_run

#endif // ATTNC_RUN_HOST_TENSOR_H
