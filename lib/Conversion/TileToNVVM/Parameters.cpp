//===- Parameters.cpp - What a launch passes to a kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `attnc.params` lists a kernel's parameters in order, each a dictionary:
//
//   {kind = "tensor_map", argument, box}  128 bytes by value: a tensor map of
//       that argument with the 128-byte swizzle. For sizes [.., H, R, C] of
//       T-byte elements its dimensions are (128/T, R, C·T/128, H, ..) where C·T
//       is a multiple of 128, else (C, R, H, ..); `box` has as many.
//   {kind = "pointer", argument}          the argument's address
//   {kind = "size", argument, dim}        i32
//   {kind = "stride", argument, dim}      i64, in elements
//   {kind = "counter"}                    the address of two i32, zero before
//       the first launch; each launch leaves them zero
//   {kind = "error"}                      the address of an i32 that `tile.error`
//       sets
//
// `attnc.launch` has the threads of a block and its bytes of dynamic shared
// memory. With `persistent` the work is the product of the sizes of the
// `tile.scheduler`: the launch has that many blocks, at most as many as the
// device runs at once. Else there is a block for each point of the `tile.grid`,
// or for each `points` of them along its first dimension.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

Value HopperEmitter::parameter(DictionaryAttr description, Type type) {
  Value &value = parameterValues[description];
  if (!value) {
    parameters.push_back(description);
    value = function.getBody().front().addArgument(type, function.getLoc());
  }
  return value;
}

static int64_t argumentNumber(Value buffer) {
  return cast<BlockArgument>(buffer).getArgNumber();
}

static DictionaryAttr describe(OpBuilder &b, StringRef kind, Value buffer,
                               std::optional<int64_t> dim = std::nullopt) {
  SmallVector<NamedAttribute> fields = {
      b.getNamedAttr("kind", b.getStringAttr(kind)),
      b.getNamedAttr("argument", b.getI64IntegerAttr(argumentNumber(buffer)))};
  if (dim)
    fields.push_back(b.getNamedAttr("dim", b.getI64IntegerAttr(*dim)));
  return b.getDictionaryAttr(fields);
}

Value HopperEmitter::tensorMap(Value buffer, ArrayRef<int64_t> box) {
  DictionaryAttr plain = describe(b, "tensor_map", buffer);
  SmallVector<NamedAttribute> fields(plain.getValue());
  fields.push_back(b.getNamedAttr("box", b.getDenseI64ArrayAttr(box)));
  return parameter(b.getDictionaryAttr(fields),
                   LLVM::LLVMPointerType::get(b.getContext()));
}

static LLVM::LLVMPointerType globalPointer(OpBuilder &b) {
  return LLVM::LLVMPointerType::get(
      b.getContext(), static_cast<unsigned>(NVVM::NVVMMemorySpace::Global));
}

Value HopperEmitter::pointer(Value buffer) {
  return parameter(describe(b, "pointer", buffer), globalPointer(b));
}

Value HopperEmitter::size(Value buffer, int64_t dim) {
  int64_t known = cast<tile::BufType>(buffer.getType()).getShape()[dim];
  if (!ShapedType::isDynamic(known))
    return i32(known);
  return parameter(describe(b, "size", buffer, dim), b.getI32Type());
}

Value HopperEmitter::stride(Value buffer, int64_t dim) {
  return parameter(describe(b, "stride", buffer, dim), b.getI64Type());
}

Value HopperEmitter::counter() {
  auto kind = b.getNamedAttr("kind", b.getStringAttr("counter"));
  return parameter(b.getDictionaryAttr(kind), globalPointer(b));
}

Value HopperEmitter::errorWord() {
  auto kind = b.getNamedAttr("kind", b.getStringAttr("error"));
  return parameter(b.getDictionaryAttr(kind), globalPointer(b));
}

void HopperEmitter::setSignature(tile::KernelOp kernel) {
  Block &entry = function.getBody().front();
  function.setFunctionType(
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  llvm::to_vector(entry.getArgumentTypes())));
  for (auto [index, attr] : llvm::enumerate(parameters)) {
    auto kind = cast<DictionaryAttr>(attr).getAs<StringAttr>("kind");
    if (kind.getValue() != "tensor_map")
      continue;
    auto bytes =
        LLVM::LLVMArrayType::get(b.getI8Type(), hopper::kTensorMapBytes);
    function.setArgAttr(index, LLVM::LLVMDialect::getByValAttrName(),
                        TypeAttr::get(bytes));
    function.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                        b.getI64IntegerAttr(hopper::kTensorMapAlignment));
    function.setArgAttr(index, NVVM::NVVMDialect::getGridConstantAttrName(),
                        b.getUnitAttr());
  }
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    b.getUnitAttr());
  // Without these two setmaxnreg is ignored: ptxas must know the threads.
  function->setAttr(NVVM::NVVMDialect::getMaxntidAttrName(),
                    b.getDenseI32ArrayAttr(static_cast<int32_t>(numThreads)));
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    b.getI32IntegerAttr(1));
  // Flushes denormals, without which each exponential is four instructions.
  function.setPassthroughAttr(b.getArrayAttr({b.getStrArrayAttr(
      {"denormal-fp-math-f32", "preserve-sign,preserve-sign"})}));
  if (Attribute plan = kernel->getAttr(tile::kPlanAttr))
    function->setAttr(tile::kPlanAttr, plan);
  function->setAttr(hopper::kParamsAttr, b.getArrayAttr(parameters));
  SmallVector<NamedAttribute> launch = {
      b.getNamedAttr("threads", b.getI64IntegerAttr(numThreads)),
      b.getNamedAttr("shared_bytes", kernel->getAttr(tile::kSharedBytesAttr))};
  if (isPersistent)
    launch.push_back(b.getNamedAttr("persistent", b.getUnitAttr()));
  if (isScalar)
    launch.push_back(b.getNamedAttr(
        "points", b.getI64IntegerAttr(hopper::kScalarThreads / pointThreads)));
  function->setAttr(hopper::kLaunchAttr, b.getDictionaryAttr(launch));
  if (Attribute plan = kernel->getAttr(tile::kPlanAttr))
    function->setAttr(hopper::kPlanAttr, plan);
}
