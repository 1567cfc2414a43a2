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
      : kernel(kernel), b(kernel.getContext()) {}

  LogicalResult run();

private:
  LogicalResult makeRing(AllocOp alloc);
  LogicalResult issueStore(CopyOp copy);
  void issueProduct(MmaOp product);
  LogicalResult release(WaitOp wait);
  /// Of the kernel: rings are made there once.
  void setInsertionPointToRings() {
    Block &body = kernel.getBody().front();
    auto grids = body.getOps<GridOp>();
    b.setInsertionPoint(&body, grids.empty() ? body.begin()
                                             : (*grids.begin())->getIterator());
  }

  KernelOp kernel;
  OpBuilder b;
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
  if (int64_t copies = llvm::count_if(
          alloc->getUsers(),
          [&](Operation *user) {
            auto other = dyn_cast<CopyOp>(user);
            return other && other.getDestination() == alloc;
          });
      copies != 1)
    return alloc.emitError("expected one copy that fills the tile, got ")
           << copies;
  Value &ring = rings[{window.getSource(), alloc.getType()}];
  if (!ring) {
    setInsertionPointToRings();
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

/// The tile is written just before. Its last copy may still read it then, and
/// must not when a stage is given back.
LogicalResult AsyncIssuer::issueStore(CopyOp copy) {
  auto window = copy.getDestination().getDefiningOp<SliceOp>();
  if (!window)
    return copy.emitError("expected a copy to a window of global memory");
  bool isOwn = isa_and_nonnull<AllocOp>(copy.getSource().getDefiningOp());
  for (Operation *user : copy.getSource().getUsers())
    if (auto store = dyn_cast<StoreOp>(user); store && isOwn) {
      b.setInsertionPoint(store);
      StoreWaitOp::create(b, copy.getLoc());
    }
  b.setInsertionPoint(copy);
  StoreAsyncOp::create(b, copy.getLoc(), copy.getSource(), window.getSource(),
                       window.getOffsets());
  if (!isOwn)
    StoreWaitOp::create(b, copy.getLoc());
  copy.erase();
  if (window->use_empty())
    window.erase();
  return success();
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

/// Releases the stage behind the last op of its block that reads it, or that
/// uses it once more for what leaves the block.
LogicalResult AsyncIssuer::release(WaitOp wait) {
  Block *block = wait->getBlock();
  llvm::SetVector<Operation *> products;
  Operation *last = nullptr, *lastStore = nullptr;
  auto isLater = [&](Operation *op, Operation *than) {
    return !than || than->isBeforeInBlock(op);
  };
  SmallVector<Value> tiles = {wait.getStage()};
  while (!tiles.empty())
    for (Operation *user : tiles.pop_back_val().getUsers()) {
      Operation *inBlock = block->findAncestorOpInBlock(*user);
      if (auto slice = dyn_cast<SliceOp>(user)) {
        tiles.push_back(slice);
      } else if (isa<MmaAsyncOp>(user)) {
        products.insert(user);
        if (isLater(inBlock, last))
          last = inBlock;
      } else if (isa<StoreAsyncOp>(user) && user == inBlock) {
        if (isLater(user, lastStore))
          lastStore = user;
      } else if (!isa<StoreOp>(user)) {
        return user->emitError("expected only products to read a tile that is "
                               "loaded from global memory");
      }
    }
  if (!last)
    return wait.emitError("expected a product to read a tile that is loaded "
                          "from global memory");
  // A wait of the product itself, or a loop's value that comes from all of its
  // products; a loop without values waits for each inside.
  SmallVector<Value> after;
  if (auto product = dyn_cast<MmaAsyncOp>(last)) {
    last = *product->user_begin();
    after.push_back(last->getResult(0));
  } else {
    auto isBehindAll = [&](Value result) {
      return isa<RankedTensorType>(result.getType()) &&
             llvm::all_of(products, [&](Operation *product) {
               return !last->isAncestor(product) ||
                      productsBehind(result).contains(cast<MmaAsyncOp>(product));
             });
    };
    auto found = llvm::find_if(last->getResults(), isBehindAll);
    if (found != last->result_end())
      after.push_back(*found);
  }
  b.setInsertionPointAfter(lastStore ? lastStore->getNextNode() : last);
  ReleaseOp::create(b, wait.getLoc(), wait.getRing(), wait.getNumber(), after);
  return success();
}

LogicalResult AsyncIssuer::run() {
  SmallVector<AllocOp> allocs;
  kernel.walk([&](AllocOp alloc) { allocs.push_back(alloc); });
  for (AllocOp alloc : allocs)
    if (fillingCopy(alloc) && failed(makeRing(alloc)))
      return failure();
  SmallVector<Operation *> ops;
  kernel.walk([&](Operation *op) {
    if (isa<CopyOp, MmaOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto product = dyn_cast<MmaOp>(op))
      issueProduct(product);
    else if (failed(issueStore(cast<CopyOp>(op))))
      return failure();
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
