//===- failure.cpp - How an error travels inside the runtime --------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "failure.h"

#include <cstdarg>
#include <cstdio>

using namespace attnc_rt;

void attnc_rt::fail(attnc_rt_code code, const char *format, ...) {
  char text[2048];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  throw failure{code, text};
}

std::string attnc_rt::in_quotes(std::string_view text) {
  constexpr size_t max_shown = 100;
  std::string result = "'";
  for (char c : text.substr(0, max_shown)) {
    if (c >= 0x20 && c < 0x7f) {
      result += c;
      continue;
    }
    char escaped[5];
    snprintf(escaped, sizeof(escaped), "\\x%02x",
             static_cast<unsigned char>(c));
    result += escaped;
  }
  return result + (text.size() > max_shown ? "...'" : "'");
}
