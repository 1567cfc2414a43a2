//===- rank_order_sum.h - Sums that do not depend on timing -----*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_COLLECTIVE_RANK_ORDER_SUM_H
#define ATTNC_RT_COLLECTIVE_RANK_ORDER_SUM_H

#include "package/element_type.h"

#include <cstddef>
#include <span>

namespace attnc_rt {

/// F32, BF16, F16 and I32.
bool can_sum(element_type type);

/// result[i] = ((inputs[0][i] + inputs[1][i]) + inputs[2][i]) + ...; floats in
/// F32, rounded to `type` once at the end; I32 modulo 2^32. No alignment is
/// needed. `result` may be one of the inputs.
void sum_in_rank_order(element_type type,
                       std::span<const std::byte *const> inputs, int64_t count,
                       std::byte *result);

} // namespace attnc_rt

#endif // ATTNC_RT_COLLECTIVE_RANK_ORDER_SUM_H
