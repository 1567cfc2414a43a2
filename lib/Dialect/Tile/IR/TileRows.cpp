//===- TileRows.cpp - Tiles that have one value a row -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attnc::tile;

bool attnc::tile::isUniformInRows(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isa<SplatOp>(op))
    return true;
  if (auto iota = dyn_cast<IotaOp>(op))
    return iota.getDim() == 0;
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return broadcast.getDim() == 1;
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return isa<SplatElementsAttr>(constant.getValue());
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) &&
         llvm::all_of(op->getOperands(), isUniformInRows);
}
