//===- AsyncCopies.cpp - The tensor memory accelerator -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A copy is one instruction where the rows of the argument are whole panels: the
// tensor map has a dimension for them. Else it is one for each panel, and what
// the last has behind the row's end is read as zeros and not written.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

/// The instructions of a copy between `tile` and the window at `offsets`.
FailureOr<SmallVector<HopperEmitter::AsyncCopy>>
HopperEmitter::asyncCopies(Operation *op, Value global, ValueRange offsets,
                           const SharedTile &tile) {
  GlobalAccess place = access(global, offsets, std::nullopt);
  auto type = cast<tile::BufType>(place.argument.getType());
  int64_t rowSize = type.getShape().back();
  int64_t bits = tile.element.getIntOrFloatBitWidth();
  int64_t panelColumns = hopper::kSwizzleBytes * 8 / bits;
  int64_t rows = tile.shape[0], columns = tile.shape[1];
  int64_t panels = hopper::panels(columns, bits);
  if (ShapedType::isDynamic(rowSize)) {
    op->emitError("expected a static number of columns, got ") << type;
    return failure();
  }
  // A product of a depth that is no multiple of 16 reads behind the last column.
  bool isWholeRow = matchPattern(offsets.back(), m_Zero()) &&
                    columns >= rowSize;
  if (columns % panelColumns != 0 && !isWholeRow) {
    op->emitError("expected a multiple of ")
        << panelColumns << " columns or the whole row, got " << columns
        << " of " << rowSize;
    return failure();
  }
  if (rows > hopper::kTensorMapMaxBox) {
    op->emitError("expected at most ")
        << hopper::kTensorMapMaxBox << " rows, got " << rows;
    return failure();
  }
  bool hasPanels = rowSize % panelColumns == 0;
  size_t rank = type.getShape().size() + hasPanels;
  if (rank > hopper::kTensorMapMaxRank) {
    op->emitError("expected at most ")
        << hopper::kTensorMapMaxRank << " dimensions of a tensor map, got "
        << rank;
    return failure();
  }
  // The panels of a window of rows do not follow one another.
  bool isWhole = hasPanels && tile.panelRows == rows;
  SmallVector<int64_t> box = {panelColumns, rows};
  if (hasPanels)
    box.push_back(isWhole ? panels : 1);
  box.resize(rank, 1);
  Value map = tensorMap(place.argument, box);

  // From the inside out: the column, the row, the panel, the leading indices.
  ArrayRef<Value> all = place.coordinates;
  auto coordinates = [&](ArrayRef<Value> columns, bool withPanel) {
    SmallVector<Value> result = {columns[0], all[all.size() - 2]};
    if (withPanel)
      result.push_back(columns[1]);
    for (size_t i = all.size() - 2; i-- > 0;)
      result.push_back(all[i] ? all[i] : i32(0));
    return result;
  };
  SmallVector<AsyncCopy> copies;
  Value firstPanel = shiftRight(all.back(), llvm::Log2_64(panelColumns));
  if (isWhole) {
    copies.push_back({map, tile.address,
                      coordinates({i32(0), firstPanel}, /*withPanel=*/true)});
    return copies;
  }
  for (int64_t panel : llvm::seq(panels)) {
    Value address = add(tile.address,
                        i32(panel * tile.panelRows * hopper::kSwizzleBytes));
    if (hasPanels) {
      Value number = add(firstPanel, i32(panel));
      copies.push_back(
          {map, address, coordinates({i32(0), number}, /*withPanel=*/true)});
      continue;
    }
    Value column = add(all.back(), i32(panel * panelColumns));
    copies.push_back(
        {map, address, coordinates(column, /*withPanel=*/false)});
  }
  return copies;
}

LogicalResult HopperEmitter::emitLoadAsync(tile::LoadAsyncOp op) {
  auto acquire = op.getStage().getDefiningOp<tile::AcquireOp>();
  FailureOr<SharedTile> tile = swizzledTile(op, op.getStage());
  if (failed(tile))
    return failure();
  Use now = use(acquire.getRing().getType(), lookup(acquire.getNumber()));
  FailureOr<SmallVector<AsyncCopy>> copies =
      asyncCopies(op, op.getSource(), op.getOffsets(), *tile);
  if (failed(copies))
    return failure();
  byOneThread([&] {
    Value barrier = sharedPointer(fullBarrier(acquire.getRing(), now.stage));
    for (const AsyncCopy &copy : *copies)
      NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
          b, loc, sharedPointer(copy.address), copy.map, copy.coordinates,
          barrier, /*im2colOffsets=*/ValueRange(), /*multicastMask=*/Value(),
          /*l2CacheHint=*/Value(), NVVM::TMALoadMode::TILE, /*isCTAOnly=*/true,
          /*group=*/NVVM::CTAGroupKindAttr(), /*predicate=*/Value());
  });
  return success();
}

/// Whether this is the thread that issues and waits for a warpgroup's stores.
Value HopperEmitter::isStoringThread() {
  return isEqual(bitAnd(thread, hopper::kWarpgroupThreads - 1), i32(0));
}

LogicalResult HopperEmitter::emitStoreAsync(tile::StoreAsyncOp op) {
  FailureOr<SharedTile> tile = swizzledTile(op, op.getSource());
  if (failed(tile))
    return failure();
  // What the threads wrote must be visible to the accelerator.
  fenceAsyncProxy();
  syncWarpgroup();
  FailureOr<SmallVector<AsyncCopy>> copies =
      asyncCopies(op, op.getDestination(), op.getOffsets(), *tile);
  if (failed(copies))
    return failure();
  ifThen(isStoringThread(), [&] {
    for (const AsyncCopy &copy : *copies)
      NVVM::CpAsyncBulkTensorSharedCTAToGlobalOp::create(
          b, loc, copy.map, sharedPointer(copy.address), copy.coordinates,
          /*l2CacheHint=*/Value(), NVVM::TMAStoreMode::TILE,
          /*predicate=*/Value());
    NVVM::CpAsyncBulkCommitGroupOp::create(b, loc);
  });
  return success();
}

void HopperEmitter::emitStoreWait() {
  ifThen(isStoringThread(), [&] {
    NVVM::CpAsyncBulkWaitGroupOp::create(b, loc, 0, b.getUnitAttr());
  });
  syncWarpgroup();
}
