//===- Collectives.cpp - Steps that exchange buffers of ranks ---*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attnc;

/// `size` / `divisor`, where it is a product with that factor.
static Value divideExactly(Value size, int64_t divisor) {
  APInt factor;
  auto product = size.getDefiningOp<arith::MulIOp>();
  if (product && matchPattern(product.getRhs(), m_ConstantInt(&factor)) &&
      factor == divisor)
    return product.getLhs();
  return {};
}

LogicalResult ProgramBuilder::convertCollective(Operation &op) {
  if (op.getAttrOfType<FlatSymbolRefAttr>("grid").getValue() !=
      grid.getSymName())
    return op.emitError("expected collectives on the grid @")
           << grid.getSymName() << ", got "
           << op.getAttrOfType<FlatSymbolRefAttr>("grid");
  auto axes = op.getAttrOfType<DenseI16ArrayAttr>("grid_axes").asArrayRef();
  int64_t numRanks = 1;
  for (int16_t axis : axes)
    numRanks *= grid.getShape()[axis];
  Value operand = op.getOperand(0), result = op.getResult(0);
  if (!memories.contains(operand))
    return op.emitError("expected an operand computed by an attn op, got '")
           << operand.getDefiningOp()->getName() << "'";
  Memory source = memories.lookup(operand);
  if (source.buf.getDefiningOp<tile::ViewOp>())
    return op.emitError("exchanging values divided into heads moves data, "
                        "which is not built yet for the ")
           << kernels.target << " target";

  tile::CollectiveKind kind = tile::CollectiveKind::AllReduce;
  int64_t dim = 0;
  Memory destination;
  if (auto gather = dyn_cast<shard::AllGatherOp>(op)) {
    kind = tile::CollectiveKind::AllGather;
    dim = gather.getGatherAxis().getSExtValue();
  } else if (auto scatter = dyn_cast<shard::ReduceScatterOp>(op)) {
    kind = tile::CollectiveKind::ReduceScatter;
    dim = scatter.getScatterAxis().getSExtValue();
  } else if (operand.hasOneUse() &&
             (source.buf.getDefiningOp<tile::AllocOp>() ||
              outputs.contains(operand))) {
    destination = source;
  }

  if (!destination.buf) {
    SmallVector<Value> sizes = source.sizes;
    auto shape = cast<RankedTensorType>(operand.getType()).getShape();
    if (ShapedType::isDynamic(shape[dim])) {
      int64_t index = llvm::count_if(shape.take_front(dim),
                                     ShapedType::isDynamic);
      if (kind == tile::CollectiveKind::AllGather)
        sizes[index] = product(sizes[index], constant(numRanks));
      else if (kind == tile::CollectiveKind::ReduceScatter)
        sizes[index] = divideExactly(sizes[index], numRanks);
      if (!sizes[index])
        return op.emitError("expected tokens gathered from ")
               << numRanks << " ranks to scatter among as many";
    }
    destination = allocate(result, sizes);
  }
  memories[result] = destination;
  auto algorithm = op.getAttrOfType<StringAttr>(attn::kAlgorithmAttr);
  tile::CollectiveOp::create(
      builder, op.getLoc(), kind, source.buf, destination.buf,
      SmallVector<int64_t>(axes.begin(), axes.end()), dim,
      algorithm ? algorithm.getValue() : "default");
  return success();
}
