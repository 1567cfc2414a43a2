//===- IssueAsync.cpp - Copies and products that run beside code -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductFlow.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attnc::tile {
#define GEN_PASS_DEF_ISSUEASYNCPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {
class AsyncIssuer {
public:
  explicit AsyncIssuer(KernelOp kernel)
      : kernel(kernel), b(kernel.getContext()),
        numWarpgroups(
            kernel->getAttrOfType<IntegerAttr>(kWarpgroupsAttr).getInt()) {}

  LogicalResult run();

private:
  LogicalResult makeRing(AllocOp alloc);
  void makeOwn(AllocOp alloc);
  void issueStore(CopyOp copy);
  void issueProduct(MmaOp product);
  LogicalResult release(WaitOp wait);
  /// Of the kernel: rings and tiles are made there once.
  void setInsertionPointToGrid() {
    b.setInsertionPoint(*kernel.getBody().front().getOps<GridOp>().begin());
  }

  KernelOp kernel;
  OpBuilder b;
  int64_t numWarpgroups;
  SmallVector<WaitOp> waits;
  /// Tiles of one kind that are filled from one buffer take turns.
  DenseMap<std::pair<Value, Type>, Value> rings;
};
} // namespace

/// The copy from global memory that fills `alloc`, null if there is none.
static CopyOp fillingCopy(AllocOp alloc) {
  for (Operation *user : alloc->getUsers())
    if (auto copy = dyn_cast<CopyOp>(user); copy && copy.getDestination() == alloc)
      return copy;
  return {};
}

LogicalResult AsyncIssuer::makeRing(AllocOp alloc) {
  CopyOp copy = fillingCopy(alloc);
  auto window = copy.getSource().getDefiningOp<SliceOp>();
  if (!window || copy.getTransposed())
    return copy.emitError("expected a copy of a window of global memory");
  if (copy->getBlock() != alloc->getBlock())
    return copy.emitError("expected a copy beside the tile that it fills");
  Value &ring = rings[{window.getSource(), alloc.getType()}];
  if (!ring) {
    setInsertionPointToGrid();
    auto type = RingType::get(b.getContext(), /*stages=*/1, alloc.getType(),
                              /*tags=*/0);
    ring = RingOp::create(b, alloc.getLoc(), type);
  }

  b.setInsertionPoint(copy);
  Location loc = copy.getLoc();
  Value number = NextUseOp::create(b, loc, b.getIndexType(), ring);
  Value stage = AcquireOp::create(b, loc, alloc.getType(), ring, number);
  LoadAsyncOp::create(b, loc, window.getSource(), window.getOffsets(), stage);
  CommitOp::create(b, loc, ring, number, ValueRange());
  auto wait = WaitOp::create(b, loc, TypeRange(alloc.getType()), ring, number);
  waits.push_back(wait);
  copy.erase();
  alloc.getResult().replaceAllUsesWith(wait.getStage());
  alloc.erase();
  if (window->use_empty())
    window.erase();
  return success();
}

/// A tile that each warpgroup has of its own: one slab of the block's tile.
void AsyncIssuer::makeOwn(AllocOp alloc) {
  Location loc = alloc.getLoc();
  SmallVector<int64_t> shape = {numWarpgroups};
  llvm::append_range(shape, alloc.getType().getShape());
  setInsertionPointToGrid();
  Value all = AllocOp::create(
      b, loc, alloc.getType().cloneWith(shape, alloc.getType().getElementType()),
      ValueRange());
  b.setInsertionPoint(alloc);
  SmallVector<Value> offsets(shape.size(),
                             arith::ConstantIndexOp::create(b, loc, 0));
  offsets[0] = WarpgroupIdOp::create(b, loc, b.getIndexType());
  Value slab = SliceOp::create(b, loc, alloc.getType(), all, offsets,
                               DenseBoolArrayAttr());
  alloc.getResult().replaceAllUsesWith(slab);
  alloc.erase();
}

/// The tile is written just before; the store of the last work may still read
/// it then.
void AsyncIssuer::issueStore(CopyOp copy) {
  auto window = copy.getDestination().getDefiningOp<SliceOp>();
  for (Operation *user : copy.getSource().getUsers())
    if (auto store = dyn_cast<StoreOp>(user)) {
      b.setInsertionPoint(store);
      StoreWaitOp::create(b, copy.getLoc());
    }
  b.setInsertionPoint(copy);
  StoreAsyncOp::create(b, copy.getLoc(), copy.getSource(), window.getSource(),
                       window.getOffsets());
  copy.erase();
  if (window->use_empty())
    window.erase();
}

