//===- ScheduleWork.cpp - Blocks that stay for more work -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RoleSlice.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attnc::tile {
#define GEN_PASS_DEF_SCHEDULEWORKPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

namespace {
class WorkScheduler {
public:
  WorkScheduler(KernelOp kernel, GridOp grid, RolesOp roles)
      : kernel(kernel), grid(grid), roles(roles), b(kernel.getContext()) {}
  LogicalResult run();

private:
  bool isBehindGrid(Value value) const;
  void collectTags();
  void cloneScalars(ArrayRef<Value> wanted, IRMapping &mapping);
  void rebuildProducer();
  void rebuildConsumers();
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }

  KernelOp kernel;
  GridOp grid;
  RolesOp roles;
  OpBuilder b;
  Location loc = kernel.getLoc();
  /// Of the kernel's block, behind the grid: scalars that roles share.
  SmallVector<Operation *> scalars;
  /// What travels with the first stage of a work: an index that is never
  /// negative comes first.
  SmallVector<Value> tags;
  Value scheduler, ring;
  /// What the consumers read of the scalars.
  SmallVector<Value> wanted;
};
} // namespace

/// What a tag holds of a scalar.
static constexpr unsigned kTagBits = 32;

/// Whether consumers compute `op` again rather than be told its results.
static bool isCheap(Operation *op) {
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect());
}

/// A scalar of up to 32 bits as an index and back: what tags hold.
static Value toTag(OpBuilder &b, Location loc, Value value) {
  Type type = value.getType();
  if (type.isIndex())
    return value;
  if (isa<FloatType>(type))
    value = arith::BitcastOp::create(
        b, loc, b.getIntegerType(type.getIntOrFloatBitWidth()), value);
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
}

static Value fromTag(OpBuilder &b, Location loc, Value tag, Type type) {
  if (type.isIndex())
    return tag;
  Value bits = arith::IndexCastOp::create(
      b, loc, b.getIntegerType(type.getIntOrFloatBitWidth()), tag);
  return isa<FloatType>(type) ? arith::BitcastOp::create(b, loc, type, bits)
                              : bits;
}

bool WorkScheduler::isBehindGrid(Value value) const {
  Operation *def = value.getDefiningOp();
  return def && def->getBlock() == grid->getBlock() &&
         (def == grid || grid->isBeforeInBlock(def));
}

/// Of the scalars that consumers need, those that are not cheap arithmetic on
/// others.
void WorkScheduler::collectTags() {
  llvm::SetVector<Value> needed;
  roles.getConsumers().walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (isBehindGrid(operand))
        needed.insert(operand);
  });
  wanted.assign(needed.begin(), needed.end());
  SmallVector<Value> roots;
  for (size_t i = 0; i < needed.size(); ++i) {
    Operation *def = needed[i].getDefiningOp();
    if (def == grid || !isCheap(def)) {
      roots.push_back(needed[i]);
      continue;
    }
    for (Value operand : def->getOperands())
      if (isBehindGrid(operand))
        needed.insert(operand);
  }
  // The ids are below their sizes; the others may be anything.
  for (Value id : grid.getIds())
    if (llvm::is_contained(roots, id))
      tags.push_back(id);
  if (tags.empty())
    tags.push_back(grid.getIds().front());
  for (Value root : roots)
    if (root.getDefiningOp() != grid)
      tags.push_back(root);
}

/// Clones what `wanted` need of the scalars, but for what is mapped.
void WorkScheduler::cloneScalars(ArrayRef<Value> wanted, IRMapping &mapping) {
  llvm::DenseSet<Operation *> needed;
  SmallVector<Value> open(wanted);
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (mapping.contains(value) || !isBehindGrid(value))
      continue;
    Operation *def = value.getDefiningOp();
    if (!needed.insert(def).second)
      continue;
    def->walk([&](Operation *inner) { llvm::append_range(open, inner->getOperands()); });
  }
  for (Operation *op : scalars)
    if (needed.contains(op))
      b.clone(*op, mapping);
}

