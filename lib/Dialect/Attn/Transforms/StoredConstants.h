//===- StoredConstants.h - Constants that kernels read -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_STOREDCONSTANTS_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_STOREDCONSTANTS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace attnc::attn {

/// Gives a function its constants as weights with attn.constant, equal ones
/// once.
class StoredConstants {
public:
  explicit StoredConstants(mlir::func::FuncOp func) : func(func) {}

  /// The argument with the value of `op`; integers that a package does not
  /// store are narrowed to i32. Null after an error.
  mlir::Value store(mlir::arith::ConstantOp op);

private:
  mlir::func::FuncOp func;
  llvm::DenseMap<mlir::Attribute, mlir::Value> stored;
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_STOREDCONSTANTS_H
