//===- fake_streams.cpp - Streams of the CUDA driver without a GPU ------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "fake_cuda.h"

using namespace fake_cuda;

static constexpr int stream_capture_isolation = 905;

fake_stream &fake_cuda::stream_of(void *handle) {
  return handle ? *static_cast<fake_stream *>(handle) : all().default_stream;
}

static bool do_one(fake_stream &stream) {
  if (stream.work.empty() || all().sticky_error)
    return false;
  ++all().time;
  if (!stream.work.front()())
    return false;
  stream.work.pop_front();
  return true;
}

void fake_cuda::do_one_everywhere() {
  do_one(stream_of(nullptr));
  for (auto &stream : all().streams)
    do_one(*stream);
}

bool fake_cuda::do_all() {
  bool goes_on = true;
  while (goes_on) {
    goes_on = do_one(stream_of(nullptr));
    for (auto &stream : all().streams)
      goes_on |= do_one(*stream);
  }
  bool is_done = stream_of(nullptr).work.empty();
  for (auto &stream : all().streams)
    is_done &= stream->work.empty();
  return is_done || all().sticky_error;
}

void fake_cuda::put(fake_stream &stream, work_item item) {
  if (stream.capture)
    stream.capture->work.push_back(std::move(item));
  else
    stream.work.push_back(std::move(item));
}

bool fake_cuda::is_any_captured() {
  for (auto &stream : all().streams)
    if (stream->capture)
      return true;
  return stream_of(nullptr).capture != nullptr;
}
//===-- Streams, events, graphs -------------------------------------------===//

EXPORT int cuStreamCreate(void **stream, unsigned) {
  BEGIN_IN_CONTEXT("cuStreamCreate");
  auto made = std::make_unique<fake_stream>();
  made->name = "s" + std::to_string(all().num_streams++);
  *stream = made.get();
  ++all().num_live_streams;
  all().streams.push_back(std::move(made));
  return 0;
}

EXPORT int cuStreamDestroy_v2(void *stream) {
  std::lock_guard lock(all().mutex);
  if (!do_all())
    would_block("cuStreamDestroy_v2");
  --all().num_live_streams;
  std::erase_if(all().streams,
                [&](const auto &each) { return each.get() == stream; });
  return 0;
}

EXPORT int cuStreamQuery(void *handle) {
  BEGIN_IN_CONTEXT("cuStreamQuery");
  fake_stream &stream = stream_of(handle);
  if (stream.capture)
    return stream_capture_unsupported;
  do_one_everywhere();
  if (all().sticky_error)
    return all().sticky_error;
  return stream.work.empty() ? 0 : 600;
}

EXPORT int cuStreamGetCtx(void *handle, void **context) {
  BEGIN_IN_CONTEXT("cuStreamGetCtx");
  *context = stream_of(handle).is_foreign ? static_cast<void *>(&all())
                                          : context_of(context_stack().back());
  return 0;
}

EXPORT int cuStreamWaitEvent(void *handle, void *event, unsigned) {
  BEGIN_IN_CONTEXT("cuStreamWaitEvent");
  auto &its = *static_cast<fake_event *>(event);
  fake_stream &stream = stream_of(handle);
  if (stream.capture)
    return stream_capture_isolation;
  log("wait e%zu on %s", its.number, stream.name.c_str());
  uint64_t waited = its.num_recorded;
  put(stream, [&its, waited] { return its.num_done >= waited; });
  return 0;
}

EXPORT int cuStreamIsCapturing(void *handle, int *status) {
  BEGIN_IN_CONTEXT("cuStreamIsCapturing");
  *status = stream_of(handle).capture ? 1 : 0;
  return 0;
}

EXPORT int cuStreamBeginCapture_v2(void *handle, int mode) {
  BEGIN_IN_CONTEXT("cuStreamBeginCapture_v2");
  fake_stream &stream = stream_of(handle);
  stream.capture = std::make_shared<fake_graph>();
  ++all().num_live_graphs;
  log("begin capture of %s in mode %d", stream.name.c_str(), mode);
  return 0;
}

