//===- PlanHopper.h - Plans for the tensor cores of sm_90a -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLANHOPPER_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLANHOPPER_H

#include "PlanOverrides.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace attnc::attn {

/// Plans every op of a function of one block; an op that no kernel computes is
/// refused by name. Without `useRegisters` every tile is in the cache.
llvm::LogicalResult planForHopper(mlir::func::FuncOp func,
                                  const PlanOverrides &overrides,
                                  bool useRegisters);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLANHOPPER_H
