//===- plan_agreement.h - Plans of several targets --------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_RT_PACKAGE_PLAN_AGREEMENT_H
#define ATTNC_RT_PACKAGE_PLAN_AGREEMENT_H

#include "package/plan.h"

namespace attnc_rt {

/// Fails unless the entries, their symbols, inputs and outputs are the same:
/// a caller need not know which target runs an entry. `where` is the plan of
/// `other`.
void check_same_signatures(const std::vector<entry> &first,
                           const std::vector<entry> &other,
                           const std::string &where);

} // namespace attnc_rt

#endif // ATTNC_RT_PACKAGE_PLAN_AGREEMENT_H
