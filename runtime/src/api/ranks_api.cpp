//===- ranks_api.cpp - The ranks behind their handle ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "api/ranks_api.h"

#include "api/status.h"
#include "collective/launcher.h"
#include "collective/mpi_communicator.h"
#include "collective/rank_environment.h"
#include "collective/shared_communicator.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

using namespace attnc_rt;

using std::chrono::milliseconds;

static collective_limits limits_of(const attnc_rt_ranks_options &options) {
  collective_limits limits;
  if (options.deadline_ms != 0)
    limits.deadline = milliseconds(options.deadline_ms);
  if (options.init_deadline_ms != 0)
    limits.init_deadline = milliseconds(options.init_deadline_ms);
  return limits;
}

static attnc_rt_ranks *make_handle(std::unique_ptr<communicator> communicator) {
  return new attnc_rt_ranks{
      std::make_shared<rank_world>(std::move(communicator))};
}

static std::unique_ptr<communicator>
join_processes(const rank_environment &environment,
               const collective_limits &limits) {
  const char *text = getenv(env_region);
  int file = -1;
  const char *end = text ? text + strlen(text) : nullptr;
  if (!text || std::from_chars(text, end, file).ptr != end)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "processes: expected ranks that 'attnc-run --ranks=N' has started, "
         "got %s",
         environment.launcher.empty() ? "none" : environment.launcher.c_str());
  return join_process_ranks(file, environment.rank, environment.num_ranks,
                            limits);
}

static std::unique_ptr<communicator>
join_ranks(const attnc_rt_ranks_options &options) {
  rank_environment environment = read_rank_environment();
  collective_limits limits = limits_of(options);
  std::string backend = options.backend ? options.backend : "";
  if (backend.empty() && environment.launcher.empty())
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "ranks: expected the environment of attnc-run, mpirun or srun, got "
         "none");
  if (backend.empty() && environment.launcher == "torchrun")
    fail(ATTNC_RT_UNSUPPORTED,
         "ranks on the CPU that torchrun has started are not built yet: use "
         "attnc-run --ranks=N, mpirun or srun");
  if (backend.empty())
    backend = getenv(env_region) ? "processes" : "mpi";
  if (backend == "processes")
    return join_processes(environment, limits);
  if (backend == "mpi")
    return make_mpi_ranks(options.mpi_plugin ? options.mpi_plugin : "", limits);
  fail(ATTNC_RT_UNSUPPORTED,
       "backend: the device cpu has the backends processes and mpi, got %s",
       in_quotes(backend).c_str());
}

attnc_rt_status *attnc_rt_ranks_environment(attnc_rt_rank_info *info) {
  return guarded([&] {
    require(info, "info");
    // The names are those of a table.
    static constexpr const char *launchers[] = {"attnc-run", "torchrun",
                                                "mpirun", "mpiexec", "srun"};
    rank_environment environment = read_rank_environment();
    const char *launcher = "";
    for (const char *name : launchers)
      if (environment.launcher == name)
        launcher = name;
    *info = {launcher, environment.rank, environment.num_ranks};
  });
}

attnc_rt_status *attnc_rt_ranks_join(const attnc_rt_ranks_options *options,
                                     attnc_rt_ranks **ranks) {
  return guarded([&] {
    require(ranks, "ranks");
    *ranks =
        make_handle(join_ranks(options ? *options : attnc_rt_ranks_options{}));
  });
}

attnc_rt_status *
attnc_rt_ranks_make_threads(int32_t num_ranks,
                            const attnc_rt_ranks_options *options,
                            attnc_rt_ranks **ranks) {
  return guarded([&] {
    require(ranks, "ranks");
    auto made = make_thread_ranks(
        num_ranks, limits_of(options ? *options : attnc_rt_ranks_options{}));
    std::vector<std::unique_ptr<attnc_rt_ranks>> handles;
    for (auto &each : made)
      handles.emplace_back(make_handle(std::move(each)));
    for (size_t i = 0; i < handles.size(); ++i)
      ranks[i] = handles[i].release();
  });
}

void attnc_rt_ranks_destroy(attnc_rt_ranks *ranks) { delete ranks; }

int32_t attnc_rt_ranks_rank(const attnc_rt_ranks *ranks) {
  return ranks->world->all().rank();
}

int32_t attnc_rt_ranks_size(const attnc_rt_ranks *ranks) {
  return ranks->world->all().size();
}

attnc_rt_status *attnc_rt_ranks_all_gather(attnc_rt_ranks *ranks,
                                           const void *send, void *receive,
                                           size_t bytes) {
  return guarded([&] {
    require(ranks, "ranks");
    ranks->world->all().all_gather(send, receive, static_cast<int64_t>(bytes),
                                   element_type::u8);
  });
}

void attnc_rt_ranks_abort(attnc_rt_ranks *ranks) {
  ranks->world->all().abort();
}
