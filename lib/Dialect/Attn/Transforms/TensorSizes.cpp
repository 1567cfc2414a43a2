//===- TensorSizes.cpp - What a dynamic size is equal to -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorSizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc::attn;

bool TensorSize::operator==(const TensorSize &other) const {
  if (isKnown() || other.isKnown())
    return known == other.known;
  if (scalar || other.scalar)
    return scalar == other.scalar;
  return (name && name == other.name) ||
         (tensor == other.tensor && dim == other.dim);
}

static TensorSize getSize(OpFoldResult size) {
  if (std::optional<int64_t> known = getConstantIntValue(size))
    return {*known, {}, 0, {}, {}};
  return getTensorSize(cast<Value>(size));
}

TensorSize attnc::attn::getTensorSize(Value index) {
  if (std::optional<int64_t> known = getConstantIntValue(index))
    return {*known, {}, 0, {}, {}};
  if (auto dim = index.getDefiningOp<tensor::DimOp>())
    if (std::optional<int64_t> number = dim.getConstantIndex();
        number && isa<RankedTensorType>(dim.getSource().getType()))
      return getTensorSize(dim.getSource(), *number);
  TensorSize size;
  size.scalar = index;
  return size;
}

/// The name of a dimension of an argument of a function.
static StringAttr getDimName(BlockArgument arg, int64_t dim) {
  auto func = dyn_cast<func::FuncOp>(arg.getOwner()->getParentOp());
  if (!func || !arg.getOwner()->isEntryBlock())
    return {};
  auto names = func.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), kDimsAttr);
  if (!names || dim >= static_cast<int64_t>(names.size()))
    return {};
  auto name = dyn_cast<StringAttr>(names[dim]);
  return name && !name.empty() ? name : StringAttr();
}

/// The dimension of an operand that dimension `dim` of `result` is, or null.
static std::pair<Value, int64_t> getSource(OpResult result, int64_t dim) {
  Operation *op = result.getOwner();
  Value first = op->getNumOperands() ? op->getOperand(0) : Value();
  // [B, S, H · D] and [B, H, S, D].
  if (isa<SplitHeadsOp>(op) && dim != 1 && dim != 3)
    return {first, dim / 2};
  if (isa<MergeHeadsOp>(op) && dim < 2)
    return {first, 2 * dim};
  if (isa<AttentionOp>(op) && dim < 3)
    return {first, dim};
  // A value that is resharded has its whole shape until attn-partition.
  if (isa<LinearOp, NormOp, EpilogueOp, DropPaddingOp, RopeOp, KvAppendOp,
          EmbeddingOp, ArgmaxOp, ReshardOp, shard::AllReduceOp, tensor::CastOp>(
          op))
    return {first, dim};
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return {style.getDpsInitOperand(result.getResultNumber())->get(), dim};
  if (OpTrait::hasElementwiseMappableTraits(op))
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        return {operand, dim};
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    // Of dimensions that become one, all but one have the size 1.
    Value source = collapse.getSrc();
    auto shape = cast<RankedTensorType>(source.getType()).getShape();
    SmallVector<int64_t> group =
        llvm::to_vector(collapse.getReassociationIndices()[dim]);
    llvm::erase_if(group, [&](int64_t d) { return shape[d] == 1; });
    if (group.size() == 1)
      return {source, group.front()};
  }
  return {};
}

TensorSize attnc::attn::getTensorSize(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return {type.getDimSize(dim), {}, 0, {}, {}};
  TensorSize origin;
  origin.tensor = tensor;
  origin.dim = dim;
  if (auto arg = dyn_cast<BlockArgument>(tensor)) {
    origin.name = getDimName(arg, dim);
    return origin;
  }
  auto result = cast<OpResult>(tensor);
  if (auto [source, at] = getSource(result, dim); source)
    return getTensorSize(source, at);
  return llvm::TypeSwitch<Operation *, TensorSize>(result.getOwner())
      .Case<tensor::EmptyOp, tensor::GenerateOp, tensor::SplatOp>([&](auto op) {
        return getTensorSize(op->getOperands().take_back(
            type.getNumDynamicDims())[type.getDynamicDimIndex(dim)]);
      })
      .Case([&](tensor::ExpandShapeOp op) {
        return getSize(op.getMixedOutputShape()[dim]);
      })
      .Case([&](tensor::ExtractSliceOp op) {
        // Dropped dimensions have the size 1.
        SmallVector<OpFoldResult> sizes;
        llvm::SmallBitVector dropped = op.getDroppedDims();
        for (auto [d, size] : llvm::enumerate(op.getMixedSizes()))
          if (!dropped.test(d))
            sizes.push_back(size);
        return getSize(sizes[dim]);
      })
      .Default([&](Operation *) { return origin; });
}
