//===- OperandRelations.h - Relations between operands -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_IR_OPERANDRELATIONS_H
#define ATTNC_LIB_DIALECT_ATTN_IR_OPERANDRELATIONS_H

#include "attnc/Dialect/Attn/IR/Attn.h"

namespace attnc::attn {

/// An operand or a result by the name that diagnostics use; the value is null
/// where it is optional and absent.
struct NamedValue {
  llvm::StringRef name;
  mlir::Value value;

  explicit operator bool() const { return static_cast<bool>(value); }
  mlir::RankedTensorType type() const {
    return llvm::cast<mlir::RankedTensorType>(value.getType());
  }
  /// The size of a dimension, counted from the end where it is negative.
  int64_t dim(int64_t index) const {
    return index < 0 ? type().getShape().take_back(-index).front()
                     : type().getDimSize(index);
  }
};

constexpr int64_t kAnySize = mlir::ShapedType::kDynamic;

/// The buffers that `#attn.place` may name.
constexpr llvm::StringRef kAttentionBuffers[] = {"query",  "key",     "value",
                                                 "scores", "weights", "output"};
constexpr llvm::StringRef kLinearBuffers[] = {"input", "weight", "hidden",
                                              "accumulator"};

/// The product of two sizes, or the largest size if that overflows.
int64_t sizeProduct(int64_t lhs, int64_t rhs);

/// Checks that a value, if present, has the shape `expected`, which `meaning`
/// explains. A dynamic size on either side agrees with any size.
mlir::LogicalResult verifyShape(mlir::Operation *op, NamedValue value,
                                llvm::ArrayRef<int64_t> expected,
                                llvm::StringRef meaning);

/// Checks that a value, if present, broadcasts to `scores`, the sizes of
/// [batch, heads, query length, key length].
mlir::LogicalResult verifyBroadcast(mlir::Operation *op, NamedValue value,
                                    llvm::ArrayRef<int64_t> scores);

/// Checks that the last `count` dimensions, if the value is present, are static
/// and not empty.
mlir::LogicalResult verifyStaticDims(mlir::Operation *op, NamedValue value,
                                     unsigned count);

/// Checks that [batch, heads, length, head dim] has static, non-empty heads and
/// head dim.
mlir::LogicalResult verifyHeadSizes(mlir::Operation *op, NamedValue value);

/// Checks that a value, if present, has the element type of `reference`.
mlir::LogicalResult verifySameElementType(mlir::Operation *op, NamedValue value,
                                          NamedValue reference);

/// Checks that `value` is given if and only if `reference` is.
mlir::LogicalResult verifyTogether(mlir::Operation *op, NamedValue value,
                                   NamedValue reference);

/// Checks that an op that overwrites `value` is its last user.
mlir::LogicalResult verifyLastUse(mlir::Operation *op, NamedValue value);

/// Checks that `place` names only these buffers.
mlir::LogicalResult verifyPlace(mlir::Operation *op, PlaceAttr place,
                                llvm::ArrayRef<llvm::StringRef> buffers);

/// Checks a softmax scale, if given.
mlir::LogicalResult verifyScale(mlir::Operation *op,
                                std::optional<llvm::APFloat> scale);

/// Checks the operands of the mask ops that define `mask` (null: nothing)
/// against the attention that uses it, whose sizes of [batch, heads, query
/// length, key length] are `scores`.
mlir::LogicalResult verifyMaskOperands(mlir::Operation *op, mlir::Value mask,
                                       llvm::ArrayRef<int64_t> scores);

/// Checks the types of values passed into a score or mask region.
mlir::LogicalResult verifyCaptures(mlir::Operation *op,
                                   mlir::ValueRange captures);

/// Checks a region's arguments, the types that it yields and that it is pure.
mlir::LogicalResult verifyRegionSignature(mlir::Operation *op,
                                          llvm::StringRef name,
                                          mlir::Region &region,
                                          mlir::TypeRange arguments,
                                          mlir::TypeRange results);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_IR_OPERANDRELATIONS_H
