//===- VerifyAsync.cpp - Checks of scheduled kernels -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductFlow.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attnc::tile {
#define GEN_PASS_DEF_VERIFYASYNCPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {
/// A use of a ring: the stage that a product reads.
struct StageUse {
  Value ring, number;
};
} // namespace

static std::optional<StageUse> stageUse(Value tile) {
  while (auto slice = tile.getDefiningOp<SliceOp>())
    tile = slice.getSource();
  if (auto wait = tile.getDefiningOp<WaitOp>())
    return StageUse{wait.getRing(), wait.getNumber()};
  if (auto stage = tile.getDefiningOp<StageOfOp>())
    return StageUse{stage.getRing(), stage.getNumber()};
  return std::nullopt;
}

static bool reads(MmaAsyncOp product, Value ring, Value number = {}) {
  return llvm::any_of(
      ValueRange{product.getLhs(), product.getRhs()}, [&](Value operand) {
        std::optional<StageUse> use = stageUse(operand);
        return use && use->ring == ring && (!number || use->number == number);
      });
}

//===----------------------------------------------------------------------===//
// The checks
//===----------------------------------------------------------------------===//

/// A product's value is read once, by a wait beside it.
static LogicalResult checkWaited(MmaAsyncOp product) {
  if (product.getResult().hasOneUse()) {
    Operation *user = *product->user_begin();
    if (isa<MmaWaitOp>(user) && user->getBlock() == product->getBlock())
      return success();
  }
  return product.emitOpError(
      "expected to be waited for once, in the block that issues it");
}

namespace {
/// Whether a copy from a tile may be in flight at a point.
enum class CopyState { Unknown, Waited, Flying };
} // namespace

/// The allocation or ring that a cache tile is a part of.
static Operation *memoryOf(Value tile) {
  while (auto slice = tile.getDefiningOp<SliceOp>())
    tile = slice.getSource();
  if (std::optional<StageUse> use = stageUse(tile))
    return use->ring.getDefiningOp();
  return tile.getDefiningOp<AllocOp>();
}

/// What the ops of `block` before `end` say of copies from `memory`.
static CopyState copyStateBefore(Block &block, Operation *end,
                                 Operation *memory) {
  auto first = end ? Block::reverse_iterator(end->getReverseIterator())
                   : block.rbegin();
  if (end)
    ++first;
  for (Operation &op : llvm::make_range(first, block.rend())) {
    if (isa<StoreWaitOp>(op))
      return CopyState::Waited;
    if (auto copy = dyn_cast<StoreAsyncOp>(op))
      if (memoryOf(copy.getSource()) == memory)
        return CopyState::Flying;
    // A region may not run, so that it only adds copies.
    for (Region &region : op.getRegions())
      for (Block &inner : llvm::reverse(region))
        if (copyStateBefore(inner, nullptr, memory) == CopyState::Flying)
          return CopyState::Flying;
  }
  return CopyState::Unknown;
}

/// Whether no copy from `memory` is in flight when `op` runs, in the first and
/// every later turn of the loops around it.
static bool copiesAreDone(Operation *op, Operation *memory) {
  while (true) {
    CopyState state = copyStateBefore(*op->getBlock(), op, memory);
    if (state != CopyState::Unknown)
      return state == CopyState::Waited;
    Operation *parent = op->getParentOp();
    if (!isa<scf::ForOp, scf::WhileOp, scf::IfOp>(parent))
      return true;
    if (isa<scf::ForOp, scf::WhileOp>(parent))
      for (Region &region : llvm::reverse(parent->getRegions())) {
        state = copyStateBefore(region.front(), nullptr, memory);
        if (state == CopyState::Flying)
          return false;
        if (state == CopyState::Waited)
          break;
      }
    op = parent;
  }
}

static LogicalResult checkCopied(Operation *op, Operation *memory) {
  if (!memory || copiesAreDone(op, memory))
    return success();
  auto diag = op->emitOpError("expected a tile.store_wait before it, after the "
                              "copies from the same tile");
  diag.attachNote(memory->getLoc()) << "the tile is here";
  return diag;
}

static LogicalResult checkRelease(ReleaseOp release) {
  llvm::SetVector<MmaAsyncOp> behind = productsBehind(release.getAfter());
  bool any = llvm::any_of(behind, [&](MmaAsyncOp product) {
    return reads(product, release.getRing());
  });
  // What loops and branches issue they wait for.
  for (Operation *op = release->getPrevNode(); op && !any; op = op->getPrevNode())
    if (op->getNumRegions())
      op->walk([&](MmaAsyncOp product) {
        any |= reads(product, release.getRing());
      });
  if (!any)
    return release.emitOpError(
        "expected to be after a product that reads the ring");
  for (auto product : release->getBlock()->getOps<MmaAsyncOp>()) {
    if (!product->isBeforeInBlock(release) || behind.contains(product) ||
        !reads(product, release.getRing(), release.getNumber()))
      continue;
    // Without values the waits before are what counts.
    if (release.getAfter().empty() && product->hasOneUse() &&
        (*product->user_begin())->isBeforeInBlock(release))
      continue;
    auto diag = release.emitOpError(
        "expected to be after every product that reads the stage");
    diag.attachNote(product.getLoc()) << "this one may still read it";
    return diag;
  }
  return success();
}

