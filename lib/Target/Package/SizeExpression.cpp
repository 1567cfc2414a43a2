//===- SizeExpression.cpp - Sizes that depend on symbols -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeExpression.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace attnc;
using llvm::json::Array;
using llvm::json::Value;

using Terms = std::vector<Value>;

/// The package format's limit.
static constexpr unsigned kMaxDepth = 16;
/// Bounds what an expression that is used again and again can grow to.
static constexpr unsigned kMaxNodes = 4096;

static constexpr const char *kOverflows = "overflows 64 bits";
static constexpr const char *kBelowZero = "goes below zero";

static llvm::StringRef spelling(SizeExpression::Op op) {
  static constexpr llvm::StringLiteral names[] = {
      "+", "-", "*", "ceildiv", "floordiv", "mod", "max", "min"};
  return names[static_cast<unsigned>(op)];
}

/// The array of `value` if that is an `op`, else null.
static const Array *getIf(const Value &value, SizeExpression::Op op) {
  const Array *array = value.getAsArray();
  return array && (*array)[0] == Value(spelling(op)) ? array : nullptr;
}

/// The operands of `value` if that is an `op`, else `value` itself.
static Terms getTerms(const Value &value, SizeExpression::Op op) {
  if (const Array *array = getIf(value, op))
    return Terms(array->begin() + 1, array->end());
  return {value};
}

static Value build(SizeExpression::Op op, Terms terms) {
  Array array{spelling(op)};
  for (Value &term : terms)
    array.push_back(std::move(term));
  return array;
}

/// Symbols, then operations, then numbers; each by its text.
static void sortTerms(Terms &terms) {
  auto key = [](const Value &term) {
    std::string text;
    llvm::raw_string_ostream(text) << term;
    int rank = term.getAsString() ? 0 : term.getAsArray() ? 1 : 2;
    return std::pair(rank, std::move(text));
  };
  llvm::sort(terms,
             [&](const Value &a, const Value &b) { return key(a) < key(b); });
}

static void measure(const Value &value, unsigned depth, unsigned &maxDepth,
                    unsigned &nodes) {
  ++nodes;
  maxDepth = std::max(maxDepth, depth);
  if (const Array *array = value.getAsArray())
    for (const Value &operand : llvm::drop_begin(*array))
      measure(operand, depth + 1, maxDepth, nodes);
}

SizeExpression::SizeExpression(Value built) : value(std::move(built)) {
  unsigned depth = 0, nodes = 0;
  measure(value, 0, depth, nodes);
  if (depth > kMaxDepth)
    *this = invalid("is nested deeper than 16");
  else if (nodes > kMaxNodes)
    *this = invalid("has more than 4096 parts");
}

SizeExpression SizeExpression::invalid(const char *error) {
  SizeExpression result;
  result.error = error;
  return result;
}

const char *SizeExpression::getError() const {
  std::optional<int64_t> number = value.getAsInteger();
  return !error && number && *number < 0 ? kBelowZero : error;
}

SizeExpression SizeExpression::fold(Op op, int64_t lhs, int64_t rhs) {
  int64_t result = 0;
  bool overflows = false;
  switch (op) {
  case Op::Add:
    overflows = llvm::AddOverflow(lhs, rhs, result);
    break;
  case Op::Sub:
    overflows = llvm::SubOverflow(lhs, rhs, result);
    break;
  case Op::Mul:
    overflows = llvm::MulOverflow(lhs, rhs, result);
    break;
  case Op::Max:
    return std::max(lhs, rhs);
  case Op::Min:
    return std::min(lhs, rhs);
  default:
    if (lhs < 0 || rhs < 0)
      return invalid(kBelowZero);
    if (rhs == 0)
      return invalid("divides by zero");
    if (op == Op::Mod)
      return lhs % rhs;
    return lhs / rhs + (op == Op::CeilDiv && lhs % rhs != 0);
  }
  return overflows ? invalid(kOverflows) : SizeExpression(result);
}

SizeExpression SizeExpression::sum(const Value &lhs, const Value &rhs) {
  Terms terms;
  int64_t constant = 0;
  bool overflows = false;
  auto add = [&](const Value &operand) {
    const Value *rest = &operand;
    // The one place where a sum keeps a negative number.
    if (const Array *sub = getIf(operand, Op::Sub))
      if (std::optional<int64_t> number = (*sub)[2].getAsInteger()) {
        overflows |= llvm::SubOverflow(constant, *number, constant);
        rest = &(*sub)[1];
      }
    for (Value &term : getTerms(*rest, Op::Add)) {
      if (std::optional<int64_t> number = term.getAsInteger())
        overflows |= llvm::AddOverflow(constant, *number, constant);
      else
        terms.push_back(std::move(term));
    }
  };
  add(lhs);
  add(rhs);
  if (overflows || constant == INT64_MIN)
    return invalid(kOverflows);
  if (constant > 0)
    terms.push_back(constant);
  sortTerms(terms);
  Value result = terms.size() == 1 ? terms[0] : build(Op::Add, terms);
  if (constant < 0)
    result = Array{spelling(Op::Sub), std::move(result), -constant};
  return SizeExpression(std::move(result));
}

