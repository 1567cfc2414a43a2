//===- check.h - Checks that also count in release builds -------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_TEST_CHECK_H
#define ATTNC_RT_TEST_CHECK_H

#include <cstdio>
#include <cstdlib>

/// Ends the test with the failed condition.
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);  \
      exit(1);                                                                 \
    }                                                                          \
  } while (false)

#endif // ATTNC_RT_TEST_CHECK_H
