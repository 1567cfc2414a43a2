//===- cuda_device.cpp - A GPU as a session's device ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "cuda/cuda_device.h"

#include <algorithm>

using namespace attnc_rt;
using namespace attnc_rt::cuda;

// Of buffers: whole cache lines, and what tensor maps ask for.
static constexpr int64_t buffer_alignment = 256;
// Counters of different launches share no cache line.
static constexpr size_t counter_stride = 128;

static device_address to_device(const void *address) {
  return reinterpret_cast<device_address>(address);
}

static void *to_pointer(device_address address) {
  return reinterpret_cast<void *>(address);
}

static bool has_counter(const gpu_target &code, const std::string &name) {
  for (const gpu_kernel &kernel : code.kernels)
    if (kernel.name == name)
      return std::any_of(kernel.params.begin(), kernel.params.end(),
                         [](const gpu_param &param) {
                           return param.kind == gpu_param_kind::counter;
                         });
  return false; // refused when it is looked for
}

cuda_device::cuda_device(std::shared_ptr<gpu> gpu_of, const package &source,
                         const gpu_target &code, const entry &plan,
                         std::chrono::milliseconds deadline, bool measures)
    : on(std::move(gpu_of)), functions(on->functions), source(source),
      code(code), plan(plan), deadline(deadline), marks(on, measures) {
  gpu::scope scope(*on);
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (auto *launch = std::get_if<launch_step>(&plan.steps[i]))
      if (has_counter(code, launch->kernel))
        counter_places.emplace(i, counter_places.size() * counter_stride);
  counters = attnc_rt::cuda::memory(on, counter_places.size() * counter_stride);
  for (auto &[step, place] : counter_places)
    place += counters.address();
  may_be_dirty = true;
  last_use.emplace(on, event_disable_timing);
  own_stream.emplace(on);
  current = own = own_stream->get();
}

cuda_device::~cuda_device() {
  // Without the context nothing can be freed, and the process's end does it.
  if (on->is_lost() ||
      functions.context_push.address(on->primary()) != result::success) {
    on->lose();
    return;
  }
  drain();
  drop_capture();
  own_stream.reset();
  launches.clear();
  kernels.clear();
  weights.clear();
  workspace = {};
  counters = {};
  last_use.reset();
  replay_events.clear();
  marks = timeline(on, false);
  leave();
}

void cuda_device::enter() {
  gpu::check_not_lost(on->ordinal);
  functions.call(functions.context_push, on->primary());
}

void cuda_device::leave() noexcept {
  context popped;
  functions.context_pop.address(&popped);
}

std::string cuda_device::entry_text() const {
  return "entry " + in_quotes(plan.name);
}

//===-- Code and memory ---------------------------------------------------===//

const device_kernel *cuda_device::find_kernel(const std::string &name) {
  std::unique_ptr<kernel> &found = kernels[name];
  for (const gpu_kernel &declared : code.kernels)
    if (!found && declared.name == name)
      found = std::make_unique<kernel>(on, source, declared);
  return found.get();
}

attnc_rt::cuda::memory cuda_device::allocate(size_t bytes) {
  if (is_captured_by_caller)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "%s: expected a run with these shapes before the stream's capture",
         entry_text().c_str());
  return attnc_rt::cuda::memory(on, bytes);
}

void *cuda_device::place_weight(std::span<const std::byte> bytes) {
  weights.push_back(allocate(bytes.size()));
  void *place = to_pointer(weights.back().address());
  copy_in(place, bytes.data(), static_cast<int64_t>(bytes.size()));
  return place;
}

void cuda_device::allocate_workspace(std::span<const int64_t> sizes,
                                     std::span<void *> addresses) {
  launches.clear();
  int64_t total = 0;
  std::vector<int64_t> offsets;
  for (int64_t size : sizes) {
    offsets.push_back(total);
    total +=
        (size + buffer_alignment - 1) / buffer_alignment * buffer_alignment;
  }
  if (total > workspace_bytes) {
    // Freed before the new one is allocated: both may not fit.
    wait_for_last_use([] {});
    workspace_bytes = 0;
    workspace = {};
    workspace = allocate(static_cast<size_t>(total));
    workspace_bytes = total;
  }
  for (size_t i = 0; i < sizes.size(); ++i)
    addresses[i] =
        to_pointer(workspace.address() + static_cast<uint64_t>(offsets[i]));
}

