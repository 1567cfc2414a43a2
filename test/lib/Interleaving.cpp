//===- Interleaving.cpp - Tasks that wait for one another -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interleaving.h"

using namespace mlir;
using namespace attnc;

void Interleaving::addTask(std::function<LogicalResult()> body) {
  tasks.emplace_back().body = std::move(body);
}

void Interleaving::addEvent(std::function<void()> event) {
  events.push_back(std::move(event));
}

/// Under the lock, by whoever had the turn.
void Interleaving::chooseNext() {
  std::vector<size_t> choices;
  while (true) {
    bool allDone = true;
    choices.clear();
    for (auto [i, task] : llvm::enumerate(tasks)) {
      allDone &= task.done;
      if (!task.done && (cancelled || !task.ready || task.ready()))
        choices.push_back(i);
    }
    if (cancelled)
      events.clear();
    size_t count = choices.size() + events.size();
    if (count == 0 && !allDone) {
      stuck = cancelled = true;
      continue;
    }
    if (count == 0) {
      current = kNobody;
      finished.notify_one();
      return;
    }
    size_t pick = std::uniform_int_distribution<size_t>(0, count - 1)(random);
    if (pick < choices.size()) {
      current = choices[pick];
      tasks[current].turn.notify_one();
      return;
    }
    pick -= choices.size();
    std::function<void()> event = std::move(events[pick]);
    events.erase(events.begin() + pick);
    event();
  }
}

LogicalResult Interleaving::handOver(std::unique_lock<std::mutex> &lock,
                                     size_t self) {
  chooseNext();
  tasks[self].turn.wait(lock, [&] { return current == self; });
  return failure(cancelled);
}

LogicalResult Interleaving::pause() { return waitFor({}, {}); }

LogicalResult Interleaving::waitFor(std::function<bool()> ready,
                                    Explain explain) {
  std::unique_lock<std::mutex> lock(mutex);
  size_t self = current;
  Task &task = tasks[self];
  task.ready = std::move(ready);
  task.explain = std::move(explain);
  if (failed(handOver(lock, self)))
    return failure(); // keeps its explanation
  task.ready = {};
  task.explain = {};
  return success();
}

void Interleaving::runTask(size_t self) {
  {
    std::unique_lock<std::mutex> lock(mutex);
    tasks[self].turn.wait(lock, [&] { return current == self; });
  }
  LogicalResult result = cancelled ? failure() : tasks[self].body();
  std::unique_lock<std::mutex> lock(mutex);
  tasks[self].done = true;
  cancelled |= failed(result);
  chooseNext();
}

LogicalResult Interleaving::run(function_ref<InFlightDiagnostic()> emitError) {
  for (size_t i = 0; i < tasks.size(); ++i)
    tasks[i].thread = std::thread([this, i] { runTask(i); });
  {
    std::unique_lock<std::mutex> lock(mutex);
    chooseNext();
    finished.wait(lock, [&] { return current == kNobody; });
  }
  for (Task &task : tasks)
    task.thread.join();
  if (stuck) {
    InFlightDiagnostic diag = emitError();
    for (Task &task : tasks)
      if (task.explain)
        task.explain(diag);
    return diag;
  }
  return failure(cancelled);
}
