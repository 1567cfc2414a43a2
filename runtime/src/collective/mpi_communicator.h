//===- mpi_communicator.h - Collectives through MPI -------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For hosts without GPUs under mpirun or srun. Data goes from every rank to
// every other in pairs: so a rank that is late is known by name, which MPI's
// own collectives do not tell, and the runtime adds in rank order.
// MPI's launchers usually kill all ranks when one dies.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_MPI_COMMUNICATOR_H
#define ATTNC_RT_COLLECTIVE_MPI_COMMUNICATOR_H

#include "collective/communicator.h"
#include "collective/futex.h"
#include "collective/mpi_plugin.h"

#include <atomic>
#include <functional>

namespace attnc_rt {

/// MPI, started once a process. It stops with its last communicator, unless one
/// has failed: MPI cannot end cleanly then, and buffers stay its own.
class mpi_library {
public:
  /// Loads the plug-in `path`, which loads libmpi.
  explicit mpi_library(const std::string &path);
  ~mpi_library();
  mpi_library(const mpi_library &) = delete;
  mpi_library &operator=(const mpi_library &) = delete;

  /// Fails with MPI's words if `error` is one.
  void check(const char *what, int error) const;

  const attnc_rt_mpi_plugin_table *functions = nullptr;
  int rank = 0;
  int num_ranks = 1;
  int num_groups = 1;
  std::atomic<bool> has_failed = false;
};

class mpi_communicator final : public communicator {
public:
  mpi_communicator(std::shared_ptr<mpi_library> mpi, int group,
                   std::vector<int> members, int rank,
                   const collective_limits &limits);
  ~mpi_communicator() override;

private:
  // MPI has no way to tell the others; they will miss this rank.
  void tell_all(const failure &) noexcept override { mpi->has_failed = true; }
  /// What one peer is sent and has sent.
  struct mailbox {
    std::vector<std::byte> outgoing, incoming;
  };

  void run(const transfer &what) override;
  std::unique_ptr<communicator> make_group(std::vector<int> members, int rank,
                                           int which) override;

  void all_reduce_parts(const transfer &what);
  void reduce_scatter_parts(const transfer &what);
  void all_gather_parts(const transfer &what);
  void broadcast_all(const transfer &what);
  void agree_on_group(const operation &op);

  using part_fn = std::function<std::pair<const std::byte *, size_t>(size_t)>;
  using size_fn = std::function<size_t(size_t)>;
  void agree_on(const operation &op);
  /// Sends `part(r)` to each rank r and receives `expected(r)` bytes from it.
  void exchange(const operation &op, const part_fn &part,
                const size_fn &expected);
  void wait_for_all(const operation &op, std::vector<void *> &requests);
  const std::byte *data_of(size_t peer) const {
    return (*boxes)[peer].incoming.data();
  }
  void sum(const transfer &what, size_t bytes, std::byte *result);

  const std::shared_ptr<mpi_library> mpi;
  const int group;
  std::unique_ptr<std::vector<mailbox>> boxes;
  deadline_point deadline;
};

/// All ranks that mpirun has started. `path` is the plug-in's; "" stands for
/// ATTNC_RT_MPI_PLUGIN or else libattnc_rt_mpi.so on the library path.
std::unique_ptr<communicator> make_mpi_ranks(const std::string &path,
                                             const collective_limits &limits);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_MPI_COMMUNICATOR_H
