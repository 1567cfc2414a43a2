//===- AdditiveMasks.h - The mask in a bias with −inf -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_ADDITIVEMASKS_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_ADDITIVEMASKS_H

#include "mlir/IR/Builders.h"

namespace attnc::attn {

/// value = visible ? finite : −inf
struct AdditiveParts {
  /// Of type i1; null where it is always true.
  mlir::Value visible;
  /// Null where it is 0.
  mlir::Value finite;
};

/// Takes constants of −inf out of a float, through selections, sums and
/// conversions. Emits at the builder's place. What is −inf for another reason
/// stays in `finite`.
AdditiveParts splitAdditiveMask(mlir::OpBuilder &builder, mlir::Value value);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_ADDITIVEMASKS_H
