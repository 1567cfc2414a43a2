//===- package_agreement.h - All ranks run the same package -----*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_PACKAGE_AGREEMENT_H
#define ATTNC_RT_COLLECTIVE_PACKAGE_AGREEMENT_H

#include "collective/communicator.h"

#include <array>
#include <span>

namespace attnc_rt {

/// SHA-256 of a package's header, which has the hashes of all blobs.
using package_hash = std::array<std::byte, 32>;

std::string to_hex(const package_hash &hash);

/// Fails unless all hashes, one a rank, are equal; names hashes and ranks.
void check_equal_packages(std::span<const std::string> hashes,
                          std::span<const int> ranks);

/// The same through a communicator of a host backend; every rank calls it.
void check_equal_packages(communicator &ranks, const package_hash &own);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_PACKAGE_AGREEMENT_H
