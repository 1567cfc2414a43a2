//===- RegionSlices.cpp - Parts of regions of one score -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegionSlices.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attnc::attn;

Value attnc::attn::getCaptured(MaskCustomOp source, Value argument) {
  auto arg = dyn_cast<BlockArgument>(argument);
  if (!arg || arg.getArgNumber() < 4)
    return {};
  return source.getCaptures()[arg.getArgNumber() - 4];
}

SliceCloner::SliceCloner(OpBuilder &builder, Region &into, ValueRange places,
                         MutableOperandRange captures)
    : builder(builder), into(into), places(places), captures(captures) {}

Value SliceCloner::capture(Value tensor) {
  unsigned first = into.getNumArguments() - captures.size();
  for (auto [index, operand] : llvm::enumerate(captures))
    if (operand.get() == tensor)
      return into.getArgument(first + index);
  captures.append(tensor);
  return into.addArgument(tensor.getType(), tensor.getLoc());
}

Value SliceCloner::clone(ScoreValue root) {
  Block &body = root.source.getBody().front();
  llvm::DenseSet<Operation *> needed;
  auto need = [&](Value value) {
    Operation *def = value.getDefiningOp();
    if (def && !cloned.lookup(value))
      needed.insert(body.findAncestorOpInBlock(*def));
  };
  need(root.value);
  for (Operation &op : llvm::reverse(body.without_terminator()))
    if (needed.contains(&op))
      op.walk([&](Operation *nested) {
        for (Value operand : nested->getOperands())
          need(operand);
      });

  auto find = [&](Value value) -> Value {
    Value &copy = cloned[value];
    auto arg = dyn_cast<BlockArgument>(value);
    if (!copy && arg && arg.getOwner() == &body)
      copy = arg.getArgNumber() < 4 ? places[arg.getArgNumber()]
                                    : capture(getCaptured(root.source, arg));
    return copy;
  };
  for (Operation &op : body.without_terminator()) {
    if (!needed.contains(&op))
      continue;
    IRMapping mapping;
    op.walk([&](Operation *nested) {
      for (Value operand : nested->getOperands())
        if (Value copy = find(operand))
          mapping.map(operand, copy);
    });
    Operation *copy = builder.clone(op, mapping);
    for (auto [from, to] : llvm::zip(op.getResults(), copy->getResults()))
      cloned[from] = to;
  }
  return find(root.value);
}
