//===- Passes.h - Declarations of the passes in Passes.td -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_TILE_TRANSFORMS_PASSES_H
#define ATTNC_DIALECT_TILE_TRANSFORMS_PASSES_H

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace attnc::tile {
#define GEN_PASS_DECL
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

#endif // ATTNC_DIALECT_TILE_TRANSFORMS_PASSES_H
