//===- TileElementwise.cpp - arith and math on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileValues.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc;

namespace {
using FloatOp = double (*)(double, double, double);
/// Operands are sign-extended; the result is cut to `width` bits.
using IntegerOp = int64_t (*)(int64_t, int64_t, unsigned width);
} // namespace

static double withNan(double x, double y, double value) {
  return std::isnan(x) || std::isnan(y) ? std::nan("") : value;
}

static const llvm::StringMap<FloatOp> &floatOps() {
  using D = double;
  static const llvm::StringMap<FloatOp> ops = {
      {"arith.addf", [](D x, D y, D) { return x + y; }},
      {"arith.subf", [](D x, D y, D) { return x - y; }},
      {"arith.mulf", [](D x, D y, D) { return x * y; }},
      {"arith.divf", [](D x, D y, D) { return x / y; }},
      {"arith.negf", [](D x, D, D) { return -x; }},
      {"arith.maximumf",
       [](D x, D y, D) { return withNan(x, y, std::max(x, y)); }},
      {"arith.minimumf",
       [](D x, D y, D) { return withNan(x, y, std::min(x, y)); }},
      {"arith.maxnumf", [](D x, D y, D) { return std::fmax(x, y); }},
      {"arith.minnumf", [](D x, D y, D) { return std::fmin(x, y); }},
      {"arith.extf", [](D x, D, D) { return x; }},
      {"arith.truncf", [](D x, D, D) { return x; }},
      {"arith.sitofp", [](D x, D, D) { return x; }},
      {"arith.uitofp", [](D x, D, D) { return x; }},
      {"arith.fptosi", [](D x, D, D) { return std::trunc(x); }},
      {"math.exp", [](D x, D, D) { return std::exp(x); }},
      {"math.exp2", [](D x, D, D) { return std::exp2(x); }},
      {"math.log", [](D x, D, D) { return std::log(x); }},
      {"math.log2", [](D x, D, D) { return std::log2(x); }},
      {"math.erf", [](D x, D, D) { return std::erf(x); }},
      {"math.tanh", [](D x, D, D) { return std::tanh(x); }},
      {"math.sin", [](D x, D, D) { return std::sin(x); }},
      {"math.cos", [](D x, D, D) { return std::cos(x); }},
      {"math.sqrt", [](D x, D, D) { return std::sqrt(x); }},
      {"math.rsqrt", [](D x, D, D) { return 1 / std::sqrt(x); }},
      {"math.absf", [](D x, D, D) { return std::fabs(x); }},
      {"math.roundeven", [](D x, D, D) { return std::nearbyint(x); }},
      {"math.floor", [](D x, D, D) { return std::floor(x); }},
      {"math.ceil", [](D x, D, D) { return std::ceil(x); }},
      {"math.powf", [](D x, D y, D) { return std::pow(x, y); }},
      {"math.fma", [](D x, D y, D z) { return std::fma(x, y, z); }},
  };
  return ops;
}

static uint64_t zeroExtend(int64_t x, unsigned width) {
  return static_cast<uint64_t>(x) & llvm::maskTrailingOnes<uint64_t>(width);
}

/// All ones for a divisor of zero: no kernel may depend on it.
template <typename T> static int64_t divide(T x, T y) {
  return y == 0 ? -1 : static_cast<int64_t>(x / y);
}

static int64_t floorDivide(int64_t x, int64_t y) {
  return divide(x, y) - (y != 0 && x % y != 0 && (x < 0) != (y < 0));
}

