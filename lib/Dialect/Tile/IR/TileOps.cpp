//===- TileOps.cpp - Ops of a kernel's body -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace attnc::tile;

#define GET_OP_CLASSES
#include "attnc/Dialect/Tile/IR/TileOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Windows of buffers
//===----------------------------------------------------------------------===//

/// Checks a window of `shape` at `numOffsets` offsets of `buf`: the window's
/// dimensions are the trailing ones of the buffer.
static LogicalResult verifyWindow(Operation *op, BufType buf, size_t numOffsets,
                                  ArrayRef<int64_t> shape, Type elementType,
                                  std::optional<ArrayRef<bool>> inBounds) {
  size_t rank = buf.getShape().size();
  if (numOffsets != rank)
    return op->emitOpError("expected ")
           << rank << " offsets for " << buf << ", got " << numOffsets;
  if (inBounds && inBounds->size() != rank)
    return op->emitOpError("expected in_bounds to have ")
           << rank << " flags, got " << inBounds->size();
  if (shape.size() > rank)
    return op->emitOpError("expected a rank of at most ")
           << rank << ", got " << shape.size();
  if (elementType != buf.getElementType())
    return op->emitOpError("expected the element type ")
           << buf.getElementType() << ", got " << elementType;
  for (size_t i = 0, dropped = rank - shape.size(); i < shape.size(); ++i) {
    int64_t whole = buf.getShape()[dropped + i];
    bool clipped = inBounds && !(*inBounds)[dropped + i];
    if (ShapedType::isDynamic(shape[i]))
      return op->emitOpError("expected static sizes, got '?'");
    if (!clipped && !ShapedType::isDynamic(whole) && shape[i] > whole)
      return op->emitOpError("expected a size of at most ")
             << whole << ", got " << shape[i];
  }
  return success();
}

/// Loads and stores: with offsets a window, without the whole buffer.
static LogicalResult verifyAccess(Operation *op, BufType buf,
                                  OperandRange offsets, Type value,
                                  std::optional<ArrayRef<bool>> inBounds) {
  auto tensor = dyn_cast<RankedTensorType>(value);
  if (tensor && offsets.empty()) {
    if (inBounds)
      return op->emitOpError("expected no in_bounds without offsets");
    if (tensor.getShape() != buf.getShape() ||
        tensor.getElementType() != buf.getElementType())
      return op->emitOpError("expected the whole of ")
             << buf << ", got " << tensor;
    return success();
  }
  return verifyWindow(op, buf, offsets.size(),
                      tensor ? tensor.getShape() : ArrayRef<int64_t>(),
                      tensor ? tensor.getElementType() : value, inBounds);
}

LogicalResult SliceOp::verify() {
  BufType type = getResult().getType();
  if (type.getSpace() != getSource().getType().getSpace())
    return emitOpError("expected the space of the source, got ") << type;
  return verifyWindow(*this, getSource().getType(), getOffsets().size(),
                      type.getShape(), type.getElementType(), getInBounds());
}

LogicalResult LoadOp::verify() {
  return verifyAccess(*this, getSource().getType(), getOffsets(), getType(),
                      getInBounds());
}

LogicalResult StoreOp::verify() {
  return verifyAccess(*this, getDestination().getType(), getOffsets(),
                      getValue().getType(), getInBounds());
}

LogicalResult DimOp::verify() {
  size_t rank = getSource().getType().getShape().size();
  if (getIndex() >= rank)
    return emitOpError("expected an index below ")
           << rank << ", got " << getIndexAttr().getInt();
  return success();
}

OpFoldResult DimOp::fold(FoldAdaptor) {
  BufType type = getSource().getType();
  int64_t size = type.getShape()[getIndex()];
  if (ShapedType::isDynamic(size))
    return {};
  // The part of a clipped slice that exists is not known.
  Value source = getSource();
  size_t dim = getIndex();
  while (auto slice = source.getDefiningOp<SliceOp>()) {
    size_t dropped = slice.getSource().getType().getShape().size() -
                     slice.getType().getShape().size();
    ArrayRef<bool> flags = slice.getInBounds().value_or(ArrayRef<bool>());
    dim += dropped;
    if (llvm::is_contained(flags.take_front(dropped), false) ||
        !slice.isInBounds(dim))
      return {};
    source = slice.getSource();
  }
  // Nor that of a buffer that came through a loop or a choice.
  Operation *owner = source.getDefiningOp();
  if (owner ? !isa<AllocOp, ArenaOp, ViewOp>(owner)
            : !isa<FunctionOpInterface>(source.getParentBlock()->getParentOp()))
    return {};
  return Builder(getContext()).getIndexAttr(size);
}

