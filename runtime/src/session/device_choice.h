//===- device_choice.h - The device that a caller names ---------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_DEVICE_CHOICE_H
#define ATTNC_RT_SESSION_DEVICE_CHOICE_H

#include "package/package.h"
#include "session/device.h"

#include <memory>

namespace attnc_rt {

class thread_pool;

struct chosen_device {
  std::unique_ptr<device> dev;
  const entry *plan; // the entry's for this device
  std::string name;  // "cpu", "cuda:0"
};

/// Makes the device that the options name, for one entry of the package. Fails
/// if the package has no code for it. Package and pool outlive the device.
chosen_device choose_device(const package &source, size_t entry,
                            const attnc_rt_session_options &options,
                            thread_pool &pool);

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_DEVICE_CHOICE_H
