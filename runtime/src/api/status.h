//===- status.h - From failures to statuses ---------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_API_STATUS_H
#define ATTNC_RT_API_STATUS_H

#include "failure.h"

#include <exception>
#include <new>

namespace attnc_rt {

/// The caller owns the result. Out of memory it is a static one, which
/// attnc_rt_status_free leaves alone.
attnc_rt_status *make_status(attnc_rt_code code, const char *message) noexcept;

/// Runs the body of an API function; nothing that it throws gets out.
template <typename body_fn>
attnc_rt_status *guarded(const body_fn &body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const failure &error) {
    return make_status(error.code, error.message.c_str());
  } catch (const std::bad_alloc &) {
    return make_status(ATTNC_RT_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception &error) {
    // What the system refuses to the standard library, such as a thread.
    return make_status(ATTNC_RT_IO, error.what());
  }
}

/// Fails if an argument that must not be null is.
inline void require(const void *argument, const char *name) {
  if (!argument)
    fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected an object, got null", name);
}

} // namespace attnc_rt

#endif // ATTNC_RT_API_STATUS_H
