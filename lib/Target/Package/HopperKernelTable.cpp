//===- HopperKernelTable.cpp - How to launch GPU kernels -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperKernelTable.h"
#include "Vocabulary.h"
#include "attnc/Dialect/Tile/IR/Tile.h"

using namespace mlir;
using namespace attnc;
namespace json = llvm::json;

std::string attnc::getCubinName(const HopperKernel &kernel) {
  return ("attnc.kernels." + hopper::kTargetName + "." + kernel.getName())
      .str();
}

/// A member of `attnc.launch`, or null.
static IntegerAttr getLaunchSize(const HopperKernel &kernel, StringRef name) {
  LLVM::LLVMFuncOp function = kernel.function;
  auto launch = function->getAttrOfType<DictionaryAttr>(hopper::kLaunchAttr);
  return launch ? launch.getAs<IntegerAttr>(name) : IntegerAttr();
}

int64_t attnc::getPointsOfBlock(const HopperKernel &kernel) {
  IntegerAttr points = getLaunchSize(kernel, "points");
  return points ? points.getInt() : 0;
}

/// The buffers that a kernel takes; null for a dynamic size.
static FailureOr<json::Array> writeArguments(tile::KernelOp kernel) {
  json::Array arguments;
  for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    auto buffer = cast<tile::BufType>(type);
    StringRef dtype = getDtypeName(buffer.getElementType());
    if (dtype.empty())
      return kernel.emitError("expected argument ")
             << i << " to hold f32, bf16, f16, i32, i8 or i1, got "
             << buffer.getElementType();
    json::Array sizes;
    for (int64_t size : buffer.getShape())
      sizes.push_back(ShapedType::isDynamic(size) ? json::Value(nullptr)
                                                  : json::Value(size));
    auto access = kernel.getArgAttrOfType<StringAttr>(i, tile::kAccessAttr);
    arguments.push_back(json::Object{{"dtype", dtype},
                                     {"access", access.getValue()},
                                     {"sizes", std::move(sizes)}});
  }
  return arguments;
}

/// An entry of `attnc.params`, member by member.
static json::Value writeAttribute(Attribute attr) {
  if (auto text = dyn_cast<StringAttr>(attr))
    return text.getValue();
  if (auto number = dyn_cast<IntegerAttr>(attr))
    return number.getInt();
  if (auto numbers = dyn_cast<DenseI64ArrayAttr>(attr))
    return json::Array(numbers.asArrayRef());
  json::Object object;
  for (NamedAttribute member : cast<DictionaryAttr>(attr))
    object[member.getName().getValue()] = writeAttribute(member.getValue());
  return object;
}

static FailureOr<json::Object> writeKernel(const HopperKernel &kernel,
                                           const SymbolTable &symbols) {
  LLVM::LLVMFuncOp function = kernel.function;
  auto source = symbols.lookup<tile::KernelOp>(kernel.getName());
  auto params = function->getAttrOfType<ArrayAttr>(hopper::kParamsAttr);
  IntegerAttr threads = getLaunchSize(kernel, "threads");
  IntegerAttr sharedBytes = getLaunchSize(kernel, "shared_bytes");
  if (!source || !params || !threads || !sharedBytes)
    return function.emitError("expected a tile.kernel of this name, ")
           << hopper::kParamsAttr << " and the threads and shared_bytes of "
           << hopper::kLaunchAttr;
  auto launch = function->getAttrOfType<DictionaryAttr>(hopper::kLaunchAttr);
  FailureOr<json::Array> arguments = writeArguments(source);
  if (failed(arguments))
    return failure();
  json::Array written;
  for (Attribute param : params)
    written.push_back(writeAttribute(param));
  return json::Object{
      {"name", kernel.getName()},
      {"blob", getCubinName(kernel)},
      {"threads", threads.getInt()},
      {"shared_bytes", sharedBytes.getInt()},
      {"persistent", launch.contains("persistent")},
      {"arguments", std::move(*arguments)},
      {"params", std::move(written)}};
}

FailureOr<json::Array> attnc::writeHopperKernelTable(const HopperCode &code) {
  SymbolTable symbols(code.programs);
  json::Array table;
  for (const HopperKernel &kernel : code.kernels) {
    FailureOr<json::Object> entry = writeKernel(kernel, symbols);
    if (failed(entry))
      return failure();
    table.push_back(std::move(*entry));
  }
  return table;
}
