//===- session.cpp - One entry, ready to run ------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "session/session.h"

#include "cpu/cpu_device.h"
#include "failure.h"
#include "session/caller_tensor.h"
#include "session/exchange.h"

#include <algorithm>
#include <chrono>
#include <functional>

using namespace attnc_rt;

static std::unique_ptr<device> make_device(const char *name,
                                           const package &source,
                                           thread_pool &pool, bool guard) {
  if (name && std::string_view(name) != "cpu")
    fail(ATTNC_RT_UNSUPPORTED,
         "device: this runtime has the devices: cpu, got %s",
         in_quotes(name).c_str());
  if (source.info().targets.empty())
    fail(ATTNC_RT_UNSUPPORTED, "the package has no code for the device cpu");
  return std::make_unique<cpu_device>(source, source.info().targets[0], pool,
                                      guard);
}

session::session(std::shared_ptr<const package> source,
                 const entry &source_entry, std::shared_ptr<rank_world> group,
                 const attnc_rt_session_options &options)
    : source(std::move(source)), plan(source_entry), ranks(std::move(group)),
      options(options), pool(checked_num_threads(options.num_threads)),
      dev(make_device(options.device, *this->source, pool, options.guard)),
      addresses(plan.buffers.size()) {
  this->options.device = nullptr; // the caller's
  this->options.communicator = nullptr;
  join_ranks();
  check_weights();
  find_kernels();
}

void session::join_ranks() {
  const rank_grid &grid = source->info().grid;
  if (ranks)
    ranks->join(*source, plan);
  else if (grid.num_ranks() > 1)
    fail(ATTNC_RT_INVALID_ARGUMENT, "the package is for %s, got 1",
         describe(grid).c_str());
}

void session::check_weights() {
  std::vector<size_t> weights;
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    if (plan.buffers[i].kind != buffer_kind::weight)
      continue;
    size_t tensor = plan.buffers[i].tensor(ranks ? ranks->all().rank() : 0);
    // Never written: the plan was checked for that.
    addresses[i] = const_cast<std::byte *>(source->bytes(tensor).data());
    weights.push_back(tensor);
  }
  source->check_hashes(std::move(weights), pool);
}

void session::find_kernels() {
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    static constexpr const char *ops[] = {"launch", "memset", "copy",
                                          "collective"};
    attnc_rt_step_profile row = {ops[plan.steps[i].index()], "", 0, 0};
    const attnc_kernel *kernel = nullptr;
    if (auto *launch = std::get_if<launch_step>(&plan.steps[i])) {
      kernel = dev->find_kernel(launch->kernel);
      if (!kernel)
        fail(ATTNC_RT_BAD_PACKAGE, "%s: the kernel blob has no such kernel",
             step_text(plan, i).c_str());
      check_launch(plan, i, *kernel);
      dev->prepare(*kernel);
      row.kernel = launch->kernel.c_str();
    }
    if (auto *collective = std::get_if<collective_step>(&plan.steps[i]))
      row.kernel = name(collective->kind);
    kernels.push_back(kernel);
    step_profiles.push_back(row);
  }
}

bool session::has_bound_shapes(std::span<const DLTensor> inputs) const {
  return is_bound &&
         std::equal(inputs.begin(), inputs.end(), bound.input_shapes.begin(),
                    [](const DLTensor &tensor, const auto &shape) {
                      return has_shape(tensor, shape);
                    });
}

void session::bind_shapes(std::span<const DLTensor> inputs) {
  is_bound = false;
  bound = bind_plan(plan, bind_symbols(plan, inputs), kernels);

  std::vector<size_t> buffers;
  std::vector<int64_t> sizes;
  int64_t total = 0;
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    if (plan.buffers[i].kind != buffer_kind::workspace)
      continue;
    buffers.push_back(i);
    sizes.push_back(bound.buffer_bytes[i]);
    if (__builtin_add_overflow(total, sizes.back(), &total))
      total = INT64_MAX;
  }
  sizes.push_back(bound.scratch_bytes);
  if (__builtin_add_overflow(total, bound.scratch_bytes, &total))
    total = INT64_MAX;
  // Leaves room for the device to round up.
  uint64_t limit = INT64_MAX / 2;
  if (options.max_workspace_bytes > 0)
    limit = std::min(limit, options.max_workspace_bytes);
  if (static_cast<uint64_t>(total) > limit)
    fail(ATTNC_RT_OUT_OF_MEMORY,
         "entry %s: expected a workspace of at most %lu bytes, got %ld",
         in_quotes(plan.name).c_str(), limit, total);
  std::vector<void *> workspace(sizes.size());
  dev->allocate_workspace(sizes, workspace);
  for (size_t i = 0; i < buffers.size(); ++i)
    addresses[buffers[i]] = workspace[i];
  scratch = workspace.back();
  is_bound = true;
}