void AsyncIssuer::issueProduct(MmaOp product) {
  Location loc = product.getLoc();
  b.setInsertionPoint(product);
  auto acc = cast<ShapedType>(product.getAcc().getType());
  auto tile = RankedTensorType::get(acc.getShape(), acc.getElementType());
  bool inCache = isa<BufType>(acc);
  Value old;
  if (!product.getOverwrite())
    old = inCache ? LoadOp::create(b, loc, tile, product.getAcc(), ValueRange(),
                                   DenseBoolArrayAttr())
                  : product.getAcc();
  Value pending = MmaAsyncOp::create(
      b, loc, PendingType::get(b.getContext(), tile), product.getLhs(),
      product.getRhs(), old, product.getTransposed());
  Value result = MmaWaitOp::create(b, loc, tile, pending, /*groups=*/0);
  if (inCache)
    StoreOp::create(b, loc, result, product.getAcc(), ValueRange(),
                    DenseBoolArrayAttr());
  else
    product.getResult().replaceAllUsesWith(result);
  product.erase();
}

/// Releases the stage behind the last op of its block that reads it.
LogicalResult AsyncIssuer::release(WaitOp wait) {
  Block *block = wait->getBlock();
  llvm::SetVector<Operation *> products;
  SmallVector<Value> tiles = {wait.getStage()};
  while (!tiles.empty())
    for (Operation *user : tiles.pop_back_val().getUsers()) {
      if (auto slice = dyn_cast<SliceOp>(user))
        tiles.push_back(slice);
      else if (isa<MmaAsyncOp>(user))
        products.insert(user);
      else
        return user->emitError("expected only products to read a tile that is "
                               "loaded from global memory");
    }
  Operation *last = nullptr;
  for (Operation *product : products) {
    Operation *inBlock = block->findAncestorOpInBlock(*product);
    if (!last || last->isBeforeInBlock(inBlock))
      last = inBlock;
  }
  if (!last)
    return wait.emitError("expected a product to read a tile that is loaded "
                          "from global memory");
  // A wait of the product itself, or a loop's value that comes from the last.
  Value after;
  if (auto product = dyn_cast<MmaAsyncOp>(last)) {
    last = *product->user_begin();
    after = last->getResult(0);
  } else {
    auto readsStage = [&](Value result) {
      return isa<RankedTensorType>(result.getType()) &&
             llvm::all_of(products, [&](Operation *product) {
               return !last->isAncestor(product) ||
                      productsBehind(result).contains(cast<MmaAsyncOp>(product));
             });
    };
    for (Value result : last->getResults())
      if (!after && readsStage(result))
        after = result;
    if (!after)
      return last->emitError("expected a result that comes from every product "
                             "inside");
  }
  b.setInsertionPointAfter(last);
  ReleaseOp::create(b, wait.getLoc(), wait.getRing(), wait.getNumber(), after);
  return success();
}

LogicalResult AsyncIssuer::run() {
  SmallVector<AllocOp> allocs;
  kernel.walk([&](AllocOp alloc) { allocs.push_back(alloc); });
  for (AllocOp alloc : allocs) {
    if (!fillingCopy(alloc))
      makeOwn(alloc);
    else if (failed(makeRing(alloc)))
      return failure();
  }
  SmallVector<Operation *> ops;
  kernel.walk([&](Operation *op) {
    if (isa<CopyOp, MmaOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto product = dyn_cast<MmaOp>(op))
      issueProduct(product);
    else
      issueStore(cast<CopyOp>(op));
  }
  for (WaitOp wait : waits)
    if (failed(release(wait)))
      return failure();
  return success();
}

namespace {
struct IssueAsync : attnc::tile::impl::IssueAsyncPassBase<IssueAsync> {
  void runOnOperation() override {
    if (!getOperation()->hasAttr(kWarpgroupsAttr))
      return;
    if (failed(AsyncIssuer(getOperation()).run()))
      signalPassFailure();
  }
};
} // namespace
