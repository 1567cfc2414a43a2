//===- ShardingRules.h - How each attn op divides among ranks -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_SHARDINGRULES_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_SHARDINGRULES_H

#include "ShardingAnnotations.h"
#include "mlir/IR/Builders.h"

namespace attnc::attn {

/// The Megatron rules: op by op, in order, from the shardings of the operands
/// to those of the results. A rule changes the sharding of a value in three
/// cases only: it sums a partial product, it gathers tokens before a product
/// that needs all of them, and it follows an annotation. What else does not
/// agree is an error that names both sides.
class ShardingRules {
public:
  ShardingRules(mlir::func::FuncOp func, mlir::shard::GridOp grid)
      : func(func), grid(grid), builder(func) {}

  /// Says how an argument is divided, because of `origin`. The dimensions of an
  /// open one that are whole and have no name follow its first use.
  mlir::LogicalResult setArgument(mlir::BlockArgument arg, ShardingAttr want,
                                  mlir::Location origin, bool isOpen = false);
  /// Applies the rule of one op; may replace the op.
  mlir::LogicalResult apply(mlir::Operation *op);
  /// The sharding of a value, from now on; an argument that nothing divides is
  /// whole.
  ShardingAttr get(mlir::Value value);

private:
  struct Known {
    ShardingAttr sharding;
    /// The annotation or the op that decided it.
    mlir::Location origin;
    bool isAnnotated = false, isOpen = false;
  };

  mlir::LogicalResult applyAnnotation(mlir::shard::ShardOp op);
  mlir::LogicalResult applyLinear(LinearOp op);
  mlir::LogicalResult applyEmbedding(EmbeddingOp op);
  mlir::LogicalResult applyNorm(NormOp op);
  mlir::LogicalResult applyEpilogue(EpilogueOp op);
  mlir::LogicalResult applyDropPadding(DropPaddingOp op);
  mlir::LogicalResult applyRope(RopeOp op);
  mlir::LogicalResult applySplitHeads(SplitHeadsOp op);
  mlir::LogicalResult applyMergeHeads(MergeHeadsOp op);
  mlir::LogicalResult applyKvAppend(KvAppendOp op);
  mlir::LogicalResult applyAttention(AttentionOp op);
  mlir::LogicalResult applyMask(mlir::Value mask, DimSplit batch,
                                DimSplit heads);
  mlir::LogicalResult applyArgmax(ArgmaxOp op);
  mlir::LogicalResult applyReturn(mlir::func::ReturnOp op);
  /// How callers see a result that nothing annotates.
  ShardingAttr chooseResult(mlir::Value value);
  /// The rule of ops that compute the same on every rank.
  mlir::LogicalResult applyWhole(mlir::Operation *op);

  /// The sum of a layer whose rows are split: its products without the
  /// epilogue, resharded, then the epilogue.
  mlir::LogicalResult splitLayer(LinearOp op, ShardingAttr product);
  /// What the partial result of `op` becomes: what an annotation says, else
  /// the sharding of the residual, else `product` summed.
  ShardingAttr chooseSum(mlir::Value result, mlir::Value residual,
                         ShardingAttr product);

  void set(mlir::Value value, ShardingAttr sharding);
  bool isOpenTo(mlir::BlockArgument arg, ShardingAttr want);
  /// Divides the operand's value as `want`: an argument that nothing divides
  /// yet, or that is open to it, takes it; another value must have it.
  /// `because` explains `want`.
  mlir::LogicalResult require(mlir::Operation *op, mlir::Value value,
                              llvm::StringRef name, ShardingAttr want,
                              mlir::Value because = {});
  mlir::LogicalResult requireWholeDims(mlir::Operation *op, mlir::Value value,
                                       llvm::StringRef name,
                                       llvm::ArrayRef<int64_t> dims);
  /// `value` divided as `to`, by a new op at the builder's place.
  mlir::FailureOr<mlir::Value> reshard(mlir::Operation *op, mlir::Value value,
                                       ShardingAttr to);
  /// [features] divided as the last dimension of `features`.
  ShardingAttr vectorOf(DimSplit features);
  mlir::LogicalResult requireVector(mlir::Operation *op, mlir::Value vector,
                                    llvm::StringRef name, DimSplit features,
                                    mlir::Value because);
  void noteOrigin(mlir::InFlightDiagnostic &diag, mlir::Value value,
                  llvm::StringRef name);

  mlir::func::FuncOp func;
  mlir::shard::GridOp grid;
  mlir::OpBuilder builder;
  llvm::DenseMap<mlir::Value, Known> known;
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_SHARDINGRULES_H
