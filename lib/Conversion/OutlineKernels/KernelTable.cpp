//===- KernelTable.cpp - The kernels of a module ----------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTable.h"
#include "attnc/Target/Hopper.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace attnc;
using tile::BufType;

BufType attnc::globalBuf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return BufType::get(type.getContext(), tensor.getShape(),
                      tensor.getElementType(), tile::Space::Global);
}

/// Clones what defines `value`, mask ops and scalars, but for what is mapped.
static void cloneDefinition(OpBuilder &builder, Value value,
                            IRMapping &mapping) {
  if (mapping.contains(value))
    return;
  for (Value operand : value.getDefiningOp()->getOperands())
    cloneDefinition(builder, operand, mapping);
  builder.clone(*value.getDefiningOp(), mapping);
}

tile::KernelOp KernelTable::get(Operation *op, TypeRange operandTypes,
                                TypeRange resultTypes) {
  Location loc = op->getLoc();
  SmallVector<Type> argTypes;
  SmallVector<Attribute> argAttrs;
  auto addArg = [&](Type tensor, StringRef access) {
    argTypes.push_back(globalBuf(tensor));
    argAttrs.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        tile::kAccessAttr, builder.getStringAttr(access))));
  };
  for (Type type : operandTypes)
    addArg(type, "read");
  for (Type type : resultTypes)
    addArg(type, "write");

  auto kernel = tile::KernelOp::create(
      builder, loc, "kernel", builder.getFunctionType(argTypes, {}), target,
      builder.getArrayAttr(argAttrs), /*res_attrs=*/nullptr);
  // What an assembler says of a kernel is about this.
  if (target == hopper::kTargetName)
    if (Attribute plan = op->getAttr("plan"))
      kernel->setAttr(tile::kPlanAttr, plan);
  Block &body = kernel.getBody().emplaceBlock();
  body.addArguments(argTypes, SmallVector<Location>(argTypes.size(), loc));

  OpBuilder inner = OpBuilder::atBlockEnd(&body);
  IRMapping mapping;
  unsigned next = 0;
  auto load = [&](Value operand) {
    Value tensor = tile::LoadOp::create(inner, loc, operandTypes[next],
                                        body.getArgument(next), ValueRange(),
                                        DenseBoolArrayAttr());
    ++next;
    // An operand used twice is loaded twice; the mapping keeps the last.
    mapping.map(operand, tensor);
  };
  for (Value operand : op->getOperands()) {
    if (isa<RankedTensorType>(operand.getType())) {
      load(operand);
      continue;
    }
    if (isa<attn::MaskType>(operand.getType()))
      for (Value tensor : attn::getMaskOperands(operand))
        if (isa<RankedTensorType>(tensor.getType()))
          load(tensor);
    cloneDefinition(inner, operand, mapping);
  }
  Operation *clone = inner.clone(*op, mapping);
  for (auto [result, type] : llvm::zip(clone->getResults(), resultTypes)) {
    result.setType(type);
    tile::StoreOp::create(inner, loc, result, body.getArgument(next++),
                          ValueRange(), DenseBoolArrayAttr());
  }

  std::string text;
  llvm::raw_string_ostream os(text);
  kernel->print(os, OpPrintingFlags().useLocalScope());
  auto [entry, inserted] = kernels.try_emplace(text, kernel);
  if (!inserted) {
    kernel.erase();
    return entry->second;
  }
  StringRef mnemonic = op->getName().stripDialect();
  std::string name;
  do // a function may have this name already
    name = (mnemonic + "_" + Twine(counts[mnemonic]++)).str();
  while (module.lookupSymbol(name));
  kernel.setSymName(name);
  return kernel;
}
