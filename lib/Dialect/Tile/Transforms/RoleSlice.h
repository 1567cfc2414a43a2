//===- RoleSlice.h - What one role needs of a kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_TILE_TRANSFORMS_ROLESLICE_H
#define ATTNC_LIB_DIALECT_TILE_TRANSFORMS_ROLESLICE_H

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

namespace attnc::tile {

/// The part of straight code, scf.for and scf.if that some ops, the roots, need:
/// those ops, the loops and branches around them, and what defines their
/// operands. A loop keeps only the values that it has to carry.
class RoleSlice {
public:
  /// Takes the ops of `ops` and those inside them for which `isRoot` holds.
  RoleSlice(llvm::ArrayRef<mlir::Operation *> ops,
            llvm::function_ref<bool(mlir::Operation *)> isRoot);

  /// Clones the slice to the builder's place. `mapping` is extended.
  void clone(mlir::OpBuilder &b, mlir::IRMapping &mapping) const;

private:
  void markOp(mlir::Operation *op);
  void markValue(mlir::Value value);
  void cloneOp(mlir::OpBuilder &b, mlir::Operation *op,
               mlir::IRMapping &mapping) const;
  bool isLive(mlir::Value value) const { return liveValues.contains(value); }

  llvm::SmallVector<mlir::Operation *> ops;
  llvm::DenseSet<mlir::Operation *> liveOps;
  llvm::DenseSet<mlir::Value> liveValues;
};

} // namespace attnc::tile

#endif // ATTNC_LIB_DIALECT_TILE_TRANSFORMS_ROLESLICE_H