/// Whether `op` is part of the load that `commit` ends.
static bool isFirstLoad(Operation *op, CommitOp commit) {
  Value number = commit.getNumber();
  if (op == commit || op == number.getDefiningOp())
    return true;
  if (auto load = dyn_cast<LoadAsyncOp>(op))
    op = load.getStage().getDefiningOp();
  auto acquire = dyn_cast<AcquireOp>(op);
  return acquire && acquire.getNumber() == number;
}

void WorkScheduler::rebuildProducer() {
  Block *old = &roles.getProducer().front();
  auto *now = new Block;
  b.setInsertionPointToStart(now);
  Type index = b.getIndexType();
  Value first = TakeWorkOp::create(b, loc, index, scheduler, Value());
  SmallVector<Type> idTypes(grid.getIds().size(), index);
  auto exists = [&](OpBuilder &, Location, ValueRange args) {
    auto ids = WorkIdsOp::create(b, loc, b.getI1Type(), idTypes, scheduler,
                                 args[0]);
    scf::ConditionOp::create(b, loc, ids.getExists(), args);
  };
  auto work = [&](OpBuilder &, Location, ValueRange args) {
    auto ids = WorkIdsOp::create(b, loc, b.getI1Type(), idTypes, scheduler,
                                 args[0]);
    IRMapping mapping;
    mapping.map(grid.getIds(), ids.getIds());
    for (Operation *op : scalars)
      b.clone(*op, mapping);
    // The first keys come before the queries, whose stage may be the last to be
    // free: it can hold what the work before writes.
    SmallVector<Operation *> queries;
    auto loadQueries = [&] {
      for (Operation *op : queries) {
        auto commit = dyn_cast<CommitOp>(op);
        if (!commit) {
          b.clone(*op, mapping);
          continue;
        }
        SmallVector<Value> values;
        for (Value tag : tags)
          values.push_back(toTag(b, loc, mapping.lookup(tag)));
        CommitOp::create(b, loc, ring, mapping.lookup(commit.getNumber()),
                         values);
      }
      queries.clear();
    };
    // The next work is taken behind the loops: early enough to know it in time,
    // late enough to leave it to a block that ends before this one.
    Operation *lastLoop = nullptr;
    for (Operation &op : *old)
      if (op.getNumRegions())
        lastLoop = &op;
    Value next;
    auto take = [&] {
      next = TakeWorkOp::create(b, loc, index, scheduler, args[0]);
    };
    for (Operation &op : *old) {
      bool isOfQueries =
          isFirstLoad(&op, cast<CommitOp>(*old->getOps<CommitOp>().begin()));
      if (isOfQueries) {
        queries.push_back(&op);
        continue;
      }
      if (op.getNumRegions())
        loadQueries();
      b.clone(op, mapping);
      if (isa<CommitOp>(op))
        loadQueries();
      if (&op == lastLoop)
        take();
    }
    loadQueries();
    if (!next)
      take();
    scf::YieldOp::create(b, loc, next);
  };
  // The lambdas use this builder: its insertion point follows.
  auto loop = scf::WhileOp::create(b, loc, TypeRange(index), ValueRange(first));
  auto fill = [&](Region &region, function_ref<void(OpBuilder &, Location, ValueRange)> build) {
    OpBuilder::InsertionGuard guard(b);
    Block *block = b.createBlock(&region, {}, index, loc);
    build(b, loc, block->getArguments());
  };
  fill(loop.getBefore(), exists);
  fill(loop.getAfter(), work);
  // Consumers learn that there is no more.
  b.setInsertionPointAfter(loop);
  Value number = NextUseOp::create(b, loc, index, ring);
  AcquireOp::create(b, loc, cast<RingType>(ring.getType()).getStage(), ring,
                    number);
  CommitOp::create(b, loc, ring, number,
                   SmallVector<Value>(tags.size(), constant(-1)));
  FinishWorkOp::create(b, loc, scheduler);
  roles.getProducer().push_back(now);
  old->erase();
}

