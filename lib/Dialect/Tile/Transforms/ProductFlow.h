//===- ProductFlow.h - Where values come from -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_TILE_TRANSFORMS_PRODUCTFLOW_H
#define ATTNC_LIB_DIALECT_TILE_TRANSFORMS_PRODUCTFLOW_H

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "llvm/ADT/SetVector.h"

namespace attnc::tile {

/// The values that `value` is one of, or is computed from.
llvm::SmallVector<mlir::Value> sources(mlir::Value value);

/// The products that any of `values` is computed from, through loops.
llvm::SetVector<MmaAsyncOp> productsBehind(mlir::ValueRange values);

} // namespace attnc::tile

#endif // ATTNC_LIB_DIALECT_TILE_TRANSFORMS_PRODUCTFLOW_H
