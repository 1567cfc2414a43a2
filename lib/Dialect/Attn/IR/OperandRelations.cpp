//===- OperandRelations.cpp - Relations between operands -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperandRelations.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/InterleavedRange.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc::attn;

int64_t attnc::attn::sizeProduct(int64_t lhs, int64_t rhs) {
  int64_t product;
  return llvm::MulOverflow(lhs, rhs, product)
             ? std::numeric_limits<int64_t>::max()
             : product;
}

static void printShape(InFlightDiagnostic &diag, ArrayRef<int64_t> shape) {
  diag << "[";
  llvm::interleave(
      shape,
      [&](int64_t size) {
        if (ShapedType::isDynamic(size))
          diag << "?";
        else
          diag << size;
      },
      [&] { diag << ", "; });
  diag << "]";
}

LogicalResult attnc::attn::verifyShape(Operation *op, NamedValue value,
                                       ArrayRef<int64_t> expected,
                                       StringRef meaning) {
  if (!value)
    return success();
  ArrayRef<int64_t> shape = value.type().getShape();
  auto agree = [](auto sizes) {
    auto [size, other] = sizes;
    return size == other || ShapedType::isDynamic(size) ||
           ShapedType::isDynamic(other);
  };
  if (shape.size() == expected.size() &&
      llvm::all_of(llvm::zip(shape, expected), agree))
    return success();
  InFlightDiagnostic diag = op->emitOpError("expected ")
                            << value.name << " to be " << meaning << " = ";
  printShape(diag, expected);
  diag << ", got ";
  printShape(diag, shape);
  return diag;
}

LogicalResult attnc::attn::verifyBroadcast(Operation *op, NamedValue value,
                                           ArrayRef<int64_t> scores) {
  if (!value)
    return success();
  ArrayRef<int64_t> shape = value.type().getShape();
  auto agree = [](auto sizes) {
    auto [size, other] = sizes;
    return size == other || size == 1 || ShapedType::isDynamic(size) ||
           ShapedType::isDynamic(other);
  };
  if (shape.size() <= scores.size() &&
      llvm::all_of(llvm::zip(shape, scores.take_back(shape.size())), agree))
    return success();
  InFlightDiagnostic diag =
      op->emitOpError("expected ")
      << value.name
      << " to broadcast to [batch, heads, query length, key length] = ";
  printShape(diag, scores);
  diag << ", got ";
  printShape(diag, shape);
  return diag;
}

LogicalResult attnc::attn::verifyStaticDims(Operation *op, NamedValue value,
                                            unsigned count) {
  if (!value || llvm::all_of(value.type().getShape().take_back(count),
                             [](int64_t size) { return size > 0; }))
    return success();
  return op->emitOpError("expected ")
         << value.name << " to have "
         << (count == 1 ? "a static, positive last size"
                        : "static, positive sizes")
         << ", got " << value.type();
}

LogicalResult attnc::attn::verifyHeadSizes(Operation *op, NamedValue value) {
  if (value.dim(1) > 0 && value.dim(3) > 0)
    return success();
  return op->emitOpError("expected ")
         << value.name
         << " to have a static, positive head count and head dim, got "
         << value.type();
}

LogicalResult attnc::attn::verifySameElementType(Operation *op,
                                                 NamedValue value,
                                                 NamedValue reference) {
  if (!value ||
      value.type().getElementType() == reference.type().getElementType())
    return success();
  return op->emitOpError("expected ")
         << value.name << " to have the element type of " << reference.name
         << ", " << reference.type().getElementType() << ", got "
         << value.type().getElementType();
}

LogicalResult attnc::attn::verifyTogether(Operation *op, NamedValue value,
                                          NamedValue reference) {
  if (static_cast<bool>(value) == static_cast<bool>(reference))
    return success();
  return op->emitOpError("expected ")
         << (value ? reference.name : value.name) << " beside "
         << (value ? value.name : reference.name);
}

LogicalResult attnc::attn::verifyLastUse(Operation *op, NamedValue value) {
  bool isUsedTwice = llvm::count(op->getOperands(), value.value) > 1;
  for (Operation *user : value.value.getUsers()) {
    Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
    bool isLater = ancestor == op ? isUsedTwice
                                  : ancestor && op->isBeforeInBlock(ancestor);
    if (!isLater)
      continue;
    InFlightDiagnostic diag = op->emitOpError("expected to be the last use of ")
                              << value.name << ", which it overwrites";
    diag.attachNote(user->getLoc()) << "also used here";
    return diag;
  }
  return success();
}

