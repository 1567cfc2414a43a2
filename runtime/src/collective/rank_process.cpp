//===- rank_process.cpp - One started process and its end -----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/rank_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace attnc_rt;

// glibc has names for these only from 2.36 on.
static int open_pid(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

static void signal_pid(int pid_file, int signal) {
  syscall(SYS_pidfd_send_signal, pid_file, signal, nullptr, 0);
}

static constexpr auto by_pid_file = static_cast<idtype_t>(3); // P_PIDFD

static std::vector<char *> pointers_to(const std::vector<std::string> &texts) {
  std::vector<char *> pointers;
  for (const std::string &text : texts)
    pointers.push_back(const_cast<char *>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// This process's environment without the names that `added` sets, and `added`.
static std::vector<std::string>
merge_environment(const std::vector<std::string> &added) {
  std::vector<std::string> result = added;
  for (char **entry = environ; *entry; ++entry) {
    std::string text = *entry;
    std::string name = text.substr(0, text.find('=') + 1);
    bool is_set = false;
    for (const std::string &other : added)
      is_set |= other.starts_with(name);
    if (!is_set)
      result.push_back(std::move(text));
  }
  return result;
}

/// In the child: system calls only, other threads' locks are held forever.
[[noreturn]] static void become(char *const *arguments, char **environment,
                                int file, pid_t parent, int error_pipe) {
  sigset_t no_signals;
  sigemptyset(&no_signals);
  sigprocmask(SIG_SETMASK, &no_signals, nullptr);
  // The parent may be gone before the kernel knows that we follow it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
      fcntl(file, F_SETFD, 0) == 0) {
    environ = environment;
    execvp(arguments[0], arguments);
  }
  int error = errno;
  [[maybe_unused]] ssize_t written = write(error_pipe, &error, sizeof(error));
  _exit(127);
}

rank_process::rank_process(const std::vector<std::string> &command,
                           const std::vector<std::string> &environment,
                           int file) {
  std::vector<std::string> merged = merge_environment(environment);
  std::vector<char *> arguments = pointers_to(command);
  std::vector<char *> variables = pointers_to(merged);
  int error_pipe[2];
  if (pipe2(error_pipe, O_CLOEXEC) != 0)
    fail(ATTNC_RT_IO, "cannot make a pipe: %s", strerror(errno));
  pid_t parent = getpid();
  pid = fork();
  if (pid == 0)
    become(arguments.data(), variables.data(), file, parent, error_pipe[1]);
  int error = pid < 0 ? errno : 0;
  close(error_pipe[1]);
  if (pid >= 0) {
    pid_file = open_pid(pid);
    if (pid_file < 0)
      error = errno;
    // The pipe closes when the program starts.
    int child_error;
    if (read(error_pipe[0], &child_error, sizeof(child_error)) ==
        sizeof(child_error))
      error = child_error;
  }
  close(error_pipe[0]);
  if (error == 0)
    return;
  if (pid >= 0) {
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    close(pid_file);
  }
  fail(ATTNC_RT_IO, "cannot start %s: %s", in_quotes(command[0]).c_str(),
       strerror(error));
}

rank_process::~rank_process() {
  if (!is_reaped) {
    signal_pid(pid_file, SIGKILL);
    siginfo_t info;
    while (waitid(by_pid_file, static_cast<id_t>(pid_file), &info, WEXITED) !=
               0 &&
           errno == EINTR)
      continue;
  }
  close(pid_file);
}

std::optional<rank_end> rank_process::poll_end() {
  siginfo_t info;
  info.si_pid = 0;
  if (waitid(by_pid_file, static_cast<id_t>(pid_file), &info,
             WEXITED | WNOHANG) != 0)
    fail(ATTNC_RT_IO, "cannot wait for process %d: %s", pid, strerror(errno));
  if (info.si_pid == 0)
    return std::nullopt;
  is_reaped = true;
  if (info.si_code == CLD_EXITED)
    return rank_end{rank_end::reason::exited, info.si_status};
  bool is_ours = is_killed && info.si_status == SIGKILL;
  return rank_end{is_ours ? rank_end::reason::killed_by_launcher
                          : rank_end::reason::killed,
                  info.si_status};
}

bool rank_process::poll_stopped() {
  siginfo_t info;
  // Each change of state is told once.
  while (info.si_pid = 0, waitid(by_pid_file, static_cast<id_t>(pid_file),
                                 &info, WSTOPPED | WCONTINUED | WNOHANG) == 0 &&
                              info.si_pid != 0)
    is_stopped = info.si_code == CLD_STOPPED;
  return is_stopped;
}

void rank_process::kill() {
  is_killed = true;
  signal_pid(pid_file, SIGKILL);
}
