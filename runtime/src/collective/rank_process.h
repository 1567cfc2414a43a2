//===- rank_process.h - One started process and its end ---------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_RANK_PROCESS_H
#define ATTNC_RT_COLLECTIVE_RANK_PROCESS_H

#include "collective/launcher.h"

namespace attnc_rt {

/// Owns a child process through its pidfd: the destructor kills and reaps it.
class rank_process {
public:
  /// Starts the program with `environment` ("NAME=VALUE") added to this
  /// process's; it inherits `file`. It gets SIGKILL when this thread ends.
  rank_process(const std::vector<std::string> &command,
               const std::vector<std::string> &environment, int file);
  ~rank_process();
  rank_process(const rank_process &) = delete;
  rank_process &operator=(const rank_process &) = delete;

  /// Becomes readable when the process ends.
  int descriptor() const { return pid_file; }
  pid_t id() const { return pid; }

  /// Reaps the process if it has ended.
  std::optional<rank_end> poll_end();
  /// Whether the process is stopped by a signal at this time.
  bool poll_stopped();
  /// Kills it; its end is `killed_by_launcher`.
  void kill();

private:
  pid_t pid = -1;
  int pid_file = -1;
  bool is_reaped = false;
  bool is_stopped = false;
  bool is_killed = false;
};

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_RANK_PROCESS_H
