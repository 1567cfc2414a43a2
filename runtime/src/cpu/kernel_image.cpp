//===- kernel_image.cpp - Loaded kernel code ------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cpu/kernel_image.h"

#include "cpu/elf_check.h"
#include "failure.h"
#include "package/sha256.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

using namespace attnc_rt;

[[noreturn]] static void fail_with_errno(const char *what) {
  fail(ATTNC_RT_IO, "cannot %s the kernels: %s", what, strerror(errno));
}

// Delegates, so that the destructor runs if a step fails.
kernel_image::kernel_image(std::span<const std::byte> blob,
                           const std::string &sha256)
    : kernel_image() {
  copy(blob);
  check_copy(blob.size(), sha256);
  load();
  check_table();
  list_kernels();
}

kernel_image::~kernel_image() {
  if (handle)
    dlclose(handle);
  if (fd >= 0)
    close(fd);
}

void kernel_image::copy(std::span<const std::byte> blob) {
  fd = memfd_create("attnc-kernels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0)
    fail_with_errno("make a memory file for");
  while (!blob.empty()) {
    ssize_t written = write(fd, blob.data(), blob.size());
    if (written < 0)
      fail_with_errno("copy");
    blob = blob.subspan(static_cast<size_t>(written));
  }
  // From here on the copy cannot change: what is checked is what is loaded.
  if (fcntl(fd, F_ADD_SEALS,
            F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    fail_with_errno("seal");
}

void kernel_image::check_copy(size_t bytes, const std::string &expected) const {
  void *address = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED)
    fail_with_errno("map");
  auto unmap = [bytes](void *mapped) { munmap(mapped, bytes); };
  std::unique_ptr<void, decltype(unmap)> mapping(address, unmap);
  std::span elf(static_cast<const std::byte *>(address), bytes);
  std::string found = hex(sha256(elf));
  if (found != expected)
    fail(ATTNC_RT_BAD_PACKAGE,
         "kernel blob: its SHA-256 is not the manifest's: expected %s, got %s",
         expected.c_str(), found.c_str());
  check_kernel_elf(elf);
}

void kernel_image::load() {
  std::string path = "/proc/self/fd/" + std::to_string(fd);
  handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    fail(ATTNC_RT_IO, "cannot load the kernels: %s", dlerror());
  table = static_cast<const attnc_kernel_table *>(
      dlsym(handle, ATTNC_KERNEL_TABLE_SYMBOL));
  if (!table)
    fail(ATTNC_RT_BAD_PACKAGE, "kernel blob: expected the symbol '%s'",
         ATTNC_KERNEL_TABLE_SYMBOL);
}

/// Whether `bytes` bytes at `address` lie in the object that holds `anchor`.
static bool lie_in_image(const void *anchor, const void *address,
                         uint64_t bytes) {
  Dl_info image, first, last;
  auto *end = reinterpret_cast<const void *>(
      reinterpret_cast<uintptr_t>(address) + bytes - 1);
  return dladdr(anchor, &image) && dladdr(address, &first) &&
         dladdr(end, &last) && first.dli_fbase == image.dli_fbase &&
         last.dli_fbase == image.dli_fbase;
}

static bool is_valid(const attnc_kernel_param &param) {
  if (param.dtype > ATTNC_I1 || param.rank < 1 ||
      param.rank > ATTNC_KERNEL_MAX_RANK || param.access < ATTNC_READ ||
      param.access > ATTNC_READ_WRITE)
    return false;
  return std::all_of(param.sizes, param.sizes + param.rank,
                     [](int64_t size) { return size >= -1; });
}

void kernel_image::check_table() const {
  if (table->abi_version != ATTNC_KERNEL_ABI_VERSION)
    fail(ATTNC_RT_UNSUPPORTED,
         "kernel blob: its table's ABI version: expected %d, got %u",
         ATTNC_KERNEL_ABI_VERSION, table->abi_version);
  auto inside = [&](const void *address, uint64_t count, uint64_t size) {
    return count == 0 || lie_in_image(table, address, count * size);
  };
  if (!inside(table->kernels, table->num_kernels, sizeof(attnc_kernel)))
    fail(ATTNC_RT_BAD_PACKAGE, "kernel blob: its kernels lie outside it");
  for (uint32_t i = 0; i < table->num_kernels; ++i) {
    const attnc_kernel &kernel = table->kernels[i];
    if (!inside(kernel.name, 1, 1) ||
        !inside(reinterpret_cast<const void *>(kernel.fn), 1, 1) ||
        !inside(kernel.params, kernel.num_params, sizeof(attnc_kernel_param)))
      fail(ATTNC_RT_BAD_PACKAGE,
           "kernel blob: kernel %u has a pointer out of the blob", i);
    if (!std::all_of(kernel.params, kernel.params + kernel.num_params,
                     is_valid))
      fail(ATTNC_RT_BAD_PACKAGE,
           "kernel blob: kernel %s has a parameter of an unknown dtype, rank, "
           "access or size",
           in_quotes(kernel.name).c_str());
  }
}

void kernel_image::list_kernels() {
  for (uint32_t i = 0; i < table->num_kernels; ++i) {
    const attnc_kernel &code = table->kernels[i];
    kernels.push_back({{{code.params, code.num_params}}, &code});
  }
}

const cpu_kernel *kernel_image::find(const std::string &name) const {
  for (const cpu_kernel &kernel : kernels)
    if (name == kernel.code->name)
      return &kernel;
  return nullptr;
}
