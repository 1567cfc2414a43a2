//===- main.cpp - Runs packages -------------------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "entry_run.h"
#include "launch.h"
#include "options.h"

#include "attnc_rt/attnc_rt.hpp"

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <unistd.h>

using namespace attnc_run;

/// Runs an entry on one rank, or starts the ranks that do.
static int run_entry(const attnc_rt::package_handle &package,
                     run_options &options, char **argv, std::string &who) {
  int32_t num_ranks = package.grid().num_ranks;
  attnc_rt_rank_info place;
  attnc_rt::check(attnc_rt_read_rank_environment(&place));
  bool are_threads = options.backend == "threads";
  bool is_launched = num_ranks > 1 && place.launcher[0] != '\0' && !are_threads;
  int32_t started = is_launched ? place.num_ranks : options.ranks.value_or(1);
  if (started != num_ranks || options.ranks.value_or(started) != started)
    throw std::runtime_error(wrong_number_text(package, options, place));
  if (num_ranks == 1) {
    entry_run(package, options, nullptr).run();
    return 0;
  }
  if (are_threads)
    return run_threads(package, options);
  if (!is_launched && options.backend == "mpi")
    throw std::runtime_error("--backend=mpi: expected mpirun or srun as "
                             "launcher, got none");
  if (!is_launched)
    return launch(num_ranks, argv, options);
  who = "rank " + std::to_string(place.rank) + ": ";
  attnc_rt::communicator_handle ranks = join_ranks(options);
  entry_run(package, options, &ranks).run();
  return 0;
}

static int run(run_options options, char **argv, std::string &who) {
  if (options.mode == run_mode::help) {
    fputs(help_text, stdout);
    return 0;
  }
  attnc_rt::package_handle package(options.package);
  if (options.mode == run_mode::inspect) {
    fputs(package.describe(), stdout);
  } else if (options.mode == run_mode::verify) {
    package.verify(options.threads);
    printf("%s: every hash is right\n", options.package.c_str());
  } else {
    return run_entry(package, options, argv, who);
  }
  return 0;
}

int main(int argc, char **argv) {
  // Pipes that close and files that grow too large are errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::string who;
  try {
    int status = run(parse_options(argc, argv), argv, who);
    if (fflush(stdout) != 0 || ferror(stdout))
      throw std::runtime_error("cannot write to standard output");
    return status;
  } catch (const std::bad_alloc &) {
    fprintf(stderr, "attnc-run: %serror: out of memory\n", who.c_str());
  } catch (const attnc_rt::error &error) {
    fprintf(stderr, "attnc-run: %serror: %s\n", who.c_str(), error.what());
    // The CUDA driver would wait at the end for what never ends.
    if (error.code == ATTNC_RT_DEADLINE)
      _exit(1);
  } catch (const std::exception &error) {
    fprintf(stderr, "attnc-run: %serror: %s\n", who.c_str(), error.what());
  }
  return 1;
}