LogicalResult CopyOp::verify() {
  BufType from = getSource().getType(), to = getDestination().getType();
  if (isa<ProgramOp>((*this)->getParentOp()) &&
      (from != to || from.getSpace() != Space::Global || getTransposed()))
    return emitOpError("expected global buffers of one type in a program, "
                       "got ")
           << from << " and " << to;
  SmallVector<int64_t> shape(from.getShape());
  if (getTransposed()) {
    if (shape.size() != 2)
      return emitOpError("expected rank 2 to transpose, got ") << from;
    std::swap(shape[0], shape[1]);
  }
  if (shape != to.getShape())
    return emitOpError("expected equal shapes, got ") << from << " and " << to;
  if (from.getElementType() != to.getElementType() &&
      !(isa<FloatType>(from.getElementType()) &&
        isa<FloatType>(to.getElementType())))
    return emitOpError("expected float elements to convert, got ")
           << from << " and " << to;
  return success();
}

LogicalResult FillOp::verify() {
  Type want = getDestination().getType().getElementType();
  if (getValue().getType() != want)
    return emitOpError("expected a value of type ")
           << want << ", got " << getValue().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// MmaOp
//===----------------------------------------------------------------------===//

ParseResult MmaOp::parse(OpAsmParser &parser, OperationState &result) {
  SmallVector<OpAsmParser::UnresolvedOperand, 3> operands;
  SmallVector<Type, 3> types;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseOperandList(operands, /*requiredOperandCount=*/3) ||
      parser.parseOptionalAttrDict(result.attributes) || parser.parseColon() ||
      parser.parseTypeList(types) ||
      parser.resolveOperands(operands, types, loc, result.operands))
    return failure();
  if (isa<RankedTensorType>(types[2]))
    result.addTypes(types[2]);
  return success();
}

void MmaOp::print(OpAsmPrinter &p) {
  p << ' ' << getOperands();
  p.printOptionalAttrDict((*this)->getAttrs());
  p << " : " << getOperandTypes();
}

LogicalResult MmaOp::verify() {
  auto lhs = cast<ShapedType>(getLhs().getType());
  auto acc = cast<ShapedType>(getAcc().getType());
  BufType rhs = getRhs().getType();
  if (isa<RankedTensorType>(acc) != (getResult() != nullptr))
    return emitOpError("expected a result with a tensor accumulator only");
  if (getResult() && getResult().getType() != acc)
    return emitOpError("expected a result of type ")
           << acc << ", got " << getResult().getType();
  if (lhs.getRank() != 2 || acc.getRank() != 2)
    return emitOpError("expected lhs and accumulator of rank 2, got ")
           << lhs << " and " << acc;
  if (!acc.getElementType().isF32())
    return emitOpError("expected an f32 accumulator, got ") << acc;
  for (Type type : {lhs.getElementType(), rhs.getElementType()})
    if (!isa<FloatType>(type))
      return emitOpError("expected float elements, got ") << type;
  if (!acc.hasStaticShape() || !lhs.hasStaticShape() ||
      llvm::any_of(rhs.getShape(), ShapedType::isDynamic))
    return emitOpError("expected static sizes");
  ArrayRef<int64_t> shape = rhs.getShape();
  if (getTransposed() && shape.size() != 2)
    return emitOpError("expected a transposed rhs [N, K], got ") << rhs;
  int64_t k = 0, n = 0;
  switch (shape.size()) {
  case 2:
    k = shape[0], n = shape[1];
    if (getTransposed())
      std::swap(k, n);
    break;
  case 3:
    k = shape[1], n = shape[0] * shape[2];
    break;
  case 4:
    k = shape[1] * shape[3], n = shape[0] * shape[2];
    if (shape[3] == 2 && rhs.getElementType().isBF16())
      break;
    [[fallthrough]];
  default:
    return emitOpError("expected rhs [K, N], [N / w, K, w] or bf16 "
                       "[N / w, K / 2, w, 2], got ")
           << rhs;
  }
  if (lhs.getDimSize(0) != acc.getDimSize(0) || lhs.getDimSize(1) != k ||
      acc.getDimSize(1) != n)
    return emitOpError("expected lhs [M, K], rhs [K, N], accumulator [M, N], "
                       "got [")
           << lhs.getDimSize(0) << ", " << lhs.getDimSize(1) << "], [" << k
           << ", " << n << "], [" << acc.getDimSize(0) << ", "
           << acc.getDimSize(1) << "]";
  return success();
}

void MmaOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto add = [&](OpOperand &operand, MemoryEffects::Effect *effect) {
    if (isa<BufType>(operand.get().getType()))
      effects.emplace_back(effect, &operand);
  };
  add(getLhsMutable(), MemoryEffects::Read::get());
  add(getRhsMutable(), MemoryEffects::Read::get());
  if (!getOverwrite())
    add(getAccMutable(), MemoryEffects::Read::get());
  add(getAccMutable(), MemoryEffects::Write::get());
}

//===----------------------------------------------------------------------===//
// Register tiles
//===----------------------------------------------------------------------===//

/// The shape of `type` without dimension `dim`.
static SmallVector<int64_t> dropDim(RankedTensorType type, int64_t dim) {
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + dim);
  return shape;
}

LogicalResult ReduceOp::verify() {
  auto from = cast<RankedTensorType>(getSource().getType());
  Type to = getResult().getType(), want = from.getElementType();
  if (from.getRank() != 1 && from.getRank() != 2)
    return emitOpError("expected a source of rank 1 or 2, got ") << from;
  if (from.getRank() == 2) {
    auto tensor = dyn_cast<RankedTensorType>(to);
    SmallVector<int64_t> shape = dropDim(from, 1);
    // Parts of the sums, whose layout follows from their number.
    if (tensor && tensor.getRank() == 2 &&
        getLayout(tensor).value_or(Layout::Partial) == Layout::Partial)
      shape.push_back(kPartials);
    want = RankedTensorType::get(shape, want,
                                 tensor ? tensor.getEncoding() : Attribute());
  }
  if (to != want)
    return emitOpError("expected a result of type ") << want << ", got " << to;
  return success();
}

LogicalResult BroadcastOp::verify() {
  auto from = cast<RankedTensorType>(getSource().getType());
  auto to = cast<RankedTensorType>(getResult().getType());
  if (getDim() >= static_cast<uint64_t>(to.getRank()))
    return emitOpError("expected a dimension below ")
           << to.getRank() << ", got " << getDimAttr().getInt();
  auto want = RankedTensorType::get(dropDim(to, getDim()), to.getElementType(),
                                    from.getEncoding());
  if (from != want)
    return emitOpError("expected a source of type ")
           << want << ", got " << from;
  return success();
}

LogicalResult SplatOp::verify() {
  Type want = cast<RankedTensorType>(getResult().getType()).getElementType();
  if (getSource().getType() != want)
    return emitOpError("expected a source of type ")
           << want << ", got " << getSource().getType();
  return success();
}

OpFoldResult SplatOp::fold(FoldAdaptor adaptor) {
  if (!isa_and_nonnull<IntegerAttr, FloatAttr>(adaptor.getSource()))
    return {};
  return DenseElementsAttr::get(cast<ShapedType>(getResult().getType()),
                                adaptor.getSource());
}

LogicalResult IotaOp::verify() {
  auto type = cast<RankedTensorType>(getResult().getType());
  if (getDim() >= static_cast<uint64_t>(type.getRank()))
    return emitOpError("expected a dimension below ")
           << type.getRank() << ", got " << getDimAttr().getInt();
  if (!type.getElementType().isInteger(32))
    return emitOpError("expected i32 elements, got ") << type;
  return success();
}
