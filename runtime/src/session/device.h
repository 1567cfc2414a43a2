//===- device.h - What runs the steps of a session --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_SESSION_DEVICE_H
#define ATTNC_RT_SESSION_DEVICE_H

#include "attnc_rt/attnc_rt.h"
#include "session/binding.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace attnc_rt {

/// A device as one session uses it: code, weights, workspace and the work
/// itself. Used by one thread at a time, inside a device_scope. Everything that
/// comes here was checked: addresses are the device's, and ranges lie inside
/// their buffers.
class device {
public:
  virtual ~device() = default;

  //===-- Before the first run --===//

  /// The memory that needs no copy, as DLPack names it.
  virtual DLDevice memory() const = 0;
  /// The loaded kernel with this name, or null. It lives as long as the device.
  virtual const device_kernel *find_kernel(const std::string &name) = 0;
  /// Makes room for what the kernel needs beside its views; once for each
  /// kernel, before it is launched.
  virtual void prepare(const device_kernel &) {}
  /// Where kernels find these bytes of the package, which never change.
  virtual void *place_weight(std::span<const std::byte> bytes) = 0;

  //===-- For new shapes and new addresses --===//

  /// Replaces the workspace by buffers of these sizes, aligned to 64 bytes.
  /// They hold anything. Together they have less than 2^62 bytes.
  virtual void allocate_workspace(std::span<const int64_t> sizes,
                                  std::span<void *> addresses) = 0;
  /// Fails unless the caller's tensor lies in this device's memory.
  virtual void check_memory(const void *, const std::string &) {}
  /// Builds what the launch of a step passes to its kernel.
  virtual void place_launch(size_t, const bound_launch &, const attnc_view *) {}

  //===-- Work, in the order of its calls --===//

  /// Runs all blocks of the grid; returns an ATTNC_ERROR_* of the kernel ABI.
  virtual uint32_t launch(size_t step, const bound_launch &launch,
                          const attnc_view *views) = 0;
  virtual void fill(void *to, uint8_t value, int64_t bytes) = 0;
  /// The ranges may overlap.
  virtual void copy(void *to, const void *from, int64_t bytes) = 0;
  /// `rows` rows of `bytes`, each `..._pitch` bytes behind the one before.
  virtual void copy_rows(void *to, int64_t to_pitch, const void *from,
                         int64_t from_pitch, int64_t bytes, int64_t rows) = 0;
  /// From and to memory of the host.
  virtual void copy_in(void *to, const void *from, int64_t bytes) = 0;
  virtual void copy_out(void *to, const void *from, int64_t bytes) = 0;

  //===-- Devices that work beside the caller. The CPU does not. --===//

  virtual bool is_asynchronous() const { return false; }
  /// Makes the device this thread's, and undoes it.
  virtual void enter() {}
  virtual void leave() noexcept {}
  /// Work goes to the caller's stream, behind all that the session has put
  /// anywhere, or without one to the device's own, when that is done.
  virtual void begin(std::optional<void *>) {}
  /// Where collectives put their work.
  virtual void *stream() const { return nullptr; }
  /// The steps begin, and one has been put on the stream.
  virtual void mark_start() {}
  virtual void mark(size_t) {}
  /// No more work comes until the next begin().
  virtual void end() {}
  /// Returns when all work is done; fails at the deadline, and when `poll`
  /// throws. Names the step that failed.
  virtual void wait(const std::function<void()> &) {}
  /// After an error: waits as long, and never fails.
  virtual void drain() noexcept {}
  /// What the step took in the run that was waited for.
  virtual uint64_t step_nanoseconds(size_t) { return 0; }

  //===-- Work that is captured once and replayed --===//

  virtual void begin_capture() {}
  virtual void end_capture() {}
  /// Forgets a capture, whole or begun.
  virtual void drop_capture() noexcept {}
  virtual void replay() {}
  /// Replays that often and waits; writes what each took on the device.
  virtual void time_replays(std::span<uint64_t>,
                            const std::function<void()> &) {}
};

/// A thread's use of a device.
class device_scope {
public:
  explicit device_scope(device &used) : used(used) { used.enter(); }
  ~device_scope() { used.leave(); }
  device_scope(const device_scope &) = delete;

private:
  device &used;
};

} // namespace attnc_rt

#endif // ATTNC_RT_SESSION_DEVICE_H
