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

/// Element i of a tile of conditions, and what they are made of combined in
/// assembly.
Value HopperEmitter::conditionAt(Value tile, int64_t i) {
  Operation *op = tile.getDefiningOp();
  if (!isa_and_nonnull<arith::AndIOp, arith::OrIOp>(op)) {
    Value conditions = lookup(tile);
    auto at = [&](Value vector) -> Value {
      return vector::ExtractOp::create(b, loc, vector, i);
    };
    // Beside its use: a predicate that waits takes more than it saves.
    if (auto compare = conditions.getDefiningOp<arith::CmpIOp>())
      return arith::CmpIOp::create(b, loc, compare.getPredicate(),
                                   at(compare.getLhs()), at(compare.getRhs()));
    return at(conditions);
  }
  Value lhs = conditionAt(op->getOperand(0), i);
  Value rhs = conditionAt(op->getOperand(1), i);
  return assembly(isa<arith::AndIOp>(op) ? "and.pred $0, $1, $2;"
                                         : "or.pred $0, $1, $2;",
                  "=b,b,b", {lhs, rhs}, b.getI1Type(), /*hasSideEffects=*/false)
      .front();
}

static int64_t countConditions(Value tile) {
  Operation *op = tile.getDefiningOp();
  if (!isa_and_nonnull<arith::AndIOp, arith::OrIOp>(op))
    return 1;
  return countConditions(op->getOperand(0)) +
         countConditions(op->getOperand(1));
}

/// Where a few conditions meet, LLVM would select once for each of them, ptxas
/// compares them into one. With four, ptxas runs out of predicates and moves
/// them through registers (measured: a third more instructions).
LogicalResult HopperEmitter::emitSelect(arith::SelectOp op) {
  constexpr int64_t kMostConditions = 3;
  Value condition = op.getCondition();
  auto type = dyn_cast<RankedTensorType>(op.getType());
  int64_t conditions = countConditions(condition);
  if (isScalar || !type || !type.getElementType().isF32() ||
      !isa<RankedTensorType>(condition.getType()) || conditions == 1 ||
      conditions > kMostConditions)
    return emitElementwise(*op);
  Value lhs = lookup(op.getTrueValue()), rhs = lookup(op.getFalseValue());
  SmallVector<Value> elements;
  for (auto [i, pair] : llvm::enumerate(llvm::zip(unpack(lhs), unpack(rhs))))
    elements.push_back(
        arith::SelectOp::create(b, loc, conditionAt(condition, i),
                                std::get<0>(pair), std::get<1>(pair)));
  values[op] = pack(elements);
  return success();
}

/// arith and math work on a thread's vector as on the tile.
LogicalResult HopperEmitter::emitElementwise(Operation &op) {
  if (!isa<arith::ArithDialect, math::MathDialect>(op.getDialect()) ||
      op.getNumRegions() != 0 || op.getNumResults() != 1)
    return op.emitError("expected an op of a scheduled kernel, got '")
           << op.getName() << "'";
  Value result = op.getResult(0);
  if (isScalarVector(result.getType()))
    return success();
  FailureOr<Type> type = convertType(&op, result.getType());
  if (failed(type))
    return failure();
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(toElements(lookup(operand), operand.getType()));
  FailureOr<Value> applied =
      applyElementwise(op, operands, toElementsType(result.getType(), *type));
  if (failed(applied))
    return failure();
  values[result] = fromElements(*applied, result.getType());
  return success();
}

/// Of integers, or vectors of integers.
static Value emitResize(OpBuilder &b, Location loc, Value value, Type type,
                        bool isSigned) {
  unsigned from = getElementTypeOrSelf(value).getIntOrFloatBitWidth();
  unsigned to = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  if (from == to)
    return value;
  if (from > to)
    return arith::TruncIOp::create(b, loc, type, value);
  if (isSigned)
    return arith::ExtSIOp::create(b, loc, type, value);
  return arith::ExtUIOp::create(b, loc, type, value);
}

static bool isHalf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// Whether an op computes with 16-bit floats rather than moving their bits.
static bool isHalfArithmetic(Operation &op, ValueRange operands) {
  if (operands.empty() || !isHalf(operands[0].getType()))
    return false;
  return isa<math::MathDialect>(op.getDialect()) ||
         isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::RemFOp, arith::MaximumFOp, arith::MinimumFOp,
             arith::MaxNumFOp, arith::MinNumFOp, arith::CmpFOp>(op);
}

/// `type` with f32 for its elements.
static Type inF32(Type type) {
  Type f32 = Float32Type::get(type.getContext());
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(f32);
  return f32;
}

