//===- Copies.cpp - Between global memory, shared memory and registers -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

//===----------------------------------------------------------------------===//
// Copies by the tensor memory accelerator
//===----------------------------------------------------------------------===//

/// Offsets [.., head, row, column] as a tensor map counts: the column in its
/// panel, the row, the panel, then the leading dimensions from the inside out.
SmallVector<Value> HopperEmitter::coordinates(ValueRange offsets,
                                              Type element) {
  SmallVector<Value> all = lookup(offsets);
  int64_t panel = hopper::kSwizzleBytes * 8 / element.getIntOrFloatBitWidth();
  SmallVector<Value> result = {i32(0), all[all.size() - 2],
                               shiftRight(all.back(), llvm::Log2_64(panel))};
  for (size_t i = all.size() - 2; i-- > 0;)
    result.push_back(all[i]);
  return result;
}

void HopperEmitter::emitLoadAsync(tile::LoadAsyncOp op) {
  const SharedTile tile = tiles.lookup(op.getStage());
  auto acquire = op.getStage().getDefiningOp<tile::AcquireOp>();
  Use now = use(acquire.getRing().getType(), lookup(acquire.getNumber()));
  NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
      b, loc, sharedPointer(tile.address),
      tensorMap(op.getSource(), op.getStage().getType()),
      coordinates(op.getOffsets(), tile.element),
      sharedPointer(fullBarrier(acquire.getRing(), now.stage)),
      /*im2colOffsets=*/ValueRange(), /*multicastMask=*/Value(),
      /*l2CacheHint=*/Value(), NVVM::TMALoadMode::TILE, /*isCTAOnly=*/true,
      /*group=*/NVVM::CTAGroupKindAttr(), /*predicate=*/Value());
}

/// Whether this is the thread that issues and waits for a warpgroup's stores.
static constexpr int64_t kStoringThread = 0;

void HopperEmitter::emitStoreAsync(tile::StoreAsyncOp op) {
  const SharedTile tile = tiles.lookup(op.getSource());
  // What the threads wrote must be visible to the accelerator.
  NVVM::FenceProxyOp::create(
      b, loc, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(),
                                 NVVM::SharedSpace::shared_cta));
  sync(add(i32(warpgroupBarriers), warpgroup), hopper::kWarpgroupThreads);
  SmallVector<Value> place = coordinates(op.getOffsets(), tile.element);
  Value map = tensorMap(op.getDestination(), op.getSource().getType());
  ifThen(isEqual(bitAnd(thread, hopper::kWarpgroupThreads - 1),
                 i32(kStoringThread)),
         [&] {
           NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
               b, loc, map, sharedPointer(tile.address), place,
               /*l2CacheHint=*/Value(), NVVM::TMAStoreMode::TILE,
               /*predicate=*/Value());
           NVVM::CpAsyncBulkCommitGroupOp::create(b, loc);
         });
}

void HopperEmitter::emitStoreWait() {
  ifThen(isEqual(bitAnd(thread, hopper::kWarpgroupThreads - 1),
                 i32(kStoringThread)),
         [&] {
           NVVM::CpAsyncBulkWaitGroupOp::create(b, loc, 0, b.getUnitAttr());
         });
  sync(add(i32(warpgroupBarriers), warpgroup), hopper::kWarpgroupThreads);
}

//===----------------------------------------------------------------------===//
// Stores from registers
//===----------------------------------------------------------------------===//

LogicalResult HopperEmitter::emitStore(tile::StoreOp op) {
  std::optional<tile::Layout> layout = tile::getLayout(op.getValue().getType());
  auto found = tiles.find(op.getDestination());
  if (found != tiles.end() && layout == tile::Layout::Accumulator)
    return storeFragment(op, found->second);
  if (found == tiles.end() && layout == tile::Layout::Row)
    return storeRow(op);
  return op.emitError("expected acc to a cache tile or row to global memory, "
                      "got ")
         << op.getValue().getType() << " to " << op.getDestination().getType();
}

