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
#include "llvm/ADT/SetVector.h"

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

/// A bounds region takes (q0, q1, query length, key length, b), then tensors.
inline constexpr unsigned kNumBoundsIndices = 5;

/// Of a row of an attn.block_list: what is before the blocks.
enum BlockListColumn : int64_t {
  kBlockListMasked,
  kBlockListCount,
  kBlockListRow,
  kBlockListHeader
};

/// A tile of query rows [q0, q1) of one batch and the lengths it is part of;
/// all `index`.
struct QueryTile {
  mlir::Value q0, q1, queryLength, keyLength;
  /// Added to a query row to get its position among the keys.
  mlir::Value qOffset;
  mlir::Value batch;
  /// Reads one element of an operand of a mask op.
  llvm::function_ref<mlir::Value(mlir::Value operand, mlir::ValueRange indices)>
      read;
};

/// See MaskOpInterface::emitBounds; all `index`.
struct KeyBounds {
  mlir::Value first, firstFull, lastFull, last;
};

/// A tile of query rows by keys [k0, k1), k0 < k1 <= keyLength, of one head.
struct ScoreBlock : QueryTile {
  mlir::Value head, k0, k1;
  /// Static sizes: at least q1 − q0 rows and k1 − k0 keys.
  int64_t numRows, numKeys;
  /// The buffer that an operand of a mask op is loaded from.
  llvm::function_ref<mlir::Value(mlir::Value operand)> buffer;
};

/// What holds for every score of a block; both i1, null where nothing is known.
struct BlockClass {
  mlir::Value empty, full;
};

/// Bounds that say nothing: [0, 0) is full, [0, keyLength) may be visible.
KeyBounds emitLooseBounds(mlir::OpBuilder &builder, mlir::Location loc,
                          const QueryTile &tile);
/// Where the keys of `block` lie beside the bounds of its rows.
BlockClass classFromBounds(mlir::OpBuilder &builder, mlir::Location loc,
                           const ScoreBlock &block, const KeyBounds &bounds);

/// The scores of rows from `firstRow` by keys from `firstKey` as one register
/// tile of `shape`.
struct ScoreTile {
  mlir::Value batch, head, firstRow, firstKey, qOffset;
  llvm::SmallVector<int64_t, 2> shape;
  /// As in ScoreBlock, also of captures.
  llvm::function_ref<mlir::Value(mlir::Value operand)> buffer;
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

/// The tensors that the mask ops of `mask` take, each once, in a fixed order.
/// A null mask has none.
llvm::SetVector<mlir::Value> getMaskOperands(mlir::Value mask);

/// Refuses, by name, a part of the mask of `op` that has no form on tiles, and
/// a score bias. A null mask is fine.
mlir::LogicalResult verifyMaskIsBuilt(mlir::Operation *op, mlir::Value mask);

/// Refuses, by name, what has no form on tiles in a region over ([score,] b, h,
/// i, j, captures…): a custom mask's, or a score region with its one score.
mlir::LogicalResult verifyElementRegion(mlir::Region &region,
                                        mlir::ValueRange captures,
                                        unsigned numScores);
/// Emits such a region for all elements of `tile`; `score`, if not null, is
/// their values, and the result is a tile of what the region yields.
mlir::Value emitElementRegion(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Region &region, mlir::ValueRange captures,
                              const ScoreTile &tile, mlir::Value score);
} // namespace attnc::attn

#endif // ATTNC_DIALECT_ATTN_IR_ATTN_H
