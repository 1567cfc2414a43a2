//===- plan_agreement.cpp - Plans of several targets ----------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/plan_agreement.h"

#include "failure.h"

using namespace attnc_rt;

static std::string text(const symbol &size) {
  return in_quotes(size.name) + " in " + std::to_string(size.min) + " ... " +
         std::to_string(size.max) + ", a multiple of " +
         std::to_string(size.multiple);
}

static std::string text(const signature_tensor &tensor, const entry &owner) {
  std::string result = in_quotes(tensor.name) + " " + name(tensor.dtype) + " [";
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    result += (i ? ", " : "") + tensor.shape[i].text(owner.symbols);
    const dim_split &split = tensor.split[i];
    if (split.axis != dim_split::whole)
      result += " over axis " + std::to_string(split.axis) + ", group " +
                std::to_string(split.group);
  }
  return result + "]";
}

/// Everything of an entry that a caller sees, one line each.
static std::vector<std::string> lines_of(const entry &source) {
  std::vector<std::string> lines;
  for (const symbol &size : source.symbols)
    lines.push_back("symbol " + text(size));
  for (const signature_tensor &tensor : source.inputs)
    lines.push_back("input " + text(tensor, source));
  for (const signature_tensor &tensor : source.outputs)
    lines.push_back("output " + text(tensor, source));
  return lines;
}

/// Compares two lists and names the first difference.
static void check_equal(const std::vector<std::string> &expected,
                        const std::vector<std::string> &got,
                        const std::string &where) {
  for (size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    std::string wanted = i < expected.size() ? expected[i] : "no more";
    std::string found = i < got.size() ? got[i] : "no more";
    if (wanted != found)
      fail_at(where,
              "expected what the first plan has: " + wanted + ", got " + found);
  }
}

void attnc_rt::check_same_signatures(const std::vector<entry> &first,
                                     const std::vector<entry> &other,
                                     const std::string &where) {
  auto names_of = [](const std::vector<entry> &entries) {
    std::vector<std::string> names;
    for (const entry &each : entries)
      names.push_back("entry " + in_quotes(each.name));
    return names;
  };
  check_equal(names_of(first), names_of(other), where + ".entries");
  for (size_t i = 0; i < first.size(); ++i)
    check_equal(lines_of(first[i]), lines_of(other[i]),
                where + ".entries." + other[i].name);
}
