//===- symbols.cpp - The values of an entry's symbols ---------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "failure.h"
#include "session/binding.h"

#include <algorithm>

using namespace attnc_rt;

void attnc_rt::check_count(const entry &source, const char *what,
                           size_t expected, size_t got) {
  if (expected != got)
    fail(ATTNC_RT_INVALID_ARGUMENT, "entry %s: expected %zu %s, got %zu",
         in_quotes(source.name).c_str(), expected, what, got);
}

static void check_symbol(const symbol &size, int64_t value,
                         const std::string &where) {
  if (value < size.min || value > size.max)
    fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected %s in %ld ... %ld, got %ld",
         where.c_str(), size.name.c_str(), size.min, size.max, value);
  if (value % size.multiple != 0)
    fail(ATTNC_RT_INVALID_ARGUMENT,
         "%s: expected %s to be a multiple of %ld, got %ld", where.c_str(),
         size.name.c_str(), size.multiple, value);
}

void attnc_rt::check_symbols(const entry &source,
                             std::span<const int64_t> symbols) {
  for (size_t i = 0; i < symbols.size(); ++i)
    check_symbol(source.symbols[i], symbols[i],
                 "entry " + in_quotes(source.name));
}

std::string attnc_rt::shape_text(std::span<const int64_t> shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

std::vector<int64_t> attnc_rt::bind_symbols(const entry &source,
                                            std::span<const DLTensor> inputs) {
  std::vector<int64_t> symbols(source.symbols.size());
  std::vector<bool> is_bound(source.symbols.size());
  auto where = [&](size_t input) {
    return "entry " + in_quotes(source.name) + ", input " +
           in_quotes(source.inputs[input].name);
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<expression> &declared = source.inputs[i].shape;
    if (inputs[i].ndim < 0 ||
        static_cast<size_t>(inputs[i].ndim) != declared.size())
      fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected rank %zu, got %d",
           where(i).c_str(), declared.size(), inputs[i].ndim);
    if (!inputs[i].shape && !declared.empty())
      fail(ATTNC_RT_INVALID_ARGUMENT, "%s: its shape is null",
           where(i).c_str());
    for (size_t d = 0; d < declared.size(); ++d) {
      auto lone = declared[d].lone_symbol();
      if (!lone || is_bound[*lone])
        continue;
      is_bound[*lone] = true;
      symbols[*lone] = inputs[i].shape[d];
      check_symbol(source.symbols[*lone], symbols[*lone],
                   where(i) + ", dimension " + std::to_string(d));
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::vector<int64_t> expected =
        bind_shape(source, source.inputs[i], symbols);
    std::span<const int64_t> got(inputs[i].shape, expected.size());
    if (!std::equal(got.begin(), got.end(), expected.begin()))
      fail(ATTNC_RT_INVALID_ARGUMENT, "%s: expected the shape %s, got %s",
           where(i).c_str(), shape_text(expected).c_str(),
           shape_text(got).c_str());
  }
  return symbols;
}
