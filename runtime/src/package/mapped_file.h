//===- mapped_file.h - A file in memory -------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_MAPPED_FILE_H
#define ATTNC_RT_PACKAGE_MAPPED_FILE_H

#include <cstddef>
#include <span>
#include <string>

namespace attnc_rt {

/// A regular file, mapped read-only at a page boundary for the object's life.
class mapped_file {
public:
  explicit mapped_file(const std::string &path);
  ~mapped_file();
  mapped_file(const mapped_file &) = delete;
  mapped_file &operator=(const mapped_file &) = delete;

  std::span<const std::byte> bytes() const { return contents; }

private:
  std::span<const std::byte> contents;
};

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_MAPPED_FILE_H
