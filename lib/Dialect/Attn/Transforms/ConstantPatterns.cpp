//===- ConstantPatterns.cpp - Constants that follow from indices -*- C++
//-*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantPatterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace mlir;

/// Calls `body` with the index and the number of each element, in row-major
/// order, until it returns false; returns whether it never did.
static bool forEachIndex(ArrayRef<int64_t> shape,
                         function_ref<bool(ArrayRef<int64_t>, int64_t)> body) {
  SmallVector<int64_t> at(shape.size(), 0);
  int64_t count = llvm::product_of(shape);
  for (int64_t number = 0; number < count; ++number) {
    if (!body(at, number))
      return false;
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      if (++at[dim] < shape[dim])
        break;
      at[dim] = 0;
    }
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

/// first + Σ step[d] · index[d], wrapping as the type does.
static Value emitAffine(OpBuilder &builder, Location loc,
                        DenseElementsAttr value, ArrayRef<Value> indices) {
  auto elements = value.getValues<APInt>();
  ArrayRef<int64_t> shape = value.getType().getShape();
  auto get = [&](int64_t number) -> uint64_t {
    return elements[number].getSExtValue();
  };
  uint64_t first = get(0);
  SmallVector<uint64_t> steps(shape.size(), 0);
  int64_t stride = 1;
  for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
    if (shape[dim] > 1)
      steps[dim] = get(stride) - first;
    stride *= shape[dim];
  }
  bool isAffine =
      forEachIndex(shape, [&](ArrayRef<int64_t> at, int64_t number) {
        uint64_t want = first;
        for (auto [step, index] : llvm::zip(steps, at))
          want += step * index;
        return want == get(number);
      });
  if (!isAffine)
    return {};
  Type type = value.getElementType();
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  auto constant = [&](uint64_t number) -> Value {
    APInt wrapped(width, number, /*isSigned=*/false, /*implicitTrunc=*/true);
    return arith::ConstantOp::create(builder, loc,
                                     builder.getIntegerAttr(type, wrapped));
  };
  Value result = first ? constant(first) : Value();
  for (auto [step, index] : llvm::zip(steps, indices)) {
    if (!step)
      continue;
    Value term =
        type.isIndex()
            ? index
            : builder.createOrFold<arith::IndexCastOp>(loc, type, index);
    if (step != 1)
      term = builder.createOrFold<arith::MulIOp>(loc, term, constant(step));
    result =
        result ? builder.createOrFold<arith::AddIOp>(loc, result, term) : term;
  }
  return result ? result : constant(0);
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

/// Whether an element says that a key is seen; none where it says neither.
static std::function<std::optional<bool>(int64_t)>
readConditions(DenseElementsAttr value) {
  if (value.getElementType().isInteger(1))
    return [elements = value.getValues<bool>()](int64_t number) {
      return std::optional<bool>(elements[number]);
    };
  return [elements = value.getValues<APFloat>()](
             int64_t number) -> std::optional<bool> {
    APFloat element = elements[number];
    if (element.isZero())
      return true;
    if (element.isInfinity() && element.isNegative())
      return false;
    return std::nullopt;
  };
}

/// The range of column − row, or of one index, on which the elements hold; of
/// all others none does.
static std::optional<std::pair<int64_t, int64_t>>
findBand(DenseElementsAttr value, std::optional<int64_t> row, int64_t column) {
  auto read = readConditions(value);
  ArrayRef<int64_t> shape = value.getType().getShape();
  auto diagonal = [&](ArrayRef<int64_t> at) {
    return at[column] - (row ? at[*row] : 0);
  };
  int64_t low = std::numeric_limits<int64_t>::max(), high = -low;
  bool isClear = forEachIndex(shape, [&](ArrayRef<int64_t> at, int64_t number) {
    std::optional<bool> holds = read(number);
    if (holds.value_or(false)) {
      low = std::min(low, diagonal(at));
      high = std::max(high, diagonal(at));
    }
    return holds.has_value();
  });
  if (!isClear || !forEachIndex(shape, [&](ArrayRef<int64_t> at, int64_t n) {
        return *read(n) == (low <= diagonal(at) && diagonal(at) <= high);
      }))
    return std::nullopt;
  return std::pair(low, high);
}

static Value emitBand(OpBuilder &builder, Location loc, DenseElementsAttr value,
                      ArrayRef<Value> indices) {
  ArrayRef<int64_t> shape = value.getType().getShape();
  SmallVector<int64_t> dims;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (size != 1)
      dims.push_back(dim);
  if (dims.empty() || dims.size() > 2)
    return {};
  int64_t column = dims.back();
  std::optional<int64_t> row;
  if (dims.size() == 2)
    row = dims[0];
  auto band = findBand(value, row, column);
  if (!band)
    return {};

  Value place = indices[column];
  if (row)
    place = arith::SubIOp::create(builder, loc, place, indices[*row]);
  Value holds;
  auto require = [&](arith::CmpIPredicate predicate, int64_t bound) {
    Value part = arith::CmpIOp::create(
        builder, loc, predicate, place,
        arith::ConstantIndexOp::create(builder, loc, bound));
    holds =
        holds ? Value(arith::AndIOp::create(builder, loc, holds, part)) : part;
  };
  // A side that no index crosses is no bound.
  if (band->first > (row ? 1 - shape[*row] : 0))
    require(arith::CmpIPredicate::sge, band->first);
  if (band->second < shape[column] - 1)
    require(arith::CmpIPredicate::sle, band->second);
  if (!holds)
    holds = arith::ConstantIntOp::create(builder, loc, true, 1);

  auto type = dyn_cast<FloatType>(value.getElementType());
  if (!type)
    return holds;
  auto number = [&](const APFloat &number) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getFloatAttr(type, number));
  };
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  return arith::SelectOp::create(
      builder, loc, holds, number(APFloat::getZero(semantics)),
      number(APFloat::getInf(semantics, /*Negative=*/true)));
}

Value attnc::attn::emitConstantPattern(OpBuilder &builder, Location loc,
                                       DenseElementsAttr value,
                                       ArrayRef<Value> indices) {
  Type type = value.getElementType();
  if (isa<FloatType>(type) || type.isInteger(1))
    return emitBand(builder, loc, value, indices);
  if (type.isIndex() || type.getIntOrFloatBitWidth() <= 64)
    return emitAffine(builder, loc, value, indices);
  return {};
}
