//===- Elementwise.cpp - Arithmetic on scalars and fragments -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;

/// arith and math work on a thread's vector as on the tile.
LogicalResult HopperEmitter::emitElementwise(Operation &op) {
  if (!isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) ||
      op.getNumRegions() != 0)
    return op.emitError("expected an op of a scheduled kernel, got '")
           << op.getName() << "'";
  for (Type type : op.getOperandTypes())
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      if (isa<FloatType>(tensor.getElementType()) &&
          tensor.getElementTypeBitWidth() == 16)
        return op.emitError("expected arithmetic in f32, got ") << tensor;
  FailureOr<SmallVector<Type>> types = convertTypes(&op, op.getResultTypes());
  if (failed(types))
    return failure();
  SmallVector<Value> operands = lookup(op.getOperands());
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    // An index is an i32.
    Value value = operands[0];
    unsigned from = value.getType().getIntOrFloatBitWidth();
    unsigned to = types->front().getIntOrFloatBitWidth();
    if (to > from)
      value =
          isa<arith::IndexCastOp>(op)
              ? Value(arith::ExtSIOp::create(b, loc, types->front(), value))
              : Value(arith::ExtUIOp::create(b, loc, types->front(), value));
    else if (to < from)
      value = arith::TruncIOp::create(b, loc, types->front(), value);
    values[op.getResult(0)] = value;
    return success();
  }
  OperationState state(loc, op.getName(), operands, *types,
                       op.getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = op.getPropertiesAsAttribute();
  Operation *emitted = b.create(state);
  for (auto [before, after] : llvm::zip(op.getResults(), emitted->getResults()))
    values[before] = after;
  return success();
}

LogicalResult HopperEmitter::emitConstant(arith::ConstantOp op) {
  FailureOr<Type> type = convertType(op, op.getType());
  if (failed(type))
    return failure();
  TypedAttr value;
  if (auto elements = dyn_cast<DenseElementsAttr>(op.getValue())) {
    auto vector = cast<VectorType>(*type);
    if (!elements.isSplat() ||
        vector.getElementType() != elements.getElementType())
      return op.emitError("expected a tile of one f32 or integer value, got ")
             << op.getType();
    value = DenseElementsAttr::get(vector, elements.getSplatValue<Attribute>());
  } else if (auto integer = dyn_cast<IntegerAttr>(op.getValue())) {
    value = b.getIntegerAttr(*type, integer.getInt());
  } else {
    value = op.getValue();
  }
  values[op] = arith::ConstantOp::create(b, loc, value);
  return success();
}

/// `iota + thread < limit` as `iota < limit − thread`: what is compared with
/// each element's constant is one value a row.
LogicalResult HopperEmitter::emitCompare(arith::CmpIOp op) {
  auto iota = op.getLhs().getDefiningOp<tile::IotaOp>();
  auto type = dyn_cast<RankedTensorType>(op.getLhs().getType());
  if (!iota || tile::getLayout(type) != tile::Layout::Accumulator)
    return emitElementwise(*op);
  auto vector = cast<VectorType>(values.lookup(iota).getType());
  Value constant = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(
          vector, ArrayRef<int32_t>(registerPositions(type, iota.getDim()))));
  Value offset =
      splat(threadPosition(tile::Layout::Accumulator, iota.getDim()), vector);
  Value limit = arith::SubIOp::create(b, loc, lookup(op.getRhs()), offset);
  values[op] =
      arith::CmpIOp::create(b, loc, op.getPredicate(), constant, limit);
  return success();
}

/// Pairs of f32 to packed pairs of 16-bit floats.
LogicalResult HopperEmitter::emitTruncate(arith::TruncFOp op) {
  auto from = dyn_cast<RankedTensorType>(op.getIn().getType());
  if (!from)
    return emitElementwise(*op);
  Type element = cast<RankedTensorType>(op.getType()).getElementType();
  if (!from.getElementType().isF32() || !(element.isBF16() || element.isF16()))
    return op.emitError("expected f32 to bf16 or f16, got ")
           << from << " to " << op.getType();
  SmallVector<Value> elements = unpack(lookup(op.getIn()));
  SmallVector<Value> pairs;
  auto pairType = VectorType::get(2, element);
  for (size_t i = 0; i < elements.size(); i += 2) {
    Value pair = element.isBF16()
                     ? Value(NVVM::ConvertF32x2ToBF16x2Op::create(
                           b, loc, pairType, elements[i + 1], elements[i],
                           /*random_bits=*/Value(), NVVM::FPRoundingMode::RN))
                     : Value(NVVM::ConvertF32x2ToF16x2Op::create(
                           b, loc, pairType, elements[i + 1], elements[i],
                           /*random_bits=*/Value(), NVVM::FPRoundingMode::RN));
    pairs.push_back(LLVM::BitcastOp::create(b, loc, b.getI32Type(), pair));
  }
  values[op] = pack(pairs);
  return success();
}

void HopperEmitter::emitCeilDiv(arith::CeilDivUIOp op) {
  Value divisor = lookup(op.getRhs());
  Value last = sub(add(lookup(op.getLhs()), divisor), i32(1));
  values[op] = b.createOrFold<arith::DivUIOp>(loc, last, divisor);
}

/// Applies an NVVM intrinsic to each element.
Value HopperEmitter::approximate(StringRef intrinsic, Value value) {
  bool isVector = isa<VectorType>(value.getType());
  SmallVector<Value> elements =
      isVector ? unpack(value) : SmallVector<Value>{value};
  for (Value &element : elements)
    element = LLVM::CallIntrinsicOp::create(b, loc, element.getType(),
                                            b.getStringAttr(intrinsic), element)
                  .getResult(0);
  return isVector ? pack(elements) : elements[0];
}

/// By the reciprocal, which is right to one unit in the last place.
void HopperEmitter::emitDivide(arith::DivFOp op) {
  Value inverse =
      approximate("llvm.nvvm.rcp.approx.ftz.f", lookup(op.getRhs()));
  values[op] = arith::MulFOp::create(b, loc, lookup(op.getLhs()), inverse);
}

/// LLVM has a library call only.
void HopperEmitter::emitLog2(math::Log2Op op) {
  values[op] =
      approximate("llvm.nvvm.lg2.approx.ftz.f", lookup(op.getOperand()));
}
