//===- failure.h - How an error travels inside the runtime ------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside the library an error is thrown; src/api turns it into a status, so
// that none passes the C boundary. Worker threads throw nothing.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_FAILURE_H
#define ATTNC_RT_FAILURE_H

#include "attnc_rt/attnc_rt.h"

#include <string>
#include <string_view>

namespace attnc_rt {

struct failure {
  attnc_rt_code code;
  std::string message;
};

/// Throws a failure with a printf-style message.
[[noreturn]] void fail(attnc_rt_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// `text` in single quotes, fit for a message: cut after 100 bytes, with
/// everything that is not printable ASCII as \xNN.
std::string in_quotes(std::string_view text);

} // namespace attnc_rt

#endif // ATTNC_RT_FAILURE_H
