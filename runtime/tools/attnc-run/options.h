//===- options.h - The command line of attnc-run ----------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RUN_OPTIONS_H
#define ATTNC_RUN_OPTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace attnc_run {

enum class run_mode { run, help, inspect, verify, bench };

/// NAME=VALUE.
using assignment = std::pair<std::string, std::string>;

struct run_options {
  std::string package;
  run_mode mode = run_mode::run;
  std::optional<std::string> entry;
  std::vector<assignment> inputs;
  std::vector<assignment> outputs;
  std::vector<std::pair<std::string, int64_t>> sizes;
  std::string device = "cpu";
  std::optional<int32_t> ranks;
  std::optional<std::string> backend;
  int32_t deadline_ms = 0; // 0: the runtime's
  int32_t threads = 0;
  double bench_seconds = 1;
  bool poison = false;

  bool is_on_gpu() const { return device.starts_with("cuda"); }
};

extern const char help_text[];

/// Throws std::runtime_error.
run_options parse_options(int argc, char **argv);

} // namespace attnc_run

#endif // ATTNC_RUN_OPTIONS_H
