//===- Blob.h - A tensor of the package file -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_BLOB_H
#define ATTNC_LIB_TARGET_PACKAGE_BLOB_H

#include "WeightLayout.h"
#include <array>
#include <system_error>

namespace attnc {

/// A SHA-256.
using Digest = std::array<uint8_t, 32>;

/// A tensor of the package. What it holds is `contents`, or a weight.
struct Blob {
  std::string name;
  llvm::StringRef dtype;
  llvm::SmallVector<int64_t> shape;
  uint64_t size;
  llvm::ArrayRef<char> contents;
  const StoredWeight *weight = nullptr;
  const WeightTensor *source = nullptr;

  uint64_t offset = 0; // from the end of the header
  Digest digest = {};
  std::error_code error = {};

  StoredBytes read() const {
    if (!weight)
      return StoredBytes(contents);
    return StoredBytes(*source, *weight);
  }
};

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_BLOB_H
