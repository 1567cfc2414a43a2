//===- ElementInliner.cpp - Elements of tensors without the tensor -*- C++
//-*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementInliner.h"
#include "ConstantPatterns.h"
#include "TensorSizes.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Shard/IR/ShardDialect.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc::attn;

ElementInliner::ElementInliner(MaskCustomOp into, Operation *user,
                               StoreConstant storeConstant)
    : into(into), user(user), storeConstant(storeConstant),
      builder(OpBuilder::atBlockEnd(&into.getBody().front())) {}

Value ElementInliner::refuse(Operation *op, const Twine &why) {
  InFlightDiagnostic diag = op->emitError("'")
                            << op->getName() << "' " << why
                            << " in what makes a mask or a score bias";
  diag.attachNote(user->getLoc()) << "the attention that it is for";
  return {};
}

Value ElementInliner::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, into.getLoc(), value);
}

Value ElementInliner::emitAtScore(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  auto places =
      into.getBody().getArguments().take_front(4).take_back(type.getRank());
  SmallVector<Value> indices;
  for (auto [size, place] : llvm::zip(type.getShape(), places))
    indices.push_back(size == 1 ? constant(0) : Value(place));
  return emit(tensor, indices);
}

Value ElementInliner::emit(Value tensor, ArrayRef<Value> indices) {
  for (auto &[at, value] : emitted.lookup(tensor))
    if (ArrayRef(at) == indices)
      return value;
  Value value;
  if (auto arg = dyn_cast<BlockArgument>(tensor)) {
    Operation *owner = arg.getOwner()->getParentOp();
    value = isa<func::FuncOp>(owner)
                ? emitRead(tensor, indices)
                : refuse(owner, "with tensors that its body changes");
  } else {
    value = emitProducer(cast<OpResult>(tensor), indices);
  }
  emitted[tensor].emplace_back(llvm::to_vector(indices), value);
  return value;
}

bool ElementInliner::isTooMany(Operation *op) {
  // An op of the source may be emitted for several elements.
  constexpr unsigned kMaxOps = 2048;
  if (++numOps <= kMaxOps)
    return false;
  refuse(op, "is one of more than " + Twine(kMaxOps) + " ops");
  return true;
}

Value ElementInliner::emitProducer(OpResult tensor, ArrayRef<Value> indices) {
  Operation *op = tensor.getOwner();
  if (isTooMany(op))
    return {};
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::ConstantOp op) { return emitConstant(op, indices); })
      .Case([&](tensor::GenerateOp op) { return emitGenerate(op, indices); })
      .Case([&](tensor::ExpandShapeOp op) { return emitExpand(op, indices); })
      .Case(
          [&](tensor::CollapseShapeOp op) { return emitCollapse(op, indices); })
      .Case([&](tensor::ExtractSliceOp op) { return emitSlice(op, indices); })
      .Case([&](tensor::CastOp op) { return emit(op.getSource(), indices); })
      .Case([&](tensor::SplatOp op) {
        Scope outside;
        return emitScalar(op.getInput(), outside);
      })
      .Case([&](tensor::EmptyOp op) {
        return refuse(op, "is read before it is written");
      })
      .Case([&](linalg::LinalgOp op) {
        return emitLinalg(op, tensor.getResultNumber(), indices);
      })
      .Default([&](Operation *op) -> Value {
        // The results of kernels and collectives are in memory.
        if (isa_and_nonnull<AttnDialect, shard::ShardDialect>(op->getDialect()))
          return emitRead(tensor, indices);
        return emitElementwise(op, indices);
      });
}

//===----------------------------------------------------------------------===//
// Producers
//===----------------------------------------------------------------------===//

Value ElementInliner::emitConstant(arith::ConstantOp op,
                                   ArrayRef<Value> indices) {
  auto value = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!value)
    return refuse(op, "has a value that is no dense array");
  Type element = value.getElementType();
  if (!element.isIntOrIndexOrFloat())
    return refuse(op, "has elements that are no numbers");
  if (value.empty())
    return refuse(op, "has no elements, which are read");
  if (value.isSplat())
    return arith::ConstantOp::create(
        builder, op.getLoc(),
        cast<TypedAttr>(value.getSplatValue<Attribute>()));
  if (Value known = emitConstantPattern(builder, op.getLoc(), value, indices))
    return known;
  Value stored = storeConstant(op);
  if (!stored)
    return {};
  Value read = emitRead(stored, indices);
  Type narrow = read.getType();
  if (narrow == element)
    return read;
  return element.isIndex() ? Value(arith::IndexCastOp::create(
                                 builder, op.getLoc(), element, read))
                           : Value(arith::ExtSIOp::create(builder, op.getLoc(),
                                                          element, read));
}

