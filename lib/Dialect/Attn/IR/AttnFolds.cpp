//===- AttnFolds.cpp - Folds of the attn dialect -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"

using namespace mlir;
using namespace attnc::attn;

OpFoldResult MaskAndOp::fold(FoldAdaptor) {
  return getLhs() == getRhs() ? getLhs() : OpFoldResult();
}

OpFoldResult MaskOrOp::fold(FoldAdaptor) {
  return getLhs() == getRhs() ? getLhs() : OpFoldResult();
}

OpFoldResult DropPaddingOp::fold(FoldAdaptor) {
  return getType() == getInput().getType() ? getInput() : OpFoldResult();
}

/// inverse(op(x)) is x, where the types say the same.
template <typename InverseOp, typename OpT>
static OpFoldResult foldView(OpT op) {
  auto inverse = op.getInput().template getDefiningOp<InverseOp>();
  if (!inverse || inverse.getInput().getType() != op.getType())
    return {};
  return inverse.getInput();
}

OpFoldResult SplitHeadsOp::fold(FoldAdaptor) {
  return foldView<MergeHeadsOp>(*this);
}

OpFoldResult MergeHeadsOp::fold(FoldAdaptor) {
  return foldView<SplitHeadsOp>(*this);
}
