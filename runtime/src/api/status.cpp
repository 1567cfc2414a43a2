//===- status.cpp - From failures to statuses -----------------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "api/status.h"

using namespace attnc_rt;

struct attnc_rt_status {
  attnc_rt_code code;
  std::string message;
};

static attnc_rt_status out_of_memory{ATTNC_RT_OUT_OF_MEMORY, "out of memory"};

attnc_rt_status *attnc_rt::make_status(attnc_rt_code code,
                                       const char *message) noexcept {
  try {
    return new attnc_rt_status{code, message};
  } catch (const std::bad_alloc &) {
    return &out_of_memory;
  }
}

attnc_rt_code attnc_rt_status_code(const attnc_rt_status *status) {
  return status ? status->code : ATTNC_RT_OK;
}

const char *attnc_rt_status_message(const attnc_rt_status *status) {
  return status ? status->message.c_str() : "";
}

void attnc_rt_status_free(attnc_rt_status *status) {
  if (status != &out_of_memory)
    delete status;
}
