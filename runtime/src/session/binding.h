//===- binding.h - A plan with values for its symbols -----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_BINDING_H
#define ATTNC_RT_SESSION_BINDING_H

#include "attnc_rt/attnc_rt.h"
#include "package/launch_check.h"
#include "session/device_kernel.h"

namespace attnc_rt {

struct bound_launch {
  const device_kernel *kernel;
  int64_t grid[3];
  size_t first_view;
};

struct bound_location {
  size_t buffer;
  int64_t offset;
};

struct bound_memset {
  bound_location to;
  int64_t bytes;
  uint8_t value;
};

struct bound_copy {
  bound_location from;
  bound_location to;
  int64_t bytes;
};

/// A rank's part is [outer, inner]: `outer` counts what lies before the
/// dimension that is scattered or gathered.
struct bound_collective {
  const collective_step *source;
  bound_location from;
  bound_location to;
  int64_t outer;
  int64_t inner;
  int64_t scratch_bytes; // 0: the exchange needs none
};

using bound_step =
    std::variant<bound_launch, bound_memset, bound_copy, bound_collective>;

/// An entry whose every size is known and every range checked: each view, fill
/// and copy lies inside its buffer.
struct bound_plan {
  std::vector<std::vector<int64_t>> input_shapes;
  std::vector<std::vector<int64_t>> output_shapes;
  std::vector<int64_t> buffer_bytes;
  std::vector<bound_step> steps;
  std::vector<attnc_view> views; // of all launches; `data` is set for each run
  std::vector<bound_location> view_places;
  int64_t scratch_bytes = 0; // that the largest exchange needs
};

/// Fails unless an entry was given as many inputs, outputs or symbols as it
/// has.
void check_count(const entry &source, const char *what, size_t expected,
                 size_t got);

/// Finds the symbols' values from the inputs' shapes, which it checks against
/// the signature. Reads only `ndim` and `shape`.
std::vector<int64_t> bind_symbols(const entry &source,
                                  std::span<const DLTensor> inputs);

/// Checks values that didn't come from bind_symbols.
void check_symbols(const entry &source, std::span<const int64_t> symbols);

/// A shape of the entry's signature for checked values of its symbols; the
/// tensor's size in bytes fits 63 bits.
std::vector<int64_t> bind_shape(const entry &source,
                                const signature_tensor &tensor,
                                std::span<const int64_t> symbols);

/// `kernels` has one element for each step, null where it is no launch. The
/// plan keeps the pointers.
bound_plan bind_plan(const entry &source, std::span<const int64_t> symbols,
                     std::span<const device_kernel *const> kernels);

/// "[2, 576]", for messages.
std::string shape_text(std::span<const int64_t> shape);

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_BINDING_H
