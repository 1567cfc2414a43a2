//===- session.h - One entry, ready to run ----------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_SESSION_H
#define ATTNC_RT_SESSION_SESSION_H

#include "attnc_rt/attnc_rt.h"
#include "package/package.h"
#include "session/binding.h"
#include "session/device.h"
#include "session/rank_world.h"
#include "threads/thread_pool.h"

#include <memory>

namespace attnc_rt {

/// Used by one thread at a time; keeps the package alive.
class session {
public:
  /// `source_entry` belongs to the package. `ranks` may be null for one rank.
  session(std::shared_ptr<const package> source, const entry &source_entry,
          std::shared_ptr<rank_world> ranks,
          const attnc_rt_session_options &options);

  void run(std::span<const DLTensor> inputs, std::span<const DLTensor> outputs);

  const std::vector<attnc_rt_step_profile> &profile() const {
    return step_profiles;
  }
  void reset_profile();

private:
  void join_ranks();
  void check_weights();
  void find_kernels();
  bool has_bound_shapes(std::span<const DLTensor> inputs) const;
  void bind_shapes(std::span<const DLTensor> inputs);
  void check_overlaps() const;
  void poison();
  void run_steps();
  void run_step(const bound_step &each, size_t index);
  void *address(const bound_location &at) const;

  std::shared_ptr<const package> source;
  const entry &plan;
  std::shared_ptr<rank_world> ranks;
  attnc_rt_session_options options;
  thread_pool pool;
  std::unique_ptr<device> dev;
  std::vector<const attnc_kernel *> kernels; // of each step, or null
  std::vector<attnc_rt_step_profile> step_profiles;

  bool is_bound = false;
  bound_plan bound;
  std::vector<void *> addresses; // of each buffer
  void *scratch = nullptr;       // of exchanges
};

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_SESSION_H
