//===- element_type.h - The types of tensor elements ------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_ELEMENT_TYPE_H
#define ATTNC_RT_PACKAGE_ELEMENT_TYPE_H

#include "attnc_rt/kernel_abi.h"

#include <dlpack/dlpack.h>

#include <optional>
#include <string_view>

namespace attnc_rt {

/// The types of the kernel ABI, with its values, and the type of raw bytes.
enum class element_type : uint8_t {
  f32 = ATTNC_F32,
  bf16 = ATTNC_BF16,
  f16 = ATTNC_F16,
  i32 = ATTNC_I32,
  i8 = ATTNC_I8,
  i1 = ATTNC_I1,
  u8
};

/// The package's spelling, such as "BF16".
const char *name(element_type type);
std::optional<element_type> parse_element_type(std::string_view name);

/// Bytes an element.
int64_t size_of(element_type type);

DLDataType to_dlpack(element_type type);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_ELEMENT_TYPE_H
