//===- ConstantPatterns.h - Constants that follow from indices -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_CONSTANTPATTERNS_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_CONSTANTPATTERNS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace attnc::attn {

/// Emits the element of `value` at `indices` as a formula, where all elements
/// follow one: integers that are affine in their indices (a counted range), and
/// conditions, or numbers that are 0 or −inf, that hold on a range of one index
/// or on a band of diagonals of two (causal, window). Null where there is none.
mlir::Value emitConstantPattern(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::DenseElementsAttr value,
                                llvm::ArrayRef<mlir::Value> indices);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_CONSTANTPATTERNS_H
