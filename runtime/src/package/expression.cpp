//===- expression.cpp - Sizes that depend on symbols ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/expression.h"

#include "failure.h"

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace attnc_rt;

static constexpr int max_depth = 16;

expression::expression(const json &value, std::span<const symbol> symbols,
                       const std::string &where) {
  append(value, symbols, where, 0);
  nodes.shrink_to_fit();
}

void expression::append(const json &value, std::span<const symbol> symbols,
                        const std::string &where, int depth) {
  if (value.is_string()) {
    const auto &name = value.get_ref<const std::string &>();
    for (size_t i = 0; i < symbols.size(); ++i)
      if (symbols[i].name == name) {
        nodes.push_back({op::symbol, static_cast<int64_t>(i)});
        return;
      }
    fail_at(where, "unknown symbol " + in_quotes(name));
  }
  if (!value.is_array()) {
    nodes.push_back({op::number, as_integer(value, where)});
    return;
  }

  struct operator_row {
    const char *name;
    op kind;
    bool is_binary;
  };
  static constexpr operator_row operators[] = {
      {"+", op::add, false},
      {"*", op::multiply, false},
      {"max", op::max, false},
      {"min", op::min, false},
      {"-", op::subtract, true},
      {"ceildiv", op::ceildiv, true},
      {"floordiv", op::floordiv, true},
      {"mod", op::modulo, true},
  };
  if (depth == max_depth)
    fail_at(where, "expression is nested deeper than 16");
  if (value.empty())
    fail_at(where, "expected an operator, got an empty array");
  const std::string &name = as_string(value[0], where);
  const auto *row = std::find_if(
      std::begin(operators), std::end(operators),
      [&](const operator_row &candidate) { return candidate.name == name; });
  if (row == std::end(operators))
    fail_at(where, "unknown operator " + in_quotes(name));
  if (row->is_binary ? value.size() != 3 : value.size() < 3)
    fail_at(where, in_quotes(name) + ": expected " +
                       (row->is_binary ? "two" : "two or more") +
                       " operands, got " + std::to_string(value.size() - 1));
  append(value[1], symbols, where, depth + 1);
  for (size_t i = 2; i < value.size(); ++i) {
    append(value[i], symbols, where, depth + 1);
    nodes.push_back({row->kind, 0});
  }
}

expression::result expression::evaluate(std::span<const int64_t> values) const {
  // An operand is computed on top of at most one value for each level above.
  int64_t stack[max_depth + 1];
  size_t height = 0;
  for (const node &each : nodes) {
    if (each.kind == op::number || each.kind == op::symbol) {
      stack[height++] = each.kind == op::number
                            ? each.value
                            : values[static_cast<size_t>(each.value)];
      continue;
    }
    int64_t right = stack[--height];
    int64_t left = stack[height - 1];
    int64_t &out = stack[height - 1];
    bool overflows = false;
    switch (each.kind) {
    case op::add:
      overflows = __builtin_add_overflow(left, right, &out);
      break;
    case op::multiply:
      overflows = __builtin_mul_overflow(left, right, &out);
      break;
    case op::max:
      out = std::max(left, right);
      break;
    case op::min:
      out = std::min(left, right);
      break;
    case op::subtract:
      out = left - right;
      if (out < 0)
        return {0, "goes below zero"};
      break;
    default:
      if (right == 0)
        return {0, "divides by zero"};
      out = each.kind == op::modulo ? left % right : left / right;
      if (each.kind == op::ceildiv)
        out += left % right != 0;
    }
    if (overflows)
      return {0, "overflows"};
  }
  return {stack[0], nullptr};
}

std::optional<int64_t> expression::constant() const {
  if (nodes.size() == 1 && nodes[0].kind == op::number)
    return nodes[0].value;
  return std::nullopt;
}

std::optional<size_t> expression::lone_symbol() const {
  if (nodes.size() == 1 && nodes[0].kind == op::symbol)
    return static_cast<size_t>(nodes[0].value);
  return std::nullopt;
}

std::string expression::text(std::span<const symbol> symbols) const {
  // What binds more loosely than its surroundings gets parentheses.
  enum level { sum, product, atom };
  struct part {
    std::string text;
    level binding;
  };
  auto at_least = [](const part &operand, level wanted) {
    return operand.binding < wanted ? "(" + operand.text + ")" : operand.text;
  };
  std::vector<part> stack;
  for (const node &each : nodes) {
    if (each.kind == op::number) {
      stack.push_back({std::to_string(each.value), atom});
      continue;
    }
    if (each.kind == op::symbol) {
      stack.push_back({symbols[static_cast<size_t>(each.value)].name, atom});
      continue;
    }
    part right = std::move(stack.back());
    stack.pop_back();
    part &left = stack.back();
    auto infix = [&](const char *sign, level own) -> part {
      return {at_least(left, own) + sign +
                  at_least(right, static_cast<level>(own + 1)),
              own};
    };
    auto call = [&](const char *function) -> part {
      return {std::string(function) + "(" + left.text + ", " + right.text + ")",
              atom};
    };
    switch (each.kind) {
    case op::add:
      left = infix(" + ", sum);
      break;
    case op::subtract:
      left = infix(" - ", sum);
      break;
    case op::multiply:
      left = infix("*", product);
      break;
    case op::max:
      left = call("max");
      break;
    case op::min:
      left = call("min");
      break;
    case op::ceildiv:
      left = call("ceildiv");
      break;
    case op::floordiv:
      left = call("floordiv");
      break;
    default:
      left = call("mod");
    }
  }
  return stack[0].text;
}
