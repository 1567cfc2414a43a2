//===- Pieces.cpp - How a register tile is cut into vectors -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;

SmallVector<Piece> KernelEmitter::cut(int64_t columns) const {
  SmallVector<Piece> pieces;
  for (int64_t column = 0; column < columns;) {
    int64_t width = std::min<int64_t>(
        target.lanes, llvm::bit_floor<uint64_t>(columns - column));
    pieces.push_back({column, width});
    column += width;
  }
  return pieces;
}

int64_t KernelEmitter::countRows(RankedTensorType type) {
  return type.getRank() ? type.getNumElements() / type.getShape().back() : 1;
}

SmallVector<Type> KernelEmitter::pieceTypes(RankedTensorType type) const {
  SmallVector<Type> types;
  for (int64_t row = 0; row < countRows(type); ++row)
    for (Piece piece : cut(type.getRank() ? type.getShape().back() : 1))
      types.push_back(VectorType::get(piece.width, type.getElementType()));
  return types;
}
