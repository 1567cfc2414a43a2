//===- element_type.cpp - The types of tensor elements --------------------===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "package/element_type.h"

#include "attnc_rt/attnc_rt.h"

using namespace attnc_rt;

namespace {
struct type_row {
  const char *name;
  uint8_t dlpack_code;
  uint8_t bits;
};
} // namespace

// In the order of element_type.
static constexpr type_row rows[] = {
    {"F32", kDLFloat, 32}, {"BF16", kDLBfloat, 16}, {"F16", kDLFloat, 16},
    {"I32", kDLInt, 32},   {"I8", kDLInt, 8},       {"I1", ATTNC_RT_DL_BOOL, 8},
    {"U8", kDLUInt, 8},
};

static const type_row &row(element_type type) {
  return rows[static_cast<size_t>(type)];
}

const char *attnc_rt::name(element_type type) { return row(type).name; }

std::optional<element_type>
attnc_rt::parse_element_type(std::string_view name) {
  for (size_t i = 0; i < std::size(rows); ++i)
    if (name == rows[i].name)
      return static_cast<element_type>(i);
  return std::nullopt;
}

int64_t attnc_rt::size_of(element_type type) { return row(type).bits / 8; }

DLDataType attnc_rt::to_dlpack(element_type type) {
  return {row(type).dlpack_code, row(type).bits, 1};
}
