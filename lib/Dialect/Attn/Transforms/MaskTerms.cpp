//===- MaskTerms.cpp - Standard masks found in predicates -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskTerms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace attnc::attn;

//===----------------------------------------------------------------------===//
// Diagonal
//===----------------------------------------------------------------------===//

void Diagonal::add(const TensorSize &size, int64_t times) {
  if (size.isKnown()) {
    constant += size.known * times;
    return;
  }
  auto it =
      llvm::find_if(sizes, [&](auto &each) { return each.first == size; });
  if (it == sizes.end())
    it = sizes.insert(it, {size, 0});
  it->second += times;
  if (!it->second)
    sizes.erase(it);
}

Diagonal Diagonal::plus(const Diagonal &other, int64_t times) const {
  Diagonal sum = *this;
  sum.constant += times * other.constant;
  for (const auto &[size, count] : other.sizes)
    sum.add(size, times * count);
  return sum;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

namespace {
/// row · i + column · j + read + rest, the read times 0, 1 or −1.
struct Sum {
  int64_t row = 0, column = 0;
  Diagonal rest;
  tensor::ExtractOp read;
  int64_t timesRead = 0;

  bool isPosition() const { return !read && rest.sizes.empty(); }
  /// Whether no row or column makes it negative.
  bool isNotNegative() const {
    return isPosition() && row >= 0 && column >= 0 && rest.constant >= 0;
  }
};
} // namespace

static std::optional<Sum> plus(Sum sum, const Sum &other, int64_t times) {
  if (sum.read && other.read)
    return std::nullopt;
  sum.row += times * other.row;
  sum.column += times * other.column;
  sum.rest = sum.rest.plus(other.rest, times);
  if (other.read) {
    sum.read = other.read;
    sum.timesRead = times * other.timesRead;
  }
  // Far from overflows; longer sums are nobody's mask.
  auto isSmall = [](int64_t n) { return std::abs(n) <= kMaxPosition; };
  if (!isSmall(sum.rest.constant) || std::abs(sum.row) > 1 ||
      std::abs(sum.column) > 1 || std::abs(sum.timesRead) > 1 ||
      sum.rest.sizes.size() > 4)
    return std::nullopt;
  return sum;
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

namespace {
/// Reads the predicates of one region.
class TermReader {
public:
  explicit TermReader(MaskCustomOp source) : source(source) {}

  MaskTerm read(Value value, bool isNegated);

private:
  MaskTerm leaf(MaskTerm::Kind kind, Value value, bool isNegated) {
    MaskTerm term;
    term.kind = kind;
    term.source = source;
    term.predicates.push_back({value, isNegated});
    return term;
  }
  /// `op`, which is "and" or "or" of these.
  MaskTerm combine(Operation *op, bool isAnd, MaskTerm::Predicate lhs,
                   MaskTerm::Predicate rhs, bool isNegated);
  MaskTerm readComparison(arith::CmpIOp op, bool isNegated);
  MaskTerm readAtMostZero(const Sum &sum, Value value, bool isNegated);
  /// The captured tensor of a read at [b], or at [b, `place`].
  Value readByBatch(tensor::ExtractOp op, Value place);
  std::optional<Sum> readSum(Value value);

  MaskCustomOp source;
  unsigned numVisited = 0, numSums = 0;
};
} // namespace

std::optional<Sum> TermReader::readSum(Value value) {
  // Shared values are read once for each use.
  constexpr unsigned kMaxSums = 1024;
  if (++numSums > kMaxSums)
    return std::nullopt;
  Sum sum;
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    if (arg.getArgNumber() == 2)
      sum.row = 1;
    else if (arg.getArgNumber() == 3)
      sum.column = 1;
    else if (Value captured = getCaptured(source, arg);
             captured && getConstantIntValue(captured))
      sum.rest.constant = *getConstantIntValue(captured);
    else
      return std::nullopt;
    return plus(sum, Sum(), 1);
  }
  APInt known;
  Operation *op = value.getDefiningOp();
  if (matchPattern(value, m_ConstantInt(&known))) {
    if (known.getSignificantBits() > 32)
      return std::nullopt;
    sum.rest.constant = known.getSExtValue();
    return plus(sum, Sum(), 1);
  }
  // Positions are at most kMaxPosition, so that two of them add in 32 bits.
  auto holdsPositions = [](Type type) {
    return type.isIndex() || type.isInteger(32) || type.isInteger(64);
  };
  if (!op || !holdsPositions(value.getType()))
    return std::nullopt;
  if (isa<arith::IndexCastOp, arith::ExtSIOp>(op) &&
      holdsPositions(op->getOperand(0).getType()))
    return readSum(op->getOperand(0));
  if (isa<arith::IndexCastUIOp, arith::ExtUIOp, arith::TruncIOp>(op) &&
      holdsPositions(op->getOperand(0).getType())) {
    auto inner = readSum(op->getOperand(0));
    return inner && inner->isNotNegative() ? inner : std::nullopt;
  }
  if (isa<arith::AddIOp, arith::SubIOp>(op)) {
    auto lhs = readSum(op->getOperand(0));
    if (!lhs)
      return std::nullopt;
    auto rhs = readSum(op->getOperand(1));
    if (!rhs)
      return std::nullopt;
    return plus(*lhs, *rhs, isa<arith::AddIOp>(op) ? 1 : -1);
  }
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    Value tensor = getCaptured(source, dim.getSource());
    std::optional<int64_t> number = dim.getConstantIndex();
    if (!tensor || !number)
      return std::nullopt;
    sum.rest.add(getTensorSize(tensor, *number), 1);
    return plus(sum, Sum(), 1);
  }
  if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
    sum.read = read;
    sum.timesRead = 1;
    return sum;
  }
  return std::nullopt;
}

