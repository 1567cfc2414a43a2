//===- package.h - One opened package ---------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_PACKAGE_H
#define ATTNC_RT_PACKAGE_PACKAGE_H

#include "package/manifest.h"
#include "package/mapped_file.h"
#include "package/plan.h"
#include "package/tensor_table.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace attnc_rt {

class thread_pool;

/// What runs on one target.
struct target_plan {
  std::string target; // "" in a package without code
  std::vector<entry> entries;
};

/// Maps the file and checks all of it but the blobs' hashes. Never changes and
/// may be used by any number of threads.
class package {
public:
  explicit package(const std::string &path);

  const tensor_table &tensors() const { return table; }
  const manifest &info() const { return parsed_manifest; }
  /// One for each target, the CPU's first; never empty.
  const std::vector<target_plan> &plans() const { return parsed_plans; }
  /// The entries as any plan has them: their symbols, inputs and outputs.
  const std::vector<entry> &entries() const { return plans()[0].entries; }
  /// SHA-256 of the header, which has the hashes of all blobs.
  std::array<std::byte, 32> header_hash() const;
  uint64_t file_bytes() const { return file.bytes().size(); }
  uint64_t header_bytes() const { return file_bytes() - data.size(); }

  /// The bytes of a tensor, aligned to 64 unless it is padding.
  std::span<const std::byte> bytes(size_t tensor) const;

  /// Compares the hashes of weights and kernels with the manifest's, once for
  /// each tensor.
  void check_hashes(std::vector<size_t> wanted, thread_pool &pool) const;

  /// check_hashes for all tensors, and that padding is zero.
  void verify(thread_pool &pool) const;

private:
  mapped_file file;
  std::span<const std::byte> data; // behind the header
  tensor_table table;
  manifest parsed_manifest;
  std::vector<target_plan> parsed_plans;
  /// Which tensors' hashes were found right.
  std::unique_ptr<std::atomic<bool>[]> is_checked;
};

/// What `attnc-run --inspect` prints.
std::string describe(const package &package);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_PACKAGE_H
