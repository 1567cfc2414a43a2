//===- slices.cpp - Whole tensors and the slices of ranks -----------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "slices.h"

#include <cstring>
#include <map>
#include <stdexcept>

using namespace attnc_run;

static bool is_divided(const attnc_rt_tensor &signature) {
  for (int32_t d = 0; d < signature.rank; ++d)
    if (signature.dims[d].num_slices > 1)
      return true;
  return false;
}

std::vector<int64_t> attnc_run::whole_shape(const attnc_rt_tensor &signature,
                                            std::span<const int64_t> shape) {
  std::vector<int64_t> whole(shape.begin(), shape.end());
  for (size_t d = 0; d < whole.size(); ++d)
    whole[d] *= signature.dims[d].num_slices;
  return whole;
}

/// The slice's number in each dimension.
static std::vector<int64_t> numbers_of(const attnc_rt::package_handle &package,
                                       const attnc_rt_tensor &signature,
                                       int32_t rank) {
  std::vector<int64_t> numbers;
  for (int32_t d = 0; d < signature.rank; ++d)
    numbers.push_back(package.slice(signature.dims[d], rank));
  return numbers;
}

/// Calls visit(byte in the whole, byte in the slice, bytes) for each run of
/// elements that follow one another in both.
template <typename visit_fn>
static void for_each_run(std::span<const int64_t> whole,
                         std::span<const int64_t> slice,
                         const std::vector<int64_t> &numbers,
                         size_t element_bytes, const visit_fn &visit) {
  int64_t rows = 1;
  for (size_t d = 0; d + 1 < slice.size(); ++d)
    rows *= slice[d];
  int64_t columns = slice.back();
  for (int64_t row = 0; columns > 0 && row < rows; ++row) {
    int64_t rest = row, stride = whole.back();
    int64_t from = numbers.back() * columns;
    for (size_t d = slice.size() - 1; d-- > 0;) {
      from += (numbers[d] * slice[d] + rest % slice[d]) * stride;
      rest /= slice[d];
      stride *= whole[d];
    }
    visit(static_cast<size_t>(from) * element_bytes,
          static_cast<size_t>(row * columns) * element_bytes,
          static_cast<size_t>(columns) * element_bytes);
  }
}

host_tensor attnc_run::cut(host_tensor whole,
                           const attnc_rt::package_handle &package,
                           const attnc_rt_tensor &signature, int32_t rank,
                           const std::string &where) {
  std::vector<int64_t> shape(whole.shape().begin(), whole.shape().end());
  if (shape.size() != static_cast<size_t>(signature.rank) ||
      !is_divided(signature))
    return whole;
  for (size_t d = 0; d < shape.size(); ++d) {
    int32_t count = signature.dims[d].num_slices;
    if (shape[d] % count != 0)
      throw std::runtime_error(
          where + ": dimension " + std::to_string(d) +
          ": expected a multiple of " + std::to_string(count) +
          ", which ranks divide, got " + std::to_string(shape[d]));
    shape[d] /= count;
  }
  host_tensor slice(signature.dtype, shape);
  for_each_run(whole.shape(), shape, numbers_of(package, signature, rank),
               slice.element_bytes(),
               [&](size_t from, size_t to, size_t bytes) {
                 memcpy(slice.data<std::byte>() + to,
                        whole.data<std::byte>() + from, bytes);
               });
  return slice;
}

host_tensor attnc_run::put_together(const std::vector<std::byte> &parts,
                                    host_tensor own,
                                    const attnc_rt::package_handle &package,
                                    const attnc_rt_tensor &signature) {
  host_tensor whole(signature.dtype, whole_shape(signature, own.shape()));
  size_t part_bytes = own.num_bytes();
  std::map<std::vector<int64_t>, int32_t> owners;
  for (int32_t rank = 0; rank < package.grid().num_ranks; ++rank) {
    const std::byte *part =
        parts.data() + static_cast<size_t>(rank) * part_bytes;
    std::vector<int64_t> numbers = numbers_of(package, signature, rank);
    auto [owner, is_first] = owners.try_emplace(numbers, rank);
    if (!is_first) {
      const std::byte *same =
          parts.data() + static_cast<size_t>(owner->second) * part_bytes;
      if (part_bytes && memcmp(part, same, part_bytes) != 0)
        throw std::runtime_error("output '" + std::string(signature.name) +
                                 "': expected the same values on ranks " +
                                 std::to_string(owner->second) + " and " +
                                 std::to_string(rank) + ", got different ones");
      continue;
    }
    if (!is_divided(signature)) {
      if (part_bytes)
        memcpy(whole.data<std::byte>(), part, part_bytes);
      continue;
    }
    for_each_run(whole.shape(), own.shape(), numbers, own.element_bytes(),
                 [&](size_t to, size_t from, size_t bytes) {
                   memcpy(whole.data<std::byte>() + to, part + from, bytes);
                 });
  }
  return whole;
}
