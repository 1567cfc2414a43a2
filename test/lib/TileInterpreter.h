//===- TileInterpreter.h - What a tile.kernel means -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A slow and plain evaluation of tile IR in float64, the oracle of the numeric
// tests. It shares no code with the conversions.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_TILEINTERPRETER_H
#define ATTNC_TEST_LIB_TILEINTERPRETER_H

#include "TileValues.h"
#include "attnc/Dialect/Tile/IR/Tile.h"

namespace attnc {

/// Runs every block of `kernel` on `args`, in order; `errorWord` is the last
/// code that a tile.error stored.
mlir::LogicalResult interpretKernel(tile::KernelOp kernel,
                                    std::vector<ReferenceBuffer> &args,
                                    int64_t &errorWord,
                                    std::vector<int64_t> &grid);

} // namespace attnc

#endif // ATTNC_TEST_LIB_TILEINTERPRETER_H
