//===- TensorSizes.h - What a dynamic size is equal to -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_TENSORSIZES_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_TENSORSIZES_H

#include "attnc/Dialect/Attn/IR/Attn.h"

namespace attnc::attn {

/// A size: a number, or where it comes from.
struct TensorSize {
  /// kDynamic where it is not known.
  int64_t known = mlir::ShapedType::kDynamic;
  /// A dimension of this tensor, which no op here computes the shape of.
  mlir::Value tensor;
  int64_t dim = 0;
  /// The name that `attn.dims` gives it, or null.
  mlir::StringAttr name;
  /// Else an index that is none of these.
  mlir::Value scalar;

  bool isKnown() const { return !mlir::ShapedType::isDynamic(known); }
  /// Whether both are one size in every run.
  bool operator==(const TensorSize &other) const;
};

/// Follows a dimension through the ops that keep it.
TensorSize getTensorSize(mlir::Value tensor, int64_t dim);
/// The same of an index.
TensorSize getTensorSize(mlir::Value index);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_TENSORSIZES_H
