//===- MathApproximations.cpp - Math without a library -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace attnc;

namespace {
/// Arithmetic on one f32 type, scalar or vector.
struct FloatMath {
  OpBuilder &b;
  Location loc;
  Type type;

  Value constant(float value) { return splat(b.getF32FloatAttr(value), type); }
  Type intType() {
    if (auto vector = dyn_cast<VectorType>(type))
      return vector.clone(b.getI32Type());
    return b.getI32Type();
  }
  Value intConstant(int32_t value) {
    return splat(b.getI32IntegerAttr(value), intType());
  }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, loc, x, y, z);
  }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }

private:
  Value splat(TypedAttr value, Type type) {
    if (auto vector = dyn_cast<VectorType>(type))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(b, loc, value);
  }
};
} // namespace

/// 2^(whole + rest) for an integer `whole` of -126 … 128 and |rest| ≤ 0.5. A
/// NaN stays one: x86 converts it to an integer whose shifted bits are zero.
static Value emitPower(FloatMath m, Value whole, Value rest) {
  OpBuilder &b = m.b;
  Location loc = m.loc;
  // Minimax for the relative error on [-0.5, 0.5], with 2^0 exact.
  constexpr float coefficients[] = {1.535336188e-4f,
                                    1.339887440e-3f,
                                    9.618437357e-3f,
                                    5.550332548e-2f,
                                    2.402264791e-1f,
                                    6.931472028e-1f,
                                    1.0f};
  Value poly = m.constant(coefficients[0]);
  for (float c : ArrayRef(coefficients).drop_front())
    poly = m.fma(poly, rest, m.constant(c));
  Value exponent = arith::FPToSIOp::create(b, loc, m.intType(), whole);
  exponent = arith::ShLIOp::create(b, loc, exponent, m.intConstant(23));
  Value bits = arith::BitcastOp::create(b, loc, m.intType(), poly);
  bits = arith::AddIOp::create(b, loc, bits, exponent);
  return arith::BitcastOp::create(b, loc, m.type, bits);
}

/// `x` kept in [low, high]; a NaN passes.
static Value emitClamp(FloatMath m, Value x, float low, float high) {
  Value lowest = m.constant(low), highest = m.constant(high);
  x = m.select(m.compare(arith::CmpFPredicate::OGT, lowest, x), lowest, x);
  return m.select(m.compare(arith::CmpFPredicate::OLT, highest, x), highest, x);
}

/// Results below the smallest normal number are 0.
static Value emitExp2(FloatMath m, Value x) {
  Value clamped = emitClamp(m, x, -126.0f, 128.0f);
  Value whole = math::RoundEvenOp::create(m.b, m.loc, clamped);
  Value rest = arith::SubFOp::create(m.b, m.loc, clamped, whole);
  Value tooLow = m.compare(arith::CmpFPredicate::OLT, x, m.constant(-126.0f));
  return m.select(tooLow, m.constant(0.0f), emitPower(m, whole, rest));
}

/// The same for e^x, whose exponent log2(e) · x needs more bits than f32 has.
static Value emitExp(FloatMath m, Value x) {
  constexpr float low = -87.33654475f, high = 88.72283905f;
  constexpr float log2eHigh = 1.44269504f, log2eLow = 1.92596299e-8f;
  Value clamped = emitClamp(m, x, low, high);
  Value scaled =
      arith::MulFOp::create(m.b, m.loc, clamped, m.constant(log2eHigh));
  Value whole = math::RoundEvenOp::create(m.b, m.loc, scaled);
  Value rest = m.fma(clamped, m.constant(log2eHigh),
                     arith::NegFOp::create(m.b, m.loc, whole));
  rest = m.fma(clamped, m.constant(log2eLow), rest);
  Value result = emitPower(m, whole, rest);
  result = m.select(m.compare(arith::CmpFPredicate::OLT, x, m.constant(low)),
                    m.constant(0.0f), result);
  return m.select(m.compare(arith::CmpFPredicate::OGT, x, m.constant(high)),
                  m.constant(std::numeric_limits<float>::infinity()), result);
}

/// sin(x + quadrants · π/2). The angle loses its quarter turns in three steps,
/// so that |x| up to some thousands keeps its bits.
static Value emitSine(FloatMath m, Value x, int32_t quadrants) {
  OpBuilder &b = m.b;
  Location loc = m.loc;
  Value scaled =
      arith::MulFOp::create(b, loc, x, m.constant(0.636619772367581f));
  Value turns = math::RoundEvenOp::create(b, loc, scaled);
  Value minus = arith::NegFOp::create(b, loc, turns);
  for (float part : {1.57079637f, -4.37113883e-8f, -1.71512451e-15f})
    x = m.fma(minus, m.constant(part), x);
  Value quadrant = arith::FPToSIOp::create(b, loc, m.intType(), turns);
  quadrant = arith::AddIOp::create(b, loc, quadrant, m.intConstant(quadrants));

  // Cephes' polynomials on [-π/4, π/4].
  Value square = arith::MulFOp::create(b, loc, x, x);
  auto polynomial = [&](ArrayRef<float> coefficients) {
    Value value = m.constant(coefficients[0]);
    for (float c : coefficients.drop_front())
      value = m.fma(value, square, m.constant(c));
    return value;
  };
  Value cubic = arith::MulFOp::create(b, loc, square, x);
  Value sine = m.fma(
      polynomial({-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f}),
      cubic, x);
  Value cosine = polynomial({2.443315711809948e-5f, -1.388731625493765e-3f,
                             4.166664568298827e-2f, -0.5f, 1.0f});
  auto bitSet = [&](int32_t bit) -> Value {
    return arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::ne,
        arith::AndIOp::create(b, loc, quadrant, m.intConstant(bit)),
        m.intConstant(0));
  };
  Value value = m.select(bitSet(1), cosine, sine);
  return m.select(bitSet(2), arith::NegFOp::create(b, loc, value), value);
}
static Value emitSin(FloatMath m, Value x) { return emitSine(m, x, 0); }
static Value emitCos(FloatMath m, Value x) { return emitSine(m, x, 1); }

namespace {
template <typename OpT, Value (*emit)(FloatMath, Value)>
struct FloatPattern : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "only f32 is approximated");
    FloatMath m{rewriter, op.getLoc(), op.getType()};
    rewriter.replaceOp(op, emit(m, op.getOperand()));
    return success();
  }
};
} // namespace

void attnc::populateMathApproximationPatterns(RewritePatternSet &patterns) {
  patterns.add<
      FloatPattern<math::Exp2Op, emitExp2>, FloatPattern<math::ExpOp, emitExp>,
      FloatPattern<math::SinOp, emitSin>, FloatPattern<math::CosOp, emitCos>>(
      patterns.getContext());
  populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
    return llvm::is_contained(
        {"math.erf", "math.tanh", "math.log", "math.log2", "math.log1p"}, name);
  });
  math::populateExpansionPatterns(patterns, {"rsqrt"});
}
