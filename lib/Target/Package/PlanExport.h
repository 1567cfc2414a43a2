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

struct Plan {
  llvm::json::Object json;
  /// The ranks that run it; null: one.
  tile::RanksAttr ranks;
  /// The weights that the entries use, by the name of the stored tensor.
  std::map<std::string, StoredWeight> weights;
};

/// Every `tile.program` of the module as an entry of the plan.
mlir::FailureOr<Plan> exportPlan(mlir::ModuleOp module);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_PLANEXPORT_H
