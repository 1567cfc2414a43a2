//===- host_pages.h - Memory of the host in pages ---------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CPU_HOST_PAGES_H
#define ATTNC_RT_CPU_HOST_PAGES_H

#include <cstddef>
#include <utility>

namespace attnc_rt {

/// Owns a range of anonymous memory.
class host_pages {
public:
  /// At least `bytes` bytes. With `guard` an inaccessible page follows right
  /// behind them, rounded up to 64 bytes, so that the first is aligned to 64.
  /// Otherwise the first is aligned to 4096.
  host_pages(size_t bytes, bool guard);
  ~host_pages();
  host_pages(host_pages &&other) noexcept
      : mapped(std::exchange(other.mapped, nullptr)),
        mapped_bytes(other.mapped_bytes), usable(other.usable) {}

  void *first() const { return usable; }

private:
  void *mapped;
  size_t mapped_bytes;
  void *usable;
};

} // namespace attnc_rt

#endif // ATTNC_RT_CPU_HOST_PAGES_H
