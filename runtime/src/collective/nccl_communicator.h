//===- nccl_communicator.h - Collectives of GPUs through NCCL ---*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operations are put on a CUDA stream, also while the stream is captured into a
// graph; buffers are device memory. Communicators are non-blocking: every wait
// is a loop that looks at NCCL's state, at the other ranks' faults
// (heartbeat.h) and at the clock. A replayed graph is watched by synchronize()
// alone.
//
// NCCL may hang in ncclCommAbort when a peer is gone. It therefore runs on a
// thread of its own, which holds up the error of an operation by half a second
// at most. The destructor waits for it, for the grace time; then it is left
// there: the end of the process frees the GPU.
//
// Functions are called with the context of the rank's GPU. A communicator that
// was given the GPU makes its context current itself.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_NCCL_COMMUNICATOR_H
#define ATTNC_RT_COLLECTIVE_NCCL_COMMUNICATOR_H

#include "collective/nccl_library.h"
#include "collective/rendezvous.h"
#include "cuda/gpu.h"

#include <atomic>
#include <future>

namespace attnc_rt {

/// What all communicators of a rank share.
struct nccl_context {
  nccl_context(const std::string &path, std::chrono::milliseconds abort_grace,
               std::shared_ptr<cuda::gpu> on)
      : library(path), abort_grace(abort_grace), on(std::move(on)) {}

  const nccl_library library;
  const std::chrono::milliseconds abort_grace;
  const std::shared_ptr<cuda::gpu> on; // null: whatever context is current
  /// 0 if all work on a stream is done, 600 (not ready) if not, or an error.
  int (*stream_query)(void *stream) = nullptr;
  std::unique_ptr<rendezvous> peers; // null if there are none
};

class nccl_communicator final : public communicator {
public:
  /// `comm` may still be coming up: waits until the init deadline. Owns it.
  /// `group` is equal on the group's ranks and on no others.
  nccl_communicator(std::shared_ptr<nccl_context> context, nccl_comm *comm,
                    uint64_t group, std::vector<int> members, int rank,
                    const collective_limits &limits);
  ~nccl_communicator() override;

  bool is_for_gpus() const override { return true; }

private:
  void tell_all(const failure &fault) noexcept override;
  void stop() noexcept override;
  void check_supported(operation_kind kind) const override;
  void run(const transfer &what) override;
  void wait_for_stream(void *stream) override;
  void check_peers() override;
  void gather_on_host(const void *send, void *receive, int64_t bytes) override;
  std::unique_ptr<communicator> make_group(std::vector<int> members, int rank,
                                           int which) override;

  void wait_for_abort() noexcept;
  nccl_result enqueue(const transfer &what);
  /// Fails if somebody has aborted or another rank is lost.
  void check_faults(const std::string &what);
  /// Polls until `is_done`, a fault or the deadline.
  template <typename done_fn>
  void wait_until(const std::string &what, std::chrono::milliseconds time,
                  const done_fn &is_done);
  void wait_for_comm(const std::string &what, nccl_comm *waited,
                     std::chrono::milliseconds time);

  const std::shared_ptr<nccl_context> context;
  nccl_comm *comm; // null once aborted
  std::atomic<bool> is_aborted = false;
  const uint64_t group;
  uint64_t num_splits = 0;
  operation last; // what a stream may be waiting for
  std::future<void> abort_ended;
};

struct nccl_options {
  collective_limits limits;
  std::string library; // see nccl_library
  std::optional<package_hash> package;
  /// The rank's GPU; null: the current context's, and nothing can be gathered
  /// on the host.
  std::shared_ptr<cuda::gpu> on;
  /// How long ncclCommAbort may take.
  std::chrono::milliseconds abort_grace{5000};
};

/// All ranks of the launcher, one GPU each: the current context's. Ranks meet
/// at MASTER_ADDR unless there is only one.
std::unique_ptr<communicator>
make_nccl_ranks(const rank_environment &environment,
                const nccl_options &options);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_NCCL_COMMUNICATOR_H
