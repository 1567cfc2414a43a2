//===- nccl_library.cpp - libnccl, found at run time ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/nccl_library.h"

#include <cstdlib>
#include <dlfcn.h>

using namespace attnc_rt;

std::string attnc_rt::nccl_version_text(int version) {
  // Up to 2.8 the minor version had one decimal place less.
  int scale = version < 10000 ? 1000 : 10000;
  return std::to_string(version / scale) + "." +
         std::to_string(version % scale / 100) + "." +
         std::to_string(version % 100);
}

static std::string choose_path(const std::string &path) {
  if (!path.empty())
    return path;
  const char *from_environment = getenv("ATTNC_RT_NCCL_LIB");
  return from_environment ? from_environment : "libnccl.so.2";
}

nccl_library::nccl_library(const std::string &wanted) {
  std::string path = choose_path(wanted);
  // Multicast objects outlive a killed process on some drivers.
  setenv("NCCL_NVLS_ENABLE", "0", 1);
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    fail(ATTNC_RT_UNSUPPORTED,
         "cannot load NCCL (expected version %s or later): %s",
         nccl_version_text(min_version).c_str(), dlerror());
  *reinterpret_cast<void **>(&get_version) = dlsym(library, "ncclGetVersion");
  if (!get_version)
    fail(ATTNC_RT_UNSUPPORTED, "%s: expected NCCL, got no ncclGetVersion",
         in_quotes(path).c_str());
  check_version(path);
  load_functions(library, path);
}

void nccl_library::check_version(const std::string &path) {
  if (get_version(&its_version) != nccl_result::success)
    fail(ATTNC_RT_UNSUPPORTED, "%s: ncclGetVersion failed",
         in_quotes(path).c_str());
  if (its_version < min_version || its_version / 10000 != min_version / 10000)
    fail(ATTNC_RT_UNSUPPORTED, "%s: need NCCL %s or a later 2.x, have NCCL %s",
         in_quotes(path).c_str(), nccl_version_text(min_version).c_str(),
         nccl_version_text(its_version).c_str());
}

void nccl_library::load_functions(void *library, const std::string &path) {
  auto load = [&](auto &function, const char *name) {
    *reinterpret_cast<void **>(&function) = dlsym(library, name);
    if (!function)
      fail(ATTNC_RT_UNSUPPORTED, "%s: NCCL %s: expected %s, got none",
           in_quotes(path).c_str(), nccl_version_text(its_version).c_str(),
           name);
  };
  load(get_unique_id, "ncclGetUniqueId");
  load(comm_init_rank_config, "ncclCommInitRankConfig");
  load(comm_split, "ncclCommSplit");
  load(comm_finalize, "ncclCommFinalize");
  load(comm_destroy, "ncclCommDestroy");
  load(comm_abort, "ncclCommAbort");
  load(comm_get_async_error, "ncclCommGetAsyncError");
  load(get_error_string, "ncclGetErrorString");
  load(get_last_error, "ncclGetLastError");
  load(all_reduce, "ncclAllReduce");
  load(reduce_scatter, "ncclReduceScatter");
  load(all_gather, "ncclAllGather");
  load(broadcast, "ncclBroadcast");
}

void nccl_library::check(const char *what, nccl_result result,
                         nccl_comm *comm) const {
  if (result == nccl_result::success || result == nccl_result::in_progress)
    return;
  const char *detail = get_last_error(comm);
  attnc_rt_code code =
      result == nccl_result::remote_error ? ATTNC_RT_PEER_LOST : ATTNC_RT_NCCL;
  fail(code, "NCCL %s: cannot %s: %s (%d)%s%s",
       nccl_version_text(its_version).c_str(), what, get_error_string(result),
       static_cast<int>(result), detail && *detail ? ": " : "",
       detail ? detail : "");
}