LogicalResult attnc::attn::verifyPlace(Operation *op, PlaceAttr place,
                                       ArrayRef<StringRef> buffers) {
  if (!place)
    return success();
  for (const Placement &placement : place.getPlacements())
    if (!llvm::is_contained(buffers, placement.buffer))
      return op->emitOpError("expected place to name ")
             << llvm::interleaved(buffers) << ", got " << placement.buffer;
  return success();
}

LogicalResult attnc::attn::verifyScale(Operation *op,
                                       std::optional<APFloat> scale) {
  if (!scale || scale->isFinite())
    return success();
  return op->emitOpError("expected a finite scale, got ")
         << scale->convertToDouble();
}

LogicalResult attnc::attn::verifyMaskOperands(Operation *op, Value mask,
                                              ArrayRef<int64_t> scores) {
  int64_t batch = scores[0], queryLength = scores[2], keyLength = scores[3];
  // Later stages walk the combination as a tree.
  constexpr unsigned kMaxMaskOps = 256;
  unsigned numMaskOps = 0;
  SmallVector<Value> worklist;
  if (mask)
    worklist.push_back(mask);
  while (!worklist.empty()) {
    Operation *maskOp = worklist.pop_back_val().getDefiningOp();
    if (!maskOp)
      continue;
    if (++numMaskOps > kMaxMaskOps)
      return op->emitOpError("expected a mask of at most ")
             << kMaxMaskOps << " combined masks";
    SmallVector<std::pair<NamedValue, SmallVector<int64_t, 2>>, 2> operands;
    StringRef meaning = "[batch]";
    if (isa<MaskAndOp, MaskOrOp>(maskOp)) {
      llvm::append_range(worklist, maskOp->getOperands());
    } else if (auto prefix = dyn_cast<MaskPrefixOp>(maskOp)) {
      operands = {{{"prefix", prefix.getPrefix()}, {batch}}};
    } else if (auto lengths = dyn_cast<MaskLengthsOp>(maskOp)) {
      operands = {{{"lengths", lengths.getLengths()}, {batch}}};
    } else if (auto tensor = dyn_cast<MaskTensorOp>(maskOp)) {
      if (failed(verifyBroadcast(op, {"mask", tensor.getTensor()}, scores)))
        return failure();
    } else if (auto document = dyn_cast<MaskDocumentOp>(maskOp)) {
      meaning = "[batch, length]";
      operands = {
          {{"query_document", document.getQueryDocument()},
           {batch, queryLength}},
          {{"key_document", document.getKeyDocument()}, {batch, keyLength}}};
    }
    for (auto &[value, shape] : operands)
      if (failed(verifyShape(op, value, shape, meaning)))
        return failure();
  }
  return success();
}

LogicalResult attnc::attn::verifyCaptures(Operation *op, ValueRange captures) {
  for (Type type : captures.getTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    Type scalar = tensor ? tensor.getElementType() : type;
    if (!scalar.isIntOrIndexOrFloat())
      return op->emitOpError("expected captures to be scalars or ranked "
                             "tensors of them, got ")
             << type;
  }
  return success();
}

LogicalResult attnc::attn::verifyRegionSignature(Operation *op, StringRef name,
                                                 Region &region,
                                                 TypeRange arguments,
                                                 TypeRange results) {
  if (region.getArgumentTypes() != arguments)
    return op->emitOpError("expected the ")
           << name << " region to take (" << arguments << "), got ("
           << region.getArgumentTypes() << ")";
  auto yield = dyn_cast<YieldOp>(region.front().back());
  if (!yield)
    return op->emitOpError("expected the ")
           << name << " region to end with attn.yield, got '"
           << region.front().back().getName() << "'";
  if (yield.getOperandTypes() != results)
    return yield.emitOpError("expected to yield (")
           << results << ") from the " << name << " region, got ("
           << yield.getOperandTypes() << ")";
  WalkResult walk = region.walk([&](Operation *nested) {
    if (nested->hasTrait<OpTrait::HasRecursiveMemoryEffects>() ||
        isMemoryEffectFree(nested))
      return WalkResult::advance();
    InFlightDiagnostic diag = op->emitOpError("expected only pure ops in the ")
                              << name << " region, got '" << nested->getName()
                              << "'";
    diag.attachNote(nested->getLoc()) << "has memory effects";
    return WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}
