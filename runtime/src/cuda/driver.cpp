//===- driver.cpp - libcuda, found at run time ----------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/driver.h"

#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <mutex>

using namespace attnc_rt;
using namespace attnc_rt::cuda;

std::string cuda::version_text(int version) {
  return std::to_string(version / 1000) + "." +
         std::to_string(version % 1000 / 10);
}

driver::driver(const std::string &path) {
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    fail(ATTNC_RT_UNSUPPORTED,
         "cannot load the CUDA driver (expected one for CUDA %s or later): %s",
         version_text(min_version).c_str(), dlerror());
  auto load = [&](auto &function) {
    *reinterpret_cast<void **>(&function.address) =
        dlsym(library, function.name);
    return function.address != nullptr;
  };
  // Before all else: an older driver lacks functions.
  if (!load(driver_get_version))
    fail(ATTNC_RT_UNSUPPORTED, "%s: expected a CUDA driver, got no %s",
         in_quotes(path).c_str(), driver_get_version.name);
  int version = 0;
  if (driver_get_version.address(&version) != result::success)
    fail(ATTNC_RT_UNSUPPORTED, "%s: %s failed", in_quotes(path).c_str(),
         driver_get_version.name);
  if (version < min_version)
    fail(ATTNC_RT_UNSUPPORTED,
         "%s: need a driver for CUDA %s or later, have one for CUDA %s",
         in_quotes(path).c_str(), version_text(min_version).c_str(),
         version_text(version).c_str());
#define ATTNC_RT_CUDA_LOAD(member, symbol, ...)                                \
  if (!load(member))                                                           \
    fail(ATTNC_RT_UNSUPPORTED, "%s: CUDA %s: expected %s, got none",           \
         in_quotes(path).c_str(), version_text(version).c_str(), symbol);
  ATTNC_RT_CUDA_FUNCTIONS(ATTNC_RT_CUDA_LOAD)
#undef ATTNC_RT_CUDA_LOAD
  result started = init.address(0);
  if (started == result::no_device)
    fail(ATTNC_RT_UNSUPPORTED, "need a GPU, have none: %s",
         error_text(init.name, started).c_str());
  check(init.name, started);
}

const driver &driver::get() {
  static std::mutex mutex;
  static std::unique_ptr<const driver> loaded;
  std::lock_guard lock(mutex);
  if (!loaded) {
    const char *path = getenv("ATTNC_RT_CUDA_LIBRARY");
    loaded.reset(new driver(path && *path ? path : "libcuda.so.1"));
  }
  return *loaded;
}

std::string driver::error_text(const char *call, result got) const {
  const char *error_name = nullptr, *text = nullptr;
  get_error_name.address(got, &error_name);
  get_error_string.address(got, &text);
  return std::string(call) + ": CUDA error " +
         std::to_string(static_cast<int>(got)) + " (" +
         (error_name ? error_name : "unknown") +
         "): " + (text ? text : "unknown");
}

void driver::fail_with(const char *call, result got) const {
  fail(got == result::out_of_memory ? ATTNC_RT_OUT_OF_MEMORY : ATTNC_RT_CUDA,
       "%s", error_text(call, got).c_str());
}
