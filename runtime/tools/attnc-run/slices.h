//===- slices.h - Whole tensors and the slices of ranks ---------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_SLICES_H
#define ATTNC_RUN_SLICES_H

#include "host_tensor.h"

#include "attnc_rt/attnc_rt.hpp"

namespace attnc_run {

/// The shape of the whole of which ranks have slices of this shape.
std::vector<int64_t> whole_shape(const attnc_rt_tensor &signature,
                                 std::span<const int64_t> shape);

/// The rank's slice. Throws std::runtime_error where the whole cannot be
/// divided; another rank than the signature's is found when shapes are bound.
host_tensor cut(host_tensor whole, const attnc_rt::package_handle &package,
                const attnc_rt_tensor &signature, int32_t rank,
                const std::string &where);

/// The whole of which `parts` has the slices of all ranks, one behind the
/// other; `own` is one of them. Throws std::runtime_error unless ranks that
/// have the same slice have the same bits.
host_tensor put_together(const std::vector<std::byte> &parts, host_tensor own,
                         const attnc_rt::package_handle &package,
                         const attnc_rt_tensor &signature);

} // namespace attnc_run

#endif // ATTNC_RUN_SLICES_H
