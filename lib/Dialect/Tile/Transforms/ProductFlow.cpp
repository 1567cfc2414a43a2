//===- ProductFlow.cpp - Where values come from -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductFlow.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace attnc::tile;

SmallVector<Value> attnc::tile::sources(Value value) {
  if (auto arg = dyn_cast<BlockArgument>(value)) {
    unsigned number = arg.getArgNumber();
    Operation *parent = arg.getOwner()->getParentOp();
    if (auto loop = dyn_cast<scf::ForOp>(parent)) {
      if (number == 0)
        return {};
      return {loop.getInitArgs()[number - 1],
              loop.getYieldedValues()[number - 1]};
    }
    if (auto loop = dyn_cast<scf::WhileOp>(parent)) {
      if (arg.getOwner() == loop.getAfterBody())
        return {loop.getConditionOp().getArgs()[number]};
      return {loop.getInits()[number], loop.getYieldOp().getResults()[number]};
    }
    return {};
  }
  Operation *op = value.getDefiningOp();
  unsigned number = cast<OpResult>(value).getResultNumber();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return {loop.getInitArgs()[number], loop.getYieldedValues()[number]};
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return {loop.getConditionOp().getArgs()[number]};
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return {branch.thenYield().getOperand(number),
            branch.elseYield().getOperand(number)};
  return llvm::to_vector_of<Value>(op->getOperands());
}

llvm::SetVector<MmaAsyncOp> attnc::tile::productsBehind(ValueRange values) {
  llvm::SetVector<MmaAsyncOp> products;
  llvm::SetVector<Value> seen(values.begin(), values.end());
  for (size_t i = 0; i < seen.size(); ++i) {
    if (auto product = seen[i].getDefiningOp<MmaAsyncOp>())
      products.insert(product);
    seen.insert_range(sources(seen[i]));
  }
  return products;
}
