//===- ElementInliner.h - Elements of tensors without the tensor -*- C++
//-*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Walks from a tensor to what computes it and emits that for one element, at
// indices that are values of a region over (b, h, i, j, captures…):
//
//   %m = tensor.generate %lq, %lk { ^bb0(%x, %y):        %0 = arith.cmpi sle,
//   %j, %i
//          %0 = arith.cmpi sle, %y, %x  tensor.yield %0 }
//
// What is in memory is captured and read with tensor.extract.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_ELEMENTINLINER_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_ELEMENTINLINER_H

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace attnc::attn {

class ElementInliner {
public:
  /// Puts a constant into memory, and returns it as a value; null after an
  /// error.
  using StoreConstant =
      llvm::function_ref<mlir::Value(mlir::arith::ConstantOp)>;

  /// Emits into the region of `into`, which gets captures as they are needed.
  /// Diagnostics name `user`, the attention.
  ElementInliner(MaskCustomOp into, mlir::Operation *user,
                 StoreConstant storeConstant);

  /// The element of `tensor`, which broadcasts to [B, H, Sq, Sk], at the
  /// region's (b, h, i, j); null after an error.
  mlir::Value emitAtScore(mlir::Value tensor);

private:
  /// What the ops of a body stand for at one element.
  struct Scope {
    mlir::IRMapping values;
    /// What linalg.index gives.
    llvm::SmallVector<mlir::Value> loops;
  };

  mlir::Value emit(mlir::Value tensor, llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitProducer(mlir::OpResult tensor,
                           llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitConstant(mlir::arith::ConstantOp op,
                           llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitGenerate(mlir::tensor::GenerateOp op,
                           llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitLinalg(mlir::linalg::LinalgOp op, unsigned result,
                         llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitExpand(mlir::tensor::ExpandShapeOp op,
                         llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitCollapse(mlir::tensor::CollapseShapeOp op,
                           llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitSlice(mlir::tensor::ExtractSliceOp op,
                        llvm::ArrayRef<mlir::Value> indices);
  mlir::Value emitElementwise(mlir::Operation *op,
                              llvm::ArrayRef<mlir::Value> indices);
  /// What `value`, of the body of `scope` or outside of it, is.
  mlir::Value emitScalar(mlir::Value value, Scope &scope);
  mlir::Value emitSize(mlir::Value tensor, int64_t dim);
  mlir::Value emitSize(mlir::OpFoldResult size);
  /// Reads a tensor that is in memory.
  mlir::Value emitRead(mlir::Value tensor, llvm::ArrayRef<mlir::Value> indices);
  mlir::Value capture(mlir::Value value);
  /// `op` on these operands, folded.
  mlir::Value cloneFolded(mlir::Operation *op, mlir::ValueRange operands,
                          mlir::Type type);
  mlir::Value constant(int64_t value);
  /// Counts `op`; refuses it where the region has become too large.
  bool isTooMany(mlir::Operation *op);
  mlir::Value refuse(mlir::Operation *op, const llvm::Twine &why);

  MaskCustomOp into;
  mlir::Operation *user;
  StoreConstant storeConstant;
  mlir::OpBuilder builder;
  /// Elements that were emitted: indices, then the value.
  llvm::DenseMap<
      mlir::Value,
      llvm::SmallVector<std::pair<llvm::SmallVector<mlir::Value>, mlir::Value>>>
      emitted;
  unsigned numOps = 0;
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_ELEMENTINLINER_H
