//===- AttnShardings.cpp - How ranks divide values -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace attnc::attn;

llvm::hash_code attnc::attn::hash_value(const DimSplit &split) {
  return llvm::hash_combine(split.axis, split.group);
}

//===----------------------------------------------------------------------===//
// Syntax of both attributes
//===----------------------------------------------------------------------===//

/// `[_, 0, 1 group 2]`
static ParseResult parseDims(AsmParser &parser,
                             SmallVectorImpl<DimSplit> &dims) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() -> ParseResult {
        DimSplit &split = dims.emplace_back();
        if (succeeded(parser.parseOptionalKeyword("_")))
          return success();
        if (parser.parseInteger(split.axis))
          return failure();
        if (failed(parser.parseOptionalKeyword("group")))
          return success();
        return parser.parseInteger(split.group);
      });
}

static void printDims(AsmPrinter &printer, ArrayRef<DimSplit> dims) {
  printer << "[";
  llvm::interleaveComma(dims, printer, [&](const DimSplit &split) {
    if (split.isWhole())
      printer << "_";
    else
      printer << split.axis;
    if (split.group != 1)
      printer << " group " << split.group;
  });
  printer << "]";
}

static ParseResult parseSizes(AsmParser &parser,
                              SmallVectorImpl<int64_t> &sizes) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() -> ParseResult {
        sizes.push_back(ShapedType::kDynamic);
        if (succeeded(parser.parseOptionalQuestion()))
          return success();
        return parser.parseInteger(sizes.back());
      });
}

static void printSizes(AsmPrinter &printer, ArrayRef<int64_t> sizes) {
  printer << "[";
  llvm::interleaveComma(sizes, printer, [&](int64_t size) {
    if (ShapedType::isDynamic(size))
      printer << "?";
    else
      printer << size;
  });
  printer << "]";
}

/// `, NAME = [sizes]`, if it is there.
static ParseResult parseOptionalSizes(AsmParser &parser, StringRef name,
                                      SmallVectorImpl<int64_t> &sizes) {
  if (failed(parser.parseOptionalComma()))
    return success();
  return failure(parser.parseKeyword(name) || parser.parseEqual() ||
                 parseSizes(parser, sizes));
}

static LogicalResult verifyDims(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<DimSplit> dims,
                                ArrayRef<int64_t> partial) {
  llvm::SmallSet<int64_t, 4> axes;
  auto verifyAxis = [&](int64_t axis) -> LogicalResult {
    if (axis < 0)
      return emitError() << "expected grid axes of at least 0, got " << axis;
    if (!axes.insert(axis).second)
      return emitError() << "expected each grid axis once, got " << axis
                         << " twice";
    return success();
  };
  for (const DimSplit &split : dims) {
    if (split.group < 1)
      return emitError() << "expected groups of at least 1, got "
                         << split.group;
    if (!split.isWhole() && failed(verifyAxis(split.axis)))
      return failure();
  }
  for (int64_t axis : partial)
    if (failed(verifyAxis(axis)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// #attn.sharding
//===----------------------------------------------------------------------===//

Attribute ShardingAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<DimSplit> dims;
  SmallVector<int64_t> partial;
  if (parser.parseLess() || parseDims(parser, dims) ||
      parseOptionalSizes(parser, "partial", partial) || parser.parseGreater())
    return {};
  return parser.getChecked<ShardingAttr>(loc, parser.getContext(),
                                         ArrayRef<DimSplit>(dims),
                                         ArrayRef<int64_t>(partial));
}

void ShardingAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printDims(printer, getDims());
  if (!getPartial().empty()) {
    printer << ", partial = ";
    printSizes(printer, getPartial());
  }
  printer << ">";
}

LogicalResult ShardingAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ArrayRef<DimSplit> dims,
                                   ArrayRef<int64_t> partial) {
  return verifyDims(emitError, dims, partial);
}

ShardingAttr ShardingAttr::getWhole(MLIRContext *context, int64_t rank) {
  return get(context, SmallVector<DimSplit>(rank), {});
}

bool ShardingAttr::isWhole() const {
  return getPartial().empty() &&
         llvm::all_of(getDims(), [](DimSplit dim) { return dim.isWhole(); });
}

ShardingAttr ShardingAttr::withDim(int64_t dim, DimSplit split) const {
  SmallVector<DimSplit> dims(getDims());
  dims[dim] = split;
  return get(getContext(), dims, getPartial());
}

ShardingAttr ShardingAttr::withPartial(ArrayRef<int64_t> axes) const {
  return get(getContext(), getDims(), axes);
}

int64_t ShardingAttr::getNumSlices(int64_t dim, ArrayRef<int64_t> grid) const {
  DimSplit split = getDims()[dim];
  return split.isWhole() ? 1 : grid[split.axis] / split.group;
}

RankedTensorType ShardingAttr::getLocalType(RankedTensorType whole,
                                            ArrayRef<int64_t> grid) const {
  SmallVector<int64_t> shape(whole.getShape());
  for (auto [dim, size] : llvm::enumerate(shape))
    if (!ShapedType::isDynamic(size))
      size /= getNumSlices(dim, grid);
  return RankedTensorType::get(shape, whole.getElementType());
}

//===----------------------------------------------------------------------===//
// #attn.slice
//===----------------------------------------------------------------------===//

Attribute SliceAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<DimSplit> dims;
  SmallVector<int64_t> shape, pad;
  if (parser.parseLess() || parseDims(parser, dims) ||
      parser.parseKeyword("of") || parseSizes(parser, shape) ||
      parseOptionalSizes(parser, "pad", pad) || parser.parseGreater())
    return {};
  return parser.getChecked<SliceAttr>(
      loc, parser.getContext(), ArrayRef<DimSplit>(dims),
      ArrayRef<int64_t>(shape), ArrayRef<int64_t>(pad));
}

void SliceAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printDims(printer, getDims());
  printer << " of ";
  printSizes(printer, getShape());
  if (!getPad().empty()) {
    printer << ", pad = ";
    printSizes(printer, getPad());
  }
  printer << ">";
}

LogicalResult SliceAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<DimSplit> dims,
                                ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> pad) {
  if (dims.size() != shape.size())
    return emitError() << "expected a split for each of " << shape.size()
                       << " dimensions, got " << dims.size();
  for (int64_t size : shape)
    if (size < 1 && !ShapedType::isDynamic(size))
      return emitError() << "expected positive sizes, got " << size;
  if (!pad.empty() && pad.size() != shape.size())
    return emitError() << "expected a pad for each of " << shape.size()
                       << " dimensions, got " << pad.size();
  for (auto [count, size] : llvm::zip(pad, shape))
    if (count < 0 || count > size)
      return emitError() << "expected a pad of at most the size " << size
                         << ", got " << count;
  return verifyDims(emitError, dims, {});
}

//===----------------------------------------------------------------------===//
// ReshardOp
//===----------------------------------------------------------------------===//

LogicalResult ReshardOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto output = cast<RankedTensorType>(getOutput().getType());
  if (input.getRank() != output.getRank() ||
      input.getElementType() != output.getElementType())
    return emitOpError("expected one rank and element type, got ")
           << input << " and " << output;
  for (ShardingAttr sharding : {getFrom(), getTo()})
    if (static_cast<int64_t>(sharding.getDims().size()) != input.getRank())
      return emitOpError("expected shardings of ")
             << input.getRank() << " dimensions, got " << sharding;
  if (!getTo().getPartial().empty())
    return emitOpError("expected to reach a value that is not partial, got ")
           << getTo();
  return success();
}
