//===- rank_environment.cpp - Who am I: the launchers' environment variables
//-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/rank_environment.h"

#include "collective/launcher.h"
#include "failure.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

using namespace attnc_rt;

namespace {
struct launcher_row {
  const char *launcher;
  const char *rank;
  const char *num_ranks;
  const char *local_rank; // null: the rank
};
} // namespace

static constexpr launcher_row own_row = {"attnc-run", env_rank, env_num_ranks,
                                         nullptr};
static constexpr launcher_row equal_rows[] = {
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK"},
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
     "OMPI_COMM_WORLD_LOCAL_RANK"},
    {"mpiexec", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"}};
static constexpr launcher_row slurm_row = {"srun", "SLURM_PROCID",
                                           "SLURM_NTASKS", "SLURM_LOCALID"};

static int parse(const char *name, const char *text, int min, int max) {
  int value;
  const char *end = text + std::strlen(text);
  auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end || value < min || value > max)
    fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected %d ... %d, got %s", name, min,
         max, in_quotes(text).c_str());
  return value;
}

static std::optional<rank_environment>
read_row(const launcher_row &row, const environment_reader &read) {
  const char *rank = read(row.rank);
  const char *num_ranks = read(row.num_ranks);
  if (!rank && !num_ranks)
    return std::nullopt;
  if (!rank || !num_ranks)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "%s: expected both %s and %s, got only %s=%s", row.launcher, row.rank,
         row.num_ranks, rank ? row.rank : row.num_ranks,
         rank ? rank : num_ranks);
  rank_environment result;
  result.launcher = row.launcher;
  constexpr int max_ranks = 1 << 20;
  result.num_ranks = parse(row.num_ranks, num_ranks, 1, max_ranks);
  result.rank = parse(row.rank, rank, 0, result.num_ranks - 1);
  const char *local = row.local_rank ? read(row.local_rank) : rank;
  result.local_rank = local ? parse(row.local_rank ? row.local_rank : row.rank,
                                    local, 0, result.num_ranks - 1)
                            : 0;
  return result;
}

static void check_agreement(const rank_environment &a,
                            const rank_environment &b) {
  if (a.rank != b.rank || a.num_ranks != b.num_ranks)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "contradicting environments: %s says rank %d of %d, %s says rank %d "
         "of %d",
         a.launcher.c_str(), a.rank, a.num_ranks, b.launcher.c_str(), b.rank,
         b.num_ranks);
}

static rank_environment choose_row(const environment_reader &read) {
  if (auto own = read_row(own_row, read))
    return *own;
  std::optional<rank_environment> result;
  for (const launcher_row &row : equal_rows)
    if (auto found = read_row(row, read)) {
      if (result)
        check_agreement(*result, *found);
      result = found; // MPI's before torchrun's
    }
  // A job's own shell has the number of tasks, and no rank.
  if (!result && read(slurm_row.rank))
    result = read_row(slurm_row, read);
  return result.value_or(rank_environment());
}

rank_environment
attnc_rt::read_rank_environment(const environment_reader &read) {
  rank_environment result = choose_row(read);
  if (const char *address = read("MASTER_ADDR"))
    result.master_address = address;
  if (const char *port = read("ATTNC_RT_PORT")) {
    result.master_port =
        static_cast<uint16_t>(parse("ATTNC_RT_PORT", port, 1, UINT16_MAX));
  } else if (const char *port = read("MASTER_PORT")) {
    const char *agent = read("TORCHELASTIC_USE_AGENT_STORE");
    int offset = agent && std::strcmp(agent, "True") == 0 ? 1 : 0;
    result.master_port = static_cast<uint16_t>(
        parse("MASTER_PORT", port, 1, UINT16_MAX - offset) + offset);
  }
  return result;
}

rank_environment attnc_rt::read_rank_environment() {
  return read_rank_environment([](const char *name) { return getenv(name); });
}

void attnc_rt::require_master(const rank_environment &environment) {
  if (environment.master_address.empty() || environment.master_port == 0)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "%d ranks of %s: expected MASTER_ADDR and MASTER_PORT, got '%s' and "
         "%d",
         environment.num_ranks, environment.launcher.c_str(),
         environment.master_address.c_str(), environment.master_port);
}