/// stmatrix stores four 8×8 matrices of 16-bit elements: here two of 8 rows
/// side by side, and the two below. Lane l gives the address of one row of 16
/// bytes: row l mod 16 of the warp's, in the left or right matrix.
LogicalResult HopperEmitter::storeFragment(tile::StoreOp op,
                                           const SharedTile &tile) {
  constexpr int64_t matrixRows = 8, registers = 4, lanesAcross = 16;
  if (tile.element.getIntOrFloatBitWidth() != 16 || !op.getOffsets().empty())
    return op.emitError("expected the whole of a 16-bit tile, got ")
           << op.getDestination().getType();
  SmallVector<Value> packed = unpack(lookup(op.getValue()));
  int64_t warpRows = hopper::kMmaRows / hopper::kWarpgroupWarps;
  Value row = add(mul(bitAnd(warp, hopper::kWarpgroupWarps - 1), i32(warpRows)),
                  bitAnd(lane, lanesAcross - 1));
  Value rowAddress = add(tile.address, mul(row, i32(hopper::kSwizzleBytes)));
  Value side = shiftRight(lane, llvm::Log2_64(lanesAcross));
  Value permuted = shiftLeft(bitXor(side, bitAnd(lane, matrixRows - 1)),
                             llvm::Log2_64(hopper::kSwizzlePieceBytes));
  int64_t piecesPerPanel = hopper::kSwizzleBytes / hopper::kSwizzlePieceBytes;
  for (int64_t i = 0; i < static_cast<int64_t>(packed.size()); i += registers) {
    // Registers i … i+3 are pieces 2j and 2j + 1 of the row.
    int64_t piece = i / 2;
    int64_t panel =
        piece / piecesPerPanel * tile.panelRows * hopper::kSwizzleBytes;
    Value inPanel = bitXor(
        permuted, i32(piece % piecesPerPanel * hopper::kSwizzlePieceBytes));
    Value address = add(add(rowAddress, i32(panel)), inPanel);
    NVVM::StMatrixOp::create(
        b, loc, sharedPointer(address), ValueRange(packed).slice(i, registers),
        NVVM::MMALayout::row,
        NVVM::LdStMatrixShapeAttr::get(b.getContext(), matrixRows, matrixRows),
        NVVM::LdStMatrixEltType::B16);
  }
  return success();
}

/// One lane of each quad stores its two rows, if they exist.
LogicalResult HopperEmitter::storeRow(tile::StoreOp op) {
  auto type = cast<RankedTensorType>(op.getValue().getType());
  SmallVector<Value> offsets = lookup(op.getOffsets());
  if (offsets.empty())
    return op.emitError("expected an offset for each dimension");
  size_t last = offsets.size() - 1;
  bool clipped = op.getInBounds() && !(*op.getInBounds())[last];
  for (size_t dim = 0; op.getInBounds() && dim < last; ++dim)
    if (!(*op.getInBounds())[dim])
      return op.emitError("expected dimension ") << dim << " to be in bounds";
  Value base = pointer(op.getDestination());
  Type i64 = b.getI64Type();
  auto wide = [&](Value value) -> Value {
    return arith::ExtUIOp::create(b, loc, i64, value);
  };
  Value row = add(offsets[last], threadPosition(tile::Layout::Row, 0));
  Value start;
  for (size_t dim = 0; dim < last; ++dim) {
    Value term = arith::MulIOp::create(b, loc, wide(offsets[dim]),
                                       stride(op.getDestination(), dim));
    start = start ? Value(arith::AddIOp::create(b, loc, start, term)) : term;
  }
  Value storing = isEqual(bitAnd(lane, tile::kPartials - 1), i32(0));
  SmallVector<Value> elements = unpack(lookup(op.getValue()));
  for (auto [value, position] :
       llvm::zip(elements, registerPositions(type, 0))) {
    Value mine = add(row, i32(position));
    Value exists = storing;
    if (clipped)
      exists = arith::AndIOp::create(
          b, loc, storing,
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, mine,
                                size(op.getDestination(), last)));
    ifThen(exists, [&, value = value] {
      Value index = wide(mine);
      if (start)
        index = arith::AddIOp::create(b, loc, start, index);
      Value address = LLVM::GEPOp::create(b, loc, base.getType(),
                                          type.getElementType(), base, index);
      LLVM::StoreOp::create(b, loc, value, address);
    });
  }
  return success();
}
