//===- package_api.h - The package behind its handle ------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_API_PACKAGE_API_H
#define ATTNC_RT_API_PACKAGE_API_H

#include "attnc_rt/attnc_rt.h"
#include "package/package.h"

#include <deque>
#include <memory>
#include <mutex>

struct attnc_rt_package {
  explicit attnc_rt_package(const char *path);

  std::shared_ptr<const attnc_rt::package> contents;

  /// The entries as the API shows them. The lists never grow after the
  /// constructor, so pointers into them stay.
  std::vector<attnc_rt_entry> entries;

  /// Computed at the first call; any number of threads may call.
  const char *describe() const;

private:
  const attnc_rt_tensor *
  show(const attnc_rt::entry &owner,
       const std::vector<attnc_rt::signature_tensor> &signature);

  std::deque<std::vector<attnc_rt_symbol>> symbols;
  std::deque<std::vector<attnc_rt_tensor>> signatures;
  std::deque<std::vector<attnc_rt_dim>> dims;
  std::deque<std::string> texts;
  mutable std::once_flag is_described;
  mutable std::string description;
};

namespace attnc_rt {
/// Fails for a null package or an entry that it lacks.
const entry &checked_entry(const attnc_rt_package *package, size_t index);
} // namespace attnc_rt

#endif // ATTNC_RT_API_PACKAGE_API_H
