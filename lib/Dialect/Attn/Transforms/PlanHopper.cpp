//===- PlanHopper.cpp - Plans for the tensor cores of sm_90a -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanHopper.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

/// Whether `op` becomes no kernel: masks and scalars become part of what uses
/// them, views and collectives are steps of the program.
static bool isPartOfProgram(Operation &op) {
  if (isa<arith::ConstantOp>(op))
    return !isa<ShapedType>(op.getResult(0).getType());
  if (isa<SplitHeadsOp, MergeHeadsOp, shard::AllReduceOp,
          shard::ReduceScatterOp, shard::AllGatherOp>(op))
    return true;
  return op.getNumResults() &&
         llvm::all_of(op.getResultTypes(), llvm::IsaPred<MaskType>);
}

LogicalResult attn::planForHopper(func::FuncOp func, const PlanOverrides &) {
  for (Operation &op : func.getBody().front().without_terminator())
    if (!isPartOfProgram(op))
      return op.emitError("'") << op.getName() << "' is not built yet for the "
                               << hopper::kTargetName << " target";
  return success();
}
