//===- ThreadTiles.cpp - Cache tiles that threads keep -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cache tile without a swizzle is read and written as a whole, in one layout:
// each thread keeps its own elements there. They are cut into pieces of up to
// 16 bytes; piece p of thread t is piece p · 128 + t of the tile, so that
// neighbours never meet in a bank. Accesses are volatile: a tile that is placed
// in the cache stays there, where LLVM would carry it through loops in
// registers that the plan did not count.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;

FailureOr<HopperEmitter::Slots>
HopperEmitter::slots(Operation *op, const SharedTile &tile, Type value) {
  auto tensor = dyn_cast<RankedTensorType>(value);
  if (!tensor || !llvm::equal(tensor.getShape(), tile.shape) ||
      tensor.getElementType() != tile.element) {
    op->emitError("expected the whole of a cache tile without a swizzle, got ")
        << value;
    return failure();
  }
  std::optional<tile::Layout> layout = tile::getLayout(tensor);
  if (layout != tile::Layout::Accumulator && layout != tile::Layout::Row &&
      layout != tile::Layout::Partial) {
    op->emitError("expected the layout acc, row or partial, got ") << tensor;
    return failure();
  }
  FailureOr<Type> type = convertType(op, tensor);
  if (failed(type))
    return failure();
  auto vector = cast<VectorType>(*type);
  Type element = vector.getElementType();
  if (element.isInteger(1))
    element = b.getI8Type();
  int64_t elementBytes = element.getIntOrFloatBitWidth() / 8;
  int64_t count = vector.getNumElements();
  int64_t bytes =
      std::min<int64_t>(hopper::kSwizzlePieceBytes,
                        1 << llvm::countr_zero(uint64_t(count * elementBytes)));
  int64_t elements = bytes / elementBytes;
  Value mine = mul(bitAnd(thread, hopper::kWarpgroupThreads - 1), i32(bytes));
  return Slots{add(tile.address, mine), VectorType::get(elements, element),
               count / elements, elements, bytes};
}

Value HopperEmitter::slotPointer(const Slots &slots, int64_t number) {
  return sharedPointer(add(
      slots.address, i32(number * hopper::kWarpgroupThreads * slots.bytes)));
}

LogicalResult HopperEmitter::storeThreadTile(Operation *op, Value value,
                                             Type type,
                                             const SharedTile &tile) {
  FailureOr<Slots> slots = this->slots(op, tile, type);
  if (failed(slots))
    return failure();
  auto vector = cast<VectorType>(value.getType());
  if (vector.getElementType().isInteger(1))
    value = arith::ExtUIOp::create(b, loc, vector.clone(b.getI8Type()), value);
  for (int64_t i : llvm::seq(slots->number)) {
    auto elements = llvm::to_vector(
        llvm::seq(i * slots->elements, (i + 1) * slots->elements));
    Value piece = vector::ShuffleOp::create(b, loc, value, value, elements);
    LLVM::StoreOp::create(b, loc, piece, slotPointer(*slots, i),
                          unsigned(slots->bytes), /*isVolatile=*/true);
  }
  return success();
}

LogicalResult HopperEmitter::loadThreadTile(tile::LoadOp op,
                                            const SharedTile &tile) {
  if (!op.getOffsets().empty() || op.getSource().getType().getSwizzle() != 0)
    return op.emitError("expected the whole of a cache tile without a swizzle, "
                        "got a window of ")
           << op.getSource().getType();
  FailureOr<Slots> slots = this->slots(op, tile, op.getType());
  if (failed(slots))
    return failure();
  SmallVector<Value> elements;
  for (int64_t i : llvm::seq(slots->number)) {
    Value piece =
        LLVM::LoadOp::create(b, loc, slots->type, slotPointer(*slots, i),
                             unsigned(slots->bytes), /*isVolatile=*/true);
    llvm::append_range(elements, unpack(piece));
  }
  Value value = pack(elements);
  if (tile.element.isInteger(1))
    value = arith::TruncIOp::create(
        b, loc, cast<VectorType>(value.getType()).clone(b.getI1Type()), value);
  values[op] = value;
  return success();
}

/// As a store of a tile of one value.
LogicalResult HopperEmitter::emitFill(tile::FillOp op) {
  auto found = tiles.find(op.getDestination());
  tile::BufType type = op.getDestination().getType();
  if (found == tiles.end() || type.getSwizzle() != 0)
    return op.emitError("expected a cache tile without a swizzle, got ")
           << type;
  auto layout = tile::LayoutAttr::get(
      b.getContext(), type.getShape().size() == 1 ? tile::Layout::Row
                                                  : tile::Layout::Accumulator);
  auto tensor =
      RankedTensorType::get(type.getShape(), type.getElementType(), layout);
  FailureOr<Type> converted = convertType(op, tensor);
  if (failed(converted))
    return failure();
  Value elements =
      splat(lookup(op.getValue()), toElementsType(tensor, *converted));
  return storeThreadTile(op, fromElements(elements, tensor), tensor,
                         found->second);
}
