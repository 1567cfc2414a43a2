//===- package_mutants.cpp - Damaged and forged packages ------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//     package_mutants PKG.attnc [COUNT (1000) [SEED (1) [DEVICE (cpu)]]]
//
// Two kinds of mutants of a good package:
// - COUNT damaged ones: some bytes are changed, cut, moved or added. Each must
//   be refused by open or verify.
// - COUNT / 5 forged ones: the header's JSON is changed and hashed again. Each
//   is refused, or its entries run inside the buffers that they declare:
//   outputs and workspace end at inaccessible pages, inputs are read-only.
//   Ranks are threads. On a GPU the driver without one (test/cuda) checks every
//   range, and no kernel runs.
//
// Prints how many of each fared how. A signal is a failure; the mutant's number
// is printed, and COUNT and SEED give the same mutants again.
//
//===----------------------------------------------------------------------===//

#include "attnc_rt/attnc_rt.hpp"
#include "check.h"
#include "package/sha256.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using nlohmann::json;

static std::mt19937_64 random_bits;

/// Where entries run.
static const char *device = "cpu";

/// A number below `bound`.
static size_t below(size_t bound) { return random_bits() % bound; }

/// "mutant 12 (forged)", for the signal handler.
static char current[64];

static void report_signal(int) {
  auto say = [](const char *text) {
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
  };
  say("package_mutants: a signal while testing ");
  say(current);
  say("\n");
  _exit(1);
}

namespace {
/// A file in memory that is written again and again.
class memory_file {
public:
  memory_file() : fd(memfd_create("mutant", MFD_CLOEXEC)) { CHECK(fd >= 0); }
  ~memory_file() { close(fd); }

  void write(const std::string &contents) {
    CHECK(ftruncate(fd, 0) == 0);
    CHECK(pwrite(fd, contents.data(), contents.size(), 0) ==
          static_cast<ssize_t>(contents.size()));
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd); }

private:
  int fd;
};