EXPORT int cuStreamEndCapture(void *handle, void **graph) {
  BEGIN_IN_CONTEXT("cuStreamEndCapture");
  fake_stream &stream = stream_of(handle);
  if (!stream.capture)
    return invalid_value;
  log("end capture of %s: %zu nodes", stream.name.c_str(),
      stream.capture->work.size());
  *graph = new std::shared_ptr<fake_graph>(std::move(stream.capture));
  stream.capture.reset();
  return 0;
}

EXPORT int cuGraphInstantiateWithFlags(void **result, void *graph,
                                       unsigned long long) {
  BEGIN_IN_CONTEXT("cuGraphInstantiateWithFlags");
  ++all().num_live_graphs;
  *result = new std::shared_ptr<fake_graph>(
      *static_cast<std::shared_ptr<fake_graph> *>(graph));
  return 0;
}

static int destroy_graph(void *graph) {
  std::lock_guard lock(all().mutex);
  --all().num_live_graphs;
  delete static_cast<std::shared_ptr<fake_graph> *>(graph);
  return 0;
}

EXPORT int cuGraphDestroy(void *graph) { return destroy_graph(graph); }
EXPORT int cuGraphExecDestroy(void *graph) { return destroy_graph(graph); }

EXPORT int cuGraphLaunch(void *graph, void *handle) {
  BEGIN_IN_CONTEXT("cuGraphLaunch");
  fake_stream &stream = stream_of(handle);
  auto &its = *static_cast<std::shared_ptr<fake_graph> *>(graph);
  log("launch graph on %s", stream.name.c_str());
  for (const work_item &item : its->work)
    put(stream, item);
  return 0;
}

EXPORT int cuEventCreate(void **event, unsigned flags) {
  BEGIN_IN_CONTEXT("cuEventCreate");
  auto *made = new fake_event;
  made->number = all().num_events++;
  made->has_time = (flags & 2) == 0;
  ++all().num_live_events;
  *event = made;
  return 0;
}

EXPORT int cuEventDestroy_v2(void *event) {
  std::lock_guard lock(all().mutex);
  if (!do_all())
    would_block("cuEventDestroy_v2");
  --all().num_live_events;
  delete static_cast<fake_event *>(event);
  return 0;
}

EXPORT int cuEventRecord(void *event, void *handle) {
  BEGIN_IN_CONTEXT("cuEventRecord");
  auto &its = *static_cast<fake_event *>(event);
  fake_stream &stream = stream_of(handle);
  if (stream.capture)
    misused("cuEventRecord", "on a stream that is captured");
  ++its.num_recorded;
  put(stream, [&its] {
    ++its.num_done;
    its.time = all().time;
    return true;
  });
  return 0;
}

EXPORT int cuEventQuery(void *event) {
  BEGIN_IN_CONTEXT("cuEventQuery");
  auto &its = *static_cast<fake_event *>(event);
  do_one_everywhere();
  if (all().sticky_error)
    return all().sticky_error;
  return its.num_done == its.num_recorded ? 0 : 600;
}

EXPORT int cuEventElapsedTime_v2(float *milliseconds, void *start, void *end) {
  BEGIN_IN_CONTEXT("cuEventElapsedTime_v2");
  auto &first = *static_cast<fake_event *>(start);
  auto &last = *static_cast<fake_event *>(end);
  if (!first.has_time || !last.has_time)
    return invalid_value;
  if (last.num_done != last.num_recorded)
    return 600;
  *milliseconds = static_cast<float>(last.time - first.time);
  return 0;
}

/// For fake_nccl.cpp: work like a kernel's.
EXPORT int fake_cuda_put(void *stream, work_item item) {
  BEGIN_IN_CONTEXT("fake_cuda_put");
  log("collective on %s", stream_of(stream).name.c_str());
  put(stream_of(stream), std::move(item));
  return 0;
}

/// For tests: a stream that belongs to another context.
EXPORT int fake_cuda_make_foreign(void *stream) {
  stream_of(stream).is_foreign = true;
  return 0;
}
