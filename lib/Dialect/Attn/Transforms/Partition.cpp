//===- Partition.cpp - Derive each rank's program -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Shard/IR/ShardDialect.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace attnc::attn {
#define GEN_PASS_DEF_PARTITIONPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;

/// Parses NAME=4 or NAME=2x4.
static std::optional<std::pair<StringRef, SmallVector<int64_t>>>
parseGrid(StringRef text) {
  auto [name, sizes] = text.split('=');
  SmallVector<StringRef> parts;
  sizes.split(parts, 'x');
  SmallVector<int64_t> shape;
  for (StringRef part : parts) {
    int32_t size;
    if (part.getAsInteger(10, size) || size < 1)
      return std::nullopt;
    shape.push_back(size);
  }
  if (name.empty())
    return std::nullopt;
  return std::make_pair(name, shape);
}

static std::string printShape(ArrayRef<int64_t> shape) {
  return llvm::join(llvm::map_range(shape,
                                    [](int64_t size) {
                                      return ShapedType::isDynamic(size)
                                                 ? std::string("?")
                                                 : std::to_string(size);
                                    }),
                    "x");
}

namespace {
struct PartitionPass : attn::impl::PartitionPassBase<PartitionPass> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<shard::GridOp> gridOps;
    getOperation().walk([&](shard::GridOp op) { gridOps.push_back(op); });
    if (failed(checkGrids(gridOps)) || failed(eraseAnnotations()))
      return signalPassFailure();
    for (shard::GridOp grid : gridOps)
      grid.erase();
  }

private:
  /// Checks the sizes that were asked for: one rank in each grid.
  LogicalResult checkGrids(ArrayRef<shard::GridOp> gridOps);
  /// Erases every annotation, and refuses other ops of the shard dialect.
  LogicalResult eraseAnnotations();
};
} // namespace

LogicalResult PartitionPass::checkGrids(ArrayRef<shard::GridOp> gridOps) {
  ModuleOp module = getOperation();
  llvm::StringSet<> named;
  for (const std::string &text : grids) {
    auto parsed = parseGrid(text);
    if (!parsed)
      return module.emitError("expected a grid as NAME=4 or NAME=2x4, got '")
             << text << "'";
    auto &[name, shape] = *parsed;
    if (!named.insert(name).second)
      return module.emitError("expected one size for the grid @")
             << name << ", got two";
    shard::GridOp grid;
    for (shard::GridOp op : gridOps)
      if (op.getSymName() == name)
        grid = op;
    if (!grid) {
      InFlightDiagnostic diag = module.emitError("expected a grid of the "
                                                 "module, got @")
                                << name;
      for (shard::GridOp op : gridOps)
        diag.attachNote(op.getLoc()) << "has the grid @" << op.getSymName();
      return diag;
    }
    if (grid.getRank() != static_cast<int64_t>(shape.size()))
      return grid.emitOpError("expected a size of ")
             << grid.getRank() << " axes for the grid @" << name << ", got "
             << printShape(shape);
    if (llvm::any_of(shape, [](int64_t size) { return size > 1; }))
      return grid.emitOpError("partitioning over a grid of more than one rank "
                              "is not built yet: @")
             << name << " has " << printShape(shape);
  }
  for (shard::GridOp op : gridOps)
    if (!named.contains(op.getSymName()))
      op.emitRemark("compiled for one rank: the grid @")
          << op.getSymName() << ", declared as " << printShape(op.getShape())
          << ", was not given a size";
  return success();
}

LogicalResult PartitionPass::eraseAnnotations() {
  SmallVector<shard::ShardingOp> shardings;
  WalkResult walk = getOperation().walk([&](Operation *op) -> WalkResult {
    if (auto annotation = dyn_cast<shard::ShardOp>(op)) {
      annotation.replaceAllUsesWith(annotation.getSrc());
      annotation.erase();
    } else if (auto sharding = dyn_cast<shard::ShardingOp>(op)) {
      shardings.push_back(sharding);
    } else if (isa_and_present<shard::ShardDialect>(op->getDialect()) &&
               !isa<shard::GridOp>(op)) {
      return op->emitOpError("is not built yet: only shard.grid, "
                             "shard.sharding and shard.shard are");
    }
    return WalkResult::advance();
  });
  if (walk.wasInterrupted())
    return failure();
  for (shard::ShardingOp sharding : shardings) {
    if (!sharding->use_empty()) {
      InFlightDiagnostic diag =
          sharding.emitOpError("expected uses by shard.shard only");
      diag.attachNote((*sharding->user_begin())->getLoc()) << "also used here";
      return diag;
    }
    sharding.erase();
  }
  return success();
}
