//===- session.cpp - One entry, ready to run ------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "session/session.h"

#include "failure.h"
#include "session/caller_tensor.h"
#include "session/exchange.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>

using namespace attnc_rt;

session::session(std::shared_ptr<const package> source_package, size_t index,
                 std::shared_ptr<rank_world> group,
                 const attnc_rt_session_options &given)
    : source(std::move(source_package)), ranks(std::move(group)),
      options(given), pool(checked_num_threads(options.num_threads)),
      chosen(choose_device(*source, index, options, pool)), plan(*chosen.plan),
      dev(*chosen.dev), addresses(plan.buffers.size()) {
  options.device = nullptr; // the caller's
  options.communicator = nullptr;
  device_scope scope(dev);
  join_ranks();
  dev.begin(std::nullopt);
  place_weights();
  find_kernels();
  dev.end();
  dev.wait([] {});
}

void session::join_ranks() {
  const rank_grid &grid = source->info().grid;
  if (ranks && ranks->all().is_for_gpus() != dev.is_asynchronous())
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "communicator: expected one of %s for the device %s, got one of %s",
         dev.is_asynchronous() ? "NCCL" : "host memory", chosen.name.c_str(),
         dev.is_asynchronous() ? "host memory" : "NCCL");
  if (ranks)
    ranks->join(*source, plan);
  else if (grid.num_ranks() > 1)
    fail(ATTNC_RT_INVALID_ARGUMENT, "the package is for %s, got 1",
         describe(grid).c_str());
}

void session::place_weights() {
  std::vector<std::pair<size_t, size_t>> weights; // buffer, tensor
  std::vector<size_t> tensors;
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    if (plan.buffers[i].kind != buffer_kind::weight)
      continue;
    size_t tensor = plan.buffers[i].tensor(ranks ? ranks->all().rank() : 0);
    weights.emplace_back(i, tensor);
    tensors.push_back(tensor);
  }
  source->check_hashes(tensors, pool);
  std::map<size_t, void *> places; // several buffers may have one tensor
  for (auto [buffer, tensor] : weights) {
    auto [place, is_new] = places.try_emplace(tensor, nullptr);
    if (is_new)
      place->second = dev.place_weight(source->bytes(tensor));
    addresses[buffer] = place->second;
  }
}

