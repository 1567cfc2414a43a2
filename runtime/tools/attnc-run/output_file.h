//===- output_file.h - Files that appear whole or not at all ----*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_OUTPUT_FILE_H
#define ATTNC_RUN_OUTPUT_FILE_H

#include <string>
#include <utility>

namespace attnc_run {

/// A temporary file beside its final place, removed unless it is committed.
/// Functions throw std::runtime_error.
class output_file {
public:
  /// Makes the temporary file, so that a place that cannot be written is known
  /// before any work is done.
  explicit output_file(std::string path);
  ~output_file();
  output_file(output_file &&other) noexcept
      : path(std::move(other.path)),
        temporary(std::exchange(other.temporary, {})),
        fd(std::exchange(other.fd, -1)) {}
  output_file &operator=(output_file &&) = delete;

  void write(const std::string &contents);
  /// Moves the file to its place.
  void commit();

private:
  [[noreturn]] void fail() const;

  std::string path;
  std::string temporary;
  int fd = -1;
};

} // namespace attnc_run

#endif // ATTNC_RUN_OUTPUT_FILE_H
