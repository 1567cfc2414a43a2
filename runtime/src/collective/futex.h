//===- futex.h - Sleeping on a word that processes share --------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_FUTEX_H
#define ATTNC_RT_COLLECTIVE_FUTEX_H

#include <atomic>
#include <chrono>
#include <cstdint>

namespace attnc_rt {

using deadline_point = std::chrono::steady_clock::time_point;

/// Sleeps while `word` is `value`, until a wake or the deadline; may return
/// early. The word may lie in memory that several processes map.
void futex_wait(std::atomic<uint32_t> &word, uint32_t value,
                deadline_point deadline);

/// Wakes every thread that sleeps on `word`.
void futex_wake_all(std::atomic<uint32_t> &word);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_FUTEX_H
