//===- exercise.cpp - Random operations against an oracle -----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inputs follow from the seed, the round and the rank alone, so every rank
// knows what all ranks send. The oracle adds element by element in the order of
// ranks and rounds by the definition, not by bit tricks.
//
//===----------------------------------------------------------------------===//

#include "exercise.h"

#include "../check.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

using namespace attnc_rt;

using buffer = std::vector<std::byte>;

static constexpr element_type sum_types[] = {
    element_type::f32, element_type::bf16, element_type::f16,
    element_type::i32};

/// To `bits` significant bits and a smallest exponent, ties to even.
static float round_to(float value, int bits, int min_exponent) {
  int exponent;
  std::frexp(value, &exponent);
  double ulp = std::ldexp(1.0, std::max(exponent - bits, min_exponent));
  return static_cast<float>(std::nearbyint(value / ulp) * ulp);
}

static float load(element_type type, const std::byte *at) {
  uint16_t half;
  float value;
  std::memcpy(&half, at, 2);
  if (type == element_type::bf16)
    return std::bit_cast<float>(static_cast<uint32_t>(half) << 16);
  if (type == element_type::f16)
    return static_cast<float>(std::bit_cast<_Float16>(half));
  std::memcpy(&value, at, 4);
  return value;
}

static void store(element_type type, float value, std::byte *at) {
  if (type == element_type::bf16) {
    auto bits = std::bit_cast<uint32_t>(round_to(value, 8, -133));
    CHECK((bits & 0xffff) == 0);
    auto half = static_cast<uint16_t>(bits >> 16);
    std::memcpy(at, &half, 2);
  } else if (type == element_type::f16) {
    auto half = static_cast<_Float16>(value);
    std::memcpy(at, &half, 2);
  } else {
    std::memcpy(at, &value, 4);
  }
}

static buffer make_input(uint64_t seed, int round, int rank, element_type type,
                         int64_t count) {
  std::seed_seq sequence{seed, static_cast<uint64_t>(round),
                         static_cast<uint64_t>(rank)};
  std::mt19937 random(sequence);
  auto size = static_cast<size_t>(size_of(type));
  buffer bytes(static_cast<size_t>(count) * size);
  for (size_t i = 0; i < bytes.size(); i += size) {
    uint32_t bits = random();
    if (type == element_type::f32 || type == element_type::bf16 ||
        type == element_type::f16) {
      // Of both signs and several magnitudes, so that order matters.
      float value = (static_cast<float>(bits & 0xffff) / 32768.0f - 1.0f) *
                    static_cast<float>(1 << (bits >> 28));
      store(type, value, bytes.data() + i);
    } else {
      std::memcpy(bytes.data() + i, &bits, size);
    }
  }
  return bytes;
}

static buffer sum(const std::vector<buffer> &inputs, element_type type) {
  buffer result = inputs[0];
  auto size = static_cast<size_t>(size_of(type));
  for (size_t i = 0; i < result.size(); i += size) {
    if (type == element_type::i32) {
      uint32_t total = 0;
      for (const buffer &input : inputs) {
        uint32_t value;
        std::memcpy(&value, input.data() + i, 4);
        total += value;
      }
      std::memcpy(result.data() + i, &total, 4);
      continue;
    }
    float total = load(type, inputs[0].data() + i);
    for (size_t rank = 1; rank < inputs.size(); ++rank)
      total += load(type, inputs[rank].data() + i);
    store(type, total, result.data() + i);
  }
  return result;
}

static buffer concatenate(const std::vector<buffer> &inputs) {
  buffer result;
  for (const buffer &input : inputs)
    result.insert(result.end(), input.begin(), input.end());
  return result;
}

namespace {
struct one_round {
  communicator &ranks;
  operation_kind kind;
  element_type type;
  int64_t count;
  int root;
  bool in_place;

  std::vector<buffer> make_inputs(uint64_t seed, int round) const {
    std::vector<buffer> inputs;
    int64_t factor = kind == operation_kind::reduce_scatter ? ranks.size() : 1;
    for (int rank = 0; rank < ranks.size(); ++rank)
      inputs.push_back(make_input(seed, round, rank, type, count * factor));
    return inputs;
  }

  buffer expect(const std::vector<buffer> &inputs) const {
    if (kind == operation_kind::all_gather)
      return concatenate(inputs);
    if (kind == operation_kind::broadcast)
      return inputs[static_cast<size_t>(root)];
    buffer total = sum(inputs, type);
    if (kind == operation_kind::all_reduce)
      return total;
    auto bytes = static_cast<std::ptrdiff_t>(count * size_of(type));
    auto begin = total.begin() + bytes * ranks.rank();
    return buffer(begin, begin + bytes);
  }

  buffer run(const buffer &own) const {
    size_t bytes = static_cast<size_t>(count * size_of(type));
    size_t offset = bytes * static_cast<size_t>(ranks.rank());
    buffer memory = own;
    if (kind == operation_kind::broadcast) {
      ranks.broadcast(memory.data(), count, type, root);
      return memory;
    }
    if (kind == operation_kind::all_reduce) {
      buffer other(bytes, std::byte(0xff));
      std::byte *receive = in_place ? memory.data() : other.data();
      ranks.all_reduce(memory.data(), receive, count, type);
      return in_place ? memory : other;
    }
    if (kind == operation_kind::reduce_scatter) {
      buffer other(bytes, std::byte(0xff));
      std::byte *receive = in_place ? memory.data() + offset : other.data();
      ranks.reduce_scatter(memory.data(), receive, count, type);
      return buffer(receive, receive + bytes);
    }
    buffer all(bytes * static_cast<size_t>(ranks.size()), std::byte(0xff));
    if (in_place && bytes > 0)
      std::memcpy(all.data() + offset, own.data(), bytes);
    ranks.all_gather(in_place ? all.data() + offset : own.data(), all.data(),
                     count, type);
    return all;
  }
};
} // namespace

void exercise(communicator &ranks, uint64_t seed, int rounds,
              size_t max_bytes) {
  static constexpr operation_kind kinds[] = {
      operation_kind::all_reduce, operation_kind::reduce_scatter,
      operation_kind::all_gather, operation_kind::broadcast};
  std::mt19937_64 random(seed);
  for (int round = 0; round < rounds; ++round) {
    one_round what{
        ranks,
        kinds[random() % std::size(kinds)],
        sum_types[random() % std::size(sum_types)],
        0,
        static_cast<int>(random() % static_cast<uint64_t>(ranks.size())),
        random() % 2 == 0};
    // Small sizes as often as large ones, zero included.
    double exponent = std::generate_canonical<double, 53>(random);
    what.count = static_cast<int64_t>(
        std::pow(static_cast<double>(max_bytes), exponent) /
        static_cast<double>(size_of(what.type)));
    std::vector<buffer> inputs = what.make_inputs(seed, round);
    buffer got = what.run(inputs[static_cast<size_t>(ranks.rank())]);
    CHECK(got == what.expect(inputs));
    if (round % 5 == 0)
      ranks.barrier();
  }
}
