//===- tensor_map.cpp - How the GPU's copy engine sees a view -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/tensor_map.h"

#include <algorithm>

using namespace attnc_rt;
using namespace attnc_rt::cuda;

// CUDA driver API, cuTensorMapEncodeTiled.
static constexpr int64_t swizzle_bytes = 128;
static constexpr uint64_t address_alignment = 16;
static constexpr int64_t stride_alignment = 16;
static constexpr int64_t max_stride = int64_t(1) << 40;
static constexpr int64_t max_size = int64_t(1) << 32;

static map_type to_map_type(element_type type) {
  switch (type) {
  case element_type::f32:
    return map_type::f32;
  case element_type::bf16:
    return map_type::bf16;
  case element_type::f16:
    return map_type::f16;
  case element_type::i32:
    return map_type::i32;
  case element_type::i8:
  case element_type::i1:
  case element_type::u8:
    break;
  }
  return map_type::u8;
}

namespace {
/// A dimension with its stride in bytes.
struct map_dim {
  int64_t size;
  int64_t stride;
};
} // namespace

static int64_t stride_bytes(int64_t elements, int64_t element,
                            const std::string &where) {
  int64_t bytes;
  if (__builtin_mul_overflow(elements, element, &bytes))
    fail_at(where, "a stride in bytes overflows");
  return bytes;
}

/// The dimensions from the innermost on.
static std::vector<map_dim> dims_of(const attnc_view &view, size_t rank,
                                    int64_t element, bool in_panels,
                                    const std::string &where) {
  std::vector<map_dim> dims = {{view.sizes[rank - 1], element}};
  for (size_t i = rank - 1; i-- > 0;)
    dims.push_back(
        {view.sizes[i], stride_bytes(view.strides[i], element, where)});
  if (!in_panels)
    return dims;
  int64_t row = view.sizes[rank - 1];
  if (row % (swizzle_bytes / element) != 0)
    fail_at(where, "expected rows of a multiple of 128 bytes, got " +
                       std::to_string(row) + " elements of " +
                       std::to_string(element));
  dims[0].size = swizzle_bytes / element;
  dims.insert(dims.begin() + 2,
              {row / (swizzle_bytes / element), swizzle_bytes});
  return dims;
}

map_geometry cuda::make_map_geometry(const attnc_view &view,
                                     const attnc_kernel_param &argument,
                                     const gpu_param &param,
                                     const std::string &where) {
  auto type = static_cast<element_type>(argument.dtype);
  std::vector<map_dim> dims = dims_of(view, argument.rank, size_of(type),
                                      param.box.size() > argument.rank, where);
  map_geometry result = {};
  result.type = to_map_type(type);
  result.rank = static_cast<uint32_t>(dims.size());
  result.first = view.data;
  if (reinterpret_cast<uintptr_t>(view.data) % address_alignment != 0)
    fail_at(where, "expected an address at a multiple of 16, got one with a "
                   "rest of " +
                       std::to_string(reinterpret_cast<uintptr_t>(view.data) %
                                      address_alignment));
  for (size_t i = 0; i < dims.size(); ++i) {
    auto [size, stride] = dims[i];
    const std::string which = "dimension " + std::to_string(i) +
                              " of the tensor map (0 is the innermost): ";
    if (size < 1 || size > max_size)
      fail_at(where, which + "expected a size of 1 ... 2^32, got " +
                         std::to_string(size));
    // The stride of a single element is never used, but the driver looks.
    if (size == 1)
      stride = (stride / stride_alignment + (stride % stride_alignment != 0)) *
               stride_alignment;
    if (i > 0 && (stride % stride_alignment != 0 || stride >= max_stride))
      fail_at(where, which +
                         "expected a stride of a multiple of 16 bytes "
                         "below 2^40, got " +
                         std::to_string(stride));
    result.sizes[i] = static_cast<uint64_t>(size);
    if (i > 0)
      result.strides[i - 1] = static_cast<uint64_t>(stride);
    result.box[i] = param.box[i];
  }
  return result;
}

tensor_map cuda::encode(const driver &functions, const map_geometry &geometry) {
  static constexpr uint32_t unit_strides[max_map_rank] = {1, 1, 1, 1, 1};
  tensor_map result;
  functions.call(functions.tensor_map_encode, &result, geometry.type,
                 geometry.rank, geometry.first, geometry.sizes,
                 geometry.strides, geometry.box, unit_strides,
                 map_interleave::none, map_swizzle::bytes_128,
                 map_promotion::l2_256, map_fill::zeros);
  return result;
}