Value ElementInliner::emitGenerate(tensor::GenerateOp op,
                                   ArrayRef<Value> indices) {
  Scope scope;
  Block &body = op.getBody().front();
  scope.values.map(body.getArguments(), indices);
  return emitScalar(body.getTerminator()->getOperand(0), scope);
}

Value ElementInliner::emitLinalg(linalg::LinalgOp op, unsigned result,
                                 ArrayRef<Value> indices) {
  if (op.getNumReductionLoops())
    return refuse(op, "reduces, which needs a kernel of its own,");
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(result));
  if (!map.isPermutation())
    return refuse(op, "writes at indices that are no permutation of its loops");
  Scope scope;
  scope.loops.resize(indices.size());
  for (auto [dim, index] : llvm::enumerate(indices))
    scope.loops[map.getDimPosition(dim)] = index;

  Block &body = *op.getBlock();
  for (OpOperand &operand : op->getOpOperands()) {
    if (operand.getOperandNumber() >= body.getNumArguments())
      break;
    BlockArgument arg = body.getArgument(operand.getOperandNumber());
    if (arg.use_empty())
      continue;
    Value value;
    if (isa<RankedTensorType>(operand.get().getType())) {
      SmallVector<Value> at;
      for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults())
        at.push_back(affine::expandAffineExpr(builder, op.getLoc(), expr,
                                              scope.loops, {}));
      value = emit(operand.get(), at);
    } else {
      Scope outside;
      value = emitScalar(operand.get(), outside);
    }
    if (!value)
      return {};
    scope.values.map(arg, value);
  }
  return emitScalar(body.getTerminator()->getOperand(result), scope);
}

Value ElementInliner::emitElementwise(Operation *op, ArrayRef<Value> indices) {
  if (!isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
          op->getDialect()) ||
      op->getNumResults() != 1 || !OpTrait::hasElementwiseMappableTraits(op))
    return refuse(op, "cannot be fused");
  SmallVector<Value> operands;
  Scope outside;
  for (Value operand : op->getOperands()) {
    operands.push_back(isa<RankedTensorType>(operand.getType())
                           ? emit(operand, indices)
                           : emitScalar(operand, outside));
    if (!operands.back())
      return {};
  }
  return cloneFolded(op, operands, getElementTypeOrSelf(op->getResult(0)));
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Value ElementInliner::emitExpand(tensor::ExpandShapeOp op,
                                 ArrayRef<Value> indices) {
  SmallVector<Value> at;
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    Value index;
    for (int64_t dim : group) {
      if (getConstantIntValue(sizes[dim]) == 1)
        continue;
      if (index) {
        Value size = emitSize(sizes[dim]);
        if (!size)
          return {};
        index = builder.createOrFold<arith::AddIOp>(
            op.getLoc(),
            builder.createOrFold<arith::MulIOp>(op.getLoc(), index, size),
            indices[dim]);
      } else {
        index = indices[dim];
      }
    }
    at.push_back(index ? index : constant(0));
  }
  return emit(op.getSrc(), at);
}

Value ElementInliner::emitCollapse(tensor::CollapseShapeOp op,
                                   ArrayRef<Value> indices) {
  auto shape = op.getSrcType().getShape();
  SmallVector<Value> at(shape.size());
  for (auto [group, index] : llvm::zip(op.getReassociationIndices(), indices)) {
    SmallVector<int64_t> large;
    for (int64_t dim : group) {
      at[dim] = constant(0);
      if (shape[dim] != 1)
        large.push_back(dim);
    }
    Value rest = index;
    while (large.size() > 1) {
      int64_t dim = large.pop_back_val();
      Value size = emitSize(op.getSrc(), dim);
      if (!size)
        return {};
      at[dim] = builder.createOrFold<arith::RemUIOp>(op.getLoc(), rest, size);
      rest = builder.createOrFold<arith::DivUIOp>(op.getLoc(), rest, size);
    }
    if (!large.empty())
      at[large[0]] = rest;
  }
  return emit(op.getSrc(), at);
}

