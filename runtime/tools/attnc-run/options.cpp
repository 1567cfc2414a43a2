//===- options.cpp - The command line of attnc-run ------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "options.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <stdexcept>
#include <string_view>

using namespace attnc_run;

const char attnc_run::help_text[] =
    R"(attnc-run PKG.attnc [options]: runs an entry of a package

  --entry=F           the entry to run; may be left out if there is one
  --input NAME=X.npy  an input: f4, f2, i4, i8 (for I32) or b1, C order;
                      BF16 inputs come as f4 and are rounded to nearest even
  --output NAME=Y.npy where to write an output; BF16 outputs are written as f4
  --device=NAME       cpu (default), cuda:N, or cuda: the GPU of this rank
  --ranks=N           start N processes, the ranks of a package that is for N;
                      not needed under torchrun, mpirun and srun
  --backend=NAME      processes, threads (of one process) or mpi (default:
                      processes, or what the environment's launcher started);
                      nccl, which is the only one for GPUs
  --deadline=SECONDS  how long a rank waits for the others in one operation,
                      and for its GPU (default: 30)
  --threads=N         threads, with the calling one (default: one for each CPU)
  --poison            fill workspace and outputs with NaN before each run

instead of one run:
  --inspect           print what the package holds
  --verify            check the hash of every blob
  --bench[=SECONDS]   run again and again for that long (default: 1) and print
                      times; inputs that are not given are random, the same
                      ones each time: floats in -1 ... 1, integers 0 or 1; on a
                      GPU first the device's times of replays of a CUDA graph
  --set-size S=N      the size of a symbol that no given input tells, with --bench
  --help              print this
)";

namespace {
enum class flag {
  entry,
  input,
  output,
  device,
  ranks,
  backend,
  deadline,
  threads,
  poison,
  inspect,
  verify,
  bench,
  set_size,
  help
};

enum class takes { nothing, value, maybe_value };

struct flag_row {
  std::string_view name;
  flag id;
  takes argument;
};
} // namespace

static constexpr flag_row flags[] = {
    {"--entry", flag::entry, takes::value},
    {"--input", flag::input, takes::value},
    {"--output", flag::output, takes::value},
    {"--device", flag::device, takes::value},
    {"--ranks", flag::ranks, takes::value},
    {"--backend", flag::backend, takes::value},
    {"--deadline", flag::deadline, takes::value},
    {"--threads", flag::threads, takes::value},
    {"--poison", flag::poison, takes::nothing},
    {"--inspect", flag::inspect, takes::nothing},
    {"--verify", flag::verify, takes::nothing},
    {"--bench", flag::bench, takes::maybe_value},
    {"--set-size", flag::set_size, takes::value},
    {"--help", flag::help, takes::nothing},
};

static constexpr double max_deadline_seconds = 24 * 3600;

/// Insertions, deletions and replacements that make `a` into `b`.
static size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

static const flag_row &find_flag(std::string_view name) {
  auto distance = [&](const flag_row &row) {
    return edit_distance(row.name, name);
  };
  const auto *closest =
      std::min_element(std::begin(flags), std::end(flags),
                       [&](const flag_row &a, const flag_row &b) {
                         return distance(a) < distance(b);
                       });
  if (closest->name != name)
    throw std::runtime_error("unknown flag '" + std::string(name) +
                             "', did you mean '" + std::string(closest->name) +
                             "'?");
  return *closest;
}

template <typename number>
static number parse_number(std::string_view text, const std::string &what,
                           const char *expected, number min) {
  number value;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      !(value >= min))
    throw std::runtime_error(what + ": expected " + expected + ", got '" +
                             std::string(text) + "'");
  return value;
}

static assignment parse_assignment(const std::string &text,
                                   const std::string &flag) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw std::runtime_error(flag + ": expected NAME=VALUE, got '" + text +
                             "'");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

/// Appends an assignment of a name that was not assigned before.
template <typename value>
static void append(std::vector<std::pair<std::string, value>> &list,
                   const std::string &name, value what,
                   const std::string &flag) {
  for (const auto &earlier : list)
    if (earlier.first == name)
      throw std::runtime_error(flag + ": '" + name + "' is given twice");
  list.emplace_back(name, std::move(what));
}

