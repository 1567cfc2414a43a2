//===- output_file.cpp - Files that appear whole or not at all ------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

using namespace attnc_run;

void output_file::fail() const {
  throw std::runtime_error("cannot write '" + path + "': " + strerror(errno));
}

output_file::output_file(std::string place) : path(std::move(place)) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    throw std::runtime_error("cannot write '" + path +
                             "': it is not a regular file");
  temporary = path + ".XXXXXX";
  fd = mkstemp(temporary.data());
  if (fd < 0)
    fail();
  // mkstemp's files are for their owner alone.
  mode_t mask = umask(0);
  umask(mask);
  fchmod(fd, 0666 & ~mask);
}

output_file::~output_file() {
  if (fd < 0)
    return;
  close(fd);
  unlink(temporary.c_str());
}

void output_file::write(const std::string &contents) {
  for (size_t done = 0; done < contents.size();) {
    ssize_t written =
        ::write(fd, contents.data() + done, contents.size() - done);
    if (written < 0)
      fail();
    done += static_cast<size_t>(written);
  }
}

void output_file::commit() {
  if (rename(temporary.c_str(), path.c_str()) != 0)
    fail();
  close(std::exchange(fd, -1));
}
