//===- session_streams.cpp - Sessions beside their caller -----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs on the caller's stream, and runs that are captured once and replayed.
//
//===----------------------------------------------------------------------===//

#include "failure.h"
#include "session/session.h"

using namespace attnc_rt;

void session::copy_inputs() {
  for (const staged_tensor &each : staged)
    if (each.is_input)
      dev.copy_in(addresses[each.buffer], each.host,
                  bound.buffer_bytes[each.buffer]);
}

/// When the steps are done: copies to host memory wait where no deadline is.
void session::copy_outputs() {
  bool copies = false;
  for (const staged_tensor &each : staged)
    if (!each.is_input) {
      dev.copy_out(each.host, addresses[each.buffer],
                   bound.buffer_bytes[each.buffer]);
      copies = true;
    }
  if (!copies)
    return;
  dev.end();
  wait();
}

void session::require_streams() const {
  if (!dev.is_asynchronous())
    fail(ATTNC_RT_UNSUPPORTED,
         "entry %s: expected a session on a GPU, got one on the %s",
         in_quotes(plan.name).c_str(), chosen.name.c_str());
}

void session::refuse_staged() const {
  if (!staged.empty())
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "entry %s, %s %s: expected memory of %s, got memory of the host",
         in_quotes(plan.name).c_str(), staged[0].is_input ? "input" : "output",
         in_quotes(*staged[0].name).c_str(), chosen.name.c_str());
}

void session::require_capture() const {
  require_streams();
  if (!is_captured)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "entry %s: expected a capture since the last run with other shapes, "
         "got none",
         in_quotes(plan.name).c_str());
}

void session::enqueue(std::span<const DLTensor> inputs,
                      std::span<const DLTensor> outputs, void *stream) {
  require_streams();
  device_scope scope(dev);
  guard([&] {
    // Before the shapes are bound: a stream that is captured allows less.
    dev.begin(stream);
    bind(inputs, outputs);
    refuse_staged();
    if (options.poison)
      poison();
    run_steps();
    dev.end();
  });
}

void session::synchronize() {
  if (!dev.is_asynchronous())
    return;
  device_scope scope(dev);
  guard([&] { wait(); });
}

void session::capture(std::span<const DLTensor> inputs,
                      std::span<const DLTensor> outputs) {
  require_streams();
  device_scope scope(dev);
  bind(inputs, outputs);
  is_captured = false;
  guard([&] {
    dev.begin(std::nullopt);
    dev.end();
    wait();
    dev.begin_capture();
    try {
      if (options.poison)
        poison();
      run_steps();
      dev.end_capture();
    } catch (...) {
      dev.drop_capture();
      throw;
    }
  });
  captured_staged = staged;
  is_captured = true;
}

void session::replay() {
  require_capture();
  device_scope scope(dev);
  staged = captured_staged;
  guard([&] {
    dev.begin(std::nullopt);
    copy_inputs();
    dev.replay();
    dev.end();
    wait();
    copy_outputs();
  });
}

void session::enqueue_replay(void *stream) {
  require_capture();
  device_scope scope(dev);
  staged = captured_staged;
  refuse_staged();
  guard([&] {
    dev.begin(stream);
    dev.replay();
    dev.end();
  });
}

void session::time_replays(std::span<uint64_t> nanoseconds) {
  require_capture();
  device_scope scope(dev);
  guard([&] {
    dev.begin(std::nullopt);
    dev.time_replays(nanoseconds, [&] {
      if (ranks)
        ranks->poll();
    });
  });
}
