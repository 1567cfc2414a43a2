//===- TileRanges.cpp - What integer-range analysis may assume -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"

using namespace mlir;
using namespace attnc::tile;

/// Of an index, from 0 to `last`.
static ConstantIntRanges getRange(uint64_t last) {
  return ConstantIntRanges::fromSigned(APInt(64, 0), APInt(64, last));
}

/// A block's place is below the number of blocks.
void GridOp::inferResultRanges(ArrayRef<ConstantIntRanges> sizes,
                               SetIntRangeFn setRange) {
  for (auto [id, size] : llvm::zip(getIds(), sizes)) {
    int64_t count = size.smax().getSExtValue();
    setRange(id, getRange(count > 0 ? count - 1 : 0));
  }
}

void DimOp::inferResultRangesFromOptional(ArrayRef<IntegerValueRange>,
                                          SetIntLatticeFn setRange) {
  // Buffers of other spaces and slices have static sizes, of which less may
  // exist; no dimension has more elements than memory has bytes.
  constexpr int64_t kMaxSize = int64_t(1) << 48;
  int64_t size = getSource().getType().getShape()[getIndex()];
  setRange(getResult(), IntegerValueRange(getRange(
                            ShapedType::isDynamic(size) ? kMaxSize : size)));
}
