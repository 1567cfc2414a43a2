//===- ShardingRules.cpp - How values get and change their sharding -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShardingRules.h"
#include "TensorSizes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc::attn;

//===----------------------------------------------------------------------===//
// What is known of values
//===----------------------------------------------------------------------===//

ShardingAttr ShardingRules::get(Value value) {
  auto it = known.find(value);
  if (it != known.end()) {
    it->second.isOpen = false;
    return it->second.sharding;
  }
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  ShardingAttr whole = ShardingAttr::getWhole(value.getContext(), rank);
  known.insert({value, Known{whole, value.getLoc()}});
  return whole;
}

void ShardingRules::set(Value value, ShardingAttr sharding) {
  known.insert_or_assign(value, Known{sharding, value.getLoc()});
}

void ShardingRules::noteOrigin(InFlightDiagnostic &diag, Value value,
                               StringRef name) {
  if (!value)
    return;
  ShardingAttr sharding = get(value);
  diag.attachNote(known.at(value).origin)
      << name << " is divided as " << sharding << " here";
}

LogicalResult ShardingRules::setArgument(BlockArgument arg, ShardingAttr want,
                                         Location origin, bool isOpen) {
  auto [it, inserted] =
      known.insert({arg, Known{want, origin, /*isAnnotated=*/true, isOpen}});
  if (it->second.sharding != want) {
    InFlightDiagnostic diag = emitError(origin)
                              << "expected one sharding of argument "
                              << arg.getArgNumber() << ", got " << want
                              << " and " << it->second.sharding;
    noteOrigin(diag, arg, "it");
    return diag;
  }
  auto type = cast<RankedTensorType>(arg.getType());
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    int64_t slices = want.getNumSlices(dim, grid.getShape());
    if (!ShapedType::isDynamic(size) && size % slices)
      return emitError(origin)
             << "expected dimension " << dim << " of argument "
             << arg.getArgNumber() << " to be divisible by " << slices
             << " ranks, got " << size;
  }
  return success();
}

bool ShardingRules::isOpenTo(BlockArgument arg, ShardingAttr want) {
  auto it = known.find(arg);
  if (it == known.end())
    return true;
  if (!it->second.isOpen)
    return false;
  auto names = func.getArgAttrOfType<ArrayAttr>(arg.getArgNumber(), kDimsAttr);
  for (auto [has, wanted, name] :
       llvm::zip(it->second.sharding.getDims(), want.getDims(),
                 names.getAsRange<StringAttr>()))
    if (has != wanted && (!has.isWhole() || !name.empty()))
      return false;
  return true;
}

LogicalResult ShardingRules::require(Operation *op, Value value, StringRef name,
                                     ShardingAttr want, Value because) {
  if (!value)
    return success();
  if (auto arg = dyn_cast<BlockArgument>(value); arg && isOpenTo(arg, want)) {
    known.erase(arg);
    if (failed(setArgument(arg, want, op->getLoc())))
      return failure();
    known.at(arg).isAnnotated = false;
    return success();
  }
  if (get(value) == want)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expected ")
                            << name << " to be divided as " << want << ", got "
                            << get(value);
  noteOrigin(diag, value, name);
  noteOrigin(diag, because, "what it must agree with");
  return diag;
}

LogicalResult ShardingRules::requireWholeDims(Operation *op, Value value,
                                              StringRef name,
                                              ArrayRef<int64_t> dims) {
  if (!value)
    return success();
  ShardingAttr sharding = get(value);
  for (int64_t dim : dims)
    if (!sharding.getDims()[dim].isWhole()) {
      InFlightDiagnostic diag = op->emitOpError("expected dimension ")
                                << dim << " of " << name
                                << " to be whole on each rank, got "
                                << sharding;
      noteOrigin(diag, value, name);
      return diag;
    }
  return success();
}

ShardingAttr ShardingRules::vectorOf(DimSplit features) {
  return ShardingAttr::get(func.getContext(), features, {});
}

LogicalResult ShardingRules::requireVector(Operation *op, Value vector,
                                           StringRef name, DimSplit features,
                                           Value because) {
  return require(op, vector, name, vectorOf(features), because);
}

//===----------------------------------------------------------------------===//
// Changes of a sharding
//===----------------------------------------------------------------------===//

