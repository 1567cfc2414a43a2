//===- fake_nccl.cpp - NCCL for the CUDA driver without a GPU -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ranks are processes that meet in the files of FAKE_NCCL_FOLDER: each
// operation writes what the rank sends, and is done when all ranks' files are
// there. It runs on the streams of fake_cuda.cpp, like a kernel, also out of
// graphs. Only f32 is summed. FAKE_NCCL_LOSE is a rank whose sums get nowhere.
//
//===----------------------------------------------------------------------===//

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {
constexpr int invalid_argument = 4;
constexpr int f32 = 7;

struct unique_id {
  char bytes[128];
};

struct fake_comm {
  std::string name; // equal on its ranks
  int rank, size;
  std::shared_ptr<bool> is_aborted = std::make_shared<bool>(false);
  /// Operations that have run; they run in the same order on all ranks.
  std::shared_ptr<int> num_run = std::make_shared<int>(0);
  int num_splits = 0;
};
} // namespace

static size_t bytes_of(int type) {
  switch (type) {
  case 0:
  case 1:
    return 1;
  case 6:
  case 9:
    return 2;
  }
  return 4;
}

/// Puts work on a stream of the driver.
static int put(void *stream, std::function<bool()> work) {
  using put_fn = int (*)(void *, std::function<bool()>);
  void *driver = dlopen(getenv("ATTNC_RT_CUDA_LIBRARY"), RTLD_NOW);
  auto function = reinterpret_cast<put_fn>(dlsym(driver, "fake_cuda_put"));
  return function(stream, std::move(work));
}

static std::string path_of(const fake_comm &comm, int operation, int rank) {
  return std::string(getenv("FAKE_NCCL_FOLDER")) + "/" + comm.name + "." +
         std::to_string(operation) + "." + std::to_string(rank);
}

/// Appears whole.
static void write_file(const std::string &path, const void *data,
                       size_t bytes) {
  std::string temporary = path + ".part";
  std::ofstream(temporary, std::ios::binary)
      .write(static_cast<const char *>(data),
             static_cast<std::streamsize>(bytes));
  rename(temporary.c_str(), path.c_str());
}

static bool read_file(const std::string &path, std::string &contents) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return false;
  contents.assign(std::istreambuf_iterator<char>(file), {});
  return true;
}

/// `finish` gets what every rank has sent.
static int
exchange(fake_comm *comm, bool sums, void *stream, const void *send,
         size_t bytes,
         std::function<void(const std::vector<std::string> &)> finish) {
  fake_comm group = *comm; // shares the counts
  auto number = std::make_shared<int>(-1);
  const char *lost = getenv("FAKE_NCCL_LOSE");
  bool is_lost = sums && lost && atoi(lost) == comm->rank;
  return put(stream, [=] {
    if (*group.is_aborted)
      return true;
    if (*number < 0) {
      *number = (*group.num_run)++;
      if (!is_lost)
        write_file(path_of(group, *number, group.rank), send, bytes);
    }
    std::vector<std::string> parts(static_cast<size_t>(group.size));
    for (int rank = 0; rank < group.size; ++rank)
      if (!read_file(path_of(group, *number, rank),
                     parts[static_cast<size_t>(rank)]))
        return false;
    finish(parts);
    *number = -1; // for the next replay
    return true;
  });
}

static void sum_f32(const std::vector<std::string> &parts, size_t offset,
                    size_t count, void *receive) {
  std::vector<float> total(count);
  for (const std::string &part : parts)
    for (size_t i = 0; i < count; ++i) {
      float value;
      memcpy(&value, part.data() + (offset + i) * sizeof(float), sizeof(float));
      total[i] += value;
    }
  memcpy(receive, total.data(), count * sizeof(float));
}

EXPORT int ncclGetVersion(int *version) {
  *version = 22809;
  return 0;
}

EXPORT int ncclGetUniqueId(unique_id *id) {
  memset(id, 0, sizeof(*id));
  snprintf(id->bytes, sizeof(id->bytes), "world");
  return 0;
}

EXPORT int ncclCommInitRankConfig(fake_comm **comm, int size, unique_id id,
                                  int rank, void *) {
  *comm = new fake_comm{id.bytes, rank, size};
  return 0;
}

EXPORT int ncclCommSplit(fake_comm *comm, int color, int key,
                         fake_comm **result, void *) {
  // The ranks of a color, in the order of their keys: told by files.
  std::string split = std::to_string(comm->num_splits++);
  std::string base = std::string(getenv("FAKE_NCCL_FOLDER")) + "/" +
                     comm->name + ".split" + split + ".";
  int own[2] = {color, key};
  write_file(base + std::to_string(comm->rank), own, sizeof(own));
  int size = 0;
  for (int rank = 0; rank < comm->size; ++rank) {
    std::string contents;
    while (!read_file(base + std::to_string(rank), contents))
      continue;
    int its[2];
    memcpy(its, contents.data(), sizeof(its));
    size += its[0] == color;
  }
  *result = new fake_comm{
      comm->name + "-" + split + "-" + std::to_string(color), key, size};
  return 0;
}

EXPORT int ncclCommFinalize(fake_comm *) { return 0; }
EXPORT int ncclCommDestroy(fake_comm *comm) {
  delete comm;
  return 0;
}
EXPORT int ncclCommAbort(fake_comm *comm) {
  *comm->is_aborted = true;
  return 0;
}
EXPORT int ncclCommGetAsyncError(fake_comm *, int *error) {
  *error = 0;
  return 0;
}
EXPORT const char *ncclGetErrorString(int) { return "fake"; }
EXPORT const char *ncclGetLastError(fake_comm *) { return ""; }

EXPORT int ncclAllReduce(const void *send, void *receive, size_t count,
                         int type, int, fake_comm *comm, void *stream) {
  if (type != f32)
    return invalid_argument;
  return exchange(
      comm, true, stream, send, count * sizeof(float),
      [=](const auto &parts) { sum_f32(parts, 0, count, receive); });
}

EXPORT int ncclReduceScatter(const void *send, void *receive, size_t count,
                             int type, int, fake_comm *comm, void *stream) {
  if (type != f32)
    return invalid_argument;
  auto size = static_cast<size_t>(comm->size);
  auto rank = static_cast<size_t>(comm->rank);
  return exchange(
      comm, true, stream, send, count * size * sizeof(float),
      [=](const auto &parts) { sum_f32(parts, rank * count, count, receive); });
}

EXPORT int ncclAllGather(const void *send, void *receive, size_t count,
                         int type, fake_comm *comm, void *stream) {
  size_t bytes = count * bytes_of(type);
  return exchange(comm, false, stream, send, bytes, [=](const auto &parts) {
    for (size_t rank = 0; rank < parts.size(); ++rank)
      memcpy(static_cast<char *>(receive) + rank * bytes, parts[rank].data(),
             bytes);
  });
}

EXPORT int ncclBroadcast(const void *, void *, size_t, int, int, fake_comm *,
                         void *) {
  return invalid_argument;
}