Value ElementInliner::emitSlice(tensor::ExtractSliceOp op,
                                ArrayRef<Value> indices) {
  SmallVector<Value> at;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [dim, pair] :
       llvm::enumerate(llvm::zip(op.getMixedOffsets(), op.getMixedStrides()))) {
    auto [offset, stride] = pair;
    Value first = emitSize(offset), step = emitSize(stride);
    if (!first || !step)
      return {};
    if (!dropped.test(dim)) {
      Value by = builder.createOrFold<arith::MulIOp>(op.getLoc(),
                                                     indices.front(), step);
      first = builder.createOrFold<arith::AddIOp>(op.getLoc(), first, by);
      indices = indices.drop_front();
    }
    at.push_back(first);
  }
  return emit(op.getSource(), at);
}

Value ElementInliner::emitSize(OpFoldResult size) {
  if (std::optional<int64_t> known = getConstantIntValue(size))
    return constant(*known);
  Scope outside;
  return emitScalar(cast<Value>(size), outside);
}

Value ElementInliner::emitSize(Value tensor, int64_t dim) {
  TensorSize size = getTensorSize(tensor, dim);
  if (size.isKnown())
    return constant(size.known);
  Scope outside;
  if (size.scalar)
    return emitScalar(size.scalar, outside);
  Value captured = capture(size.tensor);
  if (!captured)
    return {};
  return builder.createOrFold<tensor::DimOp>(into.getLoc(), captured, size.dim);
}

//===----------------------------------------------------------------------===//
// Scalars and memory
//===----------------------------------------------------------------------===//

Value ElementInliner::emitScalar(Value value, Scope &scope) {
  if (Value known = scope.values.lookupOrNull(value))
    return known;
  auto result = dyn_cast<OpResult>(value);
  if (!result)
    return refuse(value.getParentBlock()->getParentOp(),
                  "passes a scalar that is no constant");
  Operation *op = result.getOwner();
  if (isTooMany(op))
    return {};
  Value emitted;
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    if (index.getDim() >= scope.loops.size())
      return refuse(op, "belongs to another op");
    emitted = scope.loops[index.getDim()];
  } else if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> number = dim.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    if (!number || !type || *number >= type.getRank())
      return refuse(op, "of no constant dimension");
    emitted = emitSize(dim.getSource(), *number);
  } else if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
    SmallVector<Value> at;
    for (Value index : read.getIndices()) {
      at.push_back(emitScalar(index, scope));
      if (!at.back())
        return {};
    }
    emitted = emit(read.getTensor(), at);
  } else if (isa_and_nonnull<arith::ArithDialect, math::MathDialect>(
                 op->getDialect()) &&
             op->getNumResults() == 1 && op->getNumRegions() == 0 &&
             !isa<ShapedType>(result.getType())) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(emitScalar(operand, scope));
      if (!operands.back())
        return {};
    }
    emitted = cloneFolded(op, operands, result.getType());
  } else {
    return refuse(op, "cannot be fused");
  }
  if (emitted)
    scope.values.map(value, emitted);
  return emitted;
}

Value ElementInliner::cloneFolded(Operation *op, ValueRange operands,
                                  Type type) {
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(operands);
  state.addTypes(type);
  state.addAttributes(op->getAttrs());
  Operation *clone = builder.create(state);
  SmallVector<Value> folded;
  if (failed(builder.tryFold(clone, folded)) || folded.empty())
    return clone->getResult(0);
  clone->erase();
  return folded.front();
}

Value ElementInliner::capture(Value value) {
  if (value.getParentBlock() != user->getBlock())
    return refuse(value.getParentBlock()->getParentOp(),
                  "computes tensors in its body");
  auto captures = into.getCaptures();
  auto it = llvm::find(captures, value);
  unsigned index = it - captures.begin();
  if (it == captures.end()) {
    into.getCapturesMutable().append(value);
    into.getBody().addArgument(value.getType(), value.getLoc());
  }
  return into.getBody().getArgument(4 + index);
}

Value ElementInliner::emitRead(Value tensor, ArrayRef<Value> indices) {
  auto type = cast<RankedTensorType>(tensor.getType());
  // Tiles are read along the last dimensions: those of size 1 go.
  int64_t rank = type.getRank();
  while (rank > 1 && type.getDimSize(rank - 1) == 1)
    --rank;
  if (rank < type.getRank() && tensor.getParentBlock() == user->getBlock()) {
    SmallVector<ReassociationIndices> groups(rank);
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      groups[std::min(dim, rank - 1)].push_back(dim);
    OpBuilder outside(user);
    tensor = tensor::CollapseShapeOp::create(outside, user->getLoc(), tensor,
                                             groups);
    indices = indices.take_front(rank);
  }
  Value captured = capture(tensor);
  if (!captured)
    return {};
  return tensor::ExtractOp::create(builder, user->getLoc(), captured, indices);
}
