//===- collective_api.cpp - The C API of ranks and collectives ------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc_rt/collective.h"

#include "api/communicator_handle.h"
#include "api/status.h"
#include "collective/backend.h"
#include "collective/launcher.h"
#include "collective/shared_communicator.h"

#include <cstring>
#include <span>

using namespace attnc_rt;

static void set_time(std::chrono::milliseconds &time, int32_t given) {
  if (given != 0)
    time = std::chrono::milliseconds(given);
}

static element_type from_dlpack(DLDataType type) {
  for (element_type each :
       {element_type::f32, element_type::bf16, element_type::f16,
        element_type::i32, element_type::i8, element_type::i1,
        element_type::u8}) {
    DLDataType its_type = to_dlpack(each);
    if (its_type.code == type.code && its_type.bits == type.bits &&
        its_type.lanes == type.lanes)
      return each;
  }
  fail(ATTNC_RT_INVALID_ARGUMENT,
       "dtype: expected F32, BF16, F16, I32, I8, I1 or U8, got code %d with %d "
       "bits and %d lanes",
       type.code, type.bits, type.lanes);
}

static rank_options to_options(const attnc_rt_communicator_options &given) {
  rank_options options;
  if (given.backend < ATTNC_RT_BACKEND_AUTO ||
      given.backend > ATTNC_RT_BACKEND_NCCL)
    fail(ATTNC_RT_INVALID_ARGUMENT, "backend: expected 0 ... %d, got %d",
         ATTNC_RT_BACKEND_NCCL, given.backend);
  options.with = static_cast<backend>(given.backend);
  set_time(options.limits.deadline, given.deadline);
  set_time(options.limits.init_deadline, given.init_deadline);
  set_time(options.limits.heartbeat, given.heartbeat);
  if (given.library)
    options.mpi_plugin = options.nccl_library = given.library;
  if (given.device)
    options.device = given.device;
  if (given.package_hash)
    std::memcpy(options.package.emplace().data(), given.package_hash,
                sizeof(package_hash));
  return options;
}

attnc_rt_status *
attnc_rt_communicator_create(const attnc_rt_communicator_options *options,
                             attnc_rt_communicator **result) {
  return guarded([&] {
    require(result, "communicator");
    *result = new attnc_rt_communicator{
        join_ranks(read_rank_environment(),
                   options ? to_options(*options) : rank_options())};
  });
}

attnc_rt_status *attnc_rt_communicator_create_threads(
    int32_t num_ranks, const attnc_rt_communicator_options *options,
    attnc_rt_communicator **communicators) {
  return guarded([&] {
    require(communicators, "communicators");
    std::vector<std::unique_ptr<attnc_rt_communicator>> handles;
    for (auto &each :
         make_thread_ranks(num_ranks, options ? to_options(*options).limits
                                              : collective_limits()))
      handles.push_back(
          std::make_unique<attnc_rt_communicator>(std::move(each)));
    for (size_t i = 0; i < handles.size(); ++i)
      communicators[i] = handles[i].release();
  });
}

attnc_rt_status *attnc_rt_read_rank_environment(attnc_rt_rank_info *info) {
  return guarded([&] {
    require(info, "info");
    rank_environment environment = read_rank_environment();
    // Static texts.
    info->launcher = "";
    for (const char *name :
         {"attnc-run", "torchrun", "mpirun", "mpiexec", "srun"})
      if (environment.launcher == name)
        info->launcher = name;
    info->rank = environment.rank;
    info->num_ranks = environment.num_ranks;
  });
}

void attnc_rt_communicator_destroy(attnc_rt_communicator *communicator) {
  delete communicator;
}

int32_t attnc_rt_communicator_rank(const attnc_rt_communicator *communicator) {
  return communicator->ranks->rank();
}

int32_t attnc_rt_communicator_size(const attnc_rt_communicator *communicator) {
  return communicator->ranks->size();
}

