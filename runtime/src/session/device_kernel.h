//===- device_kernel.h - A kernel as sessions know it -----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_DEVICE_KERNEL_H
#define ATTNC_RT_SESSION_DEVICE_KERNEL_H

#include "attnc_rt/kernel_abi.h"

#include <span>

namespace attnc_rt {

/// A loaded kernel: what it accepts. Devices add the code.
struct device_kernel {
  std::span<const attnc_kernel_param> arguments;
};

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_DEVICE_KERNEL_H
