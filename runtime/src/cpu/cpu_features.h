//===- cpu_features.h - What this host's CPU can do -------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_CPU_CPU_FEATURES_H
#define ATTNC_RT_CPU_CPU_FEATURES_H

#include <optional>
#include <string>
#include <vector>

namespace attnc_rt {

/// Whether CPU and operating system have a feature, by LLVM's name for it;
/// nothing for a name that this runtime cannot check.
std::optional<bool> has_cpu_feature(const std::string &name);

/// Fails unless this host has all of `features`, naming those that it lacks.
void check_cpu_features(const std::vector<std::string> &features);

} // namespace attnc_rt

#endif // ATTNC_RT_CPU_CPU_FEATURES_H
