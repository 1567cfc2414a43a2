//===- host_tensor.cpp - Inputs and outputs of attnc-run ------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "host_tensor.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <stdexcept>

using namespace attnc_run;

static size_t count_elements(const std::vector<int64_t> &shape) {
  size_t count = 1;
  for (int64_t size : shape)
    count *= static_cast<size_t>(size);
  return count;
}

host_tensor::host_tensor(DLDataType dtype, std::vector<int64_t> shape)
    : dtype(dtype), sizes(std::move(shape)), count(count_elements(sizes)) {
  constexpr size_t alignment = 64;
  size_t bytes = count * (dtype.bits / 8);
  memory.reset(std::aligned_alloc(alignment,
                                  (bytes + alignment) / alignment * alignment));
  if (!memory)
    throw std::bad_alloc();
}

DLTensor host_tensor::view() {
  return {memory.get(),
          {kDLCPU, 0},
          static_cast<int>(sizes.size()),
          dtype,
          sizes.data(),
          nullptr,
          0};
}

static uint16_t round_to_bf16(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  constexpr uint32_t quiet_bit = 0x400000;
  if (value != value)
    return static_cast<uint16_t>((bits | quiet_bit) >> 16);
  // To nearest; a tie goes to the even neighbour.
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float from_bf16(uint16_t value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value) << 16);
}

namespace {
/// How a type is stored in a file.
struct file_type {
  const char *descr;
  const char *expected; // for messages
};
} // namespace

static bool is(DLDataType dtype, int code, int bits) {
  return dtype.code == code && dtype.bits == bits;
}

static file_type type_in_file(DLDataType dtype) {
  if (is(dtype, kDLFloat, 16))
    return {"<f2", "<f2"};
  if (is(dtype, kDLInt, 32))
    return {"<i4", "<i4 or <i8"};
  if (is(dtype, ATTNC_RT_DL_BOOL, 8))
    return {"|b1", "|b1"};
  return {"<f4", "<f4"}; // F32 and BF16
}

/// Converts each element of the file by `convert`.
template <typename from, typename to, typename convert_fn>
static void convert_all(const npy_array &array, host_tensor &result,
                        const convert_fn &convert) {
  for (size_t i = 0; i < result.num_elements(); ++i) {
    from value;
    memcpy(&value, &array.data[i * sizeof(from)], sizeof(from));
    result.data<to>()[i] = convert(value);
  }
}

host_tensor attnc_run::from_npy(const npy_array &array, DLDataType dtype,
                                const std::string &where) {
  auto [descr, expected] = type_in_file(dtype);
  bool is_wide = is(dtype, kDLInt, 32) && array.descr == "<i8";
  if (array.descr != descr && !is_wide)
    throw std::runtime_error(where + ": expected the dtype " + expected +
                             ", got " + array.descr);
  host_tensor result(dtype, array.shape);
  if (is_wide)
    convert_all<int64_t, int32_t>(array, result, [&](int64_t value) {
      if (value != static_cast<int32_t>(value))
        throw std::runtime_error(where + ": expected 32-bit values, got " +
                                 std::to_string(value));
      return static_cast<int32_t>(value);
    });
  else if (is(dtype, kDLBfloat, 16))
    convert_all<float, uint16_t>(array, result, round_to_bf16);
  else if (is(dtype, ATTNC_RT_DL_BOOL, 8))
    convert_all<uint8_t, uint8_t>(array, result, [&](uint8_t value) {
      if (value > 1)
        throw std::runtime_error(where + ": expected bytes of 0 or 1, got " +
                                 std::to_string(value));
      return value;
    });
  else if (!array.data.empty())
    memcpy(result.data<void>(), array.data.data(), array.data.size());
  return result;
}

std::string attnc_run::to_npy(host_tensor &tensor) {
  DLDataType dtype = tensor.view().dtype;
  std::string file = npy_header(type_in_file(dtype).descr, tensor.shape());
  if (!is(dtype, kDLBfloat, 16))
    return file.append(tensor.data<const char>(),
                       tensor.num_elements() * (dtype.bits / 8));
  std::vector<float> values(tensor.num_elements());
  std::transform(tensor.data<uint16_t>(),
                 tensor.data<uint16_t>() + values.size(), values.begin(),
                 from_bf16);
  return file.append(reinterpret_cast<const char *>(values.data()),
                     values.size() * sizeof(float));
}

void attnc_run::fill_random(host_tensor &tensor, std::mt19937_64 &random) {
  DLDataType dtype = tensor.view().dtype;
  auto fill = [&](auto *data, const auto &next) {
    std::generate_n(data, tensor.num_elements(), next);
  };
  std::uniform_real_distribution<float> uniform(-1, 1);
  if (is(dtype, kDLFloat, 32))
    fill(tensor.data<float>(), [&] { return uniform(random); });
  else if (is(dtype, kDLFloat, 16))
    fill(tensor.data<_Float16>(),
         [&] { return static_cast<_Float16>(uniform(random)); });
  else if (is(dtype, kDLBfloat, 16))
    fill(tensor.data<uint16_t>(),
         [&] { return round_to_bf16(uniform(random)); });
  else if (is(dtype, kDLInt, 32))
    fill(tensor.data<int32_t>(),
         [&] { return static_cast<int32_t>(random() & 1); });
  else
    fill(tensor.data<uint8_t>(),
         [&] { return static_cast<uint8_t>(random() & 1); });
}
