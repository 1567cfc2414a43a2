//===- weight_slices.h - The tensors of a weight, rank by rank --*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_WEIGHT_SLICES_H
#define ATTNC_RT_PACKAGE_WEIGHT_SLICES_H

#include "package/manifest.h"

namespace attnc_rt {

/// Reads which tensor each rank uses for a weight: one for each rank, or one
/// for all. Checks that they tile their source as the split says.
std::vector<size_t> parse_weight_tensors(object_reader &reader,
                                         const tensor_table &tensors,
                                         const manifest &manifest);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_WEIGHT_SLICES_H
