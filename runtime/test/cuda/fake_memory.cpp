//===- fake_memory.cpp - Memory of the CUDA driver without a GPU --------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fake_cuda.h"

#include <cstdlib>
#include <cstring>

using namespace fake_cuda;

const allocation *fake_cuda::find(const void *address) {
  auto after = all().allocations.upper_bound(
      static_cast<char *>(const_cast<void *>(address)));
  if (after == all().allocations.begin())
    return nullptr;
  const allocation &found = std::prev(after)->second;
  return address <= found.first + found.bytes ? &found : nullptr;
}

std::string fake_cuda::place(const void *address) {
  const allocation *found = find(address);
  if (!found)
    return "host";
  auto offset = static_cast<const char *>(address) - found->first;
  return "a" + std::to_string(found->number) + "+" + std::to_string(offset);
}

void *fake_cuda::checked(const char *call, uint64_t address, size_t bytes) {
  auto *start = reinterpret_cast<char *>(address);
  const allocation *found = find(start);
  if (!found || start + bytes > found->first + found->bytes)
    misused(call, "a range that is not allocated");
  return start;
}
EXPORT int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  BEGIN_IN_CONTEXT("cuMemAlloc_v2");
  if (is_any_captured())
    return stream_capture_unsupported;
  if (all().bytes_in_use + bytes > number("FAKE_CUDA_MEMORY", 1ull << 34))
    return 2;
  all().bytes_in_use += bytes;
  auto *first =
      static_cast<char *>(std::aligned_alloc(512, (bytes + 511) / 512 * 512));
  memset(first, 0xcd, bytes);
  all().allocations[first] = {first, bytes, all().num_allocations};
  log("alloc a%zu %zu", all().num_allocations++, bytes);
  *address = reinterpret_cast<uint64_t>(first);
  return 0;
}

EXPORT int cuMemFree_v2(uint64_t address) {
  std::lock_guard lock(all().mutex);
  if (is_any_captured())
    misused("cuMemFree_v2", "while a stream is captured");
  if (!do_all())
    would_block("cuMemFree_v2");
  auto found = all().allocations.find(reinterpret_cast<char *>(address));
  if (found == all().allocations.end())
    misused("cuMemFree_v2", "an address that is not allocated");
  log("free a%zu", found->second.number);
  all().bytes_in_use -= found->second.bytes;
  std::free(found->first);
  all().allocations.erase(found);
  return 0;
}

EXPORT int cuPointerGetAttribute(void *value, int attribute, uint64_t address) {
  BEGIN_IN_CONTEXT("cuPointerGetAttribute");
  if (!find(reinterpret_cast<void *>(address)))
    return invalid_value;
  *static_cast<int *>(value) = attribute == 2 ? 2 : 0;
  return 0;
}

EXPORT int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes,
                           void *handle) {
  BEGIN_IN_CONTEXT("cuMemsetD8Async");
  void *target = checked("cuMemsetD8Async", to, bytes);
  fake_stream &stream = stream_of(handle);
  log("memset %s %u %zu on %s", place(target).c_str(), value, bytes,
      stream.name.c_str());
  put(stream, [=] {
    memset(target, value, bytes);
    return true;
  });
  return 0;
}

EXPORT int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes,
                                void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpyHtoDAsync_v2");
  void *target = checked("cuMemcpyHtoDAsync_v2", to, bytes);
  fake_stream &stream = stream_of(handle);
  log("htod %s %zu on %s", place(target).c_str(), bytes, stream.name.c_str());
  // Pageable memory is copied before the call returns.
  std::string copy(static_cast<const char *>(from), bytes);
  put(stream, [=] {
    memcpy(target, copy.data(), bytes);
    return true;
  });
  return 0;
}

EXPORT int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes,
                                void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpyDtoHAsync_v2");
  void *source = checked("cuMemcpyDtoHAsync_v2", from, bytes);
  fake_stream &stream = stream_of(handle);
  log("dtoh %s %zu on %s", place(source).c_str(), bytes, stream.name.c_str());
  // To pageable memory the call waits.
  if (!do_all())
    would_block("cuMemcpyDtoHAsync_v2");
  if (all().sticky_error)
    return all().sticky_error;
  memcpy(to, source, bytes);
  return 0;
}

EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes,
                                void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpyDtoDAsync_v2");
  void *target = checked("cuMemcpyDtoDAsync_v2", to, bytes);
  void *source = checked("cuMemcpyDtoDAsync_v2", from, bytes);
  fake_stream &stream = stream_of(handle);
  log("dtod %s %s %zu on %s", place(target).c_str(), place(source).c_str(),
      bytes, stream.name.c_str());
  put(stream, [=] {
    memcpy(target, source, bytes);
    return true;
  });
  return 0;
}

EXPORT int cuMemcpy2DAsync_v2(const attnc_rt::cuda::copy_2d *what,
                              void *handle) {
  BEGIN_IN_CONTEXT("cuMemcpy2DAsync_v2");
  attnc_rt::cuda::copy_2d its = *what;
  fake_stream &stream = stream_of(handle);
  log("copy rows %s by %zu from %s by %zu: %zu of %zu on %s",
      place(reinterpret_cast<void *>(its.to_device)).c_str(), its.to_pitch,
      place(reinterpret_cast<void *>(its.from_device)).c_str(), its.from_pitch,
      its.height, its.width_bytes, stream.name.c_str());
  put(stream, [its] {
    for (size_t row = 0; row < its.height; ++row)
      memcpy(checked("cuMemcpy2DAsync_v2", its.to_device + row * its.to_pitch,
                     its.width_bytes),
             checked("cuMemcpy2DAsync_v2",
                     its.from_device + row * its.from_pitch, its.width_bytes),
             its.width_bytes);
    return true;
  });
  return 0;
}