SizeExpression SizeExpression::product(const Value &lhs, const Value &rhs) {
  Terms terms;
  int64_t constant = 1;
  for (const Value *operand : {&lhs, &rhs})
    for (Value &term : getTerms(*operand, Op::Mul)) {
      std::optional<int64_t> number = term.getAsInteger();
      if (!number)
        terms.push_back(std::move(term));
      else if (llvm::MulOverflow(constant, *number, constant))
        return invalid(kOverflows);
    }
  if (constant < 0)
    return invalid(kBelowZero);
  if (constant == 0)
    return 0;
  if (constant > 1)
    terms.push_back(constant);
  sortTerms(terms);
  return SizeExpression(terms.size() == 1 ? terms[0] : build(Op::Mul, terms));
}

/// Whether `lhs <= rhs` follows from its terms being among those of `rhs`.
static bool isAtMost(const Value &lhs, const Value &rhs) {
  Terms rest = getTerms(rhs, SizeExpression::Op::Add);
  int64_t number = rest.back().getAsInteger().value_or(0);
  for (const Value &term : getTerms(lhs, SizeExpression::Op::Add)) {
    if (std::optional<int64_t> other = term.getAsInteger()) {
      if (*other > number)
        return false;
      continue;
    }
    auto found = llvm::find(rest, term);
    if (found == rest.end())
      return false;
    rest.erase(found);
  }
  return true;
}

SizeExpression SizeExpression::extremum(Op op, const Value &lhs,
                                        const Value &rhs) {
  Terms terms;
  for (const Value *operand : {&lhs, &rhs})
    for (Value &term : getTerms(*operand, op)) {
      auto isImplied = [&](const Value &a, const Value &b) {
        return op == Op::Max ? isAtMost(a, b) : isAtMost(b, a);
      };
      if (llvm::any_of(terms, [&](Value &t) { return isImplied(term, t); }))
        continue;
      llvm::erase_if(terms, [&](Value &t) { return isImplied(t, term); });
      terms.push_back(std::move(term));
    }
  sortTerms(terms);
  return SizeExpression(terms.size() == 1 ? terms[0] : build(op, terms));
}

SizeExpression SizeExpression::quotient(Op op, const Value &lhs,
                                        const Value &rhs) {
  std::optional<int64_t> divisor = rhs.getAsInteger();
  if (divisor == 0)
    return invalid("divides by zero");
  if (divisor) {
    // The number of a product stands last.
    Terms factors = getTerms(lhs, Op::Mul);
    std::optional<int64_t> number = factors.back().getAsInteger();
    if (*divisor == 1 || (number && *number % *divisor == 0)) {
      if (op == Op::Mod)
        return 0;
      if (*divisor == 1)
        return SizeExpression(lhs);
      factors.back() = *number / *divisor;
      return product(build(Op::Mul, factors), Value(1));
    }
  }
  return SizeExpression(Value(Array{spelling(op), lhs, rhs}));
}

SizeExpression SizeExpression::get(Op op, const SizeExpression &lhs,
                                   const SizeExpression &rhs) {
  if (lhs.error || rhs.error)
    return lhs.error ? lhs : rhs;
  std::optional<int64_t> left = lhs.value.getAsInteger();
  std::optional<int64_t> right = rhs.value.getAsInteger();
  if (left && right)
    return fold(op, *left, *right);
  if (op == Op::Add)
    return sum(lhs.value, rhs.value);
  if (op == Op::Sub && right && *right != INT64_MIN)
    return sum(lhs.value, Value(-*right));
  if (lhs.getError() || rhs.getError())
    return invalid(kBelowZero);
  switch (op) {
  case Op::Mul:
    return product(lhs.value, rhs.value);
  case Op::Max:
  case Op::Min:
    return extremum(op, lhs.value, rhs.value);
  case Op::Sub:
    if (lhs == rhs)
      return 0;
    return SizeExpression(Value(Array{spelling(op), lhs.value, rhs.value}));
  default:
    return quotient(op, lhs.value, rhs.value);
  }
}
