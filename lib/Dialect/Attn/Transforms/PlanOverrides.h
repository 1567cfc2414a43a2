//===- PlanOverrides.h - Tile sizes that a person pins -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLANOVERRIDES_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLANOVERRIDES_H

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "llvm/ADT/StringMap.h"

namespace attnc::attn {

/// A JSON object from kinds of ops to tile sizes, which replace the plan's:
///
///   {"linear": {"m": 32}, "linear 576x1536": {"m": 128, "strip": 2},
///    "attention": {"m": 128, "n": 32},
///    "attention 128@sm_90a": {"n": 96, "warpgroups": 2, "turns": 0}}
///
/// A linear layer may be named with its K and N, an attention with its head
/// dim; the longer name wins. A plan for tensor cores has a name of its own.
class PlanOverrides {
public:
  /// An empty path gives no overrides. Errors name the file and the member.
  static mlir::FailureOr<PlanOverrides>
  read(llvm::StringRef path,
       llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  /// The plan of `op`, with what is pinned replaced.
  PlanAttr apply(mlir::Operation *op, PlanAttr plan) const;

private:
  using Sizes = llvm::StringMap<int64_t>;
  llvm::StringMap<Sizes> overrides;
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLANOVERRIDES_H
