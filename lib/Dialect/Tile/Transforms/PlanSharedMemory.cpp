//===- PlanSharedMemory.cpp - Places of cache tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "attnc/Target/Hopper.h"
#include "llvm/Support/MathExtras.h"

namespace attnc::tile {
#define GEN_PASS_DEF_PLANSHAREDMEMORYPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc;
using namespace attnc::tile;

static int64_t barrierBytes(RingType type) {
  return type.getStages() *
         (2 * hopper::kMbarrierBytes + hopper::tagBytes(type.getTags()));
}

static int64_t swizzledBytes(BufType type) {
  ArrayRef<int64_t> shape = type.getShape();
  if (shape.size() < 2)
    return type.getNumElements() * type.getElementTypeBitWidth() / 8;
  int64_t bytes = hopper::swizzledBytes(shape[shape.size() - 2], shape.back(),
                                        type.getElementTypeBitWidth());
  for (int64_t size : shape.drop_back(2))
    bytes *= size;
  return bytes;
}

/// What threads keep of register tiles: one, or several that slices choose from.
static int64_t threadBytes(AllocOp alloc) {
  BufType type = alloc.getType();
  ArrayRef<int64_t> tile = type.getShape();
  for (Operation *user : alloc->getUsers())
    if (auto slice = dyn_cast<SliceOp>(user))
      tile = slice.getType().getShape();
  if (tile.empty() || tile.size() > 2)
    return 0;
  int64_t tiles = 1;
  for (int64_t size : type.getShape().drop_back(tile.size()))
    tiles *= size;
  return tiles * hopper::threadTileBytes(tile, type.getElementTypeBitWidth());
}

static int64_t allocBytes(AllocOp alloc) {
  return alloc.getType().getSwizzle() ? swizzledBytes(alloc.getType())
                                      : threadBytes(alloc);
}

/// Register tiles are a warpgroup's own, and so is what they are stored to as a
/// whole. Windows of a tile say whose they are.
static bool isOfWarpgroup(AllocOp alloc) {
  return llvm::any_of(alloc->getUsers(), [](Operation *user) {
    return isa<LoadOp, StoreOp, FillOp, StoreAsyncOp, MmaAsyncOp>(user);
  });
}

static bool isStoredAsync(AllocOp alloc) {
  return llvm::any_of(alloc->getUsers(), llvm::IsaPred<StoreAsyncOp>);
}

namespace {
struct PlanSharedMemory
    : attnc::tile::impl::PlanSharedMemoryPassBase<PlanSharedMemory> {
  void runOnOperation() override;

private:
  struct Place {
    Operation *op;
    int64_t offset, bytes;
  };

  void place(Operation *op, StringRef attr, int64_t bytes, int64_t alignment);
  void planFrames(int64_t warpgroups);
  void planFrame(Block &block, int64_t offset);
  int64_t placeInFrame(AllocOp alloc, int64_t offset);

  int64_t total = 0;
  SmallVector<Place> places;
  /// Of one warpgroup.
  SmallVector<Place> frame;
  int64_t frameBytes = 0;
};
} // namespace

void PlanSharedMemory::place(Operation *op, StringRef attr, int64_t bytes,
                             int64_t alignment) {
  total = llvm::alignTo(total, alignment);
  op->setAttr(attr, Builder(op).getI64IntegerAttr(total));
  places.push_back({op, total, bytes});
  total += bytes;
}

int64_t PlanSharedMemory::placeInFrame(AllocOp alloc, int64_t offset) {
  offset = llvm::alignTo(offset, alloc.getType().getSwizzle()
                                     ? hopper::kTileAlignment
                                     : hopper::kSwizzlePieceBytes);
  int64_t bytes = allocBytes(alloc);
  frame.push_back({alloc, offset, bytes});
  frameBytes = std::max(frameBytes, offset + bytes);
  return offset + bytes;
}

/// A tile lives to the end of its block: what follows the block has its bytes.
void PlanSharedMemory::planFrame(Block &block, int64_t offset) {
  for (Operation &op : block) {
    if (auto alloc = dyn_cast<AllocOp>(op);
        alloc && isOfWarpgroup(alloc) && !isStoredAsync(alloc))
      offset = placeInFrame(alloc, offset);
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        planFrame(inner, offset);
  }
}

/// Each warpgroup has a frame: none gets in the way of another that is behind.
void PlanSharedMemory::planFrames(int64_t warpgroups) {
  KernelOp kernel = getOperation();
  int64_t offset = 0;
  // Nothing waits for the last copy from these.
  kernel.walk([&](AllocOp alloc) {
    if (isStoredAsync(alloc))
      offset = placeInFrame(alloc, offset);
  });
  planFrame(kernel.getBody().front(), offset);
  if (frame.empty())
    return;
  frameBytes = llvm::alignTo(frameBytes, hopper::kTileAlignment);
  total = llvm::alignTo(total, hopper::kTileAlignment);
  Builder b(&getContext());
  for (const Place &tile : frame) {
    tile.op->setAttr(kOffsetAttr, b.getI64IntegerAttr(total + tile.offset));
    tile.op->setAttr(kWarpgroupBytesAttr, b.getI64IntegerAttr(frameBytes));
    bool isShared = llvm::any_of(frame, [&](const Place &other) {
      return other.op != tile.op && other.offset < tile.offset + tile.bytes &&
             tile.offset < other.offset + other.bytes;
    });
    if (isShared)
      tile.op->setAttr(kSharesBytesAttr, b.getUnitAttr());
  }
  places.push_back({kernel, total, warpgroups * frameBytes});
  total += warpgroups * frameBytes;
}

void PlanSharedMemory::runOnOperation() {
  KernelOp kernel = getOperation();
  if (kernel.getTarget() != hopper::kTargetName)
    return;
  total = 0, frameBytes = 0;
  places.clear(), frame.clear();
  // Rings first come, then what is allocated in the roles.
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto ring = dyn_cast<RingOp>(op))
      place(ring, kOffsetAttr,
            ring.getType().getStages() *
                swizzledBytes(ring.getType().getStage()),
            hopper::kTileAlignment);
    else if (auto alloc = dyn_cast<AllocOp>(op); alloc && !isOfWarpgroup(alloc))
      place(alloc, kOffsetAttr, allocBytes(alloc), hopper::kTileAlignment);
  });
  // A scalar kernel has no register tiles.
  if (std::optional<int64_t> warpgroups = getWarpgroups(kernel))
    planFrames(*warpgroups);
  for (auto ring : kernel.getBody().front().getOps<RingOp>())
    place(ring, kBarriersAttr, barrierBytes(ring.getType()),
          hopper::kSwizzlePieceBytes);
  kernel->setAttr(kSharedBytesAttr, Builder(kernel).getI64IntegerAttr(total));
  if (total <= hopper::kSharedBytes)
    return;
  auto diag = kernel.emitError("expected at most ")
              << hopper::kSharedBytes << " bytes of shared memory, got "
              << total;
  for (const Place &place : places)
    diag.attachNote(place.op->getLoc()) << place.bytes << " bytes of these";
  signalPassFailure();
}
