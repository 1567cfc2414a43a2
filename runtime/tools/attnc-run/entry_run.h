//===- entry_run.h - One entry with the tensors of one run ------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_ENTRY_RUN_H
#define ATTNC_RUN_ENTRY_RUN_H

#include "host_tensor.h"
#include "options.h"
#include "output_file.h"

#include "attnc_rt/attnc_rt.hpp"

namespace attnc_run {

/// One entry with the tensors of one run. Files hold whole tensors: of several
/// ranks each cuts its slices out of the inputs, and rank 0 puts the outputs
/// together. Functions throw std::runtime_error.
class entry_run {
public:
  /// `ranks` is null for a package that is for one rank.
  entry_run(const attnc_rt::package_handle &package, const run_options &options,
            const attnc_rt::communicator_handle *ranks)
      : package(package), options(options), ranks(ranks),
        index(package.find_entry(options.entry ? options.entry->c_str()
                                               : nullptr)),
        entry(package.entry(index)), inputs(entry.num_inputs) {}

  void run();

private:
  int32_t rank() const { return ranks ? ranks->rank() : 0; }
  void load_inputs();
  void make_random_inputs();
  std::vector<int64_t> choose_sizes() const;
  void make_outputs();
  std::vector<std::pair<size_t, output_file>> open_output_files() const;
  size_t find(const attnc_rt_tensor *tensors, size_t count, const char *role,
              const std::string &name) const;
  attnc_rt::session_handle make_session() const;
  /// An output with the slices of all ranks; on rank 0 only.
  host_tensor assemble(size_t output);

  const attnc_rt::package_handle &package;
  const run_options &options;
  const attnc_rt::communicator_handle *ranks;
  size_t index;
  const attnc_rt_entry &entry;
  std::vector<std::optional<host_tensor>> inputs;
  std::vector<host_tensor> outputs;
};

} // namespace attnc_run

#endif // ATTNC_RUN_ENTRY_RUN_H
