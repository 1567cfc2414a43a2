//===- mapped_file.cpp - A file in memory ---------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/mapped_file.h"

#include "failure.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attnc_rt;

mapped_file::mapped_file(const std::string &path) {
  // O_NONBLOCK: opening a named pipe must not wait for its writer.
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    fail(ATTNC_RT_IO, "cannot open %s: %s", in_quotes(path).c_str(),
         strerror(errno));
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    fail(ATTNC_RT_IO, "%s is not a regular file", in_quotes(path).c_str());
  }
  size_t size = static_cast<size_t>(info.st_size);
  void *address =
      size ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : nullptr;
  int error = errno;
  close(fd);
  if (address == MAP_FAILED)
    fail(ATTNC_RT_IO, "cannot map %s: %s", in_quotes(path).c_str(),
         strerror(error));
  contents = {static_cast<const std::byte *>(address), size};
}

mapped_file::~mapped_file() {
  if (!contents.empty())
    munmap(const_cast<std::byte *>(contents.data()), contents.size());
}