Value TermReader::readByBatch(tensor::ExtractOp op, Value place) {
  Value tensor = op ? getCaptured(source, op.getTensor()) : Value();
  SmallVector<Value> want{source.getBody().getArgument(0)};
  if (place)
    want.push_back(place);
  if (!tensor || !op.getType().isInteger(32) ||
      !llvm::equal(op.getIndices(), want))
    return {};
  return tensor;
}

/// sum ≤ 0
MaskTerm TermReader::readAtMostZero(const Sum &sum, Value value,
                                    bool isNegated) {
  if (sum.column == 1 && sum.row == -1 && !sum.read) {
    MaskTerm band = leaf(MaskTerm::Band, value, isNegated);
    band.high = Diagonal().plus(sum.rest, -1);
    return band;
  }
  if (sum.column == -1 && sum.row == 1 && !sum.read) {
    MaskTerm band = leaf(MaskTerm::Band, value, isNegated);
    band.low = sum.rest;
    return band;
  }
  // j + 1 − n[b] ≤ 0
  Value lengths = readByBatch(sum.read, Value());
  if (lengths && sum.column == 1 && sum.row == 0 && sum.timesRead == -1 &&
      sum.rest.sizes.empty() && sum.rest.constant == 1) {
    MaskTerm term = leaf(MaskTerm::Lengths, value, isNegated);
    term.tensors = {lengths};
    return term;
  }
  return leaf(MaskTerm::Custom, value, isNegated);
}

MaskTerm TermReader::readComparison(arith::CmpIOp op, bool isNegated) {
  using Predicate = arith::CmpIPredicate;
  Predicate predicate = op.getPredicate();
  if (isNegated)
    predicate = arith::invertPredicate(predicate);
  MaskTerm custom = leaf(MaskTerm::Custom, op, isNegated);
  auto lhs = readSum(op.getLhs());
  auto rhs = lhs ? readSum(op.getRhs()) : std::nullopt;
  if (!lhs || !rhs)
    return custom;

  Value row = source.getBody().getArgument(2),
        column = source.getBody().getArgument(3);
  auto isRead = [](const Sum &sum) {
    return sum.read && !sum.row && !sum.column && sum.timesRead == 1 &&
           sum.rest.sizes.empty() && !sum.rest.constant;
  };
  if (predicate == Predicate::eq && isRead(*lhs) && isRead(*rhs)) {
    Value query = readByBatch(lhs->read, row);
    Value key = readByBatch(query ? rhs->read : lhs->read, column);
    if (!query)
      query = readByBatch(rhs->read, row);
    if (!query || !key)
      return custom;
    custom.kind = MaskTerm::Document;
    custom.tensors = {query, key};
    return custom;
  }

  bool isUnsigned = predicate == Predicate::ult ||
                    predicate == Predicate::ule ||
                    predicate == Predicate::ugt || predicate == Predicate::uge;
  if (isUnsigned && (!lhs->isNotNegative() || !rhs->isNotNegative()))
    return custom;
  auto difference = plus(*lhs, *rhs, -1);
  if (!difference)
    return custom;
  auto atMostZero = [&](int64_t times, int64_t added) {
    Sum constant;
    constant.rest.constant = added;
    auto sum = plus(constant, *difference, times);
    return sum ? readAtMostZero(*sum, op, isNegated) : custom;
  };
  switch (predicate) {
  case Predicate::slt:
  case Predicate::ult:
    return atMostZero(1, 1);
  case Predicate::sle:
  case Predicate::ule:
    return atMostZero(1, 0);
  case Predicate::sgt:
  case Predicate::ugt:
    return atMostZero(-1, 1);
  case Predicate::sge:
  case Predicate::uge:
    return atMostZero(-1, 0);
  case Predicate::eq: {
    MaskTerm upper = atMostZero(1, 0), lower = atMostZero(-1, 0);
    if (upper.kind != MaskTerm::Band)
      return custom;
    if (!upper.low)
      upper.low = lower.low;
    else
      upper.high = lower.high;
    return upper;
  }
  case Predicate::ne:
    return custom;
  }
  llvm_unreachable("all predicates are handled");
}

