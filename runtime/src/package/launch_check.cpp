//===- launch_check.cpp - Launches against their kernels ------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/launch_check.h"

#include "failure.h"

#include <algorithm>

using namespace attnc_rt;

std::string attnc_rt::step_text(const entry &source, size_t index) {
  std::string result =
      "entry " + in_quotes(source.name) + ", step " + std::to_string(index);
  if (auto *launch = std::get_if<launch_step>(&source.steps[index]))
    result += " (kernel " + in_quotes(launch->kernel) + ")";
  if (auto *collective = std::get_if<collective_step>(&source.steps[index]))
    result += std::string(" (") + name(collective->kind) + ")";
  return result;
}

void attnc_rt::check_launch(const entry &source, size_t step,
                            std::span<const attnc_kernel_param> arguments) {
  const auto &launch = std::get<launch_step>(source.steps[step]);
  const std::string where = step_text(source, step);
  if (launch.args.size() != arguments.size())
    fail_at(where, "expected " + std::to_string(arguments.size()) +
                       " arguments, got " + std::to_string(launch.args.size()));
  for (size_t i = 0; i < launch.args.size(); ++i) {
    const view_decl &view = launch.args[i];
    const attnc_kernel_param &param = arguments[i];
    const std::string argument = where + ", argument " + std::to_string(i);
    auto dtype = static_cast<element_type>(param.dtype);
    if (view.dtype != dtype)
      fail_at(argument, std::string("expected dtype ") + name(dtype) +
                            ", got " + name(view.dtype));
    if (view.sizes.size() != param.rank)
      fail_at(argument, "expected rank " + std::to_string(param.rank) +
                            ", got " + std::to_string(view.sizes.size()));
    buffer_kind kind = source.buffers[view.at.buffer].kind;
    if ((param.access & ATTNC_WRITE) && !is_writable(kind))
      fail_at(argument, "the kernel writes it: expected an output or workspace "
                        "buffer, got kind " +
                            std::string(name(kind)));
  }
}

void attnc_rt::check_launches(const entry &source, const gpu_target &code) {
  for (size_t i = 0; i < source.steps.size(); ++i) {
    auto *launch = std::get_if<launch_step>(&source.steps[i]);
    if (!launch)
      continue;
    auto kernel = std::find_if(
        code.kernels.begin(), code.kernels.end(),
        [&](const gpu_kernel &each) { return each.name == launch->kernel; });
    if (kernel == code.kernels.end())
      fail_at(step_text(source, i),
              "the target " + in_quotes(code.name) + " has no such kernel");
    check_launch(source, i, kernel->arguments);
  }
}
