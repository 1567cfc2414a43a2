//===- Fragments.cpp - What a thread holds of a tile -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The accumulator of wgmma (PTX ISA, "Register fragments and shared memory
// matrix layouts"). Warp w of a warpgroup has rows 16w … 16w+15 of 64. Of
// these, lane l has rows l/4 and l/4 + 8, and of each 8 columns the two from
// 2·(l mod 4) on. Its registers, for N columns:
//
//   i           0  1 | 2  3 | 4  5 | 6  7 | 8 …
//   row + 8·    0  0 | 1  1 | 0  0 | 1  1 | 0
//   column + 8· 0  0 | 0  0 | 1  1 | 1  1 | 2     and + i mod 2
//
// Packed in pairs these are the registers that wgmma wants of a left operand.
// A `row` vector is two registers, for the two rows; `partial` likewise. 16-bit
// floats of `acc` and `a_frag` are in pairs, as i32.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;
using tile::Layout;

/// The distance of a lane's rows, and of its pairs of columns.
static constexpr int64_t kRowStep = 8, kColumnStep = 8;
/// Lanes that share a row, and the columns that each has side by side.
static constexpr int64_t kQuad = 4, kPair = 2;

FailureOr<Type> HopperEmitter::convertType(Operation *op, Type type) {
  if (type.isIndex())
    return indexType;
  if (auto pending = dyn_cast<tile::PendingType>(type))
    type = pending.getTile();
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor) {
    if (type.isIntOrFloat())
      return type;
    op->emitError("expected a scalar or a register tile, got ") << type;
    return failure();
  }
  if (isScalar) {
    op->emitError("expected numbers, and vectors that are reduced, in a kernel "
                  "without tile.roles and ")
        << tile::kWarpgroupsAttr << ", got " << type;
    return failure();
  }
  std::optional<Layout> layout = tile::getLayout(tensor);
  if (!layout) {
    op->emitError("expected a tile with a layout, got ")
        << type << ": run tile-assign-layouts first";
    return failure();
  }
  std::optional<int64_t> count = tile::elementsPerThread(tensor);
  if (!count) {
    op->emitError("expected the shape of a warpgroup's tile of layout ")
        << stringifyLayout(*layout) << ", got " << type;
    return failure();
  }
  if (isInPairs(tensor))
    return Type(VectorType::get(*count / 2, b.getI32Type()));
  Type element = tensor.getElementType();
  return Type(VectorType::get(*count, element.isIndex() ? indexType : element));
}

bool HopperEmitter::isInPairs(RankedTensorType tile) {
  Layout layout = *tile::getLayout(tile);
  return (layout == Layout::Accumulator || layout == Layout::AFragment) &&
         (tile.getElementType().isBF16() || tile.getElementType().isF16());
}

/// The vector of a thread's elements of `tile`, which is held as `converted`.
Type HopperEmitter::toElementsType(Type tile, Type converted) {
  auto tensor = dyn_cast<RankedTensorType>(tile);
  if (!tensor || !isInPairs(tensor))
    return converted;
  return VectorType::get(cast<VectorType>(converted).getNumElements() * 2,
                         tensor.getElementType());
}

Value HopperEmitter::toElements(Value vector, Type tile) {
  Type type = toElementsType(tile, vector.getType());
  return b.createOrFold<vector::BitCastOp>(loc, type, vector);
}

Value HopperEmitter::fromElements(Value elements, Type tile) {
  auto tensor = dyn_cast<RankedTensorType>(tile);
  if (!tensor || !isInPairs(tensor))
    return elements;
  int64_t count = cast<VectorType>(elements.getType()).getNumElements();
  return b.createOrFold<vector::BitCastOp>(
      loc, VectorType::get(count / 2, b.getI32Type()), elements);
}

SmallVector<Value> HopperEmitter::unpack(Value vector) {
  SmallVector<Value> elements;
  for (int64_t i :
       llvm::seq(cast<VectorType>(vector.getType()).getNumElements()))
    elements.push_back(vector::ExtractOp::create(b, loc, vector, i));
  return elements;
}

Value HopperEmitter::pack(ValueRange elements) {
  auto type = VectorType::get(elements.size(), elements[0].getType());
  return vector::FromElementsOp::create(b, loc, type, elements);
}

