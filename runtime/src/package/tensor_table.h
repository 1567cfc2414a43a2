//===- tensor_table.h - The tensors of a package ----------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_TENSOR_TABLE_H
#define ATTNC_RT_PACKAGE_TENSOR_TABLE_H

#include "package/element_type.h"
#include "package/json_reader.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace attnc_rt {

enum class tensor_kind : uint8_t { weight, kernels, padding, header_hash };

struct stored_tensor {
  std::string name;
  tensor_kind kind;
  element_type dtype;
  std::vector<int64_t> shape;
  uint64_t begin, end; // bytes from the end of the header
};

/// The safetensors header: all tensors in the order of the file, which they
/// cover without holes, the header's hash last.
class tensor_table {
public:
  tensor_table() = default;
  /// `data_size`: the bytes behind the header.
  tensor_table(const json &header, uint64_t data_size);

  const std::vector<stored_tensor> &tensors() const { return rows; }
  const stored_tensor &operator[](size_t index) const { return rows[index]; }
  std::optional<size_t> find(const std::string &name) const;

private:
  std::vector<stored_tensor> rows;
  std::map<std::string, size_t> indices;
};

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_TENSOR_TABLE_H
