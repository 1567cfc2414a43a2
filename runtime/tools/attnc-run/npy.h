//===- npy.h - NumPy's files ------------------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The .npy format, versions 1.0 and 2.0, little-endian and in C order:
// numpy.org, "numpy.lib.format". Functions throw std::runtime_error.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_NPY_H
#define ATTNC_RUN_NPY_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace attnc_run {

struct npy_array {
  std::string descr; // "<f4"
  std::vector<int64_t> shape;
  std::vector<std::byte> data;
};

npy_array read_npy(const std::string &path);

/// All that stands before the data in a file, version 1.0.
std::string npy_header(const std::string &descr,
                       std::span<const int64_t> shape);

} // namespace attnc_run

#endif // ATTNC_RUN_NPY_H