void session::find_kernels() {
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    static constexpr const char *ops[] = {"launch", "memset", "copy",
                                          "collective"};
    attnc_rt_step_profile row = {ops[plan.steps[i].index()], "", 0, 0};
    const device_kernel *kernel = nullptr;
    if (auto *launch = std::get_if<launch_step>(&plan.steps[i])) {
      kernel = dev.find_kernel(launch->kernel);
      if (!kernel)
        fail(ATTNC_RT_BAD_PACKAGE, "%s: the kernel blob has no such kernel",
             step_text(plan, i).c_str());
      check_launch(plan, i, kernel->arguments);
      dev.prepare(*kernel);
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

bool session::is_staged(const DLTensor &tensor) const {
  return is_host_memory(tensor.device) && !is_host_memory(dev.memory());
}

bool session::has_bound_memory(std::span<const DLTensor> inputs,
                               std::span<const DLTensor> outputs) const {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (staged_buffers[plan.inputs[i].buffer] != is_staged(inputs[i]))
      return false;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (staged_buffers[plan.outputs[i].buffer] != is_staged(outputs[i]))
      return false;
  return true;
}

void session::bind_shapes(std::span<const DLTensor> inputs,
                          std::span<const DLTensor> outputs) {
  is_bound = is_captured = false;
  placed.clear();
  dev.drop_capture();
  bound = bind_plan(plan, bind_symbols(plan, inputs), kernels);
  staged_buffers.assign(plan.buffers.size(), false);
  for (size_t i = 0; i < inputs.size(); ++i)
    staged_buffers[plan.inputs[i].buffer] = is_staged(inputs[i]);
  for (size_t i = 0; i < outputs.size(); ++i)
    staged_buffers[plan.outputs[i].buffer] = is_staged(outputs[i]);

  std::vector<size_t> buffers;
  std::vector<int64_t> sizes;
  int64_t total = 0;
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    if (plan.buffers[i].kind != buffer_kind::workspace && !staged_buffers[i])
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
  dev.allocate_workspace(sizes, workspace);
  for (size_t i = 0; i < buffers.size(); ++i)
    addresses[buffers[i]] = workspace[i];
  scratch = workspace.back();
  is_bound = true;
}

void session::check_overlaps() const {
  std::vector<void *> given = addresses; // by the caller
  for (const staged_tensor &each : staged)
    given[each.buffer] = each.host;
  auto end = [&](size_t buffer) {
    return static_cast<std::byte *>(given[buffer]) + bound.buffer_bytes[buffer];
  };
  auto overlap = [&](size_t a, size_t b) {
    return std::less<>()(given[a], static_cast<void *>(end(b))) &&
           std::less<>()(given[b], static_cast<void *>(end(a)));
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
      dev.fill(addresses[i], nan_byte, bound.buffer_bytes[i]);
}

void *session::address(const bound_location &at) const {
  return static_cast<std::byte *>(addresses[at.buffer]) + at.offset;
}

void session::put_step(const bound_step &each, size_t index) {
  if (auto *launch = std::get_if<bound_launch>(&each)) {
    uint32_t error =
        dev.launch(index, *launch, bound.views.data() + launch->first_view);
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
    dev.fill(address(memset->to), memset->value, memset->bytes);
  } else if (auto *collective = std::get_if<bound_collective>(&each)) {
    exchange(ranks->group(source->info().grid, collective->source->axes), dev,
             *collective, address(collective->from), address(collective->to),
             scratch);
  } else {
    const auto &copy = std::get<bound_copy>(each);
    dev.copy(address(copy.to), address(copy.from), copy.bytes);
  }
}

void session::run_step(const bound_step &each, size_t index) {
  if (!dev.is_asynchronous())
    return put_step(each, index);
  try {
    put_step(each, index);
  } catch (const failure &error) {
    // The driver's errors don't know of steps.
    if (error.code != ATTNC_RT_CUDA && error.code != ATTNC_RT_UNSUPPORTED &&
        error.code != ATTNC_RT_OUT_OF_MEMORY)
      throw;
    fail(error.code, "%s: %s", step_text(plan, index).c_str(),
         error.message.c_str());
  }
  dev.mark(index);
}

void session::bind_tensor(const DLTensor &tensor,
                          const signature_tensor &declared,
                          std::span<const int64_t> shape, bool is_input) {
  const char *role = is_input ? "input" : "output";
  void *data = check_tensor(tensor, dev.memory(), plan, declared, shape, role);
  if (staged_buffers[declared.buffer]) {
    if (data)
      staged.push_back({declared.buffer, data, is_input, &declared.name});
    return;
  }
  bool is_new = placed.empty() || placed[declared.buffer] != data;
  if (data && is_new)
    dev.check_memory(data, "entry " + in_quotes(plan.name) + ", " + role + " " +
                               in_quotes(declared.name));
  addresses[declared.buffer] = data;
}

void session::place_views() {
  if (placed == addresses)
    return;
  placed.clear();
  for (size_t i = 0; i < bound.views.size(); ++i)
    bound.views[i].data = address(bound.view_places[i]);
  for (size_t i = 0; i < bound.steps.size(); ++i)
    if (auto *launch = std::get_if<bound_launch>(&bound.steps[i]))
      dev.place_launch(i, *launch, bound.views.data() + launch->first_view);
  placed = addresses;
}

void session::bind(std::span<const DLTensor> inputs,
                   std::span<const DLTensor> outputs) {
  check_count(plan, "inputs", plan.inputs.size(), inputs.size());
  check_count(plan, "outputs", plan.outputs.size(), outputs.size());
  if (!has_bound_shapes(inputs) || !has_bound_memory(inputs, outputs))
    bind_shapes(inputs, outputs);
  staged.clear();
  for (size_t i = 0; i < inputs.size(); ++i)
    bind_tensor(inputs[i], plan.inputs[i], bound.input_shapes[i], true);
  for (size_t i = 0; i < outputs.size(); ++i)
    bind_tensor(outputs[i], plan.outputs[i], bound.output_shapes[i], false);
  check_overlaps();
  place_views();
}

void session::run(std::span<const DLTensor> inputs,
                  std::span<const DLTensor> outputs) {
  device_scope scope(dev);
  bind(inputs, outputs);
  guard([&] {
    dev.begin(std::nullopt);
    copy_inputs();
    if (options.poison)
      poison();
    run_steps();
    dev.end();
    wait();
    copy_outputs();
  });
  if (options.profile && dev.is_asynchronous())
    read_step_times();
}

void session::run_steps() {
  dev.mark_start();
  for (size_t i = 0; i < bound.steps.size(); ++i) {
    if (!options.profile || dev.is_asynchronous()) {
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

void session::read_step_times() {
  for (size_t i = 0; i < step_profiles.size(); ++i) {
    step_profiles[i].calls += 1;
    step_profiles[i].nanoseconds += dev.step_nanoseconds(i);
  }
}

void session::wait() {
  dev.wait([&] {
    if (ranks)
      ranks->poll();
  });
}

void session::reset_profile() {
  for (attnc_rt_step_profile &row : step_profiles)
    row.calls = row.nanoseconds = 0;
}
