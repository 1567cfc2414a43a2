//===- entry_run.cpp - One entry with the tensors of one run --------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "entry_run.h"

#include "bench.h"
#include "slices.h"

#include <stdexcept>

using namespace attnc_run;

size_t entry_run::find(const attnc_rt_tensor *tensors, size_t count,
                       const char *role, const std::string &name) const {
  std::string names;
  for (size_t i = 0; i < count; ++i) {
    if (tensors[i].name == name)
      return i;
    names += (i ? ", '" : "'") + std::string(tensors[i].name) + "'";
  }
  throw std::runtime_error(std::string(role) + ": expected one of " + names +
                           ", got '" + name + "'");
}

void entry_run::load_inputs() {
  for (const auto &[name, path] : options.inputs) {
    size_t input = find(entry.inputs, entry.num_inputs, "--input", name);
    const std::string where = "input '" + name + "'";
    host_tensor whole =
        from_npy(read_npy(path), entry.inputs[input].dtype, where);
    inputs[input] =
        cut(std::move(whole), package, entry.inputs[input], rank(), where);
  }
  for (size_t i = 0; options.mode == run_mode::run && i < inputs.size(); ++i)
    if (!inputs[i])
      throw std::runtime_error("entry '" + std::string(entry.name) +
                               "': expected --input " + entry.inputs[i].name +
                               "=FILE.npy");
}

std::vector<int64_t> entry_run::choose_sizes() const {
  std::vector<int64_t> sizes(entry.num_symbols, -1);
  for (size_t i = 0; i < inputs.size(); ++i)
    for (int32_t d = 0; inputs[i] && d < entry.inputs[i].rank; ++d) {
      int32_t symbol = entry.inputs[i].dims[d].symbol;
      // A wrong rank is found when the shapes are bound.
      if (symbol >= 0 && static_cast<size_t>(d) < inputs[i]->shape().size())
        sizes[static_cast<size_t>(symbol)] =
            inputs[i]->shape()[static_cast<size_t>(d)];
    }
  for (const auto &[name, size] : options.sizes) {
    size_t symbol = 0;
    while (symbol < sizes.size() && entry.symbols[symbol].name != name)
      ++symbol;
    if (symbol == sizes.size())
      throw std::runtime_error("--set-size: entry '" + std::string(entry.name) +
                               "' has no symbol '" + name + "'");
    sizes[symbol] = size;
  }
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] < 0)
      throw std::runtime_error("entry '" + std::string(entry.name) +
                               "': expected --set-size " +
                               entry.symbols[i].name + "=N");
  return sizes;
}

void entry_run::make_random_inputs() {
  auto shapes = package.shapes(index, choose_sizes());
  std::mt19937_64 random(0);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i]) {
      const attnc_rt_tensor &signature = entry.inputs[i];
      host_tensor whole(signature.dtype, whole_shape(signature, shapes[i]));
      fill_random(whole, random);
      inputs[i] = cut(std::move(whole), package, signature, rank(),
                      std::string("input '") + signature.name + "'");
    }
}

static std::vector<DLTensor>
views_of(std::vector<std::optional<host_tensor>> &tensors) {
  std::vector<DLTensor> views;
  for (std::optional<host_tensor> &tensor : tensors)
    views.push_back(tensor->view());
  return views;
}

void entry_run::make_outputs() {
  auto shapes = package.shapes(index, package.bind(index, views_of(inputs)));
  for (size_t i = 0; i < entry.num_outputs; ++i)
    outputs.emplace_back(entry.outputs[i].dtype, shapes[inputs.size() + i]);
}

std::vector<std::pair<size_t, output_file>>
entry_run::open_output_files() const {
  std::vector<std::pair<size_t, output_file>> files;
  for (const auto &[name, path] : options.outputs) {
    for (const assignment &other : options.outputs)
      if (other.first != name && other.second == path)
        throw std::runtime_error("--output: '" + path + "' is given twice");
    files.emplace_back(find(entry.outputs, entry.num_outputs, "--output", name),
                       path);
  }
  return files;
}

host_tensor entry_run::assemble(size_t output) {
  if (!ranks)
    return std::move(outputs[output]);
  host_tensor &own = outputs[output];
  std::vector<std::byte> parts(own.num_bytes() *
                               static_cast<size_t>(ranks->size()));
  ranks->all_gather_bytes(own.data<void>(), parts.data(), own.num_bytes());
  if (ranks->rank() != 0)
    return std::move(own);
  return put_together(parts, std::move(own), package, entry.outputs[output]);
}

attnc_rt::session_handle entry_run::make_session() const {
  attnc_rt_session_options session_options = {};
  session_options.device = options.device.c_str();
  session_options.num_threads = options.threads;
  session_options.communicator = ranks ? ranks->get() : nullptr;
  session_options.profile = options.mode == run_mode::bench;
  session_options.poison = options.poison;
  session_options.deadline = options.deadline_ms;
  return attnc_rt::session_handle(package, index, session_options);
}

void entry_run::run() {
  // Rank 0 writes for all.
  std::vector<std::pair<size_t, output_file>> files;
  if (rank() == 0)
    files = open_output_files();
  load_inputs();
  if (options.mode == run_mode::bench)
    make_random_inputs();
  make_outputs();
  attnc_rt::session_handle session = make_session();
  std::vector<DLTensor> output_views;
  for (host_tensor &output : outputs)
    output_views.push_back(output.view());
  if (options.mode == run_mode::bench) {
    bench(session, views_of(inputs), output_views, options.bench_seconds,
          options.is_on_gpu(), ranks);
    return;
  }
  session.run(views_of(inputs), output_views);
  // In the order of the command line, which is the same on all ranks.
  for (size_t i = 0; i < options.outputs.size(); ++i) {
    host_tensor whole = assemble(find(entry.outputs, entry.num_outputs,
                                      "--output", options.outputs[i].first));
    if (rank() == 0)
      files[i].second.write(to_npy(whole));
  }
  for (auto &[output, file] : files)
    file.commit();
}