Value HopperEmitter::splat(Value scalar, Type type) {
  return vector::BroadcastOp::create(b, loc, type, scalar);
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

SmallVector<int32_t> HopperEmitter::registerPositions(RankedTensorType type,
                                                      unsigned dim) {
  bool isRow = *tile::getLayout(type) == Layout::Row;
  bool isColumn = *tile::getLayout(type) == Layout::Column;
  int64_t count = isRow ? kLaneRows
                  : isColumn
                      ? type.getDimSize(0) / kQuad
                      : type.getNumElements() / hopper::kWarpgroupThreads;
  SmallVector<int32_t> positions;
  for (int64_t i : llvm::seq(count)) {
    if (isRow)
      positions.push_back(i * kRowStep);
    else if (isColumn)
      positions.push_back(i / kPair * kColumnStep + i % kPair);
    else if (dim == 0)
      positions.push_back(laneRow(i) * kRowStep);
    else
      positions.push_back(i / (kPair * kLaneRows) * kColumnStep + i % kPair);
  }
  return positions;
}

Value HopperEmitter::threadPosition(Layout layout, unsigned dim) {
  bool isColumn =
      layout == Layout::Column || (layout == Layout::Accumulator && dim == 1);
  if (isColumn)
    return mul(bitAnd(lane, kQuad - 1), i32(kPair));
  Value warpRow = mul(bitAnd(warp, hopper::kWarpgroupWarps - 1),
                      i32(hopper::kMmaRows / hopper::kWarpgroupWarps));
  return add(warpRow, shiftRight(lane, llvm::Log2_64(kQuad)));
}

LogicalResult HopperEmitter::emitIota(tile::IotaOp op) {
  if (isScalarVector(op.getType()))
    return success();
  FailureOr<Type> type = convertType(op, op.getType());
  if (failed(type))
    return failure();
  auto tensor = cast<RankedTensorType>(op.getType());
  Layout layout = *tile::getLayout(tensor);
  if (layout == Layout::Partial || layout == Layout::AFragment)
    return op.emitError("expected the layout acc, row or column, got ")
           << tensor;
  Value constant = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(
          cast<VectorType>(*type),
          ArrayRef<int32_t>(registerPositions(tensor, op.getDim()))));
  values[op] = arith::AddIOp::create(
      b, loc, constant, splat(threadPosition(layout, op.getDim()), *type));
  return success();
}

//===----------------------------------------------------------------------===//
// Broadcasts
//===----------------------------------------------------------------------===//

LogicalResult HopperEmitter::emitSplat(tile::SplatOp op) {
  if (isScalarVector(op.getType()))
    return success();
  FailureOr<Type> type = convertType(op, op.getType());
  if (failed(type))
    return failure();
  Value elements =
      splat(lookup(op.getSource()), toElementsType(op.getType(), *type));
  values[op] = fromElements(elements, op.getType());
  return success();
}

