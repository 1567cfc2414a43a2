//===- communicator_handle.h - A communicator behind its handle -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_API_COMMUNICATOR_HANDLE_H
#define ATTNC_RT_API_COMMUNICATOR_HANDLE_H

#include "session/rank_world.h"

struct attnc_rt_communicator {
  explicit attnc_rt_communicator(std::unique_ptr<attnc_rt::communicator> joined)
      : world(std::make_shared<attnc_rt::rank_world>(std::move(joined))),
        ranks(&world->all()) {}

  std::shared_ptr<attnc_rt::rank_world> world; // sessions share it
  attnc_rt::communicator *ranks;               // world's
};

#endif // ATTNC_RT_API_COMMUNICATOR_HANDLE_H
