//===- launcher.cpp - Starts the ranks of one host and clears up after them
//-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/launcher.h"

#include "collective/rank_process.h"
#include "collective/shared_region.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

using namespace attnc_rt;

using std::chrono::milliseconds;
using clock_type = std::chrono::steady_clock;

std::string attnc_rt::describe(int rank, const rank_end &end) {
  std::string text = "rank " + std::to_string(rank);
  if (end.why == rank_end::reason::exited)
    return text + " exited with status " + std::to_string(end.value);
  return text + " was killed by " +
         (end.why == rank_end::reason::killed_by_launcher ? "the launcher, "
                                                          : "") +
         "signal " + std::to_string(end.value) + " (" + strsignal(end.value) +
         ")";
}

namespace {
class rank_watch {
public:
  explicit rank_watch(const launch_options &options);
  ~rank_watch() { close(file); }
  std::vector<rank_end> run();

private:
  struct rank_state {
    std::unique_ptr<rank_process> process;
    std::optional<rank_end> end;
    std::optional<clock_type::time_point> stopped_since;
  };

  void start();
  void wait_for_news();
  void look_at_ends();
  void look_at_stops();
  void kill_late_ranks();
  void raise(attnc_rt_code code, const std::string &message);
  bool has_live_ranks() const;
  bool is_stuck(const rank_state &rank) const;

  const launch_options &options;
  int file = -1;
  shared_region region;
  std::vector<rank_state> ranks;
  std::optional<clock_type::time_point> kill_time;
};
} // namespace

rank_watch::rank_watch(const launch_options &options)
    : options(options),
      region(shared_region::create_file(options.num_ranks, file)),
      ranks(static_cast<size_t>(options.num_ranks)) {}

void rank_watch::start() {
  for (size_t rank = 0; rank < ranks.size(); ++rank)
    ranks[rank].process = std::make_unique<rank_process>(
        options.command,
        std::vector<std::string>{
            std::string(env_rank) + "=" + std::to_string(rank),
            std::string(env_num_ranks) + "=" + std::to_string(ranks.size()),
            std::string(env_region) + "=" + std::to_string(file)},
        file);
}

bool rank_watch::has_live_ranks() const {
  return std::any_of(ranks.begin(), ranks.end(),
                     [](const rank_state &rank) { return !rank.end; });
}

/// Whether a stop has lasted for the deadline.
bool rank_watch::is_stuck(const rank_state &rank) const {
  return rank.stopped_since &&
         clock_type::now() - *rank.stopped_since >= options.limits.deadline;
}

/// Sleeps until a rank ends, at most one heartbeat.
void rank_watch::wait_for_news() {
  std::vector<pollfd> files;
  for (const rank_state &rank : ranks)
    if (!rank.end)
      files.push_back({rank.process->descriptor(), POLLIN, 0});
  auto time = options.limits.heartbeat;
  if (kill_time)
    time = std::clamp(
        std::chrono::ceil<milliseconds>(*kill_time - clock_type::now()),
        milliseconds(0), time);
  if (poll(files.data(), files.size(), static_cast<int>(time.count())) < 0 &&
      errno != EINTR)
    fail(ATTNC_RT_IO, "cannot watch the ranks: %s", strerror(errno));
}

void rank_watch::raise(attnc_rt_code code, const std::string &message) {
  region.raise(options.num_ranks, {code, message});
  if (!kill_time)
    kill_time = clock_type::now() + options.grace;
}

void rank_watch::look_at_ends() {
  for (size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i].end || !(ranks[i].end = ranks[i].process->poll_end()))
      continue;
    auto rank = static_cast<int>(i);
    if (!ranks[i].end->is_success())
      raise(ATTNC_RT_PEER_LOST, describe(rank, *ranks[i].end));
    else
      region.leave(rank);
  }
}

void rank_watch::look_at_stops() {
  for (size_t i = 0; i < ranks.size(); ++i) {
    rank_state &rank = ranks[i];
    if (rank.end || !rank.process->poll_stopped()) {
      rank.stopped_since.reset();
      continue;
    }
    if (!rank.stopped_since)
      rank.stopped_since = clock_type::now();
    if (is_stuck(rank))
      raise(ATTNC_RT_DEADLINE,
            "rank " + std::to_string(i) + " has been stopped for " +
                std::to_string(options.limits.deadline.count()) + " ms");
  }
}

void rank_watch::kill_late_ranks() {
  if (!kill_time)
    return;
  // Stopped ranks report nothing: once only they are left, the grace is over.
  bool is_late = std::all_of(
      ranks.begin(), ranks.end(),
      [&](const rank_state &rank) { return rank.end || is_stuck(rank); });
  if (is_late || clock_type::now() >= *kill_time)
    for (rank_state &rank : ranks)
      if (!rank.end)
        rank.process->kill();
}

std::vector<rank_end> rank_watch::run() {
  start();
  while (has_live_ranks()) {
    wait_for_news();
    look_at_ends();
    look_at_stops();
    kill_late_ranks();
  }
  std::vector<rank_end> ends;
  for (const rank_state &rank : ranks)
    ends.push_back(*rank.end);
  return ends;
}

std::vector<rank_end> attnc_rt::launch_ranks(const launch_options &options) {
  check_limits(options.limits);
  if (options.command.empty())
    fail(ATTNC_RT_INVALID_ARGUMENT, "ranks: expected a program, got none");
  if (options.grace.count() < 0)
    fail(ATTNC_RT_INVALID_ARGUMENT, "grace: expected 0 ms or more, got %lld",
         static_cast<long long>(options.grace.count()));
  return rank_watch(options).run();
}
