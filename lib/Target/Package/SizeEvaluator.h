//===- SizeEvaluator.h - Index values as size expressions -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_SIZEEVALUATOR_H
#define ATTNC_LIB_TARGET_PACKAGE_SIZEEVALUATOR_H

#include "SizeExpression.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include "llvm/ADT/StringSet.h"

namespace attnc {

using Sizes = llvm::SmallVector<SizeExpression, 4>;

/// Turns index values of a program, or those that a kernel's grid depends on,
/// into expressions. Each buffer whose `tile.dim` is asked for must be known.
class SizeEvaluator {
public:
  void setSizes(mlir::Value buffer, const Sizes &sizes) {
    buffers[buffer] = sizes;
  }
  /// A name that `tile.size` may use.
  void declareSymbol(llvm::StringRef name) { symbols.insert(name); }
  bool isDeclared(llvm::StringRef name) const { return symbols.contains(name); }

  /// An op without a meaning in a plan is an error that names it.
  mlir::FailureOr<SizeExpression> get(mlir::Value value);

private:
  /// All index operands of `op` are known.
  mlir::FailureOr<SizeExpression> evaluate(mlir::Operation *op);

  llvm::DenseMap<mlir::Value, Sizes> buffers;
  llvm::DenseMap<mlir::Value, SizeExpression> known;
  llvm::StringSet<> symbols;
};

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_SIZEEVALUATOR_H
