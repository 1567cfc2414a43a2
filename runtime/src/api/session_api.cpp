//===- session_api.cpp - The session behind its handle --------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "api/communicator_handle.h"
#include "api/package_api.h"
#include "api/status.h"
#include "session/session.h"

using namespace attnc_rt;

struct attnc_rt_session {
  session contents;
};

attnc_rt_status *
attnc_rt_session_create(const attnc_rt_package *package, size_t entry,
                        const attnc_rt_session_options *options,
                        attnc_rt_session **result) {
  return guarded([&] {
    require(result, "session");
    checked_entry(package, entry);
    attnc_rt_session_options chosen =
        options ? *options : attnc_rt_session_options{};
    *result = new attnc_rt_session{
        {package->contents, entry,
         chosen.communicator ? chosen.communicator->world : nullptr, chosen}};
  });
}

void attnc_rt_session_destroy(attnc_rt_session *session) { delete session; }

attnc_rt_status *attnc_rt_session_run(attnc_rt_session *session,
                                      const DLTensor *inputs, size_t num_inputs,
                                      const DLTensor *outputs,
                                      size_t num_outputs) {
  return guarded([&] {
    require(session, "session");
    session->contents.run({inputs, num_inputs}, {outputs, num_outputs});
  });
}

attnc_rt_status *attnc_rt_session_enqueue(attnc_rt_session *session,
                                          const DLTensor *inputs,
                                          size_t num_inputs,
                                          const DLTensor *outputs,
                                          size_t num_outputs, void *stream) {
  return guarded([&] {
    require(session, "session");
    session->contents.enqueue({inputs, num_inputs}, {outputs, num_outputs},
                              stream);
  });
}

attnc_rt_status *attnc_rt_session_synchronize(attnc_rt_session *session) {
  return guarded([&] {
    require(session, "session");
    session->contents.synchronize();
  });
}

attnc_rt_status *attnc_rt_session_capture(attnc_rt_session *session,
                                          const DLTensor *inputs,
                                          size_t num_inputs,
                                          const DLTensor *outputs,
                                          size_t num_outputs) {
  return guarded([&] {
    require(session, "session");
    session->contents.capture({inputs, num_inputs}, {outputs, num_outputs});
  });
}

attnc_rt_status *attnc_rt_session_replay(attnc_rt_session *session) {
  return guarded([&] {
    require(session, "session");
    session->contents.replay();
  });
}

attnc_rt_status *attnc_rt_session_enqueue_replay(attnc_rt_session *session,
                                                 void *stream) {
  return guarded([&] {
    require(session, "session");
    session->contents.enqueue_replay(stream);
  });
}

attnc_rt_status *attnc_rt_session_time_replays(attnc_rt_session *session,
                                               size_t count,
                                               uint64_t *nanoseconds) {
  return guarded([&] {
    require(session, "session");
    require(nanoseconds, "nanoseconds");
    session->contents.time_replays({nanoseconds, count});
  });
}

size_t attnc_rt_session_profile(const attnc_rt_session *session,
                                const attnc_rt_step_profile **steps) {
  *steps = session->contents.profile().data();
  return session->contents.profile().size();
}

void attnc_rt_session_reset_profile(attnc_rt_session *session) {
  session->contents.reset_profile();
}