//===----------------------------------------------------------------------===//
// Predicates
//===----------------------------------------------------------------------===//

MaskTerm TermReader::combine(Operation *op, bool isAnd, MaskTerm::Predicate lhs,
                             MaskTerm::Predicate rhs, bool isNegated) {
  MaskTerm term = leaf(isAnd != isNegated ? MaskTerm::And : MaskTerm::Or,
                       op->getResult(0), isNegated);
  for (auto [value, negated] : {lhs, rhs}) {
    MaskTerm part = read(value, negated != isNegated);
    if (part.kind == term.kind)
      llvm::append_range(term.parts, std::move(part.parts));
    else
      term.parts.push_back(std::move(part));
  }
  return term;
}

MaskTerm TermReader::read(Value value, bool isNegated) {
  // The parts become mask ops, of which an attention has at most 256; shared
  // values are read once for each use.
  constexpr unsigned kMaxVisited = 64;
  Operation *op = value.getDefiningOp();
  MaskTerm custom = leaf(MaskTerm::Custom, value, isNegated);
  if (!op || ++numVisited > kMaxVisited)
    return custom;
  auto known = [](Value value) { return getConstantIntValue(value); };
  if (auto constant = known(value))
    return (*constant != 0) != isNegated ? MaskTerm() : custom;
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return readComparison(compare, isNegated);
  if (auto negation = dyn_cast<arith::XOrIOp>(op);
      negation && known(negation.getRhs()))
    return read(negation.getLhs(),
                isNegated != (*known(negation.getRhs()) != 0));
  if (isa<arith::AndIOp, arith::OrIOp>(op))
    return combine(op, isa<arith::AndIOp>(op), {op->getOperand(0), false},
                   {op->getOperand(1), false}, isNegated);
  auto select = dyn_cast<arith::SelectOp>(op);
  if (!select || !select.getCondition().getType().isInteger(1))
    return custom;
  Value condition = select.getCondition();
  MaskTerm::Predicate ifTrue{select.getTrueValue(), false},
      ifFalse{select.getFalseValue(), false};
  if (auto constant = known(ifTrue.value))
    return *constant
               ? combine(op, false, {condition, false}, ifFalse, isNegated)
               : combine(op, true, {condition, true}, ifFalse, isNegated);
  if (auto constant = known(ifFalse.value))
    return *constant ? combine(op, false, {condition, true}, ifTrue, isNegated)
                     : combine(op, true, {condition, false}, ifTrue, isNegated);
  return custom;
}

/// Bands of one "and" that bound other sides become one, and so do custom
/// parts; a part that shows all keys says nothing in an "and", all in an "or".
static MaskTerm simplify(MaskTerm term) {
  if (term.kind != MaskTerm::And && term.kind != MaskTerm::Or)
    return term;
  bool isAnd = term.kind == MaskTerm::And;
  std::vector<MaskTerm> parts;
  for (MaskTerm &each : term.parts) {
    MaskTerm part = simplify(std::move(each));
    if (part.kind == MaskTerm::All) {
      if (isAnd)
        continue;
      return part;
    }
    auto joins = [&](const MaskTerm &other) {
      if (part.kind != other.kind)
        return false;
      return part.kind == MaskTerm::Custom ||
             (isAnd && part.kind == MaskTerm::Band &&
              !(part.low && other.low) && !(part.high && other.high));
    };
    auto it = llvm::find_if(parts, joins);
    if (it == parts.end()) {
      parts.push_back(std::move(part));
      continue;
    }
    llvm::append_range(it->predicates, part.predicates);
    it->isAnyOf = !isAnd;
    if (part.low)
      it->low = part.low;
    if (part.high)
      it->high = part.high;
  }
  if (parts.empty())
    return MaskTerm();
  if (parts.size() == 1 && parts.front().kind != MaskTerm::Custom)
    return std::move(parts.front());
  if (parts.size() == 1) {
    // Nothing was found in it.
    term.kind = MaskTerm::Custom;
    term.parts.clear();
    return term;
  }
  term.parts = std::move(parts);
  return term;
}

MaskTerm MaskTerm::read(ScoreValue root) {
  return simplify(TermReader(root.source)
                      .read(root.value,
                            /*isNegated=*/false));
}

void MaskTerm::forEachBand(function_ref<void(const MaskTerm &)> visit) const {
  if (kind == Band)
    visit(*this);
  for (const MaskTerm &part : parts)
    part.forEachBand(visit);
}
