//===- StoredConstants.cpp - Constants that kernels read -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StoredConstants.h"
#include "attnc/Dialect/Attn/IR/Attn.h"

using namespace mlir;
using namespace attnc::attn;

/// As i32, if all elements fit; else null.
static DenseElementsAttr narrow(DenseElementsAttr value) {
  for (const APInt &element : value.getValues<APInt>())
    if (!element.isSignedIntN(32))
      return {};
  return cast<DenseIntElementsAttr>(value).mapValues(
      IntegerType::get(value.getContext(), 32),
      [](const APInt &element) { return element.sextOrTrunc(32); });
}

Value StoredConstants::store(arith::ConstantOp op) {
  auto value = cast<DenseElementsAttr>(op.getValue());
  Type element = value.getElementType();
  if (element.isIntOrIndex() && !element.isInteger(1) && !element.isInteger(32))
    value = narrow(value);
  bool isStored = value && (element.isIntOrIndex() || element.isF32() ||
                            element.isBF16() || element.isF16());
  if (!isStored) {
    op.emitError("expected the elements of a constant that kernels read to be "
                 "f32, bf16, f16, i1 or fit i32, got ")
        << op.getType();
    return {};
  }
  Value &argument = stored[value];
  if (argument)
    return argument;
  std::string name =
      (func.getSymName() + ".constant" + Twine(stored.size() - 1)).str();
  NamedAttrList attrs;
  Builder builder(op);
  attrs.set(kWeightAttr, builder.getStringAttr(name));
  attrs.set(kBoundAttr, builder.getUnitAttr());
  attrs.set(kConstantAttr, value);
  unsigned index = func.getNumArguments();
  (void)func.insertArgument(index, value.getType(),
                            attrs.getDictionary(builder.getContext()),
                            op.getLoc());
  argument = func.getArgument(index);
  return argument;
}
