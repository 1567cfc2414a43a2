//===- cuda_device.h - A GPU as a session's device --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CUDA_CUDA_DEVICE_H
#define ATTNC_RT_CUDA_CUDA_DEVICE_H

#include "cuda/placed_launch.h"
#include "cuda/timeline.h"

#include <map>

namespace attnc_rt::cuda {

class cuda_device : public device {
public:
  /// Package, target and plan outlive the device. `measures`: step_nanoseconds
  /// tells something.
  cuda_device(std::shared_ptr<gpu> on, const package &source,
              const gpu_target &code, const entry &plan,
              std::chrono::milliseconds deadline, bool measures);
  ~cuda_device() override;

  DLDevice memory() const override { return {kDLCUDA, on->ordinal}; }
  const device_kernel *find_kernel(const std::string &name) override;
  void *place_weight(std::span<const std::byte> bytes) override;
  void allocate_workspace(std::span<const int64_t> sizes,
                          std::span<void *> addresses) override;
  void check_memory(const void *address, const std::string &where) override;
  void place_launch(size_t step, const bound_launch &launch,
                    const attnc_view *views) override;

  uint32_t launch(size_t step, const bound_launch &launch,
                  const attnc_view *views) override;
  void fill(void *to, uint8_t value, int64_t bytes) override;
  void copy(void *to, const void *from, int64_t bytes) override;
  void copy_rows(void *to, int64_t to_pitch, const void *from,
                 int64_t from_pitch, int64_t bytes, int64_t rows) override;
  void copy_in(void *to, const void *from, int64_t bytes) override;
  void copy_out(void *to, const void *from, int64_t bytes) override;

  bool is_asynchronous() const override { return true; }
  void enter() override;
  void leave() noexcept override;
  void begin(std::optional<void *> wanted) override;
  void *stream() const override { return current; }
  void mark_start() override;
  void mark(size_t step) override;
  void end() override;
  void wait(const std::function<void()> &poll) override;
  void drain() noexcept override;
  uint64_t step_nanoseconds(size_t step) override;

  void begin_capture() override;
  void end_capture() override;
  void drop_capture() noexcept override;
  void replay() override;
  void time_replays(std::span<uint64_t> nanoseconds,
                    const std::function<void()> &poll) override;

private:
  std::string entry_text() const;
  bool is_dependent(size_t step) const;
  attnc_rt::cuda::memory allocate(size_t bytes);
  device_address counter_of(size_t step);
  void clear_counters();
  void check_stream(cuda::stream of_caller);
  void wait_for_last_use(const std::function<void()> &poll);

  const std::shared_ptr<gpu> on;
  const driver &functions;
  const package &source;
  const gpu_target &code;
  const entry &plan;
  const std::chrono::milliseconds deadline;

  std::map<std::string, std::unique_ptr<kernel>> kernels;
  std::vector<attnc_rt::cuda::memory> weights;
  attnc_rt::cuda::memory workspace;
  int64_t workspace_bytes = 0;
  attnc_rt::cuda::memory counters; // of the launches that have one
  std::map<size_t, device_address> counter_places;
  std::map<size_t, placed_launch> launches; // by step

  std::optional<owned_stream> own_stream;
  cuda::stream own = nullptr; // own_stream's
  cuda::stream current = nullptr;
  /// The caller captures `current`: nothing may be allocated or waited for.
  bool is_captured_by_caller = false;
  bool is_capturing = false; // here, on `own`
  bool has_marks = false;
  bool may_be_dirty = false; // the counters, after an error
  graph_exec captured = nullptr;
  timeline marks;
  std::optional<owned_event> last_use; // behind all work
  bool is_in_use = false;              // last_use was not waited for
  std::vector<owned_event> replay_events;
};

} // namespace attnc_rt::cuda

#endif // ATTNC_RT_CUDA_CUDA_DEVICE_H
