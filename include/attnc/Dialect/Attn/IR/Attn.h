//===- Attn.h - The attn dialect -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_ATTN_IR_ATTN_H
#define ATTNC_DIALECT_ATTN_IR_ATTN_H

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace attnc::attn {

/// One entry of `#attn.place`: a buffer's name and its memory space.
struct Placement {
  llvm::StringRef buffer;
  tile::Space space;
  bool operator==(const Placement &other) const {
    return buffer == other.buffer && space == other.space;
  }
};
llvm::hash_code hash_value(const Placement &placement);

/// How one dimension of a tensor is divided among the ranks of a grid.
struct DimSplit {
  static constexpr int64_t kWhole = -1;
  /// The grid axis, or kWhole.
  int64_t axis = kWhole;
  /// Neighbours along the axis that own the same slice.
  int64_t group = 1;

  bool isWhole() const { return axis == kWhole; }
  bool operator==(const DimSplit &other) const {
    return axis == other.axis && group == other.group;
  }
  bool operator!=(const DimSplit &other) const { return !(*this == other); }
};
llvm::hash_code hash_value(const DimSplit &split);

/// Bounds every position, so that sums of two fit i32.
inline constexpr int64_t kMaxPosition = int64_t(1) << 30;

/// A tile of query rows [q0, q1) and the lengths it is part of; all `index`.
struct MaskTile {
  mlir::Value q0, q1, queryLength, keyLength;
  /// Added to a query row to get its position among the keys.
  mlir::Value qOffset;
};

/// See MaskOpInterface::emitBounds; all `index`.
struct KeyBounds {
  mlir::Value first, firstFull, lastFull, last;
};

} // namespace attnc::attn

#include "attnc/Dialect/Attn/IR/AttnDialect.h.inc"
#include "attnc/Dialect/Attn/IR/AttnEnums.h.inc"
#include "attnc/Dialect/Attn/IR/AttnInterfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "attnc/Dialect/Attn/IR/AttnAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "attnc/Dialect/Attn/IR/AttnTypes.h.inc"
#define GET_OP_CLASSES
#include "attnc/Dialect/Attn/IR/AttnOps.h.inc"

namespace attnc::attn {
/// Names of the interface attributes; their meaning is in AttnDialect.td.
inline constexpr llvm::StringLiteral kNameAttr = "attn.name";
inline constexpr llvm::StringLiteral kDimsAttr = "attn.dims";
inline constexpr llvm::StringLiteral kWeightAttr = "attn.weight";
/// Set by the driver on a weight that --weights binds.
inline constexpr llvm::StringLiteral kBoundAttr = "attn.bound";
inline constexpr llvm::StringLiteral kAliasAttr = "attn.alias";
inline constexpr llvm::StringLiteral kPadAttr = "attn.pad";
inline constexpr llvm::StringLiteral kShardingAttr = "attn.sharding";
inline constexpr llvm::StringLiteral kShardingsAttr = "attn.shardings";
inline constexpr llvm::StringLiteral kSliceAttr = "attn.slice";
inline constexpr llvm::StringLiteral kConstantAttr = "attn.constant";
inline constexpr llvm::StringLiteral kAlgorithmAttr = "attn.algorithm";
inline constexpr llvm::StringLiteral kDimRangesAttr = "attn.dim_ranges";

/// Refuses, by name, a part of the mask of `op` that does not describe itself
/// through MaskOpInterface. A null mask is fine.
mlir::LogicalResult verifyMaskIsBuilt(mlir::Operation *op, mlir::Value mask);
} // namespace attnc::attn

#endif // ATTNC_DIALECT_ATTN_IR_ATTN_H
