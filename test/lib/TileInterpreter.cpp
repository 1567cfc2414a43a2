//===- TileInterpreter.cpp - What a tile.kernel means -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileInterpreter.h"
#include "TileEvaluator.h"

using namespace mlir;
using namespace attnc;

LogicalResult attnc::interpretKernel(tile::KernelOp kernel,
                                     std::vector<ReferenceBuffer> &args,
                                     int64_t &errorWord,
                                     std::vector<int64_t> &grid) {
  grid = {1, 1, 1};
  SmallVector<View> views = llvm::map_to_vector(args, View::whole);
  for (int64_t z = 0; z < grid[2]; ++z)
    for (int64_t y = 0; y < grid[1]; ++y)
      for (int64_t x = 0; x < grid[0]; ++x) {
        TileEvaluator evaluator(Precision::Exact);
        evaluator.ids = {x, y, z};
        evaluator.bindArguments(kernel.getBody(), views);
        if (failed(evaluator.run(kernel.getBody().front())))
          return failure();
        grid.assign(evaluator.grid.begin(), evaluator.grid.end());
        if (evaluator.error)
          errorWord = evaluator.error;
      }
  return success();
}
