//===- nccl_communicator.cpp - Collectives of GPUs through NCCL -----------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/nccl_communicator.h"

#include <algorithm>
#include <cstring>
#include <future>
#include <numeric>
#include <sched.h>
#include <thread>
#include <utility>

using namespace attnc_rt;

using clock_type = std::chrono::steady_clock;

static constexpr int cuda_not_ready = 600;
static constexpr int nccl_sum = 0;

namespace {
/// The context of the rank's GPU, if the communicator was given one.
class use_of_gpu {
public:
  explicit use_of_gpu(const nccl_context &context) {
    if (context.on)
      scope.emplace(*context.on);
  }

private:
  std::optional<cuda::gpu::scope> scope;
};
} // namespace

nccl_communicator::nccl_communicator(std::shared_ptr<nccl_context> its_context,
                                     nccl_comm *its_comm, uint64_t group,
                                     std::vector<int> members, int rank,
                                     const collective_limits &limits)
    : communicator(std::move(members), rank, limits),
      context(std::move(its_context)), comm(its_comm), group(group) {
  try {
    wait_for_comm("create a communicator", its_comm, limits.init_deadline);
  } catch (const failure &error) {
    tell_all(error);
    stop();
    wait_for_abort();
    throw;
  }
}

nccl_communicator::~nccl_communicator() {
  wait_for_abort();
  if (!comm)
    return;
  try {
    use_of_gpu use(*context);
    context->library.check("finalize", context->library.comm_finalize(comm),
                           comm);
    wait_for_comm("finalize", comm, limits.deadline);
    context->library.comm_destroy(comm);
  } catch (const failure &) {
    stop();
    wait_for_abort();
  }
}

void nccl_communicator::check_faults(const std::string &what) {
  if (is_aborted)
    throw failure{ATTNC_RT_ABORTED, what + ": aborted"};
  if (!context->peers)
    return;
  if (std::optional<failure> fault = context->peers->beat().fault())
    throw failure{fault->code, what + ": " + fault->message};
}

template <typename done_fn>
void nccl_communicator::wait_until(const std::string &what,
                                   std::chrono::milliseconds time,
                                   const done_fn &is_done) {
  auto deadline = clock_type::now() + time;
  while (!is_done()) {
    check_faults(what);
    if (clock_type::now() >= deadline)
      fail(ATTNC_RT_DEADLINE, "%s: expected its end within %lld ms",
           what.c_str(), static_cast<long long>(time.count()));
    // Neither NCCL nor the driver has anything to sleep on.
    sched_yield();
  }
}

void nccl_communicator::wait_for_comm(const std::string &what,
                                      nccl_comm *waited,
                                      std::chrono::milliseconds time) {
  wait_until(what, time, [&] {
    nccl_result state = nccl_result::success;
    context->library.check(
        what.c_str(), context->library.comm_get_async_error(waited, &state),
        waited);
    context->library.check(what.c_str(), state, waited);
    return state == nccl_result::success;
  });
}

static nccl_type to_nccl(element_type type) {
  switch (type) {
  case element_type::f32:
    return nccl_type::f32;
  case element_type::bf16:
    return nccl_type::bf16;
  case element_type::f16:
    return nccl_type::f16;
  case element_type::i32:
    return nccl_type::i32;
  case element_type::i8:
    return nccl_type::i8;
  case element_type::i1:
  case element_type::u8:
    break;
  }
  return nccl_type::u8;
}

nccl_result nccl_communicator::enqueue(const transfer &what) {
  const nccl_library &nccl = context->library;
  auto count = static_cast<size_t>(what.op.count);
  nccl_type type = to_nccl(what.op.type);
  switch (what.op.kind) {
  case operation_kind::all_reduce:
    return nccl.all_reduce(what.send, what.receive, count, type, nccl_sum, comm,
                           what.stream);
  case operation_kind::reduce_scatter:
    return nccl.reduce_scatter(what.send, what.receive, count, type, nccl_sum,
                               comm, what.stream);
  case operation_kind::all_gather:
    return nccl.all_gather(what.send, what.receive, count, type, comm,
                           what.stream);
  case operation_kind::broadcast:
    return nccl.broadcast(what.send, what.receive, count, type, what.op.root,
                          comm, what.stream);
  case operation_kind::barrier:
  case operation_kind::join:
  case operation_kind::split:
    break;
  }
  return nccl_result::success;
}

void nccl_communicator::run(const transfer &what) {
  last = what.op;
  if (context->peers)
    context->peers->beat().announce(group, size(), what.op);
  std::string name = describe(what.op);
  context->library.check(name.c_str(), enqueue(what), comm);
  // The operation is on the stream, or in the graph, only when NCCL says so.
  wait_for_comm(name, comm, limits.deadline);
}

void nccl_communicator::wait_for_stream(void *stream) {
  std::string name = "synchronize after " + describe(last);
  wait_until(name, limits.deadline, [&] {
    int result = context->stream_query(stream);
    if (result != 0 && result != cuda_not_ready)
      fail(ATTNC_RT_NCCL, "%s: CUDA error %d", name.c_str(), result);
    if (result == 0)
      return true;
    nccl_result state = nccl_result::success;
    context->library.comm_get_async_error(comm, &state);
    context->library.check(name.c_str(), state, comm);
    return false;
  });
}

void nccl_communicator::check_peers() {
  std::string name = "wait for a stream after " + describe(last);
  check_faults(name);
  nccl_result state = nccl_result::success;
  if (comm)
    context->library.comm_get_async_error(comm, &state);
  context->library.check(name.c_str(), state, comm);
}