void WorkScheduler::rebuildConsumers() {
  Block *old = &roles.getConsumers().front();
  Type index = b.getIndexType();
  WaitOp oldWait;
  for (auto wait : old->getOps<WaitOp>())
    if (!oldWait && wait.getRing() == ring)
      oldWait = wait;
  auto *now = new Block;
  now->addArgument(index, loc);
  IRMapping mapping;
  mapping.map(old->getArgument(0), now->getArgument(0));
  b.setInsertionPointToStart(now);
  // The number of the stage, and its tags.
  SmallVector<Type> types(tags.size() + 1, index);
  auto loop = scf::WhileOp::create(b, loc, types, ValueRange());
  Block *before = b.createBlock(&loop.getBefore());
  Value number = NextUseOp::create(b, loc, index, ring);
  SmallVector<Type> results = {cast<RingType>(ring.getType()).getStage()};
  results.append(tags.size(), index);
  auto wait = WaitOp::create(b, loc, results, ring, number);
  Value more = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                     wait.getTags().front(), constant(0));
  SmallVector<Value> passed = {number};
  llvm::append_range(passed, wait.getTags());
  scf::ConditionOp::create(b, loc, more, passed);
  (void)before;

  Block *after = b.createBlock(&loop.getAfter(), {}, types,
                               SmallVector<Location>(types.size(), loc));
  for (auto [tag, arg] : llvm::zip(tags, llvm::drop_begin(after->getArguments())))
    mapping.map(tag, fromTag(b, loc, arg, tag.getType()));
  cloneScalars(wanted, mapping);
  mapping.map(oldWait.getNumber(), after->getArgument(0));
  mapping.map(oldWait.getStage(),
              StageOfOp::create(b, loc, results.front(), ring,
                                after->getArgument(0)));
  for (Operation &op : *old)
    if (&op != oldWait && &op != oldWait.getNumber().getDefiningOp())
      b.clone(op, mapping);
  scf::YieldOp::create(b, loc);
  roles.getConsumers().push_back(now);
  old->erase();
}

LogicalResult WorkScheduler::run() {
  auto commits = roles.getProducer().front().getOps<CommitOp>();
  if (commits.empty())
    return kernel.emitError("expected a tile that is loaded once a block");
  ring = (*commits.begin()).getRing();
  for (Operation *op = grid->getNextNode(); op != roles; op = op->getNextNode())
    scalars.push_back(op);
  if (llvm::none_of(roles.getConsumers().front().getOps<WaitOp>(),
                    [&](WaitOp wait) { return wait.getRing() == ring; }))
    return kernel.emitError("expected consumers that wait for the tile that is "
                            "loaded once a block");
  collectTags();
  for (Value tag : tags)
    if (Type tagType = tag.getType();
        !tagType.isIndex() && tagType.getIntOrFloatBitWidth() > kTagBits)
      return kernel.emitError("expected scalars of up to ")
             << kTagBits << " bits to hand to consumers, got " << tagType;
  auto type = cast<RingType>(ring.getType());
  ring.setType(RingType::get(b.getContext(), type.getStages(), type.getStage(),
                             tags.size()));
  b.setInsertionPoint(grid);
  scheduler = SchedulerOp::create(
      b, loc, SchedulerType::get(b.getContext(), grid.getIds().size()),
      grid.getSizes(), constant(1), /*dynamic=*/false);
  rebuildProducer();
  rebuildConsumers();
  for (Operation *op : llvm::reverse(scalars))
    op->erase();
  grid.erase();
  return success();
}

namespace {
struct ScheduleWork : attnc::tile::impl::ScheduleWorkPassBase<ScheduleWork> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    auto roles = body.getOps<RolesOp>();
    auto grids = body.getOps<GridOp>();
    if (roles.empty() || grids.empty())
      return;
    if (failed(WorkScheduler(getOperation(), *grids.begin(), *roles.begin())
                   .run()))
      signalPassFailure();
  }
};
} // namespace
