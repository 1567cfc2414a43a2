//===- launch.cpp - The ranks of one command ------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "launch.h"

#include "entry_run.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <sched.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace attnc_run;

std::string
attnc_run::wrong_number_text(const attnc_rt::package_handle &package,
                             const run_options &options,
                             const attnc_rt_rank_info &place) {
  attnc_rt_grid grid = package.grid();
  std::string text =
      "the package is for " + std::to_string(grid.num_ranks) +
      (grid.num_ranks == 1 ? " rank"
                           : " ranks (grid " + std::string(grid.name));
  for (int32_t i = 0; i < grid.num_axes; ++i)
    text += (i ? "x" : " = ") + std::to_string(grid.shape[i]);
  text += grid.num_axes ? "), got " : ", got ";
  if (place.launcher[0] && grid.num_ranks > 1)
    text += std::to_string(place.num_ranks) + " of " + place.launcher;
  if (options.ranks)
    text += (text.ends_with("got ") ? "--ranks=" : " and --ranks=") +
            std::to_string(*options.ranks);
  return text.ends_with("got ")
             ? text + "1; expected --ranks=" + std::to_string(grid.num_ranks)
             : text;
}

/// A port of this host that nobody uses now; ranks on GPUs meet there.
static std::string choose_port() {
  int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  bool is_found =
      file >= 0 &&
      bind(file, reinterpret_cast<sockaddr *>(&address), length) == 0 &&
      getsockname(file, reinterpret_cast<sockaddr *>(&address), &length) == 0;
  int error = errno;
  if (file >= 0)
    close(file);
  if (!is_found)
    throw std::runtime_error(std::string("cannot choose a port: ") +
                             strerror(error));
  return std::to_string(ntohs(address.sin_port));
}

int attnc_run::launch(int32_t num_ranks, char **argv,
                      const run_options &options) {
  if (options.is_on_gpu()) {
    setenv("MASTER_ADDR", "127.0.0.1", 0);
    setenv("ATTNC_RT_PORT", choose_port().c_str(), 0);
  }
  std::vector<const char *> command = {"/proc/self/exe"};
  for (char **argument = argv + 1; *argument; ++argument)
    command.push_back(*argument);
  command.push_back(nullptr);
  attnc_rt_launch_options launch_options = {};
  launch_options.deadline = options.deadline_ms;
  std::vector<attnc_rt_rank_end> ends(static_cast<size_t>(num_ranks));
  attnc_rt::check(attnc_rt_launch_ranks(num_ranks, command.data(),
                                        &launch_options, ends.data()));
  int status = 0;
  for (size_t rank = 0; rank < ends.size(); ++rank) {
    if (ends[rank].exit_status != 0)
      status = 1;
    if (ends[rank].signal != 0)
      fprintf(stderr,
              "attnc-run: error: rank %zu was killed by %ssignal %d (%s)\n",
              rank, ends[rank].by_launcher ? "the launcher, " : "",
              ends[rank].signal, strsignal(ends[rank].signal));
  }
  return status;
}

/// CPUs that this process may use.
static int32_t num_cpus() {
  cpu_set_t cpus;
  return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
}

/// Leaves CPUs to the other ranks of this host.
static void share_cpus(run_options &options, int32_t num_ranks) {
  if (options.threads == 0)
    options.threads = std::max(1, num_cpus() / num_ranks);
}

int attnc_run::run_threads(const attnc_rt::package_handle &package,
                           run_options options) {
  attnc_rt_communicator_options thread_options = {};
  thread_options.deadline = options.deadline_ms;
  auto ranks = attnc_rt::communicator_handle::make_threads(
      package.grid().num_ranks, thread_options);
  share_cpus(options, package.grid().num_ranks);
  std::vector<std::string> errors(ranks.size());
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < ranks.size(); ++rank)
    threads.emplace_back([&, rank] {
      // The rank leaves its group when it is done.
      attnc_rt::communicator_handle own = std::move(ranks[rank]);
      try {
        entry_run(package, options, &own).run();
      } catch (const std::exception &error) {
        errors[rank] = error.what();
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  int status = 0;
  for (size_t rank = 0; rank < errors.size(); ++rank)
    if (!errors[rank].empty()) {
      fprintf(stderr, "attnc-run: rank %zu: error: %s\n", rank,
              errors[rank].c_str());
      status = 1;
    }
  return status;
}

attnc_rt::communicator_handle attnc_run::join_ranks(run_options &options) {
  attnc_rt_communicator_options join_options = {};
  if (options.is_on_gpu()) {
    join_options.backend = ATTNC_RT_BACKEND_NCCL;
    join_options.device = options.device.c_str();
  } else if (options.backend) {
    join_options.backend = options.backend == "mpi"
                               ? ATTNC_RT_BACKEND_MPI
                               : ATTNC_RT_BACKEND_PROCESSES;
  }
  join_options.deadline = options.deadline_ms;
  // Ranks that are waited for shortly must be heard more often.
  constexpr int32_t usual_heartbeat = 1000;
  if (options.deadline_ms > 0)
    join_options.heartbeat =
        std::clamp(options.deadline_ms / 4, 1, usual_heartbeat);
  attnc_rt::communicator_handle ranks(join_options);
  share_cpus(options, ranks.size());
  return ranks;
}
