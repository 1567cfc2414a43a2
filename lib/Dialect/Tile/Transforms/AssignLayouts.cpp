//===- AssignLayouts.cpp - How threads hold register tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace attnc::tile {
#define GEN_PASS_DEF_ASSIGNLAYOUTSPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

/// The tensor of `type` if it still needs a layout.
static RankedTensorType withoutLayout(Type type) {
  if (auto pending = dyn_cast<PendingType>(type))
    type = pending.getTile();
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && !getLayout(tensor) ? tensor : RankedTensorType();
}

static bool isVector(Value value) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  return tensor && tensor.getRank() == 1;
}

namespace {
class LayoutAssigner {
public:
  explicit LayoutAssigner(KernelOp kernel) : kernel(kernel) {}
  LogicalResult run();

private:
  void separate();
  /// Joins vectors that must have one layout.
  void connect(Operation *op);
  void connectThrough(Value buffer, Value vector);
  void join(ValueRange lhs, ValueRange rhs);
  LogicalResult seed(Value vector, Layout layout, Operation *op);
  LogicalResult seeds(Operation *op);
  void seedStore(StoreOp op);
  LogicalResult assign(Value value);
  Type withLayout(Type type, Layout layout);

  KernelOp kernel;
  llvm::EquivalenceClasses<void *> classes;
  /// A vector of each cache tile.
  DenseMap<Value, Value> kept;
  DenseMap<void *, Layout> layouts;
};
} // namespace

/// Gives each use of a vector that costs nothing its own, so that one may be a
/// row and another a column.
void LayoutAssigner::separate() {
  SmallVector<Operation *> sources;
  kernel.walk([&](Operation *op) {
    bool isFree = isa<arith::ConstantOp, SplatOp, IotaOp>(op);
    auto load = dyn_cast<LoadOp>(op);
    if (load && load.getSource().getType().getSpace() == Space::Global)
      isFree = true;
    if (isFree && withoutLayout(op->getResult(0).getType()) &&
        isVector(op->getResult(0)))
      sources.push_back(op);
  });
  for (Operation *op : sources)
    for (OpOperand &use : llvm::make_early_inc_range(
             llvm::drop_begin(op->getResult(0).getUses(),
                              op->getResult(0).use_empty() ? 0 : 1)))
      use.set(OpBuilder(op).clone(*op)->getResult(0));
}

void LayoutAssigner::join(ValueRange lhs, ValueRange rhs) {
  for (auto [a, b] : llvm::zip_equal(lhs, rhs))
    if (isVector(a) && isVector(b))
      classes.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
}

/// A cache tile is read in the layout in which it is written.
void LayoutAssigner::connectThrough(Value buffer, Value vector) {
  while (auto slice = buffer.getDefiningOp<SliceOp>())
    buffer = slice.getSource();
  if (!buffer.getDefiningOp<AllocOp>() || !isVector(vector))
    return;
  auto [it, isNew] = kept.try_emplace(buffer, vector);
  join(it->second, vector);
}

void LayoutAssigner::connect(Operation *op) {
  if (auto load = dyn_cast<LoadOp>(op))
    return connectThrough(load.getSource(), load.getResult());
  if (auto store = dyn_cast<StoreOp>(op))
    return connectThrough(store.getDestination(), store.getValue());
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    join(loop.getInitArgs(), loop.getRegionIterArgs());
    join(loop.getInitArgs(), loop.getYieldedValues());
    join(loop.getInitArgs(), loop.getResults());
  } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    join(loop.getInits(), loop.getBeforeArguments());
    join(loop.getInits(), loop.getYieldOp().getResults());
    join(loop.getConditionOp().getArgs(), loop.getAfterArguments());
    join(loop.getConditionOp().getArgs(), loop.getResults());
  } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
    if (branch.getNumResults() == 0)
      return;
    join(branch.getResults(), branch.thenYield().getResults());
    join(branch.getResults(), branch.elseYield().getResults());
  } else if (isa<arith::ArithDialect, math::MathDialect>(op->getDialect())) {
    SmallVector<Value> all(op->getOperands());
    llvm::append_range(all, op->getResults());
    llvm::erase_if(all, [](Value v) { return !isVector(v); });
    for (Value value : all)
      join(all.front(), value);
  }
}

