//===- bench.h - Timing of runs ---------------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_BENCH_H
#define ATTNC_RUN_BENCH_H

#include "attnc_rt/attnc_rt.hpp"

namespace attnc_run {

/// Runs again and again for `seconds`, at least three times after one run that
/// is not counted, and prints times of runs and of steps. On a GPU it first
/// replays a captured run as long and prints the device's times, which count no
/// copies from and to the host. Of several ranks (null: one) rank 0 measures
/// and prints.
void bench(attnc_rt::session_handle &session,
           const std::vector<DLTensor> &inputs,
           const std::vector<DLTensor> &outputs, double seconds, bool on_gpu,
           const attnc_rt::communicator_handle *ranks);

} // namespace attnc_run

#endif // ATTNC_RUN_BENCH_H
