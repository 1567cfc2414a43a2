//===- attnc_rt.hpp - The runtime's C API with owners -----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The handles of attnc_rt.h and collective.h as move-only objects, and its
// errors as the exception attnc_rt::error. Threading and lifetimes are those of
// the C API.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_ATTNC_RT_HPP
#define ATTNC_RT_ATTNC_RT_HPP

#include "attnc_rt/attnc_rt.h"
#include "attnc_rt/collective.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace attnc_rt {

class error : public std::runtime_error {
public:
  error(attnc_rt_code code, const char *message)
      : std::runtime_error(message), code(code) {}

  attnc_rt_code code;
};

/// Throws what `status` tells and frees it.
inline void check(attnc_rt_status *status) {
  if (!status)
    return;
  error result(attnc_rt_status_code(status), attnc_rt_status_message(status));
  attnc_rt_status_free(status);
  throw result;
}

class package_handle {
public:
  explicit package_handle(const std::string &path) {
    attnc_rt_package *opened;
    check(attnc_rt_package_open(path.c_str(), &opened));
    handle.reset(opened);
  }

  attnc_rt_package *get() const { return handle.get(); }

  /// 0 threads: one for each CPU.
  void verify(int32_t num_threads = 0) const {
    check(attnc_rt_package_verify(get(), num_threads));
  }

  const char *describe() const {
    const char *text;
    check(attnc_rt_package_describe(get(), &text));
    return text;
  }

  attnc_rt_grid grid() const { return attnc_rt_package_grid(get()); }
  int32_t slice(const attnc_rt_dim &dim, int32_t rank) const {
    return attnc_rt_package_slice(get(), &dim, rank);
  }

  size_t num_entries() const { return attnc_rt_package_num_entries(get()); }
  const attnc_rt_entry &entry(size_t index) const {
    const attnc_rt_entry *found = attnc_rt_package_entry(get(), index);
    if (!found)
      throw std::out_of_range("entry " + std::to_string(index));
    return *found;
  }

  /// Null stands for the only entry.
  size_t find_entry(const char *name) const {
    size_t index;
    check(attnc_rt_package_find_entry(get(), name, &index));
    return index;
  }

  /// The symbols' values that the shapes of all inputs give.
  std::vector<int64_t> bind(size_t index,
                            const std::vector<DLTensor> &inputs) const {
    std::vector<int64_t> symbols(entry(index).num_symbols);
    check(attnc_rt_package_bind(get(), index, inputs.data(), inputs.size(),
                                symbols.data()));
    return symbols;
  }

  /// The shapes of all inputs, then of all outputs.
  std::vector<std::vector<int64_t>>
  shapes(size_t index, const std::vector<int64_t> &symbols) const {
    const attnc_rt_entry &signature = entry(index);
    std::vector<std::vector<int64_t>> result;
    for (size_t i = 0; i < signature.num_inputs; ++i)
      result.emplace_back(signature.inputs[i].rank);
    for (size_t i = 0; i < signature.num_outputs; ++i)
      result.emplace_back(signature.outputs[i].rank);
    size_t total = 0;
    for (const std::vector<int64_t> &shape : result)
      total += shape.size();
    std::vector<int64_t> sizes(total);
    check(attnc_rt_package_shapes(get(), index, symbols.data(), symbols.size(),
                                  sizes.data()));
    auto next = sizes.begin();
    for (std::vector<int64_t> &shape : result)
      for (int64_t &size : shape)
        size = *next++;
    return result;
  }

private:
  struct closer {
    void operator()(attnc_rt_package *package) const {
      attnc_rt_package_close(package);
    }
  };
  std::unique_ptr<attnc_rt_package, closer> handle;
};

class communicator_handle {
public:
  /// The ranks that the environment's launcher has started.
  explicit communicator_handle(
      const attnc_rt_communicator_options &options = {}) {
    attnc_rt_communicator *joined;
    check(attnc_rt_communicator_create(&options, &joined));
    handle.reset(joined);
  }
  /// Ranks for threads of this process.
  static std::vector<communicator_handle>
  make_threads(int32_t num_ranks,
               const attnc_rt_communicator_options &options = {}) {
    std::vector<attnc_rt_communicator *> made(
        num_ranks > 0 ? static_cast<size_t>(num_ranks) : 0);
    check(
        attnc_rt_communicator_create_threads(num_ranks, &options, made.data()));
    std::vector<communicator_handle> result;
    for (attnc_rt_communicator *each : made)
      result.push_back(communicator_handle(each));
    return result;
  }

  attnc_rt_communicator *get() const { return handle.get(); }
  int32_t rank() const { return attnc_rt_communicator_rank(get()); }
  int32_t size() const { return attnc_rt_communicator_size(get()); }
  /// `receive` gets `bytes` bytes of each rank.
  void all_gather_bytes(const void *send, void *receive, size_t bytes) const {
    check(attnc_rt_all_gather_bytes(get(), send, receive,
                                    static_cast<int64_t>(bytes)));
  }
  void abort() const { attnc_rt_communicator_abort(get()); }

private:
  explicit communicator_handle(attnc_rt_communicator *made) : handle(made) {}

  struct destroyer {
    void operator()(attnc_rt_communicator *communicator) const {
      attnc_rt_communicator_destroy(communicator);
    }
  };
  std::unique_ptr<attnc_rt_communicator, destroyer> handle;
};

class session_handle {
public:
  session_handle(const package_handle &package, size_t entry,
                 const attnc_rt_session_options &options = {}) {
    attnc_rt_session *created;
    check(attnc_rt_session_create(package.get(), entry, &options, &created));
    handle.reset(created);
  }

  attnc_rt_session *get() const { return handle.get(); }

  void run(const std::vector<DLTensor> &inputs,
           const std::vector<DLTensor> &outputs) {
    check(attnc_rt_session_run(get(), inputs.data(), inputs.size(),
                               outputs.data(), outputs.size()));
  }

  /// On a GPU: see attnc_rt.h for what must live how long.
  void enqueue(const std::vector<DLTensor> &inputs,
               const std::vector<DLTensor> &outputs, void *stream) {
    check(attnc_rt_session_enqueue(get(), inputs.data(), inputs.size(),
                                   outputs.data(), outputs.size(), stream));
  }
  void synchronize() { check(attnc_rt_session_synchronize(get())); }
  void capture(const std::vector<DLTensor> &inputs,
               const std::vector<DLTensor> &outputs) {
    check(attnc_rt_session_capture(get(), inputs.data(), inputs.size(),
                                   outputs.data(), outputs.size()));
  }
  void replay() { check(attnc_rt_session_replay(get())); }
  void enqueue_replay(void *stream) {
    check(attnc_rt_session_enqueue_replay(get(), stream));
  }
  /// Nanoseconds on the device.
  std::vector<uint64_t> time_replays(size_t count) {
    std::vector<uint64_t> nanoseconds(count);
    check(attnc_rt_session_time_replays(get(), count, nanoseconds.data()));
    return nanoseconds;
  }

  std::vector<attnc_rt_step_profile> profile() const {
    const attnc_rt_step_profile *steps;
    size_t count = attnc_rt_session_profile(get(), &steps);
    return {steps, steps + count};
  }
  void reset_profile() { attnc_rt_session_reset_profile(get()); }

private:
  struct destroyer {
    void operator()(attnc_rt_session *session) const {
      attnc_rt_session_destroy(session);
    }
  };
  std::unique_ptr<attnc_rt_session, destroyer> handle;
};

} // namespace attnc_rt

#endif // ATTNC_RT_ATTNC_RT_HPP
