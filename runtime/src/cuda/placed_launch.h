//===- placed_launch.h - One launch with all that it passes -----*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_PLACED_LAUNCH_H
#define ATTNC_RT_CUDA_PLACED_LAUNCH_H

#include "cuda/kernel.h"
#include "cuda/tensor_map.h"

namespace attnc_rt::cuda {

/// A launch whose sizes and addresses are known; put on streams as often as
/// they stay.
class placed_launch {
public:
  /// Fails where the driver would refuse; `where` names the step. `counter` is
  /// this launch's own.
  placed_launch(const driver &functions, const bound_launch &launch,
                const attnc_view *views, bool dependent, device_address counter,
                const std::string &where);

  placed_launch(const placed_launch &) = delete;

  /// Without blocks nothing happens.
  void put_on(stream to);

private:
  void set_grid(const bound_launch &launch, const std::string &where);
  void add_param(const gpu_param &param, const attnc_view *views,
                 device_address counter, const std::string &where);

  const driver &functions;
  const kernel &code;
  launch_config config = {};
  launch_attribute dependence = {};
  // What the parameters hold, in their order; maps lie apart for alignment.
  std::vector<tensor_map> maps;
  std::vector<uint64_t> words;
  std::vector<void *> params;
};

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_PLACED_LAUNCH_H