LogicalResult HopperEmitter::emitBroadcast(tile::BroadcastOp op) {
  FailureOr<Type> type = convertType(op, op.getType());
  std::optional<Layout> from = tile::getLayout(op.getSource().getType());
  std::optional<Layout> to = tile::getLayout(op.getType());
  if (failed(type))
    return failure();
  Value source = lookup(op.getSource());
  if (from == Layout::Row && to == Layout::Partial && op.getDim() == 1) {
    values[op] = source;
    return success();
  }
  int64_t count = *tile::elementsPerThread(op.getType());
  SmallVector<int64_t> mask;
  if (from == Layout::Row && to == Layout::Accumulator && op.getDim() == 1) {
    for (int64_t i : llvm::seq(count))
      mask.push_back(laneRow(i));
  } else if (from == Layout::Column && to == Layout::Accumulator &&
             op.getDim() == 0) {
    for (int64_t i : llvm::seq(count))
      mask.push_back(i / (kPair * kLaneRows) * kPair + i % kPair);
  } else {
    return op.emitError("expected row along 1 to acc or partial, or column "
                        "along 0 to acc, got ")
           << op.getSource().getType() << " along " << op.getDim() << " to "
           << op.getType();
  }
  Value repeated = vector::ShuffleOp::create(b, loc, source, source, mask);
  values[op] = fromElements(repeated, op.getType());
  return success();
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Value HopperEmitter::combine(tile::ReduceKind kind, Value lhs, Value rhs) {
  bool isFloat = isa<FloatType>(lhs.getType());
  switch (kind) {
  case tile::ReduceKind::Add:
    return isFloat ? Value(arith::AddFOp::create(b, loc, lhs, rhs))
                   : Value(arith::AddIOp::create(b, loc, lhs, rhs));
  case tile::ReduceKind::Max:
    return isFloat ? Value(arith::MaximumFOp::create(b, loc, lhs, rhs))
                   : Value(arith::MaxSIOp::create(b, loc, lhs, rhs));
  case tile::ReduceKind::Min:
    return isFloat ? Value(arith::MinimumFOp::create(b, loc, lhs, rhs))
                   : Value(arith::MinSIOp::create(b, loc, lhs, rhs));
  }
  llvm_unreachable("a kind of the enum");
}

/// Over each group of `count` neighbouring lanes, all of which get the result.
Value HopperEmitter::combineLanes(tile::ReduceKind kind, Value value,
                                  int64_t count) {
  // Integers of a whole warp have an instruction of their own.
  if (count == hopper::kWarpThreads && value.getType().isInteger(32)) {
    NVVM::ReduxKind redux = kind == tile::ReduceKind::Add   ? NVVM::ReduxKind::ADD
                            : kind == tile::ReduceKind::Max ? NVVM::ReduxKind::MAX
                                                            : NVVM::ReduxKind::MIN;
    return NVVM::ReduxOp::create(b, loc, value.getType(), value, redux, i32(-1));
  }
  for (int64_t distance = 1; distance < count; distance *= 2) {
    Value other = NVVM::ShflOp::create(
        b, loc, value.getType(), i32(-1), value, i32(distance),
        i32(hopper::kWarpThreads - 1), NVVM::ShflKind::bfly, UnitAttr());
    value = combine(kind, value, other);
  }
  return value;
}

LogicalResult HopperEmitter::emitReduce(tile::ReduceOp op) {
  if (isScalar)
    return emitReductions(op);
  auto source = cast<RankedTensorType>(op.getSource().getType());
  std::optional<Layout> from = tile::getLayout(source);
  std::optional<Layout> to = tile::getLayout(op.getType());
  bool isScalarResult = !isa<RankedTensorType>(op.getType());
  if (failed(convertType(op, source)) || failed(convertType(op, op.getType())))
    return failure();
  if (!((from == Layout::Accumulator &&
         (to == Layout::Row || to == Layout::Partial)) ||
        (from == Layout::Partial && to == Layout::Row) ||
        (from == Layout::Column && isScalarResult)))
    return op.emitError("expected acc to row or partial, partial to row, or "
                        "column to a scalar, got ")
           << source << " to " << op.getType();
  if (!source.getElementType().isF32() &&
      !source.getElementType().isInteger(32))
    return op.emitError("expected a reduction of f32 or i32, got ") << source;
  // In each row: several chains, so that one op need not wait for the last.
  constexpr size_t chains = 4;
  SmallVector<SmallVector<Value>> rows(isScalarResult ? 1 : kLaneRows);
  for (auto [i, value] : llvm::enumerate(unpack(lookup(op.getSource()))))
    rows[from == Layout::Accumulator ? laneRow(i)
         : isScalarResult            ? 0
                                     : i]
        .push_back(value);
  SmallVector<Value> results;
  for (SmallVector<Value> &row : rows) {
    for (size_t i = chains; i < row.size(); ++i)
      row[i % chains] = combine(op.getKind(), row[i % chains], row[i]);
    row.truncate(std::min(row.size(), chains));
    while (row.size() > 1) {
      for (size_t i = 0; i + 1 < row.size(); i += 2)
        row[i / 2] = combine(op.getKind(), row[i], row[i + 1]);
      if (row.size() % 2)
        row[row.size() / 2] = row.back();
      row.truncate(llvm::divideCeil(row.size(), 2));
    }
    results.push_back(row.front());
  }
  // Between the lanes of a row, which among them have all columns.
  if (to != Layout::Partial)
    for (Value &value : results)
      value = combineLanes(op.getKind(), value, kQuad);
  values[op] = isScalarResult ? results.front() : pack(results);
  return success();
}