/// The ops that compute left operands in registers. Conversions of their layout
/// and control flow move nothing.
static DenseSet<Operation *> leftOperandOps(KernelOp kernel) {
  llvm::SetVector<Value> values;
  kernel.walk([&](MmaAsyncOp product) {
    if (isa<RankedTensorType>(product.getLhs().getType()))
      values.insert(product.getLhs());
  });
  DenseSet<Operation *> ops;
  for (size_t i = 0; i < values.size(); ++i) {
    Operation *op = values[i].getDefiningOp();
    if (!op || isa<ConvertLayoutOp, scf::ForOp, scf::WhileOp, scf::IfOp>(op))
      values.insert_range(sources(values[i]));
    else
      ops.insert(op);
  }
  return ops;
}

/// Products of one block, in the order of issue.
static LogicalResult checkOrder(Block &block,
                                const DenseSet<Operation *> &leftOperands) {
  SmallVector<MmaAsyncOp> flying;
  for (Operation &op : block) {
    if (auto product = dyn_cast<MmaAsyncOp>(op)) {
      flying.push_back(product);
      continue;
    }
    if (auto wait = dyn_cast<MmaWaitOp>(op)) {
      auto product = wait.getPending().getDefiningOp<MmaAsyncOp>();
      auto found = llvm::find(flying, product);
      if (found == flying.end())
        continue; // an earlier wait was for this one too
      int64_t newer = flying.end() - found - 1;
      if (wait.getGroups() > static_cast<uint64_t>(newer))
        return wait.emitOpError("expected to allow at most ")
               << newer << " groups in flight, the newer ones, got "
               << wait.getGroups();
      flying.erase(flying.begin(), flying.end() - wait.getGroups());
      continue;
    }
    if (flying.empty())
      continue;
    auto fail = [&](StringRef what) {
      auto diag = op.emitOpError("expected ") << what;
      diag.attachNote(flying.front().getLoc()) << "this product is in flight";
      return failure();
    };
    if (leftOperands.contains(&op))
      return fail(
          "no left operand to be computed while a product is in flight");
    WalkResult inner =
        op.walk([](MmaAsyncOp) { return WalkResult::interrupt(); });
    if (inner.wasInterrupted())
      return fail("no product in a region while another is in flight");
  }
  return success();
}

static LogicalResult checkRoles(RolesOp roles) {
  auto isTensor = llvm::IsaPred<RankedTensorType>;
  auto misplaced = [&](Operation *op, StringRef role) {
    op->emitOpError("expected not to be in the region of the ") << role;
    return WalkResult::interrupt();
  };
  WalkResult producer = roles.getProducer().walk([&](Operation *op) {
    // One thread holds no tile.
    return isa<MmaAsyncOp, ReleaseOp, StoreAsyncOp, StoreWaitOp>(op) ||
                   llvm::any_of(op->getResultTypes(), isTensor)
               ? misplaced(op, "producer")
               : WalkResult::advance();
  });
  WalkResult consumers = roles.getConsumers().walk([&](Operation *op) {
    return isa<AcquireOp, CommitOp, LoadAsyncOp, TakeWorkOp>(op)
               ? misplaced(op, "consumers")
               : WalkResult::advance();
  });
  return success(!producer.wasInterrupted() && !consumers.wasInterrupted());
}

namespace {
struct VerifyAsync : attnc::tile::impl::VerifyAsyncPassBase<VerifyAsync> {
  void runOnOperation() override {
    DenseSet<Operation *> leftOperands = leftOperandOps(getOperation());
    // Roles before what is in them.
    WalkResult result = getOperation().walk<WalkOrder::PreOrder>(
        [&](Operation *op) -> WalkResult {
          if (auto roles = dyn_cast<RolesOp>(op))
            if (failed(checkRoles(roles)))
              return failure();
          if (auto product = dyn_cast<MmaAsyncOp>(op))
            if (failed(checkWaited(product)))
              return failure();
          if (auto release = dyn_cast<ReleaseOp>(op))
            if (failed(checkRelease(release)) ||
                failed(checkCopied(op, release.getRing().getDefiningOp())))
              return failure();
          if (auto store = dyn_cast<StoreOp>(op))
            if (failed(checkCopied(op, memoryOf(store.getDestination()))))
              return failure();
          for (Region &region : op->getRegions())
            for (Block &block : region)
              if (failed(checkOrder(block, leftOperands)))
                return failure();
          return success();
        });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
