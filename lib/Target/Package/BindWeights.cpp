//===- BindWeights.cpp - Arguments that a weights file gives -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Vocabulary.h"
#include "attnc/Dialect/Attn/IR/Attn.h"
#include "attnc/Target/Package.h"

using namespace mlir;
using namespace attnc;

/// The shape of the file's tensor, which lacks declared padding.
static SmallVector<int64_t> getSourceShape(func::FuncOp func, unsigned arg) {
  auto type = cast<ShapedType>(func.getArgument(arg).getType());
  SmallVector<int64_t> shape(type.getShape());
  if (auto pad = func.getArgAttrOfType<ArrayAttr>(arg, attn::kPadAttr))
    for (auto [size, count] : llvm::zip(shape, pad.getAsRange<IntegerAttr>()))
      size -= count.getInt();
  return shape;
}

/// Checks the file's tensor against the argument that it is bound to.
static LogicalResult check(func::FuncOp func, unsigned arg, StringAttr name,
                           const WeightTensor &tensor,
                           const WeightFile &weights) {
  auto type = cast<ShapedType>(func.getArgument(arg).getType());
  StringRef dtype = getDtypeName(type.getElementType());
  if (!isWeightType(type.getElementType()))
    return func.emitError("expected the weight ")
           << name << " to hold f32, bf16, f16 or i32, got "
           << type.getElementType();
  SmallVector<int64_t> shape = getSourceShape(func, arg);
  if (tensor.dtype == dtype && ArrayRef(tensor.shape) == ArrayRef(shape))
    return success();
  return func.emitError("expected the weight ")
         << name << " to be " << describeTensor(dtype, shape) << ", got "
         << describeTensor(tensor.dtype, tensor.shape) << " in '"
         << weights.getPath() << "'";
}

LogicalResult attnc::bindWeights(ModuleOp module, const WeightFile &weights) {
  // Reports every weight that does not fit, not only the first.
  LogicalResult result = success();
  for (auto func : module.getOps<func::FuncOp>())
    for (unsigned i = 0, e = func.getNumArguments(); i < e; ++i) {
      auto name = func.getArgAttrOfType<StringAttr>(i, attn::kWeightAttr);
      if (!name)
        continue;
      const WeightTensor *tensor = weights.lookup(name);
      if (!tensor)
        func.emitWarning("the weight ")
            << name << " is not in '" << weights.getPath()
            << "' and stays an input";
      else if (failed(check(func, i, name, *tensor, weights)))
        result = failure();
      else
        func.setArgAttr(i, attn::kBoundAttr, UnitAttr::get(func.getContext()));
    }
  return result;
}
