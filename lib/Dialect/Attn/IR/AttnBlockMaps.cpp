//===- AttnBlockMaps.cpp - Block classes and lists -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc::attn;

/// Whether dimension `dim` of `type` can be `size` blocks of `block`, plus more.
static LogicalResult verifyBlocks(Operation *op, RankedTensorType type,
                                  int64_t dim, int64_t size, int64_t block,
                                  int64_t more) {
  int64_t want = ShapedType::isDynamic(size)
                     ? size
                     : int64_t(llvm::divideCeil(size, block)) + more;
  if (type.getDimSize(dim) == want)
    return success();
  auto text = [](int64_t n) {
    return ShapedType::isDynamic(n) ? std::string("?") : std::to_string(n);
  };
  return op->emitOpError("expected dimension ")
         << dim << " of the result to be " << text(want) << ", got "
         << text(type.getDimSize(dim));
}

LogicalResult BlockClassesOp::verify() {
  auto query = cast<RankedTensorType>(getQuery().getType());
  auto key = cast<RankedTensorType>(getKey().getType());
  auto result = cast<RankedTensorType>(getClasses().getType());
  int64_t heads = result.getDimSize(1);
  if (heads != 1 && heads != query.getDimSize(1))
    return emitOpError("expected the classes of one head or of all ")
           << query.getDimSize(1) << ", got " << heads;
  if (failed(verifyBlocks(*this, result, 0, query.getDimSize(0), 1, 0)) ||
      failed(verifyBlocks(*this, result, 2, query.getDimSize(2),
                          getPlan().getBlockM(), 0)))
    return failure();
  return verifyBlocks(*this, result, 3, key.getDimSize(2),
                      getPlan().getBlockN(), 0);
}

static LogicalResult verifyRows(Operation *op, RankedTensorType result,
                                Value classes) {
  auto type = cast<RankedTensorType>(classes.getType());
  for (int64_t dim = 0; dim < 3; ++dim)
    if (failed(verifyBlocks(op, result, dim, type.getDimSize(dim), 1, 0)))
      return failure();
  return success();
}

LogicalResult BlockCountsOp::verify() {
  return verifyRows(*this, cast<RankedTensorType>(getCounts().getType()),
                    getClasses());
}

LogicalResult BlockListOp::verify() {
  auto classes = cast<RankedTensorType>(getClasses().getType());
  auto counts = cast<RankedTensorType>(getCounts().getType());
  auto result = cast<RankedTensorType>(getList().getType());
  if (counts.getShape() != classes.getShape().drop_back())
    return emitOpError("expected a count for each row of ")
           << classes << ", got " << counts;
  if (failed(verifyRows(*this, result, getClasses())))
    return failure();
  return verifyBlocks(*this, result, 3, classes.getDimSize(3), 1,
                      kBlockListHeader);
}
