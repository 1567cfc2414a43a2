//===- main.cpp - Runs packages -------------------------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bench.h"
#include "host_tensor.h"
#include "options.h"
#include "output_file.h"

#include "attnc_rt/attnc_rt.hpp"

#include <csignal>
#include <cstdio>
#include <stdexcept>

using namespace attnc_run;

namespace {
/// One entry with the tensors of one run.
class entry_run {
public:
  entry_run(const attnc_rt::package_handle &package, const run_options &options)
      : package(package), options(options),
        index(package.find_entry(options.entry ? options.entry->c_str()
                                               : nullptr)),
        entry(package.entry(index)), inputs(entry.num_inputs) {}

  void run();

private:
  void load_inputs();
  void make_random_inputs();
  std::vector<int64_t> choose_sizes() const;
  void make_outputs();
  std::vector<std::pair<size_t, output_file>> open_output_files() const;
  size_t find(const attnc_rt_tensor *tensors, size_t count, const char *role,
              const std::string &name) const;
  attnc_rt::session_handle make_session() const;

  const attnc_rt::package_handle &package;
  const run_options &options;
  size_t index;
  const attnc_rt_entry &entry;
  std::vector<std::optional<host_tensor>> inputs;
  std::vector<host_tensor> outputs;
};
} // namespace

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
    inputs[input] = from_npy(read_npy(path), entry.inputs[input].dtype,
                             "input '" + name + "'");
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
      inputs[i].emplace(entry.inputs[i].dtype, shapes[i]);
      fill_random(*inputs[i], random);
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

attnc_rt::session_handle entry_run::make_session() const {
  attnc_rt_session_options session_options = {};
  session_options.device = options.device.c_str();
  session_options.num_threads = options.threads;
  session_options.profile = options.mode == run_mode::bench;
  session_options.poison = options.poison;
  return attnc_rt::session_handle(package, index, session_options);
}

void entry_run::run() {
  auto files = open_output_files();
  load_inputs();
  if (options.mode == run_mode::bench)
    make_random_inputs();
  make_outputs();
  attnc_rt::session_handle session = make_session();
  std::vector<DLTensor> output_views;
  for (host_tensor &output : outputs)
    output_views.push_back(output.view());
  if (options.mode == run_mode::bench) {
    bench(session, views_of(inputs), output_views, options.bench_seconds);
    return;
  }
  session.run(views_of(inputs), output_views);
  for (auto &[output, file] : files)
    file.write(to_npy(outputs[output]));
  for (auto &[output, file] : files)
    file.commit();
}

static void run(const run_options &options) {
  if (options.mode == run_mode::help) {
    fputs(help_text, stdout);
    return;
  }
  attnc_rt::package_handle package(options.package);
  if (options.mode == run_mode::inspect) {
    fputs(package.describe(), stdout);
  } else if (options.mode == run_mode::verify) {
    package.verify(options.threads);
    printf("%s: every hash is right\n", options.package.c_str());
  } else {
    entry_run(package, options).run();
  }
}

int main(int argc, char **argv) {
  // Pipes that close and files that grow too large are errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    run(parse_options(argc, argv));
    if (fflush(stdout) != 0 || ferror(stdout))
      throw std::runtime_error("cannot write to standard output");
    return 0;
  } catch (const std::bad_alloc &) {
    fputs("attnc-run: error: out of memory\n", stderr);
  } catch (const std::exception &error) {
    fprintf(stderr, "attnc-run: error: %s\n", error.what());
  }
  return 1;
}
