//===- nccl_library.h - libnccl, found at run time --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The declarations repeat what nccl.h 2.18 and later promise: names, numbers
// and the first fields of ncclConfig_t, whose own `version` tells NCCL how much
// of it there is. attnc builds without nccl.h.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_NCCL_LIBRARY_H
#define ATTNC_RT_COLLECTIVE_NCCL_LIBRARY_H

#include "failure.h"

#include <cstddef>
#include <string>

namespace attnc_rt {

enum class nccl_result : int {
  success = 0,
  unhandled_cuda_error = 1,
  system_error = 2,
  internal_error = 3,
  invalid_argument = 4,
  invalid_usage = 5,
  remote_error = 6,
  in_progress = 7
};

enum class nccl_type : int {
  i8 = 0,
  u8 = 1,
  i32 = 2,
  f16 = 6,
  f32 = 7,
  bf16 = 9
};

struct nccl_unique_id {
  char bytes[128];
};

/// ncclConfig_t of NCCL 2.14.
struct nccl_config {
  size_t size = sizeof(nccl_config);
  unsigned magic = 0xcafebeef;
  unsigned version = 21400;
  int blocking = 0;
};

struct nccl_comm;

/// The functions that the runtime calls. Loaded once, never unloaded: NCCL has
/// threads of its own.
class nccl_library {
public:
  static constexpr int min_version = 21800;

  /// `path`; "" stands for ATTNC_RT_NCCL_LIB or else libnccl.so.2. Sets
  /// NCCL_NVLS_ENABLE=0 for this process before NCCL reads it: NVLink multicast
  /// stays off. Fails if there is no library, if it is too old, or if it is
  /// another major version.
  explicit nccl_library(const std::string &path);

  int version() const { return its_version; }

  /// Fails if `result` is an error; `comm` (may be null) has its text.
  void check(const char *what, nccl_result result, nccl_comm *comm) const;

  nccl_result (*get_version)(int *version);
  nccl_result (*get_unique_id)(nccl_unique_id *id);
  nccl_result (*comm_init_rank_config)(nccl_comm **comm, int num_ranks,
                                       nccl_unique_id id, int rank,
                                       nccl_config *config);
  nccl_result (*comm_split)(nccl_comm *comm, int color, int key,
                            nccl_comm **result, nccl_config *config);
  nccl_result (*comm_finalize)(nccl_comm *comm);
  nccl_result (*comm_destroy)(nccl_comm *comm);
  nccl_result (*comm_abort)(nccl_comm *comm);
  nccl_result (*comm_get_async_error)(nccl_comm *comm, nccl_result *error);
  const char *(*get_error_string)(nccl_result result);
  const char *(*get_last_error)(nccl_comm *comm);
  nccl_result (*all_reduce)(const void *send, void *receive, size_t count,
                            nccl_type type, int reduction, nccl_comm *comm,
                            void *stream);
  nccl_result (*reduce_scatter)(const void *send, void *receive, size_t count,
                                nccl_type type, int reduction, nccl_comm *comm,
                                void *stream);
  nccl_result (*all_gather)(const void *send, void *receive, size_t count,
                            nccl_type type, nccl_comm *comm, void *stream);
  nccl_result (*broadcast)(const void *send, void *receive, size_t count,
                           nccl_type type, int root, nccl_comm *comm,
                           void *stream);

private:
  void load_functions(void *library, const std::string &path);
  void check_version(const std::string &path);

  int its_version = 0;
};

/// "2.28.9".
std::string nccl_version_text(int version);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_NCCL_LIBRARY_H
