//===- SizeEvaluator.cpp - Index values as size expressions -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeEvaluator.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;
using Operator = SizeExpression::Op;

/// The operator of a plan for an arith op. Sizes are not negative, so that
/// signed and unsigned ops agree.
static std::optional<Operator> getOperator(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Operator>>(op)
      .Case([](arith::AddIOp) { return Operator::Add; })
      .Case([](arith::SubIOp) { return Operator::Sub; })
      .Case([](arith::MulIOp) { return Operator::Mul; })
      .Case<arith::CeilDivUIOp, arith::CeilDivSIOp>(
          [](auto) { return Operator::CeilDiv; })
      .Case<arith::DivUIOp, arith::DivSIOp, arith::FloorDivSIOp>(
          [](auto) { return Operator::FloorDiv; })
      .Case<arith::RemUIOp, arith::RemSIOp>([](auto) { return Operator::Mod; })
      .Case<arith::MaxUIOp, arith::MaxSIOp>([](auto) { return Operator::Max; })
      .Case<arith::MinUIOp, arith::MinSIOp>([](auto) { return Operator::Min; })
      .Default(std::nullopt);
}

FailureOr<SizeExpression> SizeEvaluator::evaluate(Operation *op) {
  if (std::optional<Operator> kind = getOperator(op))
    return SizeExpression::get(*kind, known.at(op->getOperand(0)),
                               known.at(op->getOperand(1)));
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return SizeExpression(cast<IntegerAttr>(constant.getValue()).getInt());
  if (auto size = dyn_cast<tile::SizeOp>(op)) {
    if (isDeclared(size.getSymbol()))
      return SizeExpression::symbol(size.getSymbol());
    return size.emitError("expected a size that names a dimension of an input, "
                          "got \"")
           << size.getSymbol() << "\"";
  }
  auto dim = cast<tile::DimOp>(op);
  auto buffer = buffers.find(dim.getSource());
  if (buffer != buffers.end())
    return buffer->second[dim.getIndex()];
  return dim.emitError("expected the size of an argument or a view, whose "
                       "sizes a plan knows");
}

FailureOr<SizeExpression> SizeEvaluator::get(Value value) {
  // Arguments of programs and kernels are buffers: an op defines every index.
  // A stack of our own: chains of ops may be longer than the thread's.
  SmallVector<Value> stack = {value};
  while (!stack.empty()) {
    Value top = stack.back();
    Operation *op = top.getDefiningOp();
    if (known.contains(top)) {
      stack.pop_back();
      continue;
    }
    if (!getOperator(op) &&
        !isa<arith::ConstantOp, tile::SizeOp, tile::DimOp>(op))
      return op->emitError("expected a size made of named sizes, tile.dim and "
                           "integer arithmetic, got '")
             << op->getName() << "'";
    size_t height = stack.size();
    for (Value operand : op->getOperands())
      if (operand.getType().isIndex() && !known.contains(operand))
        stack.push_back(operand);
    if (stack.size() > height)
      continue;
    FailureOr<SizeExpression> result = evaluate(op);
    if (failed(result))
      return failure();
    known[top] = *result;
    stack.pop_back();
  }
  return known.at(value);
}
