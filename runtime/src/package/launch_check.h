//===- launch_check.h - Launches against their kernels ----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_LAUNCH_CHECK_H
#define ATTNC_RT_PACKAGE_LAUNCH_CHECK_H

#include "package/plan.h"

namespace attnc_rt {

/// "entry 'block', step 3 (kernel 'linear_0')", for messages.
std::string step_text(const entry &source, size_t index);

/// Compares a launch with what its kernel says of its arguments, but for the
/// sizes.
void check_launch(const entry &source, size_t step,
                  std::span<const attnc_kernel_param> arguments);

/// All launches of a plan for GPUs, whose kernels the manifest describes.
void check_launches(const entry &source, const gpu_target &code);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_LAUNCH_CHECK_H
