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
#include "session/device_choice.h"
#include "session/rank_world.h"
#include "threads/thread_pool.h"

#include <memory>

namespace attnc_rt {

/// Used by one thread at a time; keeps the package alive.
class session {
public:
  /// `index` is an entry of the package. `ranks` may be null for one rank.
  session(std::shared_ptr<const package> source, size_t index,
          std::shared_ptr<rank_world> ranks,
          const attnc_rt_session_options &options);

  void run(std::span<const DLTensor> inputs, std::span<const DLTensor> outputs);

  // See the C API for what these do.
  void enqueue(std::span<const DLTensor> inputs,
               std::span<const DLTensor> outputs, void *stream);
  void capture(std::span<const DLTensor> inputs,
               std::span<const DLTensor> outputs);
  void replay();
  void enqueue_replay(void *stream);
  void time_replays(std::span<uint64_t> nanoseconds);
  void synchronize();

  const std::vector<attnc_rt_step_profile> &profile() const {
    return step_profiles;
  }
  void reset_profile();

private:
  /// A caller's tensor in host memory, for a device that has its own.
  struct staged_tensor {
    size_t buffer;
    void *host;
    bool is_input;
    const std::string *name;
  };

  void join_ranks();
  void place_weights();
  void find_kernels();

  bool has_bound_shapes(std::span<const DLTensor> inputs) const;
  bool is_staged(const DLTensor &tensor) const;
  bool has_bound_memory(std::span<const DLTensor> inputs,
                        std::span<const DLTensor> outputs) const;
  void bind_shapes(std::span<const DLTensor> inputs,
                   std::span<const DLTensor> outputs);
  void bind_tensor(const DLTensor &tensor, const signature_tensor &declared,
                   std::span<const int64_t> shape, bool is_input);
  void check_overlaps() const;
  /// Makes everything ready for steps with these tensors.
  void bind(std::span<const DLTensor> inputs,
            std::span<const DLTensor> outputs);
  void place_views();

  void poison();
  void copy_inputs();
  void copy_outputs();
  void run_steps();
  void run_step(const bound_step &each, size_t index);
  void put_step(const bound_step &each, size_t index);
  void read_step_times();
  void wait();
  void require_streams() const;
  void require_capture() const;
  void refuse_staged() const;
  /// Runs what gives work to the device and to other ranks; cleans up if it
  /// fails.
  template <typename body_fn> void guard(const body_fn &body) {
    try {
      body();
    } catch (...) {
      // The others wait for this rank, which is out of step now.
      if (ranks)
        ranks->abort();
      dev.drain();
      throw;
    }
  }
  void *address(const bound_location &at) const;

  std::shared_ptr<const package> source;
  std::shared_ptr<rank_world> ranks;
  attnc_rt_session_options options;
  thread_pool pool;
  chosen_device chosen;
  const entry &plan;
  device &dev;
  std::vector<const device_kernel *> kernels; // of each step, or null
  std::vector<attnc_rt_step_profile> step_profiles;

  bool is_bound = false;
  bound_plan bound;
  std::vector<uint8_t> staged_buffers; // whether each buffer is the session's
                                       // in place of the caller's
  std::vector<void *> addresses;       // of each buffer
  std::vector<void *> placed;          // for which launches were placed
  std::vector<staged_tensor> staged;
  std::vector<staged_tensor> captured_staged;
  bool is_captured = false;
  void *scratch = nullptr; // of exchanges
};

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_SESSION_H
