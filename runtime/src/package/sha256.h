//===- sha256.h - SHA-256 ---------------------------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_SHA256_H
#define ATTNC_RT_PACKAGE_SHA256_H

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace attnc_rt {

using digest = std::array<unsigned char, 32>;

digest sha256(std::span<const std::byte> bytes);

/// 64 lower-case digits.
std::string hex(const digest &value);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_SHA256_H