void cuda_device::check_memory(const void *address, const std::string &where) {
  memory_type type = memory_type::host;
  int ordinal = -1;
  result got = functions.pointer_get_attribute.address(
      &type, pointer_attribute::memory_type, to_device(address));
  if (got == result::success && type == memory_type::device)
    got = functions.pointer_get_attribute.address(
        &ordinal, pointer_attribute::device_ordinal, to_device(address));
  if (got == result::success && type == memory_type::device &&
      ordinal == on->ordinal)
    return;
  fail(ATTNC_RT_INVALID_ARGUMENT,
       "%s: expected memory of cuda:%d, as its DLPack device says, got memory "
       "of %s",
       where.c_str(), on->ordinal,
       ordinal >= 0 ? ("cuda:" + std::to_string(ordinal)).c_str() : "the host");
}

void cuda_device::place_launch(size_t step, const bound_launch &launch,
                               const attnc_view *views) {
  launches.erase(step);
  auto counter = counter_places.find(step);
  launches.try_emplace(step, functions, launch, views, is_dependent(step),
                       counter == counter_places.end() ? 0 : counter->second,
                       step_text(plan, step));
}

bool cuda_device::is_dependent(size_t step) const {
  if (step >= plan.steps.size())
    return false;
  auto *launch = std::get_if<launch_step>(&plan.steps[step]);
  return launch && launch->dependent;
}

//===-- Work --------------------------------------------------------------===//

uint32_t cuda_device::launch(size_t step, const bound_launch &,
                             const attnc_view *) {
  launches.at(step).put_on(current);
  return ATTNC_ERROR_NONE;
}

void cuda_device::fill(void *to, uint8_t value, int64_t bytes) {
  if (bytes > 0)
    functions.call(functions.fill, to_device(to), value,
                   static_cast<size_t>(bytes), current);
}

void cuda_device::copy(void *to, const void *from, int64_t bytes) {
  if (bytes <= 0 || to == from)
    return;
  auto begin = std::min(to_device(to), to_device(from));
  auto end = std::max(to_device(to), to_device(from));
  if (end - begin < static_cast<device_address>(bytes))
    fail(ATTNC_RT_UNSUPPORTED,
         "expected ranges that do not overlap, got %ld bytes %llu bytes apart",
         bytes, end - begin);
  functions.call(functions.copy_on_device, to_device(to), to_device(from),
                 static_cast<size_t>(bytes), current);
}

void cuda_device::copy_rows(void *to, int64_t to_pitch, const void *from,
                            int64_t from_pitch, int64_t bytes, int64_t rows) {
  if (bytes <= 0 || rows <= 0)
    return;
  copy_2d what = {};
  what.from_type = what.to_type = memory_type::device;
  what.from_device = to_device(from);
  what.from_pitch = static_cast<size_t>(from_pitch);
  what.to_device = to_device(to);
  what.to_pitch = static_cast<size_t>(to_pitch);
  what.width_bytes = static_cast<size_t>(bytes);
  what.height = static_cast<size_t>(rows);
  functions.call(functions.copy_rows, static_cast<const copy_2d *>(&what),
                 current);
}

void cuda_device::copy_in(void *to, const void *from, int64_t bytes) {
  if (bytes > 0)
    functions.call(functions.copy_to_device, to_device(to), from,
                   static_cast<size_t>(bytes), current);
}

void cuda_device::copy_out(void *to, const void *from, int64_t bytes) {
  if (bytes > 0)
    functions.call(functions.copy_to_host, to, to_device(from),
                   static_cast<size_t>(bytes), current);
}

//===-- Streams -----------------------------------------------------------===//

void cuda_device::check_stream(cuda::stream of_caller) {
  context its_context = nullptr;
  functions.call(functions.stream_get_context, of_caller, &its_context);
  if (its_context != on->primary())
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "stream: expected one of cuda:%d's primary context, got one of "
         "another context",
         on->ordinal);
  capture_status status = capture_status::none;
  functions.call(functions.stream_is_capturing, of_caller, &status);
  is_captured_by_caller = status != capture_status::none;
}

void cuda_device::clear_counters() {
  fill(to_pointer(counters.address()), 0,
       static_cast<int64_t>(counter_places.size() * counter_stride));
  may_be_dirty = false;
}

