//===- MathFunctions.cpp - Functions in their fast forms -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// f32 functions become the instructions of the special function unit. The errors are those of the PTX ISA manual
// and are listed in the description of `convert-tile-to-nvvm`.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;

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
Value HopperEmitter::divide(Value lhs, Value rhs) {
  return arith::MulFOp::create(b, loc, lhs,
                               approximate("llvm.nvvm.rcp.approx.ftz.f", rhs));
}

static Value emitFloat(OpBuilder &b, Location loc, Type type, float value) {
  TypedAttr attr = b.getF32FloatAttr(value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, loc, attr);
}

Value HopperEmitter::scaled(Value value, float factor) {
  return arith::MulFOp::create(
      b, loc, value, emitFloat(b, loc, value.getType(), factor));
}

/// LLVM has no intrinsic of it.
Value HopperEmitter::tangent(Value value) {
  bool isVector = isa<VectorType>(value.getType());
  SmallVector<Value> elements =
      isVector ? unpack(value) : SmallVector<Value>{value};
  for (Value &element : elements)
    element = assembly("tanh.approx.f32 $0, $1;", "=f,f", element,
                       element.getType(), /*hasSideEffects=*/false)
                  .front();
  return isVector ? pack(elements) : elements[0];
}

/// The instruction is exact enough within one turn, so whole turns are taken
/// off first, with 2π in three parts (Cody and Waite, 1980).
Value HopperEmitter::sine(Value value, StringRef intrinsic) {
  Type type = value.getType();
  constexpr float turn[] = {6.28125f, 1.93500518798828125e-3f, 3.01991598e-7f};
  Value turns = math::RoundEvenOp::create(
      b, loc, scaled(value, 0.5f * llvm::numbers::inv_pi));
  Value minus = arith::NegFOp::create(b, loc, turns);
  for (float part : turn)
    value = math::FmaOp::create(b, loc, minus, emitFloat(b, loc, type, part),
                                value);
  return approximate(intrinsic, value);
}

FailureOr<Value> HopperEmitter::applyMath(Operation &op, ValueRange operands,
                                          Type type) {
  Type element = getElementTypeOrSelf(type);
  auto same = [&](ValueRange operands, Type type) -> Value {
    OperationState state(loc, op.getName(), operands, type, op.getAttrs());
    return b.create(state)->getResult(0);
  };
  // What LLVM has an instruction for, in every type that it has.
  if (isa<math::AbsFOp, math::AbsIOp, math::FloorOp, math::CeilOp,
          math::RoundEvenOp, math::TruncOp, math::CopySignOp, math::FmaOp,
          math::CtPopOp, math::CountLeadingZerosOp, math::CountTrailingZerosOp>(
          op))
    return same(operands, type);

  if (!element.isF32())
    return op.emitError("expected '") << op.getName() << "' of f32, got "
                                      << op.getResult(0).getType();
  Value x = operands[0];
  constexpr float log2e = llvm::numbers::log2e, ln2 = llvm::numbers::ln2;
  return llvm::TypeSwitch<Operation *, FailureOr<Value>>(&op)
      // With denormals flushed this is one instruction.
      .Case([&](math::Exp2Op) { return same(operands, type); })
      .Case([&](math::ExpOp) {
        return math::Exp2Op::create(b, loc, scaled(x, log2e)).getResult();
      })
      // LLVM has library calls only.
      .Case([&](math::Log2Op) {
        return approximate("llvm.nvvm.lg2.approx.ftz.f", x);
      })
      .Case([&](math::LogOp) {
        return scaled(approximate("llvm.nvvm.lg2.approx.ftz.f", x), ln2);
      })
      .Case([&](math::TanhOp) { return tangent(x); })
      .Case([&](math::SqrtOp) {
        return approximate("llvm.nvvm.sqrt.approx.ftz.f", x);
      })
      .Case([&](math::RsqrtOp) {
        return approximate("llvm.nvvm.rsqrt.approx.ftz.f", x);
      })
      .Case([&](math::SinOp) {
        return sine(x, "llvm.nvvm.sin.approx.ftz.f");
      })
      .Case([&](math::CosOp) {
        return sine(x, "llvm.nvvm.cos.approx.ftz.f");
      })
      // Polynomials: the pass expands them.
      .Case<math::ErfOp, math::Log1pOp>(
          [&](Operation *) { return same(operands, type); })
      .Default([&](Operation *op) {
        return op->emitError("expected a function with a fast form on ")
               << hopper::kTargetName << ", got '" << op->getName() << "'";
      });
}
