//===- TileCollectives.cpp - What ranks exchange -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace attnc::tile;

LogicalResult RanksAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                StringRef name, ArrayRef<int64_t> shape) {
  if (name.empty() || shape.empty())
    return emitError() << "expected a name and a size of at least one axis";
  for (int64_t size : shape)
    if (size < 1)
      return emitError() << "expected axes of at least one rank, got " << size;
  return success();
}

LogicalResult CollectiveOp::verify() {
  auto ranks = (*this)->getParentOp()->getAttrOfType<RanksAttr>(kRanksAttr);
  if (!ranks)
    return emitOpError("expected tile.ranks on the program");
  int64_t numRanks = 1, numAxes = ranks.getShape().size();
  if (getAxes().empty())
    return emitOpError("expected at least one axis");
  llvm::SmallSet<int64_t, 4> seen;
  for (int64_t axis : getAxes()) {
    if (axis < 0 || axis >= numAxes || !seen.insert(axis).second)
      return emitOpError("expected distinct axes below ")
             << numAxes << ", got [" << getAxes() << "]";
    numRanks *= ranks.getShape()[axis];
  }

  BufType from = getSource().getType(), to = getDestination().getType();
  if (from.getSpace() != Space::Global || to.getSpace() != Space::Global)
    return emitOpError("expected global buffers, got ")
           << from << " and " << to;
  for (Value buffer : {getSource(), getDestination()})
    if (buffer.getDefiningOp<ViewOp>())
      return emitOpError("expected contiguous buffers, got a tile.view");
  bool isReduction = getKind() != CollectiveKind::AllGather;
  if (isReduction && !isa<FloatType>(from.getElementType()))
    return emitOpError("expected float elements to sum, got ") << from;
  bool isInPlace = getSource() == getDestination();
  if (isInPlace && getKind() != CollectiveKind::AllReduce)
    return emitOpError("expected another destination than the source for ")
           << stringifyCollectiveKind(getKind());
  int64_t rank = from.getShape().size(), dim = getDim();
  if (dim >= rank)
    return emitOpError("expected dim below ") << rank << ", got " << dim;

  SmallVector<int64_t> want(from.getShape());
  if (getKind() == CollectiveKind::AllGather &&
      !ShapedType::isDynamic(want[dim]))
    want[dim] *= numRanks;
  if (getKind() == CollectiveKind::ReduceScatter &&
      !ShapedType::isDynamic(want[dim])) {
    if (want[dim] % numRanks)
      return emitOpError("expected dimension ")
             << dim << " to be divisible by " << numRanks << " ranks, got "
             << want[dim];
    want[dim] /= numRanks;
  }
  if (to.getShape() != ArrayRef(want) ||
      to.getElementType() != from.getElementType())
    return emitOpError("expected a destination of type ")
           << BufType::get(getContext(), want, from.getElementType(),
                           Space::Global)
           << ", got " << to;
  return success();
}
