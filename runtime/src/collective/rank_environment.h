//===- rank_environment.h - What launchers tell a rank ----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// launcher   rank, number of ranks, rank on its host
// ---------  ---------------------------------------------------------
// attnc-run  ATTNC_RT_RANK, ATTNC_RT_NUM_RANKS, the rank
// torchrun   RANK, WORLD_SIZE, LOCAL_RANK
// mpirun     OMPI_COMM_WORLD_RANK, .._SIZE, .._LOCAL_RANK
// mpiexec    PMI_RANK, PMI_SIZE, MPI_LOCALRANKID
// srun       SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID
//
// attnc-run's count inside all others. torchrun's and MPI's side by side must
// agree, and MPI's count. Slurm's are also set for what a job starts by other
// means, so they count only alone.
//
// MASTER_ADDR and MASTER_PORT, torchrun's, say where rank 0 serves. torchrun's
// agent may serve on that port itself (TORCHELASTIC_USE_AGENT_STORE=True): then
// the next one is ours. ATTNC_RT_PORT overrides it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_RANK_ENVIRONMENT_H
#define ATTNC_RT_COLLECTIVE_RANK_ENVIRONMENT_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace attnc_rt {

struct rank_environment {
  std::string launcher; // "" if none: one rank
  int rank = 0;
  int num_ranks = 1;
  int local_rank = 0;
  std::string master_address; // "" if not set
  uint16_t master_port = 0;   // 0 if not set
};

/// Null for a variable that is not set.
using environment_reader = std::function<const char *(const char *name)>;

/// Fails on variables that are incomplete, no numbers, out of range or
/// contradict each other, and names them with their values.
rank_environment read_rank_environment(const environment_reader &read);

/// Of this process.
rank_environment read_rank_environment();

/// Fails unless `environment` has an address and a port for rank 0.
void require_master(const rank_environment &environment);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_RANK_ENVIRONMENT_H
