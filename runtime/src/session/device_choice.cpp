//===- device_choice.cpp - The device that a caller names -----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "session/device_choice.h"

#include "cpu/cpu_device.h"
#include "cuda/cuda_device.h"
#include "failure.h"

using namespace attnc_rt;

static const entry &plan_for(const package &source, size_t index,
                             const std::string &target,
                             std::string_view device) {
  std::string known;
  for (const target_plan &plan : source.plans()) {
    if (plan.target == target)
      return plan.entries[index];
    if (!plan.target.empty())
      known += (known.empty() ? "" : ", ") + plan.target;
  }
  fail(ATTNC_RT_UNSUPPORTED,
       "the package has no code for the device %s: need the target %s, have %s",
       std::string(device).c_str(), target.c_str(),
       known.empty() ? "none" : known.c_str());
}

static constexpr int32_t default_deadline = 30000;
static constexpr int32_t max_deadline = 24 * 3600 * 1000;

static std::chrono::milliseconds checked_deadline(int32_t wanted) {
  if (wanted < 0 || wanted > max_deadline)
    fail(ATTNC_RT_INVALID_ARGUMENT, "deadline: expected 0 ... %d ms, got %d",
         max_deadline, wanted);
  return std::chrono::milliseconds(wanted ? wanted : default_deadline);
}

chosen_device attnc_rt::choose_device(const package &source, size_t index,
                                      const attnc_rt_session_options &options,
                                      thread_pool &pool) {
  std::string_view wanted = options.device ? options.device : "cpu";
  auto deadline = checked_deadline(options.deadline);
  if (wanted == "cpu") {
    const entry &plan = plan_for(source, index, "cpu", wanted);
    return {std::make_unique<cpu_device>(source, *source.info().cpu, pool,
                                         options.guard),
            &plan, "cpu"};
  }
  if (!cuda::is_gpu_name(wanted))
    fail(ATTNC_RT_UNSUPPORTED, "device: expected cpu, cuda or cuda:N, got %s",
         in_quotes(wanted).c_str());
  if (options.guard)
    fail(ATTNC_RT_UNSUPPORTED, "guard: expected the device cpu, got %s",
         in_quotes(wanted).c_str());
  const entry &plan = plan_for(source, index, gpu_target_name, wanted);
  int ordinal = cuda::gpu_ordinal(wanted);
  return {std::make_unique<cuda::cuda_device>(cuda::gpu::open(ordinal), source,
                                              *source.info().gpu, plan,
                                              deadline, options.profile),
          &plan, "cuda:" + std::to_string(ordinal)};
}