void cuda_device::begin(std::optional<void *> wanted) {
  is_captured_by_caller = false;
  current = own;
  has_marks = false;
  if (wanted) {
    auto of_caller = static_cast<cuda::stream>(*wanted);
    check_stream(of_caller);
    current = of_caller;
  } else {
    wait_for_last_use([] {});
  }
  // A capture holds nothing that lies outside of it.
  if (is_in_use && !is_captured_by_caller)
    functions.call(functions.stream_wait_event, current, last_use->get(), 0u);
  if (may_be_dirty)
    clear_counters();
}

void cuda_device::mark_start() {
  // Events that are still to come behind earlier work would name the wrong
  // step.
  has_marks = !is_capturing && !is_captured_by_caller && !is_in_use;
  if (has_marks)
    marks.start(current);
}

void cuda_device::mark(size_t step) {
  // An event between them would keep the next launch from beginning early.
  if (has_marks && !is_dependent(step + 1))
    marks.mark(step, current);
}

void cuda_device::end() {
  if (std::exchange(is_captured_by_caller, false))
    return;
  functions.call(functions.event_record, last_use->get(), current);
  is_in_use = true;
}

void cuda_device::wait_for_last_use(const std::function<void()> &poll) {
  if (!is_in_use)
    return;
  wait_for(*on, last_use->get(), wait_limit(deadline), poll,
           [&] { return entry_text(); });
  is_in_use = false;
}

void cuda_device::wait(const std::function<void()> &poll) {
  if (has_marks)
    marks.wait(wait_limit(deadline), poll,
               [&](size_t step) { return step_text(plan, step); });
  has_marks = false;
  wait_for_last_use(poll);
}

void cuda_device::drain() noexcept {
  may_be_dirty = true;
  if (on->is_lost())
    return;
  try {
    end();
    wait_for_last_use([] {});
  } catch (const failure &) {
    // The caller has the first error already.
  }
}

uint64_t cuda_device::step_nanoseconds(size_t step) {
  return marks.nanoseconds(step);
}

//===-- Captured work -----------------------------------------------------===//

void cuda_device::begin_capture() {
  drop_capture();
  functions.call(functions.stream_begin_capture, own,
                 capture_mode::thread_local_);
  is_capturing = true;
}

void cuda_device::end_capture() {
  graph recorded = nullptr;
  functions.call(functions.stream_end_capture, own, &recorded);
  is_capturing = false;
  result got = functions.graph_instantiate.address(&captured, recorded, 0ull);
  functions.graph_destroy.address(recorded);
  functions.check(functions.graph_instantiate.name, got);
}

void cuda_device::drop_capture() noexcept {
  graph recorded = nullptr;
  if (is_capturing)
    functions.stream_end_capture.address(own, &recorded);
  is_capturing = false;
  if (recorded)
    functions.graph_destroy.address(recorded);
  if (!captured)
    return;
  try {
    wait_for_last_use([] {}); // which may be a replay
  } catch (const failure &) {
    // Told by whoever waits next.
  }
  if (!on->is_lost())
    functions.graph_exec_destroy.address(captured);
  captured = nullptr;
}

void cuda_device::replay() {
  functions.call(functions.graph_launch, captured, current);
}

void cuda_device::time_replays(std::span<uint64_t> nanoseconds,
                               const std::function<void()> &poll) {
  // Few enough for the driver's queue, so that putting them there never waits.
  constexpr size_t batch = 32;
  while (replay_events.size() < 2 * std::min(batch, nanoseconds.size()))
    replay_events.emplace_back(on, event_default);
  for (size_t first = 0; first < nanoseconds.size(); first += batch) {
    size_t count = std::min(batch, nanoseconds.size() - first);
    for (size_t i = 0; i < count; ++i) {
      functions.call(functions.event_record, replay_events[2 * i].get(),
                     current);
      replay();
      functions.call(functions.event_record, replay_events[2 * i + 1].get(),
                     current);
    }
    end();
    wait_for_last_use(poll);
    for (size_t i = 0; i < count; ++i) {
      float milliseconds = 0;
      functions.call(functions.event_elapsed, &milliseconds,
                     replay_events[2 * i].get(),
                     replay_events[2 * i + 1].get());
      nanoseconds[first + i] =
          static_cast<uint64_t>(static_cast<double>(milliseconds) * 1e6);
    }
  }
}
