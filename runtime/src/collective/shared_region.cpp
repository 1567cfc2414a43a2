//===- shared_region.cpp - The memory through which ranks of one host meet
//-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/shared_region.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace attnc_rt;

static constexpr uint32_t region_magic = 0x61746372; // "atcr"
static constexpr uint32_t region_version = 1;

struct alignas(64) shared_region::header {
  uint32_t magic;
  uint32_t version;
  int32_t num_ranks;
  std::atomic<int32_t> first_fault; // its writer + 1
};

struct alignas(64) shared_region::fault_record {
  std::atomic<int32_t> is_taken;
  int32_t code;
  char text[1016];
};

namespace {
struct region_layout {
  size_t slots, staging, end;
};
} // namespace

static constexpr size_t header_bytes = 64;
static constexpr size_t record_bytes = 1024;

static region_layout layout_of(int num_ranks) {
  auto ranks = static_cast<size_t>(num_ranks);
  size_t places = ranks * shared_region::max_groups;
  constexpr size_t page = 4096;
  region_layout layout;
  layout.slots = header_bytes + (ranks + 1) * record_bytes;
  layout.staging =
      (layout.slots + places * sizeof(rank_slot) + page - 1) / page * page;
  layout.end = layout.staging + places * 2 * shared_region::half_bytes;
  return layout;
}

static std::shared_ptr<std::byte> map(int file, size_t bytes) {
  int flags = MAP_SHARED | MAP_NORESERVE | (file < 0 ? MAP_ANONYMOUS : 0);
  void *address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  if (address == MAP_FAILED)
    fail(ATTNC_RT_IO, "cannot map %zu bytes for the ranks: %s", bytes,
         strerror(errno));
  return {static_cast<std::byte *>(address),
          [bytes](std::byte *memory) { munmap(memory, bytes); }};
}

shared_region shared_region::map_new(int file, int num_ranks) {
  shared_region region(map(file, layout_of(num_ranks).end));
  // New pages are zero: only the header has something to say.
  region.head().magic = region_magic;
  region.head().version = region_version;
  region.head().num_ranks = num_ranks;
  return region;
}

static void check_num_ranks(int num_ranks) {
  if (num_ranks < 1 || num_ranks > shared_region::max_ranks)
    fail(ATTNC_RT_INVALID_ARGUMENT, "ranks: expected 1 ... %d, got %d",
         shared_region::max_ranks, num_ranks);
}

shared_region shared_region::create(int num_ranks) {
  check_num_ranks(num_ranks);
  return map_new(-1, num_ranks);
}

shared_region shared_region::create_file(int num_ranks, int &file) {
  check_num_ranks(num_ranks);
  int created = memfd_create("attnc_rt_ranks", MFD_CLOEXEC);
  if (created < 0)
    fail(ATTNC_RT_IO, "cannot make shared memory: %s", strerror(errno));
  try {
    if (ftruncate(created, static_cast<off_t>(layout_of(num_ranks).end)) != 0)
      fail(ATTNC_RT_IO, "cannot size shared memory: %s", strerror(errno));
    shared_region region = map_new(created, num_ranks);
    file = created;
    return region;
  } catch (...) {
    close(created);
    throw;
  }
}

shared_region shared_region::attach_file(int file) {
  struct stat info;
  if (fstat(file, &info) != 0)
    fail(ATTNC_RT_IO, "cannot attach to file descriptor %d: %s", file,
         strerror(errno));
  auto bytes = static_cast<size_t>(info.st_size);
  if (!S_ISREG(info.st_mode) || bytes < layout_of(1).end)
    fail(ATTNC_RT_IO,
         "file descriptor %d: expected the launcher's shared memory, got "
         "something else of %zu bytes",
         file, bytes);
  shared_region region(map(file, bytes));
  const header &head = region.head();
  if (head.magic != region_magic || head.version != region_version)
    fail(ATTNC_RT_UNSUPPORTED,
         "the launcher's shared memory: expected version %u, got %u%s",
         region_version, head.version,
         head.magic == region_magic ? "" : " and a wrong magic number");
  if (head.num_ranks < 1 || head.num_ranks > max_ranks ||
      layout_of(head.num_ranks).end != bytes)
    fail(ATTNC_RT_IO,
         "the launcher's shared memory: expected %zu bytes for %d ranks, got "
         "%zu",
         head.num_ranks < 1 || head.num_ranks > max_ranks
             ? size_t(0)
             : layout_of(head.num_ranks).end,
         head.num_ranks, bytes);
  return region;
}

