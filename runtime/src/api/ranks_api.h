//===- ranks_api.h - The ranks behind their handle --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_API_RANKS_API_H
#define ATTNC_RT_API_RANKS_API_H

#include "session/rank_world.h"

struct attnc_rt_ranks {
  std::shared_ptr<attnc_rt::rank_world> world;
};

#endif // ATTNC_RT_API_RANKS_API_H