static void set_mode(run_options &options, run_mode mode) {
  if (options.mode != run_mode::run && options.mode != mode)
    throw std::runtime_error(
        "expected one of --inspect, --verify and --bench, got several");
  options.mode = mode;
}

static void apply(run_options &options, const flag_row &row,
                  const std::string &value) {
  const std::string name(row.name);
  switch (row.id) {
  case flag::entry:
    options.entry = value;
    break;
  case flag::input:
  case flag::output: {
    assignment file = parse_assignment(value, name);
    append(row.id == flag::input ? options.inputs : options.outputs, file.first,
           file.second, name);
    break;
  }
  case flag::device:
    options.device = value;
    break;
  case flag::ranks:
    options.ranks = parse_number<int32_t>(value, name, "a number of ranks", 1);
    break;
  case flag::backend:
    if (value != "processes" && value != "threads" && value != "mpi" &&
        value != "nccl")
      throw std::runtime_error(
          name + ": expected processes, threads, mpi or nccl, got '" + value +
          "'");
    options.backend = value;
    break;
  case flag::deadline: {
    auto seconds =
        parse_number<double>(value, name, "a number of seconds", 0.001);
    if (seconds > max_deadline_seconds)
      throw std::runtime_error(name + ": expected at most a day, got '" +
                               value + "'");
    options.deadline_ms = static_cast<int32_t>(seconds * 1000);
    break;
  }
  case flag::threads:
    options.threads =
        parse_number<int32_t>(value, name, "a number of threads", 0);
    break;
  case flag::poison:
    options.poison = true;
    break;
  case flag::inspect:
    set_mode(options, run_mode::inspect);
    break;
  case flag::verify:
    set_mode(options, run_mode::verify);
    break;
  case flag::bench:
    set_mode(options, run_mode::bench);
    if (!value.empty())
      options.bench_seconds =
          parse_number<double>(value, name, "a number of seconds", 0);
    break;
  case flag::set_size: {
    assignment size = parse_assignment(value, name);
    append(options.sizes, size.first,
           parse_number<int64_t>(size.second, name + " " + size.first, "a size",
                                 0),
           name);
    break;
  }
  case flag::help:
    options.mode = run_mode::help;
  }
}

/// Refuses flags that the mode would ignore.
static void check_combination(const run_options &options) {
  bool runs = options.mode == run_mode::run || options.mode == run_mode::bench;
  if (!runs && !(options.inputs.empty() && options.outputs.empty()))
    throw std::runtime_error(
        "--inspect and --verify take no --input and no --output");
  if (!runs && options.ranks.value_or(1) != 1)
    throw std::runtime_error("--inspect and --verify take no --ranks");
  if (options.mode != run_mode::bench && !options.sizes.empty())
    throw std::runtime_error("--set-size is for --bench");
  bool is_nccl = options.backend == "nccl";
  if (options.backend && is_nccl != options.is_on_gpu())
    throw std::runtime_error(
        "--backend=" + *options.backend + ": expected " +
        (is_nccl ? "--device=cuda"
                 : "--backend=nccl for --device=" + options.device));
  if (options.mode == run_mode::bench && !options.outputs.empty())
    throw std::runtime_error("--bench writes no --output");
}

run_options attnc_run::parse_options(int argc, char **argv) {
  run_options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.empty() || argument[0] != '-') {
      if (!options.package.empty())
        throw std::runtime_error("expected one package, got '" +
                                 options.package + "' and '" + argument + "'");
      options.package = argument;
      continue;
    }
    size_t equals = argument.find('=');
    const flag_row &row = find_flag(argument.substr(0, equals));
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
      if (row.argument == takes::nothing || value.empty())
        throw std::runtime_error(std::string(row.name) +
                                 (value.empty() ? ": expected a value, got none"
                                                : ": takes no value"));
    } else if (row.argument == takes::value) {
      if (++i == argc)
        throw std::runtime_error(std::string(row.name) +
                                 ": expected a value, got none");
      value = argv[i];
    }
    apply(options, row, value);
    if (options.mode == run_mode::help)
      return options;
  }
  if (options.package.empty())
    throw std::runtime_error("expected a package, got none; see --help");
  check_combination(options);
  return options;
}