shared_region::header &shared_region::head() const {
  static_assert(sizeof(header) == header_bytes);
  return *reinterpret_cast<header *>(memory.get());
}

shared_region::fault_record &shared_region::record(int writer) const {
  static_assert(sizeof(fault_record) == record_bytes);
  return *reinterpret_cast<fault_record *>(
      memory.get() + header_bytes + static_cast<size_t>(writer) * record_bytes);
}

int shared_region::num_ranks() const { return head().num_ranks; }

static size_t place(int num_ranks, int group, int rank) {
  return static_cast<size_t>(group) * static_cast<size_t>(num_ranks) +
         static_cast<size_t>(rank);
}

rank_slot &shared_region::slot(int group, int rank) const {
  return *reinterpret_cast<rank_slot *>(
      memory.get() + layout_of(num_ranks()).slots +
      place(num_ranks(), group, rank) * sizeof(rank_slot));
}

std::byte *shared_region::staging(int group, int rank, uint32_t half) const {
  return memory.get() + layout_of(num_ranks()).staging +
         (place(num_ranks(), group, rank) * 2 + half) * half_bytes;
}

void shared_region::raise(int writer, const failure &fault) const noexcept {
  // Written in full before others can see it, even if this process is killed
  // halfway; and only once, for others may be reading it.
  fault_record &own = record(writer);
  if (head().first_fault == 0 && own.is_taken.exchange(1) == 0) {
    own.code = fault.code;
    size_t length = std::min(fault.message.size(), sizeof(own.text) - 1);
    std::memcpy(own.text, fault.message.data(), length);
    int32_t none = 0;
    head().first_fault.compare_exchange_strong(none, writer + 1);
  }
  for (int rank = 0; rank < num_ranks(); ++rank)
    set_bit(rank, fault_bit);
}

failure shared_region::fault() const {
  int32_t first = head().first_fault;
  if (first < 1 || first > num_ranks() + 1)
    return {ATTNC_RT_PEER_LOST, "a rank was lost while it reported a fault"};
  const fault_record &found = record(first - 1);
  return {static_cast<attnc_rt_code>(found.code),
          std::string(found.text, strnlen(found.text, sizeof(found.text)))};
}

void shared_region::set_bit(int rank, uint32_t bit) const noexcept {
  for (int group = 0; group < max_groups; ++group) {
    slot(group, rank).phase.fetch_or(bit);
    futex_wake_all(slot(group, rank).phase);
  }
}

void shared_region::leave(int rank) const noexcept { set_bit(rank, left_bit); }

bool shared_region::has_left(int rank) const {
  return slot(0, rank).phase & left_bit;
}

void attnc_rt::arrive(rank_slot &slot) {
  slot.phase.fetch_add(1u << shared_region::count_shift);
  // Either a sleeper counted itself before this load, or it sees the new phase.
  if (slot.sleepers != 0)
    futex_wake_all(slot.phase);
}

static wait_result judge(uint32_t phase, uint32_t count) {
  // The count has 30 bits and wraps around.
  uint32_t ahead = (phase >> shared_region::count_shift) - count;
  if (!(ahead << shared_region::count_shift >> 31))
    return wait_result::arrived;
  if (phase & shared_region::fault_bit)
    return wait_result::fault;
  return phase & shared_region::left_bit ? wait_result::left
                                         : wait_result::deadline;
}

wait_result attnc_rt::wait_for(rank_slot &slot, uint32_t count,
                               deadline_point deadline, int spins) {
  for (int spin = 0; spin < spins; ++spin) {
    wait_result result = judge(slot.phase, count);
    if (result != wait_result::deadline)
      return result;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  slot.sleepers.fetch_add(1);
  wait_result result;
  while (true) {
    uint32_t phase = slot.phase;
    result = judge(phase, count);
    if (result != wait_result::deadline ||
        std::chrono::steady_clock::now() >= deadline)
      break;
    futex_wait(slot.phase, phase, deadline);
  }
  slot.sleepers.fetch_sub(1);
  return result;
}
