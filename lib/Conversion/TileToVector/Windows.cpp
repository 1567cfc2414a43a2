//===- Windows.cpp - Addresses, clipping and masked access -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "attnc_rt/kernel_abi.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

Type attnc::getMemoryType(Type elementType) {
  if (elementType.isInteger(1))
    return IntegerType::get(elementType.getContext(), 8);
  if (elementType.isBF16() || elementType.isF16())
    return IntegerType::get(elementType.getContext(), 16);
  return elementType;
}

Window KernelEmitter::makeArgument(Value memref, tile::BufType type) {
  Window window{memref, {}, type.getElementType(), {}, {}, {}};
  window.shape.assign(type.getShape().begin(), type.getShape().end());
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    window.offsets.push_back(index(0));
    if (ShapedType::isDynamic(size))
      window.extents.push_back(
          memref::DimOp::create(b, loc, memref, index(dim)).getResult());
    else
      window.extents.push_back(b.getIndexAttr(size));
  }
  return window;
}

Window KernelEmitter::makeScratch(tile::BufType type) {
  Type element = getMemoryType(type.getElementType());
  auto memref = MemRefType::get(type.getShape(), element);
  scratchBytes = llvm::alignTo(scratchBytes, ATTNC_KERNEL_SCRATCH_ALIGN);
  Value offset = index(scratchBytes);
  scratchBytes +=
      memref.getNumElements() * (element.getIntOrFloatBitWidth() / 8);
  Value view =
      memref::ViewOp::create(b, loc, memref, scratch, offset, ValueRange());
  Window window{view, {}, type.getElementType(), {}, {}, {}};
  window.shape.assign(type.getShape().begin(), type.getShape().end());
  for (int64_t size : type.getShape()) {
    window.offsets.push_back(index(0));
    window.extents.push_back(b.getIndexAttr(size));
  }
  return window;
}

Value KernelEmitter::extent(const Window &window, unsigned dim) {
  if (auto size = dyn_cast<Attribute>(window.extents[dim]))
    return index(cast<IntegerAttr>(size).getInt());
  return cast<Value>(window.extents[dim]);
}

Window KernelEmitter::slice(const Window &source, ValueRange offsets,
                            std::optional<ArrayRef<bool>> inBounds,
                            ArrayRef<int64_t> shape) {
  unsigned rank = source.getRank(), dropped = rank - shape.size();
  Window window{source.memref,
                source.offsets,
                source.elementType,
                llvm::to_vector(shape),
                {},
                source.exists};
  unsigned leading = source.offsets.size() - rank;
  for (unsigned dim = 0; dim < rank; ++dim) {
    Value &offset = window.offsets[leading + dim];
    Value by = offsets[dim];
    offset = add(offset, by);
    bool whole = source.isWhole(dim) && (!inBounds || (*inBounds)[dim]);
    int64_t size = dim < dropped ? 1 : shape[dim - dropped];
    if (whole) {
      if (dim >= dropped)
        window.extents.push_back(b.getIndexAttr(size));
      continue;
    }
    // An unsigned comparison also refuses offsets below zero.
    Value available = extent(source, dim);
    Value inside = b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::ult,
                                                 by, available);
    if (dim < dropped) {
      window.exists =
          window.exists
              ? b.createOrFold<arith::AndIOp>(loc, window.exists, inside)
              : inside;
      continue;
    }
    Value rest = b.createOrFold<arith::SubIOp>(loc, available, by);
    Value extent = b.createOrFold<arith::SelectOp>(
        loc, inside, minimum(rest, index(size)), index(0));
    window.extents.push_back(extent);
  }
  // Nothing of a window exists if an index of a dropped dimension does not.
  if (window.exists && !shape.empty()) {
    window.extents[0] = b.createOrFold<arith::SelectOp>(
        loc, window.exists, extent(window, 0), index(0));
    window.exists = Value();
  }
  return window;
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

