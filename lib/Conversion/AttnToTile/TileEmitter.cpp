//===- TileEmitter.cpp - Building tile IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;

static DenseBoolArrayAttr flagsAttr(OpBuilder &builder, ArrayRef<bool> flags) {
  if (flags.empty() || llvm::all_of(flags, [](bool flag) { return flag; }))
    return {};
  return builder.getDenseBoolArrayAttr(flags);
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Value TileEmitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}
Value TileEmitter::add(Value lhs, Value rhs) {
  return builder.createOrFold<arith::AddIOp>(loc, lhs, rhs);
}
Value TileEmitter::sub(Value lhs, Value rhs) {
  return builder.createOrFold<arith::SubIOp>(loc, lhs, rhs);
}
Value TileEmitter::mul(Value lhs, int64_t rhs) {
  return builder.createOrFold<arith::MulIOp>(loc, lhs, index(rhs));
}
Value TileEmitter::ceilDiv(Value lhs, int64_t rhs) {
  return builder.createOrFold<arith::CeilDivUIOp>(loc, lhs, index(rhs));
}
Value TileEmitter::dim(Value buffer, int64_t index) {
  return builder.createOrFold<tile::DimOp>(loc, buffer, index);
}
Value TileEmitter::toI32(Value index) {
  return arith::IndexCastOp::create(builder, loc, builder.getI32Type(), index);
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

Value TileEmitter::alloc(ArrayRef<int64_t> shape, Type element, bool promote) {
  auto type = BufType::get(builder.getContext(), shape, element,
                           tile::Space::Cache);
  auto op = tile::AllocOp::create(builder, loc, type, ValueRange());
  op.setPromote(promote);
  return op;
}

Value TileEmitter::slice(Value buffer, ValueRange offsets,
                         ArrayRef<int64_t> shape, ArrayRef<bool> flags) {
  auto source = cast<BufType>(buffer.getType());
  auto type = BufType::get(builder.getContext(), shape,
                           source.getElementType(), source.getSpace());
  return tile::SliceOp::create(builder, loc, type, buffer, offsets,
                               flagsAttr(builder, flags));
}

void TileEmitter::fill(Value buffer, double value) {
  Type element = cast<BufType>(buffer.getType()).getElementType();
  Value scalar = arith::ConstantOp::create(
      builder, loc, builder.getFloatAttr(element, value));
  tile::FillOp::create(builder, loc, scalar, buffer);
}

//===----------------------------------------------------------------------===//
// Register tiles
//===----------------------------------------------------------------------===//

RankedTensorType TileEmitter::tileType(ArrayRef<int64_t> shape, Type element) {
  return RankedTensorType::get(shape,
                               element ? element : builder.getF32Type());
}

Value TileEmitter::load(Value buffer, ValueRange offsets,
                        ArrayRef<int64_t> shape, ArrayRef<bool> flags) {
  Type element = cast<BufType>(buffer.getType()).getElementType();
  Value tile =
      tile::LoadOp::create(builder, loc, tileType(shape, element), buffer,
                           offsets, flagsAttr(builder, flags));
  if (!isa<FloatType>(element) || element.isF32())
    return tile;
  return arith::ExtFOp::create(builder, loc, tileType(shape), tile);
}

Value TileEmitter::loadElement(Value buffer, ValueRange indices) {
  Type element = cast<BufType>(buffer.getType()).getElementType();
  SmallVector<bool> flags(indices.size(), false);
  return tile::LoadOp::create(builder, loc, element, buffer, indices,
                              builder.getDenseBoolArrayAttr(flags));
}

void TileEmitter::store(Value tile, Value buffer, ValueRange offsets,
                        ArrayRef<bool> flags) {
  Type element = cast<BufType>(buffer.getType()).getElementType();
  auto type = cast<RankedTensorType>(tile.getType());
  if (element != type.getElementType())
    tile = arith::TruncFOp::create(builder, loc,
                                   tileType(type.getShape(), element), tile);
  tile::StoreOp::create(builder, loc, tile, buffer, offsets,
                        flagsAttr(builder, flags));
}

Value TileEmitter::constant(double value, ArrayRef<int64_t> shape) {
  auto type = tileType(shape);
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(type, builder.getF32FloatAttr(value)));
}

