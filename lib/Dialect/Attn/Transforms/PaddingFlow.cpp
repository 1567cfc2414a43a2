//===- PaddingFlow.cpp - Where declared padding may go -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingAnnotations.h"

using namespace mlir;
using namespace attnc::attn;

namespace {
/// Follows the padded columns of weights. They are zeros, and stay zeros
/// through activations, gates and heads, up to a product whose weight has as
/// many padded rows, or to where they are dropped.
class PaddingFlow {
public:
  explicit PaddingFlow(func::FuncOp func) : func(func) {}

  LogicalResult run();

private:
  /// The padding of a dimension of an argument.
  int64_t padOf(Value value, int64_t dim);
  LogicalResult checkArgument(BlockArgument arg, int64_t dim, int64_t pad);
  /// `value` has `pad` padded features, or the heads that they make.
  LogicalResult checkUses(Value value, int64_t pad);
  InFlightDiagnostic error(Operation *op);

  func::FuncOp func;
  BlockArgument source;
};
} // namespace

int64_t PaddingFlow::padOf(Value value, int64_t dim) {
  auto arg = dyn_cast_or_null<BlockArgument>(value ? stripAnnotations(value)
                                                   : Value());
  auto pad =
      arg ? func.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), kPadAttr)
          : ArrayAttr();
  return pad ? cast<IntegerAttr>(pad[dim]).getInt() : 0;
}

InFlightDiagnostic PaddingFlow::error(Operation *op) {
  InFlightDiagnostic diag =
      op->emitError("expected padding that ends at padded "
                    "rows of a weight or in attn.drop_padding, got '")
      << op->getName() << "'";
  diag.attachNote(source.getLoc())
      << "the padding is declared on argument " << source.getArgNumber();
  return diag;
}

LogicalResult PaddingFlow::checkUses(Value value, int64_t pad) {
  for (Operation *user : value.getUsers()) {
    if (auto split = dyn_cast<SplitHeadsOp>(user)) {
      int64_t headDim = cast<RankedTensorType>(split.getType()).getDimSize(3);
      if (pad % headDim)
        return error(user) << ": " << pad << " padded columns are not whole "
                           << "heads of " << headDim;
    } else if (auto layer = dyn_cast<LinearOp>(user)) {
      int64_t rows = padOf(layer.getWeight(), layer.getTransposed() ? 1 : 0);
      int64_t upRows =
          padOf(layer.getUpWeight(), layer.getTransposed() ? 1 : 0);
      if (layer.getInput() != value || layer.getResidual() == value ||
          rows < pad || (layer.getUpWeight() && upRows < pad))
        return error(user) << " with " << rows << " padded rows for " << pad
                           << " padded columns";
      continue;
    } else if (auto drop = dyn_cast<DropPaddingOp>(user)) {
      int64_t dropped =
          cast<RankedTensorType>(value.getType()).getShape().back() -
          drop.getType().getShape().back();
      if (dropped != pad)
        return error(user) << " of " << dropped << " for " << pad
                           << " padded columns";
      continue;
    } else if (isa<func::ReturnOp>(user) && value.getDefiningOp<KvAppendOp>()) {
      continue; // the caller's cache, which has the padded heads too
    } else if (!isa<shard::ShardOp, RopeOp, KvAppendOp, AttentionOp,
                    MergeHeadsOp>(user)) {
      return error(user);
    }
    if (failed(checkUses(user->getResult(0), pad)))
      return failure();
  }
  return success();
}

LogicalResult PaddingFlow::checkArgument(BlockArgument arg, int64_t dim,
                                         int64_t pad) {
  source = arg;
  SmallVector<Value> worklist = {arg};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    for (Operation *user : value.getUsers()) {
      if (isa<shard::ShardOp>(user)) {
        worklist.push_back(user->getResult(0));
        continue;
      }
      auto layer = dyn_cast<LinearOp>(user);
      if (!layer) {
        // Rows of a table are looked up by number.
        if (isa<EmbeddingOp>(user) && dim == 0)
          continue;
        return error(user);
      }
      if (layer.getInput() == value)
        return error(user) << " of an input that is padded";
      bool isWeight =
          layer.getWeight() == value || layer.getUpWeight() == value;
      int64_t columns = layer.getTransposed() ? 0 : 1;
      if (isWeight && dim != columns)
        continue; // zero rows add nothing
      // The gate, the up product and the biases are padded alike.
      for (Value other : {layer.getWeight(), layer.getUpWeight()})
        if (other && padOf(other, columns) != pad)
          return error(user) << " with " << padOf(other, columns) << " and "
                             << pad << " padded columns";
      for (Value bias : {layer.getBias(), layer.getUpBias()})
        if (bias && padOf(bias, 0) != pad)
          return error(user)
                 << " with " << padOf(bias, 0)
                 << " padded elements of bias and " << pad << " padded columns";
      if (layer.getResidual())
        return error(user) << " with a residual";
      if (isWeight && failed(checkUses(layer.getOutput(), pad)))
        return failure();
    }
  }
  return success();
}

LogicalResult PaddingFlow::run() {
  for (BlockArgument arg : func.getArguments())
    if (auto type = dyn_cast<RankedTensorType>(arg.getType());
        type && isa<FloatType>(type.getElementType()))
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        if (int64_t pad = padOf(arg, dim))
          if (failed(checkArgument(arg, dim, pad)))
            return failure();
  return success();
}

LogicalResult attnc::attn::verifyPadding(func::FuncOp func) {
  return PaddingFlow(func).run();
}
