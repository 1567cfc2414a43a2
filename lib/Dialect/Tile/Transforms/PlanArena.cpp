//===- PlanArena.cpp - Offsets of workspace buffers -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Dialect/Tile/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"
#include <map>
#include <numeric>

namespace attnc::tile {
#define GEN_PASS_DEF_PLANARENAPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {

constexpr int64_t kAlignment = 64;

/// A sum of products of named sizes: Σ coefficient · s₀ · s₁ …, no coefficient
/// negative. Named sizes are at least 1.
class Polynomial {
public:
  /// The sizes of a product, sorted by name, repeated for powers.
  using Product = std::vector<StringRef>;

  static Polynomial constant(int64_t value) {
    Polynomial result;
    result.terms[{}] = value;
    return result;
  }
  static Polynomial named(StringRef size, int64_t coefficient) {
    Polynomial result;
    result.terms[{size}] = coefficient;
    return result;
  }
  // Both fail where a coefficient does not fit or the result grows too long.
  FailureOr<Polynomial> operator*(const Polynomial &other) const;
  FailureOr<Polynomial> operator+(const Polynomial &other) const;

  /// Whether this is at most `other` for all sizes: every term fits into
  /// what is left of a term of `other` that its product divides.
  bool isAtMost(const Polynomial &other) const;

  /// The value as index arithmetic; `size` gives a named size.
  Value emit(OpBuilder &builder, Location loc,
             llvm::function_ref<Value(StringRef)> size) const;

private:
  std::map<Product, int64_t> terms;
};

/// Bytes of the arena that buffers share one after another.
struct Slot {
  Polynomial size;
  Operation *lastUse;
};

} // namespace

FailureOr<Polynomial> Polynomial::operator*(const Polynomial &other) const {
  // Far beyond what shapes need: at most six sizes make a buffer.
  constexpr size_t maxDegree = 16, maxTerms = 256;
  Polynomial result;
  for (const auto &[product, coefficient] : terms)
    for (const auto &[otherProduct, otherCoefficient] : other.terms) {
      Product both = product;
      llvm::append_range(both, otherProduct);
      llvm::sort(both);
      int64_t scaled, &sum = result.terms[both];
      if (both.size() > maxDegree || result.terms.size() > maxTerms ||
          llvm::MulOverflow(coefficient, otherCoefficient, scaled) ||
          llvm::AddOverflow(sum, scaled, sum))
        return failure();
    }
  return result;
}

FailureOr<Polynomial> Polynomial::operator+(const Polynomial &other) const {
  Polynomial result = *this;
  for (const auto &[product, coefficient] : other.terms) {
    int64_t &sum = result.terms[product];
    if (llvm::AddOverflow(sum, coefficient, sum))
      return failure();
  }
  return result;
}

bool Polynomial::isAtMost(const Polynomial &other) const {
  std::map<Product, int64_t> left = other.terms;
  for (auto [product, coefficient] : terms) {
    for (auto &[otherProduct, available] : left) {
      if (!std::includes(otherProduct.begin(), otherProduct.end(),
                         product.begin(), product.end()))
        continue;
      int64_t taken = std::min(coefficient, available);
      coefficient -= taken;
      available -= taken;
    }
    if (coefficient > 0)
      return false;
  }
  return true;
}

Value Polynomial::emit(OpBuilder &builder, Location loc,
                       llvm::function_ref<Value(StringRef)> size) const {
  Value sum;
  for (const auto &[product, coefficient] : terms) {
    Value term = arith::ConstantIndexOp::create(builder, loc, coefficient);
    for (StringRef name : product)
      term = builder.createOrFold<arith::MulIOp>(loc, size(name), term);
    sum = sum ? builder.createOrFold<arith::AddIOp>(loc, sum, term) : term;
  }
  return sum;
}

/// The last step of the program that touches `buffer` or a view of it.
static Operation *lastUse(Value buffer) {
  Operation *last = buffer.getDefiningOp();
  llvm::SetVector<Value> aliases;
  aliases.insert(buffer);
  for (size_t i = 0; i < aliases.size(); ++i)
    for (Operation *user : aliases[i].getUsers()) {
      Operation *step = last->getBlock()->findAncestorOpInBlock(*user);
      if (last->isBeforeInBlock(step))
        last = step;
      for (Operation *op : {user, step})
        for (Value result : op->getResults())
          if (isa<BufType>(result.getType()))
            aliases.insert(result);
    }
  return last;
}

namespace {
/// A named size over a constant, rounded down or up.
struct Quotient {
  StringRef size;
  int64_t divisor;
};
} // namespace

static std::optional<Quotient> matchQuotient(Operation *op) {
  APInt divisor;
  bool divides = isa<arith::DivUIOp, arith::CeilDivUIOp>(op);
  auto size = divides ? op->getOperand(0).getDefiningOp<SizeOp>() : SizeOp();
  if (!size || !matchPattern(op->getOperand(1), m_ConstantInt(&divisor)) ||
      !divisor.isStrictlyPositive() || divisor.getActiveBits() > 31)
    return std::nullopt;
  return Quotient{size.getSymbol(), divisor.getSExtValue()};
}

/// For each named size that the program divides: what all of its divisors
/// divide. Fails where that does not fit.
static FailureOr<llvm::StringMap<int64_t>> collectUnits(Block &body) {
  llvm::StringMap<int64_t> units;
  for (Operation &op : body)
    if (auto quotient = matchQuotient(&op)) {
      int64_t &unit = units.try_emplace(quotient->size, 1).first->second;
      if (llvm::MulOverflow(unit / std::gcd(unit, quotient->divisor),
                            quotient->divisor, unit))
        return failure();
    }
  return units;
}

/// The values of the program that are sums and products of named sizes, or
/// bounds of them. A size that is divided counts in units, rounded up.
static llvm::DenseMap<Value, Polynomial>
collectSizes(Block &body, const llvm::StringMap<int64_t> &units) {
  llvm::DenseMap<Value, Polynomial> sizes;
  auto operand = [&](Operation &op, unsigned index) -> const Polynomial * {
    auto it = sizes.find(op.getOperand(index));
    return it == sizes.end() ? nullptr : &it->second;
  };
  for (Operation &op : body) {
    FailureOr<Polynomial> size = failure();
    IntegerAttr integer;
    if (matchPattern(&op, m_Constant(&integer))) {
      if (op.getResult(0).getType().isIndex() && integer.getInt() >= 0)
        size = Polynomial::constant(integer.getInt());
    } else if (auto named = dyn_cast<SizeOp>(op)) {
      auto unit = units.find(named.getSymbol());
      size = Polynomial::named(named.getSymbol(),
                               unit == units.end() ? 1 : unit->second);
    } else if (auto quotient = matchQuotient(&op)) {
      size = Polynomial::named(quotient->size, units.lookup(quotient->size) /
                                                   quotient->divisor);
    } else if (isa<arith::MulIOp, arith::AddIOp>(op)) {
      const Polynomial *lhs = operand(op, 0), *rhs = operand(op, 1);
      if (lhs && rhs)
        size = isa<arith::MulIOp>(op) ? *lhs * *rhs : *lhs + *rhs;
    }
    if (succeeded(size))
      sizes.try_emplace(op.getResult(0), std::move(*size));
  }
  return sizes;
}

namespace {
struct PlanArena : attnc::tile::impl::PlanArenaPassBase<PlanArena> {
  void runOnOperation() override;

private:
  /// The slot of a buffer of `size` that lives from `alloc` on: the one that
  /// it fills best, or a new one.
  unsigned findSlot(AllocOp alloc, const Polynomial &size);

  SmallVector<Slot> slots;
};
} // namespace

unsigned PlanArena::findSlot(AllocOp alloc, const Polynomial &size) {
  std::optional<unsigned> best;
  for (auto [index, slot] : llvm::enumerate(slots)) {
    if (!slot.lastUse->isBeforeInBlock(alloc))
      continue;
    bool fits = size.isAtMost(slot.size);
    if (!fits && !slot.size.isAtMost(size))
      continue; // neither is larger for all sizes
    if (!best) {
      best = index;
      continue;
    }
    // Prefer a slot that is large enough, and of those the smallest; else the
    // largest, which grows least.
    const Polynomial &bestSize = slots[*best].size;
    bool bestFits = size.isAtMost(bestSize);
    if (fits != bestFits ? fits : fits == slot.size.isAtMost(bestSize))
      best = index;
  }
  if (!best) {
    slots.push_back({size, nullptr});
    best = slots.size() - 1;
  }
  Slot &slot = slots[*best];
  if (slot.size.isAtMost(size))
    slot.size = size;
  slot.lastUse = lastUse(alloc.getResult());
  return *best;
}

void PlanArena::runOnOperation() {
  ProgramOp program = getOperation();
  Block &body = program.getBody().front();
  slots.clear();
  FailureOr<llvm::StringMap<int64_t>> units = collectUnits(body);
  if (failed(units)) {
    program.emitError("expected divisors of a size whose common multiple fits "
                      "63 bits");
    return signalPassFailure();
  }
  llvm::DenseMap<Value, Polynomial> values = collectSizes(body, *units);
  SmallVector<std::pair<AllocOp, unsigned>> placed;
  for (AllocOp alloc : body.getOps<AllocOp>()) {
    BufType type = alloc.getType();
    int64_t bytes =
        llvm::divideCeil(type.getElementType().getIntOrFloatBitWidth(), 8);
    for (int64_t size : type.getShape())
      if (!ShapedType::isDynamic(size))
        bytes *= size;
    Polynomial size = Polynomial::constant(bytes);
    for (Value dynamic : alloc.getSizes()) {
      auto factor = values.find(dynamic);
      FailureOr<Polynomial> product = failure();
      if (factor != values.end())
        product = size * factor->second;
      if (failed(product)) {
        alloc.emitError("expected sizes made of tile.size, constants, their "
                        "quotients, arith.muli and arith.addi, "
                        "whose product fits 63 bits");
        return signalPassFailure();
      }
      size = *product;
    }
    placed.emplace_back(alloc, findSlot(alloc, size));
  }
  if (placed.empty())
    return;

  OpBuilder builder = OpBuilder::atBlockBegin(&body);
  Location loc = program.getLoc();
  llvm::StringMap<Value> sizes;
  auto size = [&](StringRef name) {
    Value &value = sizes[name];
    if (!value) {
      value = SizeOp::create(builder, loc, name);
      if (int64_t unit = units->lookup(name))
        value = arith::CeilDivUIOp::create(
            builder, loc, value,
            arith::ConstantIndexOp::create(builder, loc, unit));
    }
    return value;
  };
  SmallVector<Value> offsets;
  Value offset = arith::ConstantIndexOp::create(builder, loc, 0);
  Value alignment = arith::ConstantIndexOp::create(builder, loc, kAlignment);
  for (const Slot &slot : slots) {
    offsets.push_back(offset);
    Value blocks = builder.createOrFold<arith::CeilDivUIOp>(
        loc, slot.size.emit(builder, loc, size), alignment);
    Value aligned = builder.createOrFold<arith::MulIOp>(loc, blocks, alignment);
    offset = builder.createOrFold<arith::AddIOp>(loc, offset, aligned);
  }
  for (auto [alloc, slot] : placed) {
    builder.setInsertionPoint(alloc);
    auto arena = ArenaOp::create(builder, alloc.getLoc(), alloc.getType(),
                                 offsets[slot], alloc.getSizes());
    alloc.replaceAllUsesWith(arena.getResult());
    alloc.erase();
  }
}