/// The upper half of the bits of an f32. LLVM would turn a comparison of
/// extended values into one of bf16, which it prints with a modifier that ptxas
/// refuses.
static Value widenBits(OpBuilder &b, Location loc, Value value) {
  Type wide = inF32(value.getType());
  auto integers = [&](unsigned bits) -> Type {
    if (auto vector = dyn_cast<VectorType>(wide))
      return vector.clone(b.getIntegerType(bits));
    return b.getIntegerType(bits);
  };
  Value bits = arith::BitcastOp::create(b, loc, integers(16), value);
  bits = arith::ExtUIOp::create(b, loc, integers(32), bits);
  TypedAttr half = b.getI32IntegerAttr(16);
  if (auto vector = dyn_cast<VectorType>(integers(32)))
    half = DenseElementsAttr::get(vector, Attribute(half));
  bits = arith::ShLIOp::create(b, loc, bits,
                               arith::ConstantOp::create(b, loc, half));
  return arith::BitcastOp::create(b, loc, wide, bits);
}

/// In f32, and rounded once: the same as in 16 bits.
FailureOr<Value> HopperEmitter::applyWidened(Operation &op, ValueRange operands,
                                             Type type) {
  SmallVector<Value> widened;
  for (Value operand : operands) {
    bool asBits = isa<arith::CmpFOp>(op) &&
                  getElementTypeOrSelf(operand.getType()).isBF16();
    widened.push_back(asBits ? widenBits(b, loc, operand)
                             : Value(arith::ExtFOp::create(
                                   b, loc, inF32(operand.getType()), operand)));
  }
  if (!isHalf(type))
    return applyElementwise(op, widened, type);
  FailureOr<Value> result = applyElementwise(op, widened, inF32(type));
  if (failed(result))
    return failure();
  return arith::TruncFOp::create(b, loc, type, *result).getResult();
}

FailureOr<Value>
HopperEmitter::applyElementwise(Operation &op, ValueRange operands, Type type) {
  if (isHalfArithmetic(op, operands))
    return applyWidened(op, operands, type);
  if (isa<math::MathDialect>(op.getDialect()))
    return applyMath(op, operands, type);
  // An index is an integer here.
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return emitResize(b, loc, operands[0], type, isa<arith::IndexCastOp>(op));
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    FailureOr<TypedAttr> value = constantValue(constant, type);
    if (failed(value))
      return failure();
    return arith::ConstantOp::create(b, loc, *value).getResult();
  }
  if (isa<arith::DivFOp>(op) && getElementTypeOrSelf(type).isF32())
    return divide(operands[0], operands[1]);
  OperationState state(loc, op.getName(), operands, type);
  for (NamedAttribute attr : op.getAttrs())
    // What holds of an index need not hold of 32 bits.
    if (attr.getName() != "overflowFlags" ||
        !getElementTypeOrSelf(op.getResult(0)).isIndex())
      state.addAttribute(attr.getName(), attr.getValue());
  return b.create(state)->getResult(0);
}

/// `value` of an index in the bits of `type`; the ends of the range stay ends.
static FailureOr<APInt> fitIndex(arith::ConstantOp op, const APInt &value,
                                 unsigned width) {
  if (value.isSignedIntN(width))
    return value.sextOrTrunc(width);
  if (value.isMinSignedValue())
    return APInt::getSignedMinValue(width);
  if (value.isMaxSignedValue())
    return APInt::getSignedMaxValue(width);
  return op.emitError("expected an index of ")
         << width << " bits, got " << value.getSExtValue();
}

/// The constant with the elements of `type`.
FailureOr<TypedAttr> HopperEmitter::constantValue(arith::ConstantOp op,
                                                  Type type) {
  Attribute value = op.getValue();
  if (auto elements = dyn_cast<DenseElementsAttr>(value)) {
    if (!elements.isSplat())
      return op.emitError("expected a tile of one value, got ") << op.getType();
    value = elements.getSplatValue<Attribute>();
  } else if (!isa<IntegerAttr, FloatAttr>(value)) {
    return op.emitError("expected a number or a tile of one, got ")
           << op.getType();
  }
  auto number = cast<TypedAttr>(value);
  if (number.getType().isIndex()) {
    unsigned width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
    FailureOr<APInt> fitted =
        fitIndex(op, cast<IntegerAttr>(number).getValue(), width);
    if (failed(fitted))
      return failure();
    number = IntegerAttr::get(getElementTypeOrSelf(type), *fitted);
  }
  if (auto vector = dyn_cast<VectorType>(type))
    return TypedAttr(DenseElementsAttr::get(vector, Attribute(number)));
  return number;
}

LogicalResult HopperEmitter::emitConstant(arith::ConstantOp op) {
  return emitElementwise(*op);
}

/// Pairs of f32 to packed pairs of 16-bit floats.
LogicalResult HopperEmitter::emitTruncate(arith::TruncFOp op) {
  auto to = dyn_cast<RankedTensorType>(op.getType());
  if (!to || !tile::getLayout(to) || !isInPairs(to) ||
      !getElementTypeOrSelf(op.getIn()).isF32())
    return emitElementwise(*op);
  if (failed(convertType(op, to)))
    return failure();
  Type element = to.getElementType();
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
