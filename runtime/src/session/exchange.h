//===- exchange.h - One collective step of a run ----------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_EXCHANGE_H
#define ATTNC_RT_SESSION_EXCHANGE_H

#include "collective/communicator.h"
#include "session/device.h"

namespace attnc_rt {

/// Runs the collective on the device's memory and stream. Communicators
/// exchange whole ranges: what is scattered or gathered along an inner
/// dimension goes through `scratch`, which has step.scratch_bytes.
void exchange(communicator &group, device &on, const bound_collective &step,
              const void *from, void *to, void *scratch);

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_EXCHANGE_H
