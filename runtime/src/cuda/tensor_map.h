//===- tensor_map.h - How the GPU's copy engine sees a view -----*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A view of sizes [.., H, R, C] with T bytes an element has two forms. Sizes
// and box count from the innermost dimension:
//
//     box of rank + 1   (128 / T, R, C * T / 128, H, ..)   panels of 128 bytes
//     box of rank       (C, R, H, ..)                      rows as they are
//
// Panels need C * T to be a multiple of 128. Rows as they are give zeros behind
// column C. Both are copied with a 128-byte swizzle, and what a box has outside
// of the view is zero when read and left out when written.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_TENSOR_MAP_H
#define ATTNC_RT_CUDA_TENSOR_MAP_H

#include "cuda/driver.h"
#include "package/gpu_target.h"

namespace attnc_rt::cuda {

inline constexpr uint32_t max_map_rank = 5;

struct map_geometry {
  map_type type;
  uint32_t rank;
  void *first;
  uint64_t sizes[max_map_rank];
  uint64_t
      strides[max_map_rank - 1]; // in bytes, of all dimensions but the first
  uint32_t box[max_map_rank];
};

/// Fails where the driver would refuse; `where` names the view.
map_geometry make_map_geometry(const attnc_view &view,
                               const attnc_kernel_param &argument,
                               const gpu_param &param,
                               const std::string &where);

tensor_map encode(const driver &functions, const map_geometry &geometry);

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_TENSOR_MAP_H
