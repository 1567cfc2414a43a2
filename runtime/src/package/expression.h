//===- expression.h - Sizes that depend on symbols --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_EXPRESSION_H
#define ATTNC_RT_PACKAGE_EXPRESSION_H

#include "package/json_reader.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace attnc_rt {

/// A dynamic size of an entry.
struct symbol {
  std::string name;
  int64_t min;
  int64_t max;
  int64_t multiple;
};

/// A non-negative integer, computed from the values of an entry's symbols.
class expression {
public:
  /// Parses and checks; `symbols` are those that it may name.
  expression(const json &value, std::span<const symbol> symbols,
             const std::string &where);

  /// `error` is null, or says what went wrong: "overflows".
  struct result {
    int64_t value;
    const char *error;
  };

  /// `values` has one value for each symbol.
  result evaluate(std::span<const int64_t> values) const;

  /// The value of an expression that is just a number.
  std::optional<int64_t> constant() const;

  /// The index of the symbol that this expression is just the name of.
  std::optional<size_t> lone_symbol() const;

  /// For people: "ceildiv(B*S, 64)".
  std::string text(std::span<const symbol> symbols) const;

private:
  enum class op : uint8_t {
    number, // value
    symbol, // the symbol number `value`
    add,
    multiply,
    max,
    min,
    subtract,
    ceildiv,
    floordiv,
    modulo
  };
  struct node {
    op kind;
    int64_t value;
  };

  void append(const json &value, std::span<const symbol> symbols,
              const std::string &where, int depth);

  /// In postfix order; all operators are binary.
  std::vector<node> nodes;
};

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_EXPRESSION_H