Value KernelEmitter::countMask(Value count, int64_t width) {
  // The lowering compares 32-bit lane numbers, so the count must be small.
  return vector::CreateMaskOp::create(b, loc,
                                      VectorType::get(width, b.getI1Type()),
                                      ValueRange(minimum(count, index(width))));
}

Value KernelEmitter::rowMask(Value exists, int64_t width) {
  return vector::BroadcastOp::create(
      b, loc, VectorType::get(width, b.getI1Type()), exists);
}

Value KernelEmitter::laneMask(const Window &window, ValueRange row,
                              Value column, int64_t width) {
  unsigned last = window.getRank() - 1;
  Value exists;
  for (auto [dim, i] : llvm::enumerate(row)) {
    if (window.isWhole(dim))
      continue;
    Value below = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, i,
                                        extent(window, dim));
    exists = exists ? arith::AndIOp::create(b, loc, exists, below) : below;
  }
  if (window.isWhole(last))
    return exists ? rowMask(exists, width) : Value();
  Value rest = b.createOrFold<arith::SubIOp>(loc, extent(window, last), column);
  if (exists)
    rest = arith::SelectOp::create(b, loc, exists, rest, index(0));
  return countMask(rest, width);
}

//===----------------------------------------------------------------------===//
// Access
//===----------------------------------------------------------------------===//

/// The place of `indices`, which count in the window's trailing dimensions.
static SmallVector<Value> getAddress(OpBuilder &b, Location loc,
                                     const Window &window, ValueRange indices) {
  SmallVector<Value> all(window.offsets);
  for (auto [offset, i] :
       llvm::zip(MutableArrayRef(all).take_back(indices.size()), indices))
    offset = b.createOrFold<arith::AddIOp>(loc, offset, i);
  return all;
}

/// `type` with the elements replaced.
static Type withElement(Type type, Type element) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.clone(element) : element;
}

Value KernelEmitter::fromMemory(Value value, Type element) {
  if (getMemoryType(element) == element)
    return value;
  if (isa<FloatType>(element))
    return arith::BitcastOp::create(
        b, loc, withElement(value.getType(), element), value);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, value,
                               zero(value.getType()));
}

Value KernelEmitter::toMemory(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  Type memory = getMemoryType(element);
  if (memory == element)
    return value;
  Type type = withElement(value.getType(), memory);
  if (isa<FloatType>(element))
    return arith::BitcastOp::create(b, loc, type, value);
  return arith::ExtUIOp::create(b, loc, type, value);
}

Value KernelEmitter::loadVector(const Window &window, ValueRange indices,
                                int64_t width, Value mask) {
  Type element = cast<MemRefType>(window.memref.getType()).getElementType();
  auto type = VectorType::get(width, element);
  SmallVector<Value> at = getAddress(b, loc, window, indices);
  Value value;
  if (mask)
    value = vector::MaskedLoadOp::create(b, loc, type, window.memref, at, mask,
                                         zero(type));
  else
    value = vector::LoadOp::create(b, loc, type, window.memref, at);
  return fromMemory(value, window.elementType);
}

void KernelEmitter::storeVector(Value vector, const Window &window,
                                ValueRange indices, Value mask) {
  SmallVector<Value> at = getAddress(b, loc, window, indices);
  vector = toMemory(vector);
  if (mask)
    vector::MaskedStoreOp::create(b, loc, window.memref, at, mask, vector);
  else
    vector::StoreOp::create(b, loc, vector, window.memref, at);
}

Value KernelEmitter::loadScalar(const Window &window, ValueRange indices) {
  Value value = memref::LoadOp::create(b, loc, window.memref,
                                       getAddress(b, loc, window, indices));
  return fromMemory(value, window.elementType);
}

void KernelEmitter::storeScalar(Value scalar, const Window &window,
                                ValueRange indices) {
  memref::StoreOp::create(b, loc, toMemory(scalar), window.memref,
                          getAddress(b, loc, window, indices));
}
