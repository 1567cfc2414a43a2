//===- RegionSlices.h - Parts of regions of one score -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_REGIONSLICES_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_REGIONSLICES_H

#include "attnc/Dialect/Attn/IR/Attn.h"

namespace attnc::attn {

/// A value of the region of a custom mask.
struct ScoreValue {
  MaskCustomOp source;
  mlir::Value value;
};

/// The operand of `source` that a capture of its region stands for.
mlir::Value getCaptured(MaskCustomOp source, mlir::Value argument);

/// Copies what computes the values into the regions of other ops: `places`
/// are that region's (b, h, i, j), and captures that the region lacks become
/// new arguments of it. What is copied is copied once.
class SliceCloner {
public:
  SliceCloner(mlir::OpBuilder &builder, mlir::Region &into,
              mlir::ValueRange places, mlir::MutableOperandRange captures);

  mlir::Value clone(ScoreValue value);

private:
  mlir::Value capture(mlir::Value tensor);

  mlir::OpBuilder &builder;
  mlir::Region &into;
  mlir::ValueRange places;
  mlir::MutableOperandRange captures;
  llvm::DenseMap<mlir::Value, mlir::Value> cloned;
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_REGIONSLICES_H
