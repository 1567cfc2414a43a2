//===- Positions.cpp - Arithmetic with the columns of a tile -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The column of an element is a constant of its register plus an offset of the
// thread. Where columns meet values that are one a row, the offset goes to the
// rows: what is left for each element is one instruction with a constant. It
// goes there as assembly, or LLVM makes the sum of constant and offset again and
// takes it out of the loop, where it holds a register for each.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

/// The columns of an accumulator, as integers or as floats.
static tile::IotaOp columnsOf(Value value) {
  if (auto cast = value.getDefiningOp<arith::SIToFPOp>())
    value = cast.getIn();
  auto iota = value.getDefiningOp<tile::IotaOp>();
  if (!iota || iota.getDim() != 1 ||
      tile::getLayout(iota.getType()) != tile::Layout::Accumulator)
    return {};
  return iota;
}

/// The register's part of `columns`, of an element type of 32 bits.
Value HopperEmitter::registerColumns(tile::IotaOp columns, Type element) {
  SmallVector<int32_t> positions =
      registerPositions(cast<RankedTensorType>(columns.getType()), 1);
  auto type = VectorType::get(static_cast<int64_t>(positions.size()), element);
  if (element.isInteger())
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(type, ArrayRef<int32_t>(positions)));
  SmallVector<float> floats(positions.begin(), positions.end());
  return arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(type, ArrayRef<float>(floats)));
}

/// `vector`, which is one value a row, with `map` of each row's value.
Value HopperEmitter::mapRows(Value vector,
                             function_ref<Value(Value, int64_t)> map) {
  SmallVector<Value> elements = unpack(vector);
  SmallVector<Value> rows(kLaneRows);
  for (auto [i, element] : llvm::enumerate(elements)) {
    Value &row = rows[laneRow(i)];
    if (!row)
      row = map(element, i);
    element = row;
  }
  return pack(elements);
}

Value HopperEmitter::threadColumn(Type element) {
  Value column = threadPosition(tile::Layout::Accumulator, 1);
  return element.isInteger()
             ? column
             : arith::SIToFPOp::create(b, loc, element, column);
}

/// `column + thread < limit` as `column < limit − thread`.
LogicalResult HopperEmitter::emitCompare(arith::CmpIOp op) {
  tile::IotaOp columns = columnsOf(op.getLhs());
  auto predicate = op.getPredicate();
  bool isSigned = arith::CmpIPredicate::eq <= predicate &&
                  predicate <= arith::CmpIPredicate::sge;
  if (!columns || !isSigned || !tile::isUniformInRows(op.getRhs()))
    return emitElementwise(*op);
  Type type = b.getI32Type();
  Value thread = threadColumn(type);
  Value limit = mapRows(lookup(op.getRhs()), [&](Value row, int64_t) {
    // No column is below zero; a limit that is must stay so.
    Value bounded = arith::MaxSIOp::create(b, loc, row, i32(-1));
    return assembly("sub.s32 $0, $1, $2;", "=r,r,r", {bounded, thread}, type)
        .front();
  });
  values[op] = arith::CmpIOp::create(b, loc, predicate,
                                     registerColumns(columns, type), limit);
  return success();
}

/// (column + thread) + row as column + (thread + row).
LogicalResult HopperEmitter::emitAdd(arith::AddFOp op) {
  tile::IotaOp columns = columnsOf(op.getLhs());
  if (!columns || !tile::isUniformInRows(op.getRhs()))
    return emitElementwise(*op);
  Type type = b.getF32Type();
  Value thread = threadColumn(type);
  Value rows = mapRows(lookup(op.getRhs()), [&](Value row, int64_t) {
    return assembly("add.ftz.f32 $0, $1, $2;", "=f,f,f", {row, thread}, type)
        .front();
  });
  values[op] =
      arith::AddFOp::create(b, loc, registerColumns(columns, type), rows);
  return success();
}

/// (column + thread) · factor + row as column · factor + (thread · factor + row).
LogicalResult HopperEmitter::emitFma(math::FmaOp op) {
  tile::IotaOp columns = columnsOf(op.getA());
  if (!columns || !tile::isUniformInRows(op.getB()) ||
      !tile::isUniformInRows(op.getC()))
    return emitElementwise(*op);
  Type type = b.getF32Type();
  Value thread = threadColumn(type), factor = lookup(op.getB());
  SmallVector<Value> factors = unpack(factor);
  Value rows = mapRows(lookup(op.getC()), [&](Value row, int64_t i) {
    return assembly("fma.rn.ftz.f32 $0, $1, $2, $3;", "=f,f,f,f",
                    {thread, factors[i], row}, type)
        .front();
  });
  values[op] = math::FmaOp::create(b, loc, registerColumns(columns, type),
                                   factor, rows);
  return success();
}
