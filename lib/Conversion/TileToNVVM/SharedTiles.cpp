//===- SharedTiles.cpp - Addresses and descriptors of cache tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A swizzled tile of R rows is a row of panels, each R rows of 128 bytes:
// element (r, c) is in panel c / 64, in 16-byte piece (c mod 64 / 8) xor (r mod
// 8) of row r. A window of rows starts at a multiple of 8, so its pieces are
// permuted as in the whole tile.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

Value HopperEmitter::sharedAddress(int64_t offset) {
  return add(shared, i32(offset));
}

Value HopperEmitter::sharedPointer(Value address) {
  auto type = LLVM::LLVMPointerType::get(
      b.getContext(), static_cast<unsigned>(NVVM::NVVMMemorySpace::Shared));
  return LLVM::IntToPtrOp::create(b, loc, type, address);
}

LogicalResult HopperEmitter::emitAlloc(tile::AllocOp op) {
  tile::BufType type = op.getType();
  auto offset = op->getAttrOfType<IntegerAttr>(tile::kOffsetAttr);
  if (!offset || type.getSwizzle() != hopper::kSwizzleBytes)
    return op.emitError("expected a planned cache tile with a swizzle of ")
           << hopper::kSwizzleBytes << " bytes, got " << type;
  ArrayRef<int64_t> shape = type.getShape();
  tiles[op] = {sharedAddress(offset.getInt()), llvm::to_vector(shape),
               type.getElementType(), shape[shape.size() - 2]};
  return success();
}

LogicalResult HopperEmitter::emitSlice(tile::SliceOp op) {
  auto found = tiles.find(op.getSource());
  if (found == tiles.end())
    return op.emitError("expected a window of a cache tile, got ")
           << op.getSource().getType();
  SharedTile tile = found->second;
  ArrayRef<int64_t> shape = op.getType().getShape();
  size_t rank = tile.shape.size();
  if (!matchPattern(op.getOffsets().back(), m_Zero()) ||
      shape.back() != tile.shape.back())
    return op.emitError("expected all columns of a swizzled tile");
  if (shape.size() < 2 || shape[shape.size() - 2] % hopper::kSwizzleRows != 0)
    return op.emitError("expected a multiple of ")
           << hopper::kSwizzleRows << " rows of a swizzled tile, got "
           << op.getType();
  // Rows step by one row of a panel, leading dimensions by whole tiles.
  int64_t step = hopper::kSwizzleBytes;
  Value address = tile.address;
  for (size_t dim = rank - 1; dim-- > 0;) {
    address = add(address, mul(lookup(op.getOffsets()[dim]), i32(step)));
    step = dim == rank - 2 ? tile.panelRows * tile.shape.back() *
                                 tile.element.getIntOrFloatBitWidth() / 8
                           : step * tile.shape[dim];
  }
  tiles[op] = {address, llvm::to_vector(shape), tile.element, tile.panelRows};
  return success();
}

Value HopperEmitter::descriptor(const SharedTile &tile, hopper::Major major) {
  Type i64 = b.getI64Type();
  Value start = arith::ExtUIOp::create(
      b, loc, i64, shiftRight(tile.address, hopper::kDescriptorAddressShift));
  Value fixed = arith::ConstantIntOp::create(
      b, loc, i64, hopper::matrixDescriptor(major, tile.panelRows));
  return arith::OrIOp::create(b, loc, start, fixed);
}
