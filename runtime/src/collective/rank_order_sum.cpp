//===- rank_order_sum.cpp - Sums that do not depend on timing -------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "collective/rank_order_sum.h"

#include "collective/half_floats.h"

#include <algorithm>
#include <cstring>

using namespace attnc_rt;

/// The elements that are summed at a time: few enough for the L1 cache.
static constexpr int64_t block = 512;

static uint32_t to_sum(uint32_t value) { return value; }
static void from_sum(uint32_t sum, uint32_t &result) { result = sum; }
template <typename half> static float to_sum(half value) {
  return to_f32(value);
}
template <typename half> static void from_sum(float sum, half &result) {
  from_f32(sum, result);
}

template <typename element>
static void sum(std::span<const std::byte *const> inputs, int64_t count,
                std::byte *result) {
  element values[block];
  decltype(to_sum(element())) sums[block];
  for (int64_t begin = 0; begin < count; begin += block) {
    int64_t length = std::min(block, count - begin);
    size_t offset = static_cast<size_t>(begin) * sizeof(element);
    size_t bytes = static_cast<size_t>(length) * sizeof(element);
    std::memcpy(values, inputs[0] + offset, bytes);
    for (int64_t i = 0; i < length; ++i)
      sums[i] = to_sum(values[i]);
    for (const std::byte *input : inputs.subspan(1)) {
      std::memcpy(values, input + offset, bytes);
      for (int64_t i = 0; i < length; ++i)
        sums[i] += to_sum(values[i]);
    }
    for (int64_t i = 0; i < length; ++i)
      from_sum(sums[i], values[i]);
    std::memcpy(result + offset, values, bytes);
  }
}

bool attnc_rt::can_sum(element_type type) {
  return type == element_type::f32 || type == element_type::bf16 ||
         type == element_type::f16 || type == element_type::i32;
}

void attnc_rt::sum_in_rank_order(element_type type,
                                 std::span<const std::byte *const> inputs,
                                 int64_t count, std::byte *result) {
  switch (type) {
  case element_type::f32:
    return sum<float>(inputs, count, result);
  case element_type::bf16:
    return sum<bf16>(inputs, count, result);
  case element_type::f16:
    return sum<f16>(inputs, count, result);
  case element_type::i32:
    return sum<uint32_t>(inputs, count, result);
  default:
    // The communicator has refused it.
    return;
  }
}
