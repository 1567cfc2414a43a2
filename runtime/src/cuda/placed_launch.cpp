//===- placed_launch.cpp - One launch with all that it passes -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/placed_launch.h"

#include <algorithm>

using namespace attnc_rt;
using namespace attnc_rt::cuda;

// CUDA C++ Programming Guide, Technical Specifications per Compute Capability.
static constexpr int64_t max_grid_yz = 65535;

placed_launch::placed_launch(const driver &functions,
                             const bound_launch &launch,
                             const attnc_view *views, bool dependent,
                             device_address counter, const std::string &where)
    : functions(functions), code(static_cast<const kernel &>(*launch.kernel)) {
  set_grid(launch, where);
  if (config.grid_x == 0)
    return;
  config.block_x = static_cast<unsigned>(code.declared.threads);
  config.block_y = config.block_z = 1;
  config.shared_bytes = static_cast<unsigned>(code.declared.shared_bytes);
  if (dependent) {
    dependence.id = attribute_programmatic_stream_serialization;
    dependence.value.programmatic_stream_serialization = 1;
    config.num_attributes = 1;
  }
  // The driver is given pointers into both.
  maps.reserve(code.declared.params.size());
  words.reserve(code.declared.params.size());
  for (const gpu_param &param : code.declared.params)
    add_param(param, views, counter, where);
}

void placed_launch::set_grid(const bound_launch &launch,
                             const std::string &where) {
  int64_t x = launch.grid[0], y = launch.grid[1], z = launch.grid[2];
  // At most 2^31 - 1: checked when the shapes were bound.
  int64_t blocks = x * y * z;
  if (blocks == 0)
    return;
  if (code.declared.persistent) {
    x = std::min(blocks, code.num_resident_blocks());
    y = z = 1;
  } else if (y > max_grid_yz || z > max_grid_yz) {
    fail_at(where, "expected a grid of at most 65535 in y and z, got " +
                       std::to_string(x) + " x " + std::to_string(y) + " x " +
                       std::to_string(z));
  }
  config.grid_x = static_cast<unsigned>(x);
  config.grid_y = static_cast<unsigned>(y);
  config.grid_z = static_cast<unsigned>(z);
}

void placed_launch::add_param(const gpu_param &param, const attnc_view *views,
                              device_address counter,
                              const std::string &where) {
  const attnc_view &view = views[param.argument];
  const std::string argument =
      where + ", argument " + std::to_string(param.argument);
  uint64_t word = 0;
  switch (param.kind) {
  case gpu_param_kind::tensor_map:
    maps.push_back(
        encode(functions,
               make_map_geometry(view, code.declared.arguments[param.argument],
                                 param, argument)));
    params.push_back(&maps.back());
    return;
  case gpu_param_kind::pointer:
    word = reinterpret_cast<uint64_t>(view.data);
    break;
  case gpu_param_kind::size:
    if (view.sizes[param.dim] > INT32_MAX)
      fail_at(argument, "size " + std::to_string(param.dim) +
                            ": expected at most 2^31 - 1, got " +
                            std::to_string(view.sizes[param.dim]));
    // Little-endian: the first four bytes.
    word = static_cast<uint64_t>(view.sizes[param.dim]);
    break;
  case gpu_param_kind::stride:
    word = static_cast<uint64_t>(view.strides[param.dim]);
    break;
  case gpu_param_kind::counter:
    word = counter;
  }
  words.push_back(word);
  params.push_back(&words.back());
}

void placed_launch::put_on(stream to) {
  if (config.grid_x == 0)
    return;
  config.on = to;
  config.attributes = config.num_attributes ? &dependence : nullptr;
  functions.call(functions.launch, static_cast<const launch_config *>(&config),
                 code.code(), params.data(), static_cast<void **>(nullptr));
}
