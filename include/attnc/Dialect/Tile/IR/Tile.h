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
/// At the scheduled level: bytes from the start of shared memory to a ring's
/// or an allocation's tiles, to a ring's barriers; bytes of a kernel in all.
inline constexpr llvm::StringLiteral kOffsetAttr = "tile.offset";
inline constexpr llvm::StringLiteral kBarriersAttr = "tile.barriers";
inline constexpr llvm::StringLiteral kSharedBytesAttr = "tile.shared_bytes";

/// Columns of a tile of layout `partial`: the threads that share a row.
inline constexpr int64_t kPartials = 4;

/// The layout of a tensor at the scheduled level.
std::optional<Layout> getLayout(mlir::Type type);
} // namespace attnc::tile

#endif // ATTNC_DIALECT_TILE_IR_TILE_H
