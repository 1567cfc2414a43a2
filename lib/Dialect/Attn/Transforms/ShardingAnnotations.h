//===- ShardingAnnotations.h - Reading what the user annotated -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_SHARDINGANNOTATIONS_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_SHARDINGANNOTATIONS_H

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace attnc::attn {

/// The module's grid of more than one rank, or null; an error where sizes are
/// not those of attn-set-grids.
mlir::FailureOr<mlir::shard::GridOp> findRanks(mlir::ModuleOp module);

/// Checks that each annotation divides dimensions that its value has by
/// distinct axes that its grid has, in equal slices.
mlir::LogicalResult verifyAnnotationForm(mlir::ModuleOp module);

/// Checks that a grid can divide a value of this type so: an error at `op`.
mlir::LogicalResult verifyFits(mlir::Operation *op, ShardingAttr sharding,
                               mlir::RankedTensorType type,
                               mlir::shard::GridOp grid);

/// The value that annotations are about.
mlir::Value stripAnnotations(mlir::Value value);

/// The sharding that `annotation` asks for. Axes of one rank divide nothing.
ShardingAttr readAnnotation(mlir::shard::ShardOp annotation,
                            mlir::shard::GridOp grid);

/// Where a [B, H, S, D] value comes from, before its heads were split, rotated
/// or appended to a cache: the result of a linear layer, an argument or another
/// value.
mlir::Value findHeadsSource(mlir::Value heads);

/// The caches that a [B, H, S, D] value was appended to, last first.
llvm::SmallVector<mlir::Value> findCaches(mlir::Value heads);

/// How `ranks` ranks divide `numHeads` heads: one slice for each, or one for
/// each group of neighbours where there are fewer KV heads than ranks. None
/// where they do not divide.
std::optional<DimSplit> splitHeads(int64_t numHeads, int64_t axis,
                                   int64_t ranks, bool areKvHeads);

/// Checks that padding which `attn.pad` declares changes no result.
mlir::LogicalResult verifyPadding(mlir::func::FuncOp func);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_SHARDINGANNOTATIONS_H
