//===- Tilings.h - One tiling for each kind of kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_ATTNTOTILE_TILINGS_H
#define ATTNC_LIB_CONVERSION_ATTNTOTILE_TILINGS_H

#include "attnc/Dialect/Attn/IR/Attn.h"

namespace attnc {

/// Checks what the tilings rely on: `op` between whole loads and stores of the
/// arguments of `kernel`, and a plan that fits it.
mlir::LogicalResult verifyKernelForm(mlir::Operation *op,
                                     tile::KernelOp kernel);

/// Each emits the tiled form of `op` at the builder's insertion point: the
/// grid, the loops over tiles and the stores to the kernel's results.
void tileArgmax(attn::ArgmaxOp op, mlir::OpBuilder &builder);
void tileAttention(attn::AttentionOp op, mlir::OpBuilder &builder);
/// For a plan with warpgroups, which become an attribute of `kernel`.
void tileAttentionForTensorCores(attn::AttentionOp op, tile::KernelOp kernel,
                                 mlir::OpBuilder &builder);
void tileBlockClasses(attn::BlockClassesOp op, mlir::OpBuilder &builder);
void tileBlockCounts(attn::BlockCountsOp op, mlir::OpBuilder &builder);
void tileBlockList(attn::BlockListOp op, mlir::OpBuilder &builder);
void tileDropPadding(attn::DropPaddingOp op, mlir::OpBuilder &builder);
void tileEmbedding(attn::EmbeddingOp op, mlir::OpBuilder &builder);
void tileEpilogue(attn::EpilogueOp op, mlir::OpBuilder &builder);
void tileLinear(attn::LinearOp op, mlir::OpBuilder &builder);
void tileNorm(attn::NormOp op, mlir::OpBuilder &builder);
void tilePackWeight(attn::PackWeightOp op, mlir::OpBuilder &builder);
void tileRope(attn::RopeOp op, mlir::OpBuilder &builder);

/// The argument of the kernel that `operand` is loaded from; null for null.
mlir::Value operandBuffer(mlir::Value operand);
/// The argument of the kernel that `result` is stored to.
mlir::Value resultBuffer(mlir::Value result);

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_ATTNTOTILE_TILINGS_H
