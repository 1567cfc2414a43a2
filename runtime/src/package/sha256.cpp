//===- sha256.cpp - SHA-256 -----------------------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The low-level calls need none of libcrypto's providers, configuration files
// and exit handlers, which have no place inside another program's process.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "package/sha256.h"

#include <openssl/sha.h>

using namespace attnc_rt;

digest attnc_rt::sha256(std::span<const std::byte> bytes) {
  digest result;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(result.data(), &context);
  return result;
}

std::string attnc_rt::hex(const digest &value) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : value) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}