LogicalResult LayoutAssigner::seed(Value vector, Layout layout, Operation *op) {
  if (!isVector(vector))
    return success();
  void *key = vector.getAsOpaquePointer();
  classes.insert(key);
  auto [it, isNew] = layouts.try_emplace(classes.getLeaderValue(key), layout);
  if (isNew || it->second == layout)
    return success();
  return op->emitError("expected a vector of layout ")
         << stringifyLayout(it->second) << " from its other uses, got "
         << stringifyLayout(layout);
}

LogicalResult LayoutAssigner::seeds(Operation *op) {
  for (Value result : op->getResults())
    if (isVector(result) && getLayout(result.getType()))
      if (failed(seed(result, *getLayout(result.getType()), op)))
        return failure();
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    if (failed(seed(reduce.getResult(), Layout::Row, op)))
      return failure();
    return seed(reduce.getSource(), Layout::Column, op);
  }
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return seed(broadcast.getSource(),
                broadcast.getDim() == 1 ? Layout::Row : Layout::Column, op);
  return success();
}

/// A vector that nothing else says the layout of.
void LayoutAssigner::seedStore(StoreOp op) {
  auto tensor = dyn_cast<RankedTensorType>(op.getValue().getType());
  if (!isVector(op.getValue()) || getLayout(tensor))
    return;
  void *key = op.getValue().getAsOpaquePointer();
  classes.insert(key);
  layouts.try_emplace(classes.getLeaderValue(key),
                      tensor.getDimSize(0) == kWarpgroupRows ? Layout::Row
                                                             : Layout::Column);
}

Type LayoutAssigner::withLayout(Type type, Layout layout) {
  RankedTensorType tensor = withoutLayout(type);
  auto encoded =
      RankedTensorType::get(tensor.getShape(), tensor.getElementType(),
                            LayoutAttr::get(type.getContext(), layout));
  if (isa<PendingType>(type))
    return PendingType::get(type.getContext(), encoded);
  return encoded;
}

LogicalResult LayoutAssigner::assign(Value value) {
  RankedTensorType tensor = withoutLayout(value.getType());
  if (!tensor)
    return success();
  // No accumulator has so few columns.
  Layout layout = tensor.getRank() == 2 && tensor.getDimSize(1) == kPartials
                      ? Layout::Partial
                      : Layout::Accumulator;
  if (tensor.getRank() == 1) {
    void *key = value.getAsOpaquePointer();
    classes.insert(key);
    auto found = layouts.find(classes.getLeaderValue(key));
    if (found == layouts.end())
      return emitError(value.getLoc())
             << "expected a vector of rows or columns, got " << tensor
             << " that no reduction or broadcast uses";
    layout = found->second;
  } else if (tensor.getRank() != 2) {
    return emitError(value.getLoc())
           << "expected a register tile of rank 1 or 2, got " << tensor;
  }
  value.setType(withLayout(value.getType(), layout));
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    constant.setValueAttr(cast<DenseElementsAttr>(constant.getValue())
                              .reshape(cast<ShapedType>(value.getType())));
  return success();
}

LogicalResult LayoutAssigner::run() {
  separate();
  kernel.walk([&](Operation *op) { connect(op); });
  WalkResult result =
      kernel.walk([&](Operation *op) -> WalkResult { return seeds(op); });
  if (result.wasInterrupted())
    return failure();
  kernel.walk([&](StoreOp op) { seedStore(op); });
  result = kernel.walk([&](Operation *op) -> WalkResult {
    for (Value value : op->getResults())
      if (failed(assign(value)))
        return failure();
    for (Region &region : op->getRegions())
      for (BlockArgument arg : region.getArguments())
        if (failed(assign(arg)))
          return failure();
    return success();
  });
  if (result.wasInterrupted())
    return failure();
  // A left operand is needed in registers of another order.
  kernel.walk([&](MmaAsyncOp product) {
    auto lhs = dyn_cast<RankedTensorType>(product.getLhs().getType());
    if (!lhs || getLayout(lhs) != Layout::Accumulator)
      return;
    auto type = RankedTensorType::get(
        lhs.getShape(), lhs.getElementType(),
        LayoutAttr::get(kernel.getContext(), Layout::AFragment));
    OpBuilder b(product);
    product.getLhsMutable().assign(
        ConvertLayoutOp::create(b, product.getLoc(), type, product.getLhs()));
  });
  return success();
}

namespace {
struct AssignLayouts : attnc::tile::impl::AssignLayoutsPassBase<AssignLayouts> {
  void runOnOperation() override {
    // Vectors of a scalar kernel are a thread's own.
    if (getOperation().getTarget() != hopper::kTargetName ||
        !getWarpgroups(getOperation()))
      return;
    if (failed(LayoutAssigner(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace
