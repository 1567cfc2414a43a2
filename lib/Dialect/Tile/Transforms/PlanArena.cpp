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
#include <map>

namespace attnc::tile {
#define GEN_PASS_DEF_PLANARENAPASS
#include "attnc/Dialect/Tile/Transforms/Passes.h.inc"
} // namespace attnc::tile

using namespace mlir;
using namespace attnc::tile;

namespace {

constexpr int64_t kAlignment = 64;

/// A sum of products of named sizes: Σ coefficient · s₀ · s₁ …, all coefficients
/// positive. Named sizes are at least 1.
class Polynomial {
public:
  /// The sizes of a product, sorted by name, repeated for powers.
  using Product = std::vector<StringRef>;

  static Polynomial constant(int64_t value) {
    Polynomial result;
    result.terms[{}] = value;
    return result;
  }
  static FailureOr<Polynomial> of(Value value);
  Polynomial operator*(const Polynomial &other) const;
  Polynomial operator+(const Polynomial &other) const;

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

FailureOr<Polynomial> Polynomial::of(Value value) {
  IntegerAttr integer;
  if (matchPattern(value, m_Constant(&integer)))
    return constant(integer.getInt());
  Operation *op = value.getDefiningOp();
  if (auto size = dyn_cast_or_null<SizeOp>(op)) {
    Polynomial result;
    result.terms[{size.getSymbol()}] = 1;
    return result;
  }
  if (op && isa<arith::MulIOp, arith::AddIOp>(op)) {
    FailureOr<Polynomial> lhs = of(op->getOperand(0));
    FailureOr<Polynomial> rhs = of(op->getOperand(1));
    if (succeeded(lhs) && succeeded(rhs))
      return isa<arith::MulIOp>(op) ? *lhs * *rhs : *lhs + *rhs;
  }
  return failure();
}

Polynomial Polynomial::operator*(const Polynomial &other) const {
  Polynomial result;
  for (const auto &[product, coefficient] : terms)
    for (const auto &[otherProduct, otherCoefficient] : other.terms) {
      Product both = product;
      llvm::append_range(both, otherProduct);
      llvm::sort(both);
      result.terms[both] += coefficient * otherCoefficient;
    }
  return result;
}

Polynomial Polynomial::operator+(const Polynomial &other) const {
  Polynomial result = *this;
  for (const auto &[product, coefficient] : other.terms)
    result.terms[product] += coefficient;
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

/// The last step that touches `buffer` or a view of it.
static Operation *lastUse(Value buffer) {
  Operation *last = buffer.getDefiningOp();
  for (Operation *user : buffer.getUsers()) {
    Operation *use =
        isa<ViewOp>(user) ? lastUse(user->getResult(0)) : user;
    if (last->isBeforeInBlock(use))
      last = use;
  }
  return last;
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
    if (fits != bestFits ? fits
                         : fits == slot.size.isAtMost(bestSize))
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
      FailureOr<Polynomial> factor = Polynomial::of(dynamic);
      if (failed(factor)) {
        alloc.emitError("expected sizes made of tile.size, constants, arith."
                        "muli and arith.addi");
        return signalPassFailure();
      }
      size = size * *factor;
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
    if (!value)
      value = SizeOp::create(builder, loc, name);
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
