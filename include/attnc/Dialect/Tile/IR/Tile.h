//===- Tile.h - The tile dialect -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_TILE_IR_TILE_H
#define ATTNC_DIALECT_TILE_IR_TILE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypeInterfaces.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "attnc/Dialect/Tile/IR/TileDialect.h.inc"
#include "attnc/Dialect/Tile/IR/TileEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "attnc/Dialect/Tile/IR/TileAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "attnc/Dialect/Tile/IR/TileTypes.h.inc"
#define GET_OP_CLASSES
#include "attnc/Dialect/Tile/IR/TileOps.h.inc"

namespace attnc::tile {
/// Names of the argument attributes of programs and kernels.
inline constexpr llvm::StringLiteral kRoleAttr = "tile.role";
inline constexpr llvm::StringLiteral kAccessAttr = "tile.access";
/// On a weight that the package stores packed: width, depth, transposed.
inline constexpr llvm::StringLiteral kLayoutAttr = "tile.layout";
inline constexpr llvm::StringLiteral kRanksAttr = "tile.ranks";
/// On a kernel: what chose its tiles, for messages about them.
inline constexpr llvm::StringLiteral kPlanAttr = "tile.plan";
/// At the scheduled level: bytes from the start of shared memory to a ring's
/// or an allocation's tiles, to a ring's barriers; bytes of a kernel in all.
inline constexpr llvm::StringLiteral kOffsetAttr = "tile.offset";
inline constexpr llvm::StringLiteral kBarriersAttr = "tile.barriers";
inline constexpr llvm::StringLiteral kSharedBytesAttr = "tile.shared_bytes";

/// On a kernel for tensor cores: the warpgroups that share a block's rows, the
/// stages of its rings, and whether a block has room for two works' queries.
inline constexpr llvm::StringLiteral kWarpgroupsAttr = "tile.warpgroups";
inline constexpr llvm::StringLiteral kStagesAttr = "tile.stages";
inline constexpr llvm::StringLiteral kQueryStagesAttr = "tile.query_stages";

/// Whether warpgroups take turns at the tensor cores; true where it is missing.
inline constexpr llvm::StringLiteral kTurnsAttr = "tile.turns";

/// Of an allocation that each warpgroup has its own of: bytes between them. A
/// unit attribute where its bytes are those of other allocations too.
inline constexpr llvm::StringLiteral kWarpgroupBytesAttr =
    "tile.warpgroup_bytes";
inline constexpr llvm::StringLiteral kSharesBytesAttr = "tile.shares_bytes";
/// Rows of a warpgroup's register tiles.
inline constexpr int64_t kWarpgroupRows = 64;
/// Columns of a tile of layout `partial`: the threads that share a row.
inline constexpr int64_t kPartials = 4;

/// The layout of a tensor at the scheduled level.
std::optional<Layout> getLayout(mlir::Type type);
/// Elements of a register tile that each thread of a warpgroup holds; none if
/// its layout doesn't have such a shape.
std::optional<int64_t> elementsPerThread(mlir::RankedTensorType tile);
/// Warpgroups that compute on a scheduled kernel's register tiles. None in a
/// scalar kernel, where each thread computes a point of the grid.
std::optional<int64_t> getWarpgroups(KernelOp kernel);

/// Whether the ops that compute a tile say that the elements of a row are equal.
bool isUniformInRows(mlir::Value tile);
} // namespace attnc::tile

#endif // ATTNC_DIALECT_TILE_IR_TILE_H