Value TileEmitter::reduce(tile::ReduceKind kind, Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  return tile::ReduceOp::create(
      builder, loc, tileType(type.getShape().drop_back(), type.getElementType()),
      kind, tile);
}

Value TileEmitter::broadcast(Value vector, int64_t dim,
                             ArrayRef<int64_t> shape) {
  Type element = cast<RankedTensorType>(vector.getType()).getElementType();
  return tile::BroadcastOp::create(builder, loc, tileType(shape, element),
                                   vector, dim);
}

Value TileEmitter::positions(Value start, int64_t dim,
                             ArrayRef<int64_t> shape) {
  auto type = tileType(shape, builder.getI32Type());
  Value iota = tile::IotaOp::create(builder, loc, type, dim);
  Value base = tile::SplatOp::create(builder, loc, type, toI32(start));
  return arith::AddIOp::create(builder, loc, base, iota);
}

Value TileEmitter::addF(Value lhs, Value rhs) {
  return arith::AddFOp::create(builder, loc, lhs, rhs);
}
Value TileEmitter::subF(Value lhs, Value rhs) {
  return arith::SubFOp::create(builder, loc, lhs, rhs);
}
Value TileEmitter::mulF(Value lhs, Value rhs) {
  return arith::MulFOp::create(builder, loc, lhs, rhs);
}
Value TileEmitter::divF(Value lhs, Value rhs) {
  return arith::DivFOp::create(builder, loc, lhs, rhs);
}
Value TileEmitter::scale(Value tile, double factor) {
  auto shape = cast<RankedTensorType>(tile.getType()).getShape();
  return mulF(tile, constant(factor, shape));
}
Value TileEmitter::exp2(Value tile) {
  return math::Exp2Op::create(builder, loc, tile);
}

Value TileEmitter::activation(attn::Activation kind, Value x) {
  auto shape = cast<RankedTensorType>(x.getType()).getShape();
  // x · sigmoid(u), with sigmoid(u) = 1 / (1 + 2^(−u log2 e)).
  auto timesSigmoid = [&](Value u) {
    Value power = exp2(scale(u, -llvm::numbers::log2e));
    return divF(x, addF(power, constant(1.0, shape)));
  };
  switch (kind) {
  case attn::Activation::None:
    return x;
  case attn::Activation::Relu:
    return arith::MaximumFOp::create(builder, loc, x, constant(0.0, shape));
  case attn::Activation::Silu:
    return timesSigmoid(x);
  case attn::Activation::Gelu: {
    Value erf = math::ErfOp::create(
        builder, loc, scale(x, 0.7071067811865476));
    return mulF(scale(x, 0.5), addF(erf, constant(1.0, shape)));
  }
  case attn::Activation::GeluTanh: {
    // tanh(u) = 2 · sigmoid(2u) − 1, u = √(2/π) (x + 0.044715 x³).
    Value cubic = addF(scale(mulF(x, x), 0.044715), constant(1.0, shape));
    return timesSigmoid(scale(mulF(x, cubic), 2.0 * 0.7978845608028654));
  }
  }
  llvm_unreachable("all activations are handled");
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void TileEmitter::loop(Value from, Value to, int64_t step,
                       llvm::function_ref<void(Value)> body) {
  std::optional<int64_t> lower = getConstantIntValue(from);
  std::optional<int64_t> upper = getConstantIntValue(to);
  if (lower && upper && *upper - *lower <= step) {
    if (*upper > *lower)
      body(from);
    return;
  }
  auto op = scf::ForOp::create(builder, loc, from, to, index(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

void TileEmitter::choose(Value condition, llvm::function_ref<void()> ifTrue,
                         llvm::function_ref<void()> ifFalse) {
  auto op = scf::IfOp::create(builder, loc, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  ifTrue();
  builder.setInsertionPointToStart(op.elseBlock());
  ifFalse();
}

void TileEmitter::strips(int64_t rows, int64_t strip, Value existing,
                         llvm::function_ref<void(Value)> body) {
  if (strip == rows)
    return body(Value());
  loop(index(0), existing, strip, body);
}