FailureOr<Value> ShardingRules::reshard(Operation *op, Value value,
                                        ShardingAttr to) {
  ShardingAttr from = get(value);
  if (from == to)
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  auto refuse = [&](const Twine &why) -> FailureOr<Value> {
    InFlightDiagnostic diag = op->emitError("expected a value divided as ")
                              << to << ", got " << from << ": " << why;
    noteOrigin(diag, value, "it");
    return diag;
  };
  for (auto [dim, pair] :
       llvm::enumerate(llvm::zip(from.getDims(), to.getDims()))) {
    auto [before, after] = pair;
    if (before == after)
      continue;
    if (!before.isWhole()) {
      if (!after.isWhole())
        return refuse("a dimension does not change its axis");
      if (before.group != 1)
        return refuse("slices that groups of ranks share are not gathered");
      continue;
    }
    if (!llvm::is_contained(from.getPartial(), after.axis))
      return refuse("a whole value is not sliced; annotate it where it is "
                    "made");
    int64_t size = type.getDimSize(dim);
    int64_t ranks = grid.getShape()[after.axis];
    if (!ShapedType::isDynamic(size) && size % ranks)
      return refuse("dimension " + Twine(dim) + " of size " + Twine(size) +
                    " is not divisible by " + Twine(ranks) + " ranks");
  }
  Value result =
      ReshardOp::create(builder, op->getLoc(), type, value, from, to);
  set(result, to);
  return result;
}

ShardingAttr ShardingRules::chooseSum(Value result, Value residual,
                                      ShardingAttr product) {
  if (result.hasOneUse())
    if (auto annotation = dyn_cast<shard::ShardOp>(*result.user_begin()))
      return readAnnotation(annotation, grid);
  if (residual && known.contains(residual))
    return get(residual);
  return product.withPartial({});
}

//===----------------------------------------------------------------------===//
// Annotations, results and ops without a rule of their own
//===----------------------------------------------------------------------===//

LogicalResult ShardingRules::applyAnnotation(shard::ShardOp op) {
  builder.setInsertionPoint(op);
  FailureOr<Value> value = reshard(op, op.getSrc(), readAnnotation(op, grid));
  if (failed(value))
    return failure();
  known.at(*value).isAnnotated = true;
  known.at(*value).origin = op.getLoc();
  op.replaceAllUsesWith(*value);
  op.erase();
  return success();
}

ShardingAttr ShardingRules::chooseResult(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  ShardingAttr sharding = get(value);
  if ((type.getRank() == 2 || type.getRank() == 3) &&
      isa<FloatType>(type.getElementType()))
    sharding = sharding.withDim(type.getRank() - 1, DimSplit());
  // The tokens and heads of the rank, if it was given so many: no argument has
  // the size of what was divided behind a lookup.
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    TensorSize size = getTensorSize(value, dim);
    auto source = dyn_cast_or_null<BlockArgument>(size.tensor);
    if (source && get(source).getDims()[size.dim].isWhole())
      sharding = sharding.withDim(dim, DimSplit());
  }
  return sharding;
}

LogicalResult ShardingRules::applyReturn(func::ReturnOp op) {
  builder.setInsertionPoint(op);
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (!isa<RankedTensorType>(value.getType()))
      continue;
    ShardingAttr sharding = get(value);
    if (!known.at(value).isAnnotated) {
      FailureOr<Value> result = reshard(op, value, chooseResult(value));
      if (failed(result))
        return failure();
      operand.set(*result);
      sharding = get(*result);
    }
    if (!sharding.isWhole())
      func.setResultAttr(operand.getOperandNumber(), kShardingAttr, sharding);
  }
  return success();
}

LogicalResult ShardingRules::applyWhole(Operation *op) {
  WalkResult walk = op->walk([&](Operation *nested) {
    for (Value operand : nested->getOperands()) {
      if (!isa<RankedTensorType>(operand.getType()) || get(operand).isWhole())
        continue;
      InFlightDiagnostic diag = op->emitError("'")
                                << op->getName()
                                << "' has no rule for values that ranks divide";
      noteOrigin(diag, operand, "its operand");
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

LogicalResult ShardingRules::apply(Operation *op) {
  if (isa<CallOpInterface>(op))
    return op->emitError("expected no calls in a function compiled for more "
                         "than one rank");
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](shard::ShardOp op) { return applyAnnotation(op); })
      .Case([&](LinearOp op) { return applyLinear(op); })
      .Case([&](EmbeddingOp op) { return applyEmbedding(op); })
      .Case([&](NormOp op) { return applyNorm(op); })
      .Case([&](EpilogueOp op) { return applyEpilogue(op); })
      .Case([&](DropPaddingOp op) { return applyDropPadding(op); })
      .Case([&](RopeOp op) { return applyRope(op); })
      .Case([&](SplitHeadsOp op) { return applySplitHeads(op); })
      .Case([&](MergeHeadsOp op) { return applyMergeHeads(op); })
      .Case([&](KvAppendOp op) { return applyKvAppend(op); })
      .Case([&](AttentionOp op) { return applyAttention(op); })
      .Case([&](ArgmaxOp op) { return applyArgmax(op); })
      .Case([&](func::ReturnOp op) { return applyReturn(op); })
      .Default([&](Operation *op) {
        // A mask's operands follow the attention that uses it.
        if (op->getNumResults() == 1 &&
            isa<MaskType>(op->getResult(0).getType()))
          return success();
        return applyWhole(op);
      });
}