/// Memory that ends at an inaccessible page.
class guarded_memory {
public:
  guarded_memory(size_t bytes, int fill) : bytes(bytes) {
    constexpr size_t page = 4096;
    body = (bytes + page - 1) / page * page;
    base =
        static_cast<char *>(mmap(nullptr, body + page, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CHECK(base != MAP_FAILED);
    CHECK(mprotect(base + body, page, PROT_NONE) == 0);
    memset(base, canary, body - bytes);
    memset(first(), fill, bytes);
  }
  ~guarded_memory() { munmap(base, body + 4096); }
  guarded_memory(const guarded_memory &) = delete;

  void *first() const { return base + (body - bytes); }
  void make_read_only() { CHECK(mprotect(base, body, PROT_READ) == 0); }
  /// Whether nothing was written in front of it.
  bool is_intact() const {
    for (size_t i = 0; i < body - bytes; ++i)
      if (base[i] != canary)
        return false;
    return true;
  }

private:
  static constexpr char canary = 0x5a;
  size_t bytes, body;
  char *base;
};
} // namespace

//===-- Damaged packages --------------------------------------------------===//

static std::string damage(std::string file) {
  auto flip_bit = [&] { file[below(file.size())] ^= char(1 << below(8)); };
  switch (below(6)) {
  case 0:
    flip_bit();
    break;
  case 1: // several bytes
    for (size_t i = 0; i <= below(16); ++i)
      file[below(file.size())] = static_cast<char>(random_bits());
    break;
  case 2: // a shorter file
    file.resize(below(file.size()));
    break;
  case 3: // a longer file
    for (size_t i = 0; i <= below(5000); ++i)
      file += below(2) ? '\0' : static_cast<char>(random_bits());
    break;
  case 4: { // a part over another
    size_t length = 1 + below(200);
    size_t from = below(file.size() - length), to = below(file.size() - length);
    file.replace(to, length, file.substr(from, length));
    break;
  }
  default: // a part less, or twice
    size_t length = 1 + below(5000), at = below(file.size());
    if (below(2))
      file.erase(at, length);
    else
      file.insert(at, file.substr(below(file.size()), length));
  }
  return file;
}

static bool is_refused(const std::string &path) {
  try {
    attnc_rt::package_handle package(path);
    package.verify(1);
    return false;
  } catch (const attnc_rt::error &) {
    return true;
  }
}

//===-- Forged packages ---------------------------------------------------===//

/// All values inside `value`, itself included.
static void collect(json &value, std::vector<json *> &all) {
  all.push_back(&value);
  if (value.is_structured())
    for (json &each : value)
      collect(each, all);
}

static json forged_number(const json &old) {
  static const json values[] = {
      0,   1,        2,          -1,         3,         8,         63,
      1.5, 1u << 31, 1ull << 32, 1ull << 62, INT64_MAX, UINT64_MAX};
  if (!old.is_number_unsigned() || below(3) == 0)
    return values[below(std::size(values))];
  auto number = old.get<uint64_t>();
  const uint64_t near[] = {number + 1, number - 1, number * 2, number / 2,
                           number + 4, number - 4, number + 64};
  return near[below(std::size(near))];
}

static json forged_string(const std::string &old) {
  static const char *words[] = {
      "B",       "S",         "N",        "*",         "+",      "-",
      "max",     "min",       "ceildiv",  "floordiv",  "mod",    "F32",
      "BF16",    "F16",       "I32",      "I8",        "I1",     "U8",
      "input",   "output",    "weight",   "workspace", "launch", "memset",
      "copy",    "cpu",       "table",    "packed",    "gather", "scale_add",
      "append",  "plain",     "panels",   "",          "\n",     "sm_90a",
      "read",    "write",     "map_copy", "pointer",   "size",   "stride",
      "counter", "tensor_map"};
  if (below(3))
    return words[below(std::size(words))];
  std::string text = old;
  if (!text.empty())
    text[below(text.size())] = static_cast<char>('0' + below(75));
  return text;
}

/// Changes one value somewhere inside `root`.
static void forge(json &root) {
  std::vector<json *> all;
  collect(root, all);
  json &value = *all[below(all.size())];
  if (below(8) == 0) { // another value of the document
    json other = *all[below(all.size())];
    value = std::move(other);
  } else if (value.is_number()) {
    value = forged_number(value);
  } else if (value.is_string()) {
    value = forged_string(value.get<std::string>());
  } else if (value.is_array() && !value.empty()) {
    size_t at = below(value.size());
    json element = value[at];
    switch (below(3)) {
    case 0:
      value.erase(at);
      break;
    case 1:
      value.insert(value.begin() + static_cast<ptrdiff_t>(at), element);
      break;
    default:
      std::swap(value[at], value[below(value.size())]);
    }
  } else if (value.is_object() && !value.empty()) {
    auto member = value.begin();
    std::advance(member, below(value.size()));
    json element = member.value();
    switch (below(3)) {
    case 0:
      value.erase(member);
      break;
    case 1:
      value[forged_string(member.key()).get<std::string>()] = element;
      break;
    default:
      std::swap(member.value(), value.begin().value());
    }
  } else {
    value = below(2) ? json(!value.is_boolean()) : json::array();
  }
}

/// The file with a changed header and the hash that belongs to it.
static std::string forge(const std::string &file) {
  uint64_t length;
  memcpy(&length, file.data(), sizeof(length));
  json header = json::parse(file.substr(8, length));
  json &metadata = header["__metadata__"];
  json manifest = json::parse(metadata["attnc.manifest"].get<std::string>());
  // The plan of the device that runs the entries.
  const char *plan_name =
      strcmp(device, "cpu") == 0 ? "attnc.plan" : "attnc.plan.sm_90a";
  json plan = json::parse(metadata[plan_name].get<std::string>());
  for (size_t i = 0; i <= below(3); ++i) {
    size_t part = below(10);
    forge(part < 7 ? plan : part < 9 ? manifest : header);
  }
  json *text = nullptr; // the mutant may have lost the metadata
  if (header.is_object() && header.contains("__metadata__") &&
      header["__metadata__"].is_object())
    text = &header["__metadata__"];
  if (text && text->contains("attnc.manifest"))
    (*text)["attnc.manifest"] = manifest.dump();
  if (text && text->contains(plan_name))
    (*text)[plan_name] = plan.dump();

  std::string padded = header.dump();
  padded.append((4096 - (8 + padded.size()) % 4096) % 4096, ' ');
  auto hash = attnc_rt::sha256(std::as_bytes(std::span(padded)));
  uint64_t new_length = padded.size();
  std::string result(reinterpret_cast<const char *>(&new_length), 8);
  result += padded;
  result += file.substr(8 + length, file.size() - 8 - length - 32);
  return result.append(reinterpret_cast<const char *>(hash.data()), 32);
}

namespace {
struct tally {
  size_t refused = 0; // by open or verify
  size_t ran = 0;     // entries that ran
  size_t failed = 0;  // entries that the session or the run refused
};
} // namespace

/// A small value that the symbol may have, if there is one.
static int64_t choose(const attnc_rt_symbol &symbol) {
  int64_t value = symbol.min + static_cast<int64_t>(below(6));
  if (value > symbol.max)
    value = symbol.max;
  return value - value % symbol.multiple;
}

/// Runs an entry with tensors of its own shapes; throws if that is refused.
static void run_entry(const attnc_rt::package_handle &package, size_t index,
                      const std::vector<int64_t> &symbols,
                      const attnc_rt::communicator_handle *ranks) {
  const attnc_rt_entry &entry = package.entry(index);
  std::vector<std::vector<int64_t>> shapes = package.shapes(index, symbols);

  constexpr size_t max_bytes = 1 << 26;
  std::vector<std::unique_ptr<guarded_memory>> memory;
  std::vector<DLTensor> inputs, outputs;
  for (size_t i = 0; i < shapes.size(); ++i) {
    bool is_input = i < entry.num_inputs;
    const attnc_rt_tensor &tensor =
        is_input ? entry.inputs[i] : entry.outputs[i - entry.num_inputs];
    size_t bytes = tensor.dtype.bits / 8;
    for (int64_t size : shapes[i])
      if (__builtin_mul_overflow(bytes, static_cast<size_t>(size), &bytes) ||
          bytes > max_bytes)
        throw attnc_rt::error(ATTNC_RT_OUT_OF_MEMORY, "too large a tensor");
    memory.push_back(std::make_unique<guarded_memory>(bytes, 0));
    if (is_input)
      memory.back()->make_read_only();
    (is_input ? inputs : outputs)
        .push_back({memory.back()->first(),
                    {kDLCPU, 0},
                    tensor.rank,
                    tensor.dtype,
                    shapes[i].data(),
                    nullptr,
                    0});
  }
  attnc_rt_session_options options = {};
  options.num_threads = 1;
  options.max_workspace_bytes = max_bytes;
  options.poison = true;
  options.guard = strcmp(device, "cpu") == 0;
  options.device = device;
  options.communicator = ranks ? ranks->get() : nullptr;
  attnc_rt::session_handle session(package, index, options);
  session.run(inputs, outputs);
  for (const auto &each : memory)
    CHECK(each->is_intact());
}

/// Runs an entry on all ranks that the package is for, as threads; throws if
/// one of them refuses.
static void run_on_ranks(const attnc_rt::package_handle &package,
                         size_t index) {
  constexpr int32_t max_ranks = 8;
  const attnc_rt_entry &entry = package.entry(index);
  std::vector<int64_t> symbols;
  for (size_t i = 0; i < entry.num_symbols; ++i)
    symbols.push_back(choose(entry.symbols[i]));
  int32_t num_ranks = package.grid().num_ranks;
  if (num_ranks == 1)
    return run_entry(package, index, symbols, nullptr);
  if (num_ranks > max_ranks)
    throw attnc_rt::error(ATTNC_RT_OUT_OF_MEMORY, "too many ranks");
  auto ranks = attnc_rt::communicator_handle::make_threads(num_ranks);
  std::mutex mutex;
  std::optional<attnc_rt::error> refusal;
  std::vector<std::thread> threads;
  for (attnc_rt::communicator_handle &rank : ranks)
    threads.emplace_back([&, own = std::move(rank)] {
      try {
        run_entry(package, index, symbols, &own);
      } catch (const attnc_rt::error &error) {
        std::lock_guard lock(mutex);
        refusal = error;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  if (refusal)
    throw *refusal;
}

static void test_forged(const std::string &path, tally &result) {
  std::unique_ptr<attnc_rt::package_handle> package;
  try {
    package = std::make_unique<attnc_rt::package_handle>(path);
    package->verify(1);
  } catch (const attnc_rt::error &) {
    ++result.refused;
    return;
  }
  CHECK(strlen(package->describe()) > 0);
  for (size_t i = 0; i < package->num_entries(); ++i) {
    try {
      run_on_ranks(*package, i);
      ++result.ran;
    } catch (const attnc_rt::error &) {
      ++result.failed;
    }
  }
}

int main(int argc, char **argv) {
  CHECK(argc >= 2 && argc <= 5);
  size_t count = argc > 2 ? strtoull(argv[2], nullptr, 10) : 1000;
  random_bits.seed(argc > 3 ? strtoull(argv[3], nullptr, 10) : 1);
  device = argc > 4 ? argv[4] : device;
  std::ifstream stream(argv[1], std::ios::binary);
  std::string good((std::istreambuf_iterator<char>(stream)), {});
  CHECK(good.size() > 4096);
  for (int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    std::signal(signal, report_signal);

  memory_file file;
  file.write(good);
  tally original;
  test_forged(file.path(), original);
  CHECK(original.refused == 0 && original.ran > 0);

  for (size_t i = 0; i < count; ++i) {
    snprintf(current, sizeof(current), "mutant %zu (damaged)", i);
    std::string mutant = damage(good);
    if (mutant == good)
      continue;
    file.write(mutant);
    if (!is_refused(file.path()))
      fprintf(stderr, "%s was accepted\n", current);
    CHECK(is_refused(file.path()));
  }
  tally forged;
  for (size_t i = 0; i < count / 5; ++i) {
    snprintf(current, sizeof(current), "mutant %zu (forged)", i);
    file.write(forge(good));
    test_forged(file.path(), forged);
  }
  printf("%zu damaged: all refused\n", count);
  printf("%zu forged: %zu refused; of the others' entries %zu ran and %zu were "
         "refused when run\n",
         count / 5, forged.refused, forged.ran, forged.failed);
}
