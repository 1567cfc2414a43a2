//===- package_agreement.cpp - All ranks run the same package -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/package_agreement.h"

#include <map>

using namespace attnc_rt;

std::string attnc_rt::to_hex(const package_hash &hash) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::byte each : hash) {
    text += digits[std::to_integer<size_t>(each) >> 4];
    text += digits[std::to_integer<size_t>(each) & 15];
  }
  return text;
}

void attnc_rt::check_equal_packages(std::span<const std::string> hashes,
                                    std::span<const int> ranks) {
  std::map<std::string, std::string> owners;
  for (size_t i = 0; i < hashes.size(); ++i) {
    std::string &list = owners[hashes[i]];
    list += (list.empty() ? "rank " : ", rank ") + std::to_string(ranks[i]);
  }
  if (owners.size() <= 1)
    return;
  std::string text;
  for (const auto &[hash, list] : owners)
    text += (text.empty() ? "" : "; ") + list + ": " + hash;
  throw failure{ATTNC_RT_DIVERGED, "expected one package on all ranks, got " +
                                       std::to_string(owners.size()) +
                                       " by their hashes: " + text};
}

void attnc_rt::check_equal_packages(communicator &ranks,
                                    const package_hash &own) {
  std::vector<package_hash> all(static_cast<size_t>(ranks.size()));
  ranks.all_gather_on_host(own.data(), all.data(),
                           static_cast<int64_t>(own.size()));
  std::vector<std::string> hashes;
  for (const package_hash &hash : all)
    hashes.push_back(to_hex(hash));
  check_equal_packages(hashes, ranks.members());
}
