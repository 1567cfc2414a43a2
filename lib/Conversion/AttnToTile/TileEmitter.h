//===- TileEmitter.h - Building tile IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_ATTNTOTILE_TILEEMITTER_H
#define ATTNC_LIB_CONVERSION_ATTNTOTILE_TILEEMITTER_H

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attnc {

/// Short forms for the IR that the tilings emit. Tiles of floats are computed in f32,
/// whatever the type of the memory: `load` widens and `store` rounds.
class TileEmitter {
public:
  TileEmitter(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  // Indices.
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, int64_t rhs);
  mlir::Value ceilDiv(mlir::Value lhs, int64_t rhs);
  mlir::Value dim(mlir::Value buffer, int64_t index);
  /// `lhs` as i32, for comparisons with element positions.
  mlir::Value toI32(mlir::Value index);

  // Buffers. `flags` say which dimensions are in bounds; none: all.
  /// `promote`: a register tile, where tile-promote-registers runs.
  mlir::Value alloc(llvm::ArrayRef<int64_t> shape, mlir::Type element,
                    bool promote = false);
  mlir::Value slice(mlir::Value buffer, mlir::ValueRange offsets,
                    llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<bool> flags = {});
  void fill(mlir::Value buffer, double value);

  // Register tiles.
  mlir::RankedTensorType tileType(llvm::ArrayRef<int64_t> shape,
                                  mlir::Type element = {});
  /// Without offsets the whole buffer, which then has the shape given.
  mlir::Value load(mlir::Value buffer, mlir::ValueRange offsets,
                   llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<bool> flags = {});
  /// One element as it is, in any place; zero beyond the edge.
  mlir::Value loadElement(mlir::Value buffer, mlir::ValueRange indices);
  void store(mlir::Value tile, mlir::Value buffer, mlir::ValueRange offsets,
             llvm::ArrayRef<bool> flags = {});
  mlir::Value constant(double value, llvm::ArrayRef<int64_t> shape);
  mlir::Value reduce(tile::ReduceKind kind, mlir::Value tile);
  /// One value a row (`dim` 1) or a column (`dim` 0) as a tile of `shape`.
  mlir::Value broadcast(mlir::Value vector, int64_t dim,
                        llvm::ArrayRef<int64_t> shape);
  /// `start` + each element's index in dimension `dim`, as i32.
  mlir::Value positions(mlir::Value start, int64_t dim,
                        llvm::ArrayRef<int64_t> shape);
  mlir::Value addF(mlir::Value lhs, mlir::Value rhs);
  mlir::Value subF(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mulF(mlir::Value lhs, mlir::Value rhs);
  mlir::Value divF(mlir::Value lhs, mlir::Value rhs);
  mlir::Value scale(mlir::Value tile, double factor);
  mlir::Value exp2(mlir::Value tile);
  mlir::Value activation(attn::Activation kind, mlir::Value tile);

  /// Calls `body` with the loop's index. A loop that runs once is no loop.
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
  /// An scf.if with what the two emit.
  void choose(mlir::Value condition, llvm::function_ref<void()> ifTrue,
              llvm::function_ref<void()> ifFalse);
  /// Strips of `strip` rows of a tile of `rows` rows, of which `existing` exist.
  /// `body` gets the offset, or a null value where the strip is the tile.
  void strips(int64_t rows, int64_t strip, mlir::Value existing,
              llvm::function_ref<void(mlir::Value)> body);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_ATTNTOTILE_TILEEMITTER_H