/// Through memory of the GPU.
void nccl_communicator::gather_on_host(const void *send, void *receive,
                                       int64_t bytes) {
  if (!context->on)
    fail(ATTNC_RT_UNSUPPORTED, "gather on the host: expected a communicator "
                               "with a device, got one without");
  use_of_gpu use(*context);
  cuda::gpu &on = *context->on;
  auto own_bytes = static_cast<size_t>(bytes);
  size_t all_bytes = own_bytes * static_cast<size_t>(size());
  cuda::memory from(context->on, own_bytes), to(context->on, all_bytes);
  cuda::owned_stream stream(context->on);
  auto pointer = [](const cuda::memory &at) {
    return reinterpret_cast<void *>(at.address());
  };
  try {
    on.functions.call(on.functions.copy_to_device, from.address(), send,
                      own_bytes, stream.get());
    all_gather(pointer(from), pointer(to), bytes, element_type::u8,
               stream.get());
    synchronize(stream.get());
    on.functions.call(on.functions.copy_to_host, receive, to.address(),
                      all_bytes, stream.get());
    synchronize(stream.get());
  } catch (const failure &) {
    // Nothing may be freed that an operation still waits in.
    if (context->stream_query(stream.get()) == cuda_not_ready)
      on.lose();
    throw;
  }
}

/// On a thread of its own: NCCL may never return. Mostly it does soon, and the
/// stream is free; else the caller gets its error while NCCL still tries.
void nccl_communicator::stop() noexcept {
  nccl_comm *owned = std::exchange(comm, nullptr);
  if (!owned)
    return;
  try {
    std::promise<void> ending;
    abort_ended = ending.get_future();
    std::thread([context = context, owned,
                 ending = std::move(ending)]() mutable {
      context->library.comm_abort(owned);
      ending.set_value();
    }).detach();
    constexpr std::chrono::milliseconds soon(500);
    abort_ended.wait_for(std::min(soon, context->abort_grace));
  } catch (const std::exception &) {
    // No thread to be had: the end of the process frees the GPU.
  }
}

/// What held an abort up may be gone by now; a process that ends while NCCL
/// still aborts would crash.
void nccl_communicator::wait_for_abort() noexcept {
  if (abort_ended.valid())
    abort_ended.wait_for(context->abort_grace);
}

void nccl_communicator::tell_all(const failure &fault) noexcept {
  is_aborted = true;
  if (context->peers)
    context->peers->beat().raise(fault);
}

void nccl_communicator::check_supported(operation_kind kind) const {
  if (kind == operation_kind::barrier)
    fail(ATTNC_RT_UNSUPPORTED,
         "barrier: expected a host backend, got NCCL, which orders streams");
}

std::unique_ptr<communicator>
nccl_communicator::make_group(std::vector<int> group_members, int group_rank,
                              int which) {
  nccl_config config;
  nccl_comm *fresh = nullptr;
  context->library.check(
      "split",
      context->library.comm_split(comm, which, group_rank, &fresh, &config),
      comm);
  // NCCL writes `fresh` when the parent is done.
  wait_for_comm("split", comm, limits.init_deadline);
  // Equal on the members: their first rank, and how they came here.
  uint64_t number = ++num_splits;
  uint64_t its_group = (group * 1000003 + number) << 20 |
                       static_cast<uint64_t>(group_members.front());
  return std::make_unique<nccl_communicator>(
      context, fresh, its_group, std::move(group_members), group_rank, limits);
}

static nccl_unique_id make_unique_id(nccl_context &context) {
  const nccl_library &nccl = context.library;
  auto make = [&] {
    nccl_unique_id id;
    nccl.check("make a unique id", nccl.get_unique_id(&id), nullptr);
    return std::string(id.bytes, sizeof(id.bytes));
  };
  std::string bytes =
      context.peers ? context.peers->share("nccl/unique_id", make) : make();
  nccl_unique_id id;
  if (bytes.size() != sizeof(id.bytes))
    fail(ATTNC_RT_IO, "NCCL's unique id: expected %zu bytes, got %zu",
         sizeof(id.bytes), bytes.size());
  std::memcpy(id.bytes, bytes.data(), sizeof(id.bytes));
  return id;
}

std::unique_ptr<communicator>
attnc_rt::make_nccl_ranks(const rank_environment &environment,
                          const nccl_options &options) {
  check_limits(options.limits);
  auto context = std::make_shared<nccl_context>(
      options.library, options.abort_grace, options.on);
  if (environment.num_ranks > 1) {
    context->peers = std::make_unique<rendezvous>(environment, options.limits);
    if (options.package)
      context->peers->agree_on_package(*options.package);
  }
  use_of_gpu use(*context);
  nccl_unique_id id = make_unique_id(*context);
  nccl_config config;
  nccl_comm *comm = nullptr;
  context->library.check(
      "create a communicator",
      context->library.comm_init_rank_config(&comm, environment.num_ranks, id,
                                             environment.rank, &config),
      nullptr);
  std::vector<int> members(static_cast<size_t>(environment.num_ranks));
  std::iota(members.begin(), members.end(), 0);
  auto result = std::make_unique<nccl_communicator>(
      context, comm, 0, std::move(members), environment.rank, options.limits);
  // After NCCL, whose own error tells more where there is no driver.
  context->stream_query = [](void *stream) {
    const cuda::driver &functions = cuda::driver::get();
    return static_cast<int>(
        functions.stream_query.address(static_cast<cuda::stream>(stream)));
  };
  cuda::driver::get();
  return result;
}
