//===- ScoreTiles.cpp - Register tiles of scores -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreTiles.h"

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

/// No operand has a size that proves an access to be inside.
static DenseBoolArrayAttr clipAll(OpBuilder &builder, ValueRange offsets) {
  return builder.getDenseBoolArrayAttr(
      SmallVector<bool>(offsets.size(), false));
}

Value attnc::attn::loadElement(OpBuilder &builder, Location loc, Value buffer,
                               ValueRange indices) {
  Type element = cast<tile::BufType>(buffer.getType()).getElementType();
  return tile::LoadOp::create(builder, loc, element, buffer, indices,
                              clipAll(builder, indices));
}

Value attnc::attn::loadWindow(OpBuilder &builder, Location loc, Value buffer,
                              ValueRange offsets, ArrayRef<int64_t> shape) {
  Type element = cast<tile::BufType>(buffer.getType()).getElementType();
  return tile::LoadOp::create(builder, loc,
                              RankedTensorType::get(shape, element), buffer,
                              offsets, clipAll(builder, offsets));
}

Value ScoreTileBuilder::splat(Value scalar) const {
  if (scalar.getType().isIndex())
    scalar = builder.createOrFold<arith::IndexCastOp>(loc, builder.getI32Type(),
                                                      scalar);
  return builder.createOrFold<tile::SplatOp>(loc, type(scalar.getType()),
                                             scalar);
}

Value ScoreTileBuilder::splat(int32_t value) const {
  return arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type(builder.getI32Type()), value));
}

Value ScoreTileBuilder::positions(Value start, int64_t dim) const {
  Value base = splat(start);
  Value iota =
      tile::IotaOp::create(builder, loc, type(builder.getI32Type()), dim);
  if (iota.getType() != base.getType())
    iota = arith::ExtSIOp::create(builder, loc, base.getType(), iota);
  return arith::AddIOp::create(builder, loc, base, iota);
}

Value ScoreTileBuilder::rowsFromTile(int64_t distance) const {
  IndexBuilder index{builder, loc};
  Value start = index.sub(index.add(tile.firstRow, tile.qOffset), tile.firstKey);
  return positions(index.add(start, distance), 0);
}

Value ScoreTileBuilder::keyFromTile(Value key) const {
  IndexBuilder index{builder, loc};
  // A key before the first is as good as the first, and fits i32.
  Value inRange = index.max(index.cast(key), index.constant(0));
  return splat(index.sub(inRange, tile.firstKey));
}

Value ScoreTileBuilder::compareKeys(arith::CmpIPredicate predicate,
                                    Value limit) const {
  Value keys =
      tile::IotaOp::create(builder, loc, type(builder.getI32Type()), 1);
  return arith::CmpIOp::create(builder, loc, predicate, keys, limit);
}

Value ScoreTileBuilder::loadVector(Value operand, ValueRange offsets,
                                   int64_t dim) const {
  Value vector = loadWindow(builder, loc, tile.buffer(operand), offsets,
                            tile.shape[1 - dim]);
  Type element = cast<RankedTensorType>(vector.getType()).getElementType();
  return tile::BroadcastOp::create(builder, loc, type(element), vector, dim);
}