attnc_rt_status *attnc_rt_communicator_split(attnc_rt_communicator *from,
                                             const int32_t *grid,
                                             size_t num_axes, uint32_t axes,
                                             attnc_rt_communicator **group) {
  return guarded([&] {
    require(from, "communicator");
    require(grid, "grid");
    require(group, "group");
    process_grid shape;
    // One more than allowed is enough to be refused.
    size_t shown = std::min(num_axes, process_grid::max_axes + 1);
    shape.shape.assign(grid, grid + shown);
    *group = new attnc_rt_communicator{from->ranks->split(shape, axes)};
  });
}

attnc_rt_status *attnc_rt_all_reduce(attnc_rt_communicator *communicator,
                                     const void *send, void *receive,
                                     int64_t count, DLDataType type,
                                     void *stream) {
  return guarded([&] {
    require(communicator, "communicator");
    communicator->ranks->all_reduce(send, receive, count, from_dlpack(type),
                                    stream);
  });
}

attnc_rt_status *attnc_rt_reduce_scatter(attnc_rt_communicator *communicator,
                                         const void *send, void *receive,
                                         int64_t count, DLDataType type,
                                         void *stream) {
  return guarded([&] {
    require(communicator, "communicator");
    communicator->ranks->reduce_scatter(send, receive, count, from_dlpack(type),
                                        stream);
  });
}

attnc_rt_status *attnc_rt_all_gather(attnc_rt_communicator *communicator,
                                     const void *send, void *receive,
                                     int64_t count, DLDataType type,
                                     void *stream) {
  return guarded([&] {
    require(communicator, "communicator");
    communicator->ranks->all_gather(send, receive, count, from_dlpack(type),
                                    stream);
  });
}

attnc_rt_status *attnc_rt_all_gather_bytes(attnc_rt_communicator *communicator,
                                           const void *send, void *receive,
                                           int64_t bytes) {
  return guarded([&] {
    require(communicator, "communicator");
    communicator->ranks->all_gather_on_host(send, receive, bytes);
  });
}

attnc_rt_status *attnc_rt_broadcast(attnc_rt_communicator *communicator,
                                    void *buffer, int64_t count,
                                    DLDataType type, int32_t root,
                                    void *stream) {
  return guarded([&] {
    require(communicator, "communicator");
    communicator->ranks->broadcast(buffer, count, from_dlpack(type), root,
                                   stream);
  });
}

attnc_rt_status *attnc_rt_barrier(attnc_rt_communicator *communicator) {
  return guarded([&] {
    require(communicator, "communicator");
    communicator->ranks->barrier();
  });
}

attnc_rt_status *
attnc_rt_communicator_synchronize(attnc_rt_communicator *communicator,
                                  void *stream) {
  return guarded([&] {
    require(communicator, "communicator");
    communicator->ranks->synchronize(stream);
  });
}

void attnc_rt_communicator_abort(attnc_rt_communicator *communicator) {
  communicator->ranks->abort();
}

attnc_rt_status *attnc_rt_launch_ranks(int32_t num_ranks,
                                       const char *const *arguments,
                                       const attnc_rt_launch_options *given,
                                       attnc_rt_rank_end *ends) {
  return guarded([&] {
    require(arguments, "arguments");
    require(ends, "ends");
    launch_options options;
    options.num_ranks = num_ranks;
    while (*arguments)
      options.command.emplace_back(*arguments++);
    if (given)
      set_time(options.limits.deadline, given->deadline);
    options.grace = options.limits.deadline + std::chrono::seconds(2);
    if (given)
      set_time(options.grace, given->grace);
    for (const rank_end &end : launch_ranks(options)) {
      bool has_exited = end.why == rank_end::reason::exited;
      ends->exit_status = has_exited ? end.value : -1;
      ends->signal = has_exited ? 0 : end.value;
      ends->by_launcher = end.why == rank_end::reason::killed_by_launcher;
      ++ends;
    }
  });
}
