//===- Memories.cpp - Buffers of values, and views of them ------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramBuilder.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;

Memory ProgramBuilder::flattenTokens(const Memory &memory) {
  auto type = cast<BufType>(memory.buf.getType());
  ArrayRef<int64_t> shape = type.getShape();
  ArrayRef<int64_t> features =
      shape.take_back(isa<IntegerType>(type.getElementType()) ? 0 : 1);
  shape = shape.drop_back(features.size());
  if (shape.size() != 2)
    return memory;
  unsigned next = 0;
  SmallVector<Value> tokens;
  int64_t staticTokens = 1;
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size))
      tokens.push_back(memory.sizes[next++]);
    else
      staticTokens *= size;
  }
  int64_t rows = tokens.empty() ? staticTokens : ShapedType::kDynamic;
  Memory flat;
  if (!tokens.empty()) {
    if (staticTokens != 1)
      tokens.push_back(constant(staticTokens));
    Value count = tokens[0];
    for (Value factor : llvm::drop_begin(tokens))
      count = product(count, factor);
    flat.sizes.push_back(count);
  }
  SmallVector<int64_t> flatShape = {rows}, strides = {1};
  if (!features.empty()) {
    flatShape.push_back(features[0]);
    strides = {features[0], 1};
  }
  auto flatType = BufType::get(type.getContext(), flatShape,
                               type.getElementType(), type.getSpace());
  flat.buf = tile::ViewOp::create(builder, func.getLoc(), flatType, memory.buf,
                                  flat.sizes, ValueRange(), strides);
  return flat;
}

Memory ProgramBuilder::viewAsHeads(Value tokenMajor, ArrayRef<Value> sizes,
                                   Type heads) {
  BufType type = globalBuf(heads);
  int64_t headDim = type.getShape()[3];
  int64_t features = type.getShape()[1] * headDim;
  SmallVector<int64_t> strides = {ShapedType::kDynamic, headDim, features, 1};
  SmallVector<Value> dynamic;
  if (ShapedType::isDynamic(type.getShape()[2]))
    dynamic.push_back(product(sizes.back(), constant(features)));
  else
    strides[0] = type.getShape()[2] * features;
  Value view = tile::ViewOp::create(builder, func.getLoc(), type, tokenMajor,
                                    sizes, dynamic, strides);
  return Memory{view, SmallVector<Value>(sizes), tokenMajor};
}

Memory ProgramBuilder::allocate(Value result, ArrayRef<Value> sizes) {
  auto type = cast<RankedTensorType>(result.getType());
  bool merged =
      llvm::any_of(result.getUsers(), llvm::IsaPred<attn::MergeHeadsOp>);
  if (merged) {
    ArrayRef<int64_t> shape = type.getShape();
    type = RankedTensorType::get({shape[0], shape[2], shape[1] * shape[3]},
                                 type.getElementType());
  }
  auto output = outputs.find(result);
  Value buf;
  if (output != outputs.end() && output->second.getType() == globalBuf(type))
    buf = output->second;
  else
    buf = tile::AllocOp::create(builder, func.getLoc(), globalBuf(type), sizes);
  if (merged)
    return viewAsHeads(buf, sizes, result.getType());
  return Memory{buf, SmallVector<Value>(sizes), {}};
}

LogicalResult ProgramBuilder::convertHeadView(Operation &op) {
  const Memory input = memories.lookup(op.getOperand(0));
  auto from = cast<RankedTensorType>(op.getOperand(0).getType());
  auto to = cast<RankedTensorType>(op.getResult(0).getType());
  if (isa<attn::MergeHeadsOp>(op))
    std::swap(from, to);
  // [B, S, H · D] and [B, H, S, D].
  if (from.isDynamicDim(0) != to.isDynamicDim(0) ||
      from.isDynamicDim(1) != to.isDynamicDim(2))
    return op.emitError("expected the same sizes to be dynamic, got ")
           << op.getOperand(0).getType() << " and "
           << op.getResult(0).getType();
  if (isa<attn::SplitHeadsOp>(op)) {
    memories[op.getResult(0)] =
        viewAsHeads(input.buf, input.sizes, op.getResult(0).getType());
    return success();
  }
  if (!input.tokenMajor)
    return op.emitError("merging heads of an argument moves data, which is "
                        "not built yet for the ")
           << kernels.target << " target";
  memories[op.getResult(0)] = Memory{input.tokenMajor, input.sizes, {}};
  return success();
}

/// Of dimensions that become one, all but one have the size 1.
LogicalResult ProgramBuilder::convertCollapse(tensor::CollapseShapeOp op) {
  const Memory input = memories.lookup(op.getSrc());
  RankedTensorType to = op.getResultType();
  ArrayRef<int64_t> from = op.getSrcType().getShape();
  for (ArrayRef<int64_t> group : op.getReassociationIndices())
    if (llvm::count_if(group, [&](int64_t dim) { return from[dim] != 1; }) > 1)
      return op.emitError("'") << op.getOperationName()
                               << "' of more than sizes of 1 is not built yet "
                                  "for the "
                               << kernels.target << " target";
  if (!input.buf || input.tokenMajor)
    return op.emitError("expected the memory of an argument or of a kernel's "
                        "result in its own order, got a view of heads");
  unsigned next = input.sizes.size();
  SmallVector<int64_t> strides(to.getRank());
  SmallVector<Value> dynamic;
  int64_t number = 1;
  Value factor;
  for (int64_t dim = to.getRank() - 1; dim >= 0; --dim) {
    strides[dim] = factor ? ShapedType::kDynamic : number;
    if (factor)
      dynamic.push_back(number == 1 ? factor
                                    : product(factor, constant(number)));
    if (!to.isDynamicDim(dim))
      number *= to.getDimSize(dim);
    else if (Value size = input.sizes[--next])
      factor = factor ? product(factor, size) : size;
  }
  std::reverse(dynamic.begin(), dynamic.end());
  Value view =
      tile::ViewOp::create(builder, op.getLoc(), globalBuf(to), input.buf,
                           input.sizes, dynamic, strides);
  memories[op.getResult()] = Memory{view, input.sizes, {}};
  return success();
}
