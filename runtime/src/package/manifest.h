//===- manifest.h - What a package says of itself ---------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_MANIFEST_H
#define ATTNC_RT_PACKAGE_MANIFEST_H

#include "package/gpu_target.h"
#include "package/rank_slices.h"
#include "package/sha256.h"
#include "package/tensor_table.h"

#include <string>
#include <vector>

namespace attnc_rt {

/// What the CPU kernels, all in one blob, were compiled for.
struct cpu_target {
  std::string arch;
  std::string cpu;
  std::vector<std::string> features; // by LLVM's names
  size_t blob;                       // index of its tensor
  int64_t kernel_abi;
};

/// A weight as it was before it was laid out for a target.
struct weight_source {
  size_t tensor;
  std::string source; // its name before it was laid out
  element_type dtype;
  std::vector<int64_t> shape;
  std::vector<int64_t> pad; // zeros behind each dimension of it
  /// Which part of the padded source this is.
  std::vector<int64_t> slice_offset, slice_size;
  std::string layout; // for people: "plain", "panels 32 x 1, transposed"
};

struct manifest {
  int64_t major, minor;
  std::string producer;
  rank_grid grid;
  std::optional<cpu_target> cpu;
  std::optional<gpu_target> gpu;
  std::vector<std::string> hashes; // of each tensor, "" for those without
  std::vector<weight_source> weights;

  /// The targets' names, the CPU first.
  std::vector<std::string> target_names() const;

  /// The description of a weight by its tensor's index.
  const weight_source &weight(size_t tensor) const;
};

/// Refuses a package of a format that this reader doesn't know.
void check_format(const json &manifest);

manifest parse_manifest(const json &value, const tensor_table &tensors);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_MANIFEST_H
