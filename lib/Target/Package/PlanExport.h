//===- PlanExport.h - Programs as the plan of a package -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_PLANEXPORT_H
#define ATTNC_LIB_TARGET_PACKAGE_PLANEXPORT_H

#include "WeightLayout.h"
#include "llvm/Support/JSON.h"
#include <map>

namespace attnc {

/// A plan for each target, and what they share.
struct Plans {
  std::optional<llvm::json::Object> cpu, hopper;
  /// The ranks that run them; null: one.
  tile::RanksAttr ranks;
  /// The weights that the entries use, by the name of the stored tensor: one
  /// that targets read in the same order is stored once.
  std::map<std::string, StoredWeight> weights;
};

/// Every `tile.program` of a target's module is an entry of its plan. Targets
/// must agree on entries, symbols, inputs and outputs.
mlir::FailureOr<Plans> exportPlans(const PackageContents &contents);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_PLANEXPORT_H
