//===- host_pages.cpp - Memory of the host in pages -----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cpu/host_pages.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <sys/mman.h>

using namespace attnc_rt;

static constexpr size_t page = 4096;

static size_t round_up(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

host_pages::host_pages(size_t bytes, bool guard) {
  if (bytes > SIZE_MAX / 2)
    throw std::bad_alloc();
  size_t body = std::max(round_up(bytes, page), page);
  size_t total = body + (guard ? page : 0);
  void *address = mmap(nullptr, total, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED)
    throw std::bad_alloc();
  mapped = address;
  mapped_bytes = total;
  auto *end = static_cast<std::byte *>(address) + body;
  usable = guard ? end - round_up(bytes, 64) : address;
  if (guard)
    mprotect(end, page, PROT_NONE);
  else
    // Large activations: fewer TLB misses where the system offers it.
    madvise(address, total, MADV_HUGEPAGE);
}

host_pages::~host_pages() {
  if (mapped)
    munmap(mapped, mapped_bytes);
}
