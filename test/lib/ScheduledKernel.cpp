//===- ScheduledKernel.cpp - Runs a kernel of a GPU level -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScheduledKernel.h"
#include "ScheduledRole.h"

using namespace mlir;
using namespace attnc;

namespace {
/// A block, and the roles that run on it.
struct RunningBlock {
  RunningBlock(int64_t number, int64_t warpgroups)
      : shared(number, warpgroups) {}
  ScheduledBlock shared;
  std::deque<ScheduledRole> roles;
};

class KernelRun {
public:
  KernelRun(tile::KernelOp kernel, ArrayRef<View> arguments,
            const ScheduledOptions &options)
      : kernel(kernel), arguments(arguments), options(options) {
    launch.kernel = kernel;
    for (auto op : body().getOps<tile::RolesOp>())
      roles = op;
    launch.hasRoles = roles != nullptr;
    auto attr = kernel->getAttrOfType<IntegerAttr>("tile.warpgroups");
    warpgroups = roles ? roles.getWarpgroups() : attr ? attr.getInt() : 1;
  }

  LogicalResult run(int64_t &errorWord);

private:
  Block &body() { return kernel.getBody().front(); }
  LogicalResult runBlocks(ArrayRef<std::array<int64_t, 3>> ids);
  LogicalResult addBlock(RunningBlock &block, std::array<int64_t, 3> ids,
                         Interleaving &tasks);
  LogicalResult checkEnd(RunningBlock &block);
  ScheduledRole &addRole(RunningBlock &block, int role,
                         std::array<int64_t, 3> ids);

  tile::KernelOp kernel;
  ArrayRef<View> arguments;
  const ScheduledOptions &options;
  ScheduledLaunch launch;
  tile::RolesOp roles;
  int64_t warpgroups;
  int64_t error = 0;
};
} // namespace

ScheduledRole &KernelRun::addRole(RunningBlock &block, int role,
                                  std::array<int64_t, 3> ids) {
  ScheduledRole &added = block.roles.emplace_back(launch, block.shared, role);
  added.bindArguments(kernel.getBody(), arguments);
  added.ids = ids;
  return added;
}

LogicalResult KernelRun::addBlock(RunningBlock &block,
                                  std::array<int64_t, 3> ids,
                                  Interleaving &tasks) {
  if (!roles) {
    for (int64_t i = 0; i < warpgroups; ++i)
      tasks.addTask([this, &role = addRole(block, i, ids)] {
        return failure(failed(role.run(body())) || failed(role.checkEnd()));
      });
    return success();
  }
  ScheduledRole &setup = addRole(block, kSetup, ids);
  for (Operation &op : body().without_terminator()) {
    if (&op == roles)
      break;
    if (failed(setup.run(op)))
      return failure();
  }
  auto add = [&](int number, Block &region) {
    ScheduledRole &role =
        block.roles.emplace_back(launch, block.shared, number);
    role.values = setup.values;
    if (number != kProducer)
      role.values[region.getArgument(0)] = Tensor::scalar(number);
    tasks.addTask([&role, &region] {
      return failure(failed(role.run(region)) || failed(role.checkEnd()));
    });
  };
  add(kProducer, roles.getProducer().front());
  for (int64_t i = 0; i < warpgroups; ++i)
    add(i, roles.getConsumers().front());
  return success();
}

/// Copies must not outlive the block whose memory they write.
LogicalResult KernelRun::checkEnd(RunningBlock &block) {
  for (auto &[op, ring] : block.shared.rings)
    for (RingStage &stage : ring.stages)
      if (stage.state == RingStage::Acquired ||
          (stage.state == RingStage::Committed && stage.loads != 0 &&
           llvm::is_contained(stage.waited, false)))
        return op->emitError("block ")
               << block.shared.number << ": use " << stage.use
               << (stage.state == RingStage::Acquired
                       ? " was acquired and never committed"
                       : " was loaded and not waited for by every warpgroup");
  return success();
}

LogicalResult KernelRun::runBlocks(ArrayRef<std::array<int64_t, 3>> ids) {
  Interleaving tasks(options.seed, options.limit);
  launch.tasks = &tasks;
  launch.blocks = ids.size();
  std::deque<RunningBlock> blocks;
  for (auto [number, id] : llvm::enumerate(ids))
    if (failed(addBlock(blocks.emplace_back(number, warpgroups), id, tasks)))
      return failure();
  if (failed(tasks.run(
          [&] { return kernel.emitError("deadlock: no role can go on"); })))
    return failure();
  for (RunningBlock &block : blocks) {
    for (ScheduledRole &role : block.roles)
      if (role.error)
        error = role.error;
    if (failed(checkEnd(block)))
      return failure();
  }
  return success();
}

LogicalResult KernelRun::run(int64_t &errorWord) {
  // The sizes of the grid, or of the work.
  Interleaving none(options.seed, options.limit);
  launch.tasks = &none;
  RunningBlock first(0, warpgroups);
  ScheduledRole &setup = addRole(first, kSetup, {0, 0, 0});
  auto last =
      llvm::find_if(body(), llvm::IsaPred<tile::SchedulerOp, tile::GridOp>);
  bool hasGrid = last != body().end();
  bool isPersistent = hasGrid && isa<tile::SchedulerOp>(*last);
  // Without either there is one block.
  if (hasGrid)
    for (Operation &op : llvm::make_range(body().begin(), std::next(last)))
      if (failed(setup.run(op)))
        return failure();
  std::vector<std::array<int64_t, 3>> all;
  for (int64_t z = 0; z < setup.grid[2]; ++z)
    for (int64_t y = 0; y < setup.grid[1]; ++y)
      for (int64_t x = 0; x < setup.grid[0]; ++x)
        all.push_back({x, y, z});
  size_t atOnce = std::min<size_t>(options.blocks, all.size());
  if (isPersistent) {
    all.resize(atOnce);
    if (failed(runBlocks(all)))
      return failure();
    if (launch.nextWork != 0 || launch.finishedBlocks != 0)
      return kernel.emitError("expected the scheduler's counter to be zero at "
                              "the end, got ")
             << launch.nextWork << " and " << launch.finishedBlocks;
  } else {
    for (size_t at = 0; at < all.size(); at += atOnce)
      if (failed(runBlocks(
              ArrayRef(all).slice(at, std::min(atOnce, all.size() - at)))))
        return failure();
  }
  if (error)
    errorWord = error;
  return success();
}

LogicalResult attnc::runScheduledKernel(tile::KernelOp kernel,
                                        ArrayRef<View> arguments,
                                        const ScheduledOptions &options,
                                        int64_t &errorWord) {
  return KernelRun(kernel, arguments, options).run(errorWord);
}
