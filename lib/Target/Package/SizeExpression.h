//===- SizeExpression.h - Sizes that depend on symbols -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_SIZEEXPRESSION_H
#define ATTNC_LIB_TARGET_PACKAGE_SIZEEXPRESSION_H

#include "llvm/Support/JSON.h"

namespace attnc {

/// An expression of a plan (docs/Package.md), simplified as it is built:
/// numbers are folded, nested sums and products are one, their terms in a fixed
/// order.
///
/// Only a plain number may be negative. What cannot be written in a plan holds
/// the reason as its error, and so does everything built from it.
class SizeExpression {
public:
  enum class Op { Add, Sub, Mul, CeilDiv, FloorDiv, Mod, Max, Min };

  SizeExpression(int64_t number = 0) : value(number) {}
  static SizeExpression symbol(llvm::StringRef name) {
    return SizeExpression(llvm::json::Value(name));
  }
  static SizeExpression get(Op op, const SizeExpression &lhs,
                            const SizeExpression &rhs);

  friend SizeExpression operator+(const SizeExpression &lhs,
                                  const SizeExpression &rhs) {
    return get(Op::Add, lhs, rhs);
  }
  friend SizeExpression operator*(const SizeExpression &lhs,
                                  const SizeExpression &rhs) {
    return get(Op::Mul, lhs, rhs);
  }
  bool operator==(const SizeExpression &other) const {
    return !error && !other.error && value == other.value;
  }
  bool operator!=(const SizeExpression &other) const {
    return !(*this == other);
  }

  /// A predicate such as "overflows", or null.
  const char *getError() const;
  const llvm::json::Value &getJson() const { return value; }

private:
  explicit SizeExpression(llvm::json::Value value);
  static SizeExpression invalid(const char *error);
  static SizeExpression fold(Op op, int64_t lhs, int64_t rhs);
  static SizeExpression sum(const llvm::json::Value &lhs,
                            const llvm::json::Value &rhs);
  static SizeExpression product(const llvm::json::Value &lhs,
                                const llvm::json::Value &rhs);
  static SizeExpression extremum(Op op, const llvm::json::Value &lhs,
                                 const llvm::json::Value &rhs);
  static SizeExpression quotient(Op op, const llvm::json::Value &lhs,
                                 const llvm::json::Value &rhs);

  llvm::json::Value value;
  const char *error = nullptr;
};

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_SIZEEXPRESSION_H