static const llvm::StringMap<IntegerOp> &integerOps() {
  using I = int64_t;
  using W = unsigned;
  static const llvm::StringMap<IntegerOp> ops = {
      {"arith.addi", [](I x, I y, W) -> I { return uint64_t(x) + y; }},
      {"arith.subi", [](I x, I y, W) -> I { return uint64_t(x) - y; }},
      {"arith.muli", [](I x, I y, W) -> I { return uint64_t(x) * y; }},
      {"arith.divsi", [](I x, I y, W) { return divide(x, y); }},
      {"arith.divui",
       [](I x, I y, W w) {
         return divide(zeroExtend(x, w), zeroExtend(y, w));
       }},
      {"arith.remsi", [](I x, I y, W) { return y == 0 ? x : x % y; }},
      {"arith.remui",
       [](I x, I y, W w) -> I {
         return y == 0 ? x : I(zeroExtend(x, w) % zeroExtend(y, w));
       }},
      {"arith.ceildivsi", [](I x, I y, W) { return -floorDivide(-x, y); }},
      {"arith.ceildivui",
       [](I x, I y, W w) {
         uint64_t ux = zeroExtend(x, w), uy = zeroExtend(y, w);
         return divide(ux, uy) + (uy != 0 && ux % uy != 0);
       }},
      {"arith.floordivsi", [](I x, I y, W) { return floorDivide(x, y); }},
      {"arith.minsi", [](I x, I y, W) { return std::min(x, y); }},
      {"arith.maxsi", [](I x, I y, W) { return std::max(x, y); }},
      {"arith.minui",
       [](I x, I y, W w) {
         return zeroExtend(x, w) < zeroExtend(y, w) ? x : y;
       }},
      {"arith.maxui",
       [](I x, I y, W w) {
         return zeroExtend(x, w) > zeroExtend(y, w) ? x : y;
       }},
      {"arith.andi", [](I x, I y, W) { return x & y; }},
      {"arith.ori", [](I x, I y, W) { return x | y; }},
      {"arith.xori", [](I x, I y, W) { return x ^ y; }},
      {"arith.shli",
       [](I x, I y, W w) {
         return y < 0 || y >= I(w) ? 0 : I(uint64_t(x) << y);
       }},
      {"arith.shrui",
       [](I x, I y, W w) {
         return y < 0 || y >= I(w) ? 0 : I(zeroExtend(x, w) >> y);
       }},
      {"arith.shrsi",
       [](I x, I y, W w) { return x >> std::clamp<I>(y, 0, I(w) - 1); }},
      {"arith.index_cast", [](I x, I, W) { return x; }},
      {"arith.extsi", [](I x, I, W) { return x; }},
      {"arith.extui", [](I x, I, W) { return x; }},
      {"arith.trunci", [](I x, I, W) { return x; }},
  };
  return ops;
}

static bool compare(arith::CmpFPredicate p, double x, double y) {
  bool nan = std::isnan(x) || std::isnan(y);
  switch (p) {
  case arith::CmpFPredicate::OEQ:
    return x == y;
  case arith::CmpFPredicate::OGT:
    return x > y;
  case arith::CmpFPredicate::OGE:
    return x >= y;
  case arith::CmpFPredicate::OLT:
    return x < y;
  case arith::CmpFPredicate::OLE:
    return x <= y;
  case arith::CmpFPredicate::ONE:
    return !nan && x != y;
  case arith::CmpFPredicate::ORD:
    return !nan;
  case arith::CmpFPredicate::UEQ:
    return nan || x == y;
  case arith::CmpFPredicate::UGT:
    return nan || x > y;
  case arith::CmpFPredicate::UGE:
    return nan || x >= y;
  case arith::CmpFPredicate::ULT:
    return nan || x < y;
  case arith::CmpFPredicate::ULE:
    return nan || x <= y;
  case arith::CmpFPredicate::UNE:
    return nan || x != y;
  case arith::CmpFPredicate::UNO:
    return nan;
  case arith::CmpFPredicate::AlwaysTrue:
    return true;
  case arith::CmpFPredicate::AlwaysFalse:
    return false;
  }
  return false;
}

static bool compare(arith::CmpIPredicate p, int64_t x, int64_t y,
                    unsigned width) {
  uint64_t ux = zeroExtend(x, width), uy = zeroExtend(y, width);
  switch (p) {
  case arith::CmpIPredicate::eq:
    return x == y;
  case arith::CmpIPredicate::ne:
    return x != y;
  case arith::CmpIPredicate::slt:
    return x < y;
  case arith::CmpIPredicate::sle:
    return x <= y;
  case arith::CmpIPredicate::sgt:
    return x > y;
  case arith::CmpIPredicate::sge:
    return x >= y;
  case arith::CmpIPredicate::ult:
    return ux < uy;
  case arith::CmpIPredicate::ule:
    return ux <= uy;
  case arith::CmpIPredicate::ugt:
    return ux > uy;
  case arith::CmpIPredicate::uge:
    return ux >= uy;
  }
  return false;
}

static double attrToDouble(Attribute attr) {
  if (auto f = dyn_cast<FloatAttr>(attr))
    return f.getValueAsDouble();
  auto i = cast<IntegerAttr>(attr);
  if (i.getType().isInteger(1))
    return i.getValue().getZExtValue();
  return i.getValue().getSExtValue();
}

static void evaluateConstant(Attribute value, Tensor &to) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    to.data[0] = attrToDouble(value);
  else if (dense.isSplat())
    to.data.assign(to.data.size(),
                   attrToDouble(dense.getSplatValue<Attribute>()));
  else
    for (auto [i, attr] : llvm::enumerate(dense.getValues<Attribute>()))
      to.data[i] = attrToDouble(attr);
}

static unsigned widthOf(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

/// An i1 is 0 or 1, every other integer is signed. What is no number is 0.
static int64_t toInteger(double x, unsigned width) {
  if (!(std::fabs(x) < 0x1p63))
    return 0;
  return width == 1 ? -static_cast<int64_t>(x != 0) : static_cast<int64_t>(x);
}

static double fromInteger(int64_t x, unsigned width) {
  if (width == 1)
    return x & 1;
  return static_cast<double>(llvm::SignExtend64(x, width));
}

/// The bits of a float as an integer of its width, or the other way round.
static double bitcast(double x, Type from, Type to) {
  unsigned width = widthOf(to);
  APInt bits(width, zeroExtend(toInteger(x, width), width));
  if (auto type = dyn_cast<FloatType>(from)) {
    APFloat value(x);
    bool losesInfo;
    value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    bits = value.bitcastToAPInt();
  }
  if (auto type = dyn_cast<FloatType>(to))
    return APFloat(type.getFloatSemantics(), bits).convertToDouble();
  return fromInteger(bits.getSExtValue(), width);
}

bool attnc::evaluateElementwise(Operation &op,
                                ArrayRef<const Tensor *> operands,
                                Precision precision, Tensor &to) {
  if (op.getNumResults() != 1)
    return false;
  Type type = op.getResult(0).getType(), element = getElementTypeOrSelf(type);
  to = Tensor::of(type);
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    evaluateConstant(constant.getValue(), to);
    return true;
  }
  if (operands.empty() || operands.size() > 3)
    return false;
  // A scalar operand stands for all elements: the condition of a select.
  const double *data[3];
  int64_t step[3];
  for (unsigned j = 0; j < 3; ++j) {
    const Tensor *t = operands[std::min<size_t>(j, operands.size() - 1)];
    data[j] = t->data.data();
    step[j] = t->data.size() == 1 ? 0 : 1;
  }
  auto forEach = [&](auto value) {
    for (int64_t i = 0, n = to.data.size(); i < n; ++i)
      to.data[i] = value(data[0][i * step[0]], data[1][i * step[1]],
                         data[2][i * step[2]]);
  };
  StringRef name = op.getName().getStringRef();
  Type operandType = getElementTypeOrSelf(op.getOperand(0).getType());
  if (isa<arith::SelectOp>(op)) {
    forEach([](double x, double y, double z) { return x != 0 ? y : z; });
  } else if (isa<arith::BitcastOp>(op)) {
    forEach([&](double x, double, double) {
      return bitcast(x, operandType, element);
    });
  } else if (auto cmp = dyn_cast<arith::CmpFOp>(op)) {
    forEach([p = cmp.getPredicate()](double x, double y, double) {
      return compare(p, x, y);
    });
  } else if (auto cmp = dyn_cast<arith::CmpIOp>(op)) {
    unsigned width = widthOf(operandType);
    forEach([p = cmp.getPredicate(), width](double x, double y, double) {
      return compare(p, toInteger(x, width), toInteger(y, width), width);
    });
  } else if (auto found = floatOps().find(name); found != floatOps().end()) {
    if (name == "arith.uitofp" && !operandType.isInteger(1)) {
      unsigned width = widthOf(operandType);
      forEach([width](double x, double, double) {
        return double(zeroExtend(toInteger(x, width), width));
      });
    } else {
      forEach(found->second);
    }
    if (precision == Precision::Element && element.isF32())
      for (double &x : to.data)
        x = static_cast<float>(x);
    else if (element.isBF16() || element.isF16())
      for (double &x : to.data)
        x = roundToElement(x, element);
  } else if (auto found = integerOps().find(name);
             found != integerOps().end()) {
    unsigned from = widthOf(operandType), width = widthOf(element);
    bool isUnsigned = name == "arith.extui";
    forEach([&, f = found->second](double x, double y, double) {
      int64_t ix = toInteger(x, from), iy = toInteger(y, from);
      if (isUnsigned)
        ix = zeroExtend(ix, from);
      return fromInteger(f(ix, iy, width), width);
    });
  } else {
    return false;
  }
  return true;
}
