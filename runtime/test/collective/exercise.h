//===- exercise.h - Random operations against an oracle ---------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_TEST_COLLECTIVE_EXERCISE_H
#define ATTNC_RT_TEST_COLLECTIVE_EXERCISE_H

#include "collective/communicator.h"

/// Runs `rounds` random operations, the same ones on every rank of the group,
/// and compares every byte of the results. Ends the process on a difference.
void exercise(attnc_rt::communicator &ranks, uint64_t seed, int rounds,
              size_t max_bytes);

#endif // ATTNC_RT_TEST_COLLECTIVE_EXERCISE_H