void session::check_overlaps() const {
  auto end = [&](size_t buffer) {
    return static_cast<std::byte *>(addresses[buffer]) +
           bound.buffer_bytes[buffer];
  };
  auto overlap = [&](size_t a, size_t b) {
    return std::less<>()(addresses[a], static_cast<void *>(end(b))) &&
           std::less<>()(addresses[b], static_cast<void *>(end(a)));
  };
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    const signature_tensor &output = plan.outputs[i];
    auto check = [&](const signature_tensor &other) {
      if (overlap(output.buffer, other.buffer))
        fail(ATTNC_RT_INVALID_ARGUMENT,
             "entry %s: the memory of output %s overlaps that of %s",
             in_quotes(plan.name).c_str(), in_quotes(output.name).c_str(),
             in_quotes(other.name).c_str());
    };
    std::for_each(plan.inputs.begin(), plan.inputs.end(), check);
    std::for_each(plan.outputs.begin(), plan.outputs.begin() + i, check);
  }
}

void session::poison() {
  constexpr uint8_t nan_byte = 0xff;
  for (size_t i = 0; i < plan.buffers.size(); ++i)
    if (is_writable(plan.buffers[i].kind))
      dev->fill(addresses[i], nan_byte, bound.buffer_bytes[i]);
}

void *session::address(const bound_location &at) const {
  return static_cast<std::byte *>(addresses[at.buffer]) + at.offset;
}

void session::run_step(const bound_step &each, size_t index) {
  if (auto *launch = std::get_if<bound_launch>(&each)) {
    uint32_t error = dev->launch(
        *launch->kernel, bound.views.data() + launch->first_view, launch->grid);
    if (error != ATTNC_ERROR_NONE) {
      std::string reason = error == ATTNC_ERROR_INDEX
                               ? "an index lies outside its table"
                           : error == ATTNC_ERROR_CAPACITY
                               ? "an append would pass the cache's capacity"
                               : "unknown error " + std::to_string(error);
      fail(ATTNC_RT_KERNEL, "%s: %s", step_text(plan, index).c_str(),
           reason.c_str());
    }
  } else if (auto *memset = std::get_if<bound_memset>(&each)) {
    dev->fill(address(memset->to), memset->value, memset->bytes);
  } else if (auto *collective = std::get_if<bound_collective>(&each)) {
    exchange(ranks->group(source->info().grid, collective->source->axes),
             *collective, address(collective->from), address(collective->to),
             scratch);
  } else {
    const auto &copy = std::get<bound_copy>(each);
    dev->copy(address(copy.to), address(copy.from), copy.bytes);
  }
}

void session::run(std::span<const DLTensor> inputs,
                  std::span<const DLTensor> outputs) {
  check_count(plan, "inputs", plan.inputs.size(), inputs.size());
  check_count(plan, "outputs", plan.outputs.size(), outputs.size());
  if (!has_bound_shapes(inputs))
    bind_shapes(inputs);
  for (size_t i = 0; i < inputs.size(); ++i)
    addresses[plan.inputs[i].buffer] = check_tensor(
        inputs[i], plan, plan.inputs[i], bound.input_shapes[i], "input");
  for (size_t i = 0; i < outputs.size(); ++i)
    addresses[plan.outputs[i].buffer] = check_tensor(
        outputs[i], plan, plan.outputs[i], bound.output_shapes[i], "output");
  check_overlaps();
  for (size_t i = 0; i < bound.views.size(); ++i)
    bound.views[i].data = address(bound.view_places[i]);
  if (options.poison)
    poison();
  try {
    run_steps();
  } catch (...) {
    // The others wait for this rank, which is out of step now.
    if (ranks)
      ranks->all().abort();
    throw;
  }
}

void session::run_steps() {
  for (size_t i = 0; i < bound.steps.size(); ++i) {
    if (!options.profile) {
      run_step(bound.steps[i], i);
      continue;
    }
    auto start = std::chrono::steady_clock::now();
    run_step(bound.steps[i], i);
    std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - start;
    step_profiles[i].calls += 1;
    step_profiles[i].nanoseconds += static_cast<uint64_t>(taken.count());
  }
}

void session::reset_profile() {
  for (attnc_rt_step_profile &row : step_profiles)
    row.calls = row.nanoseconds = 0;
}
