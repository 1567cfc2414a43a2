//===- half_floats.h - BF16 and F16 to F32 and back -------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plain integer code that compilers vectorise without F16C or AVX512-BF16.
// Rounds to nearest even; a NaN stays one.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_HALF_FLOATS_H
#define ATTNC_RT_COLLECTIVE_HALF_FLOATS_H

#include <bit>
#include <cstdint>

namespace attnc_rt {

struct bf16 {
  uint16_t bits;
};

struct f16 {
  uint16_t bits;
};

inline float to_f32(float value) { return value; }

inline float to_f32(bf16 value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
}

inline float to_f32(f16 value) {
  constexpr uint32_t exponent_mask = 0x7c00u << 13;
  uint32_t bits = (value.bits & 0x7fffu) << 13;
  uint32_t exponent = bits & exponent_mask;
  bits += (127 - 15) << 23;
  if (exponent == exponent_mask) {
    bits += (128 - 16) << 23;
  } else if (exponent == 0) {
    // A subnormal: let the subtraction normalise it.
    constexpr uint32_t smallest_normal = 113u << 23;
    bits = std::bit_cast<uint32_t>(std::bit_cast<float>(bits + (1u << 23)) -
                                   std::bit_cast<float>(smallest_normal));
  }
  return std::bit_cast<float>(bits | (value.bits & 0x8000u) << 16);
}

inline void from_f32(float value, float &result) { result = value; }

inline void from_f32(float value, bf16 &result) {
  auto bits = std::bit_cast<uint32_t>(value);
  bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
  result.bits = static_cast<uint16_t>(is_nan ? bits >> 16 | 0x40u : rounded);
}

inline void from_f32(float value, f16 &result) {
  auto bits = std::bit_cast<uint32_t>(value);
  uint32_t sign = bits & 0x80000000u;
  bits ^= sign;
  uint32_t half;
  if (bits >= (127u + 16) << 23) {
    half = bits > 255u << 23 ? 0x7e00 : 0x7c00;
  } else if (bits < 113u << 23) {
    // A subnormal: let the addition round it to the last place.
    constexpr uint32_t magic = ((127u - 15) + (23 - 10) + 1) << 23;
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(bits) +
                                   std::bit_cast<float>(magic)) -
           magic;
  } else {
    half = (bits - ((127u - 15) << 23) + 0xfff + (bits >> 13 & 1)) >> 13;
  }
  result.bits = static_cast<uint16_t>(half | sign >> 16);
}

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_HALF_FLOATS_H
