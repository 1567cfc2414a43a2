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

/// The tokens of one of `ranks` ranks.
static Value scatterSize(OpBuilder &builder, Location loc, Value size,
                         int64_t ranks) {
  APInt factor;
  auto product = size.getDefiningOp<arith::MulIOp>();
  if (product && matchPattern(product.getRhs(), m_ConstantInt(&factor)) &&
      factor == ranks)
    return product.getLhs();
  // The runtime refuses to scatter a size that the ranks do not divide.
  return arith::DivUIOp::create(
      builder, loc, size, arith::ConstantIndexOp::create(builder, loc, ranks));
}

/// The tokens of `ranks` ranks together.
static Value gatherSize(OpBuilder &builder, Location loc, Value size,
                        int64_t ranks) {
  APInt divisor;
  auto part = size.getDefiningOp<arith::DivUIOp>();
  if (part && matchPattern(part.getRhs(), m_ConstantInt(&divisor)) &&
      divisor == ranks)
    return part.getLhs(); // scattered before, so the division was exact
  return arith::MulIOp::create(
      builder, loc, size, arith::ConstantIndexOp::create(builder, loc, ranks));
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
      int64_t index =
          llvm::count_if(shape.take_front(dim), ShapedType::isDynamic);
      if (kind == tile::CollectiveKind::AllGather)
        sizes[index] = gatherSize(builder, op.getLoc(), sizes[index], numRanks);
      else if (kind == tile::CollectiveKind::ReduceScatter)
        sizes[index] =
            scatterSize(builder, op.getLoc(), sizes[index], numRanks);
    }
    destination = allocate(result, sizes);
  }
  memories[result] = destination;
  auto algorithm = op.getAttrOfType<StringAttr>(attn::kAlgorithmAttr);
  tile::CollectiveOp::create(builder, op.getLoc(), kind, source.buf,
                             destination.buf,
                             SmallVector<int64_t>(axes.begin(), axes.end()),
                             dim, algorithm ? algorithm.getValue() : "default");
  return success();
}
