//===- SetGrids.cpp - Give grids the sizes of this compilation -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

namespace attnc::attn {
#define GEN_PASS_DEF_SETGRIDSPASS
#include "attnc/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace attnc::attn

using namespace mlir;
using namespace attnc;

/// More than any launcher starts; keeps rank arithmetic far from overflow.
static constexpr int64_t kMaxRanks = 1 << 16;

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
struct SetGridsPass : attn::impl::SetGridsPassBase<SetGridsPass> {
  using Base::Base;

  void runOnOperation() override {
    if (failed(readSizes()) || failed(setSizes()))
      return signalPassFailure();
  }

private:
  /// Reads the option into `sizes`.
  LogicalResult readSizes();
  /// Gives each grid the size asked for, else one rank.
  LogicalResult setSizes();

  llvm::StringMap<SmallVector<int64_t>> sizes;
};
} // namespace

LogicalResult SetGridsPass::readSizes() {
  ModuleOp module = getOperation();
  sizes.clear();
  for (const std::string &text : grids) {
    auto parsed = parseGrid(text);
    if (!parsed)
      return module.emitError("expected a grid as NAME=4 or NAME=2x4, got '")
             << text << "'";
    auto &[name, shape] = *parsed;
    if (!module.lookupSymbol<shard::GridOp>(name)) {
      InFlightDiagnostic diag = module.emitError("expected a grid of the "
                                                 "module, got @")
                                << name;
      for (auto op : module.getOps<shard::GridOp>())
        diag.attachNote(op.getLoc()) << "has the grid @" << op.getSymName();
      return diag;
    }
    if (!sizes.try_emplace(name, shape).second)
      return module.emitError("expected one size for the grid @")
             << name << ", got two";
  }
  return success();
}

LogicalResult SetGridsPass::setSizes() {
  shard::GridOp ranks; // the one with more than one
  for (auto grid : getOperation().getOps<shard::GridOp>()) {
    auto size = sizes.find(grid.getSymName());
    if (size == sizes.end()) {
      grid.emitRemark("compiled for one rank: the grid @")
          << grid.getSymName() << ", declared as "
          << printShape(grid.getShape()) << ", was not given a size";
      grid.setShape(SmallVector<int64_t>(grid.getRank(), 1));
      continue;
    }
    ArrayRef<int64_t> shape = size->second;
    if (grid.getRank() != static_cast<int64_t>(shape.size()))
      return grid.emitOpError("expected a size of ")
             << grid.getRank() << " axes for the grid @" << grid.getSymName()
             << ", got " << printShape(shape);
    int64_t count = 1;
    for (int64_t axis : shape)
      if (llvm::MulOverflow(count, axis, count) || count > kMaxRanks)
        return grid.emitOpError("expected at most ")
               << kMaxRanks << " ranks, got " << printShape(shape);
    grid.setShape(shape);
    if (count == 1)
      continue;
    if (ranks) {
      InFlightDiagnostic diag =
          grid.emitOpError("expected one grid of more than one rank, got @")
          << ranks.getSymName() << " and @" << grid.getSymName();
      diag.attachNote(ranks.getLoc())
          << "has " << printShape(ranks.getShape()) << " ranks";
      return diag;
    }
    ranks = grid;
  }
  return success();
}
