//===- TileDialect.cpp - The tile dialect and its types -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace attnc::tile;

#include "attnc/Dialect/Tile/IR/TileDialect.cpp.inc"
#include "attnc/Dialect/Tile/IR/TileEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "attnc/Dialect/Tile/IR/TileAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "attnc/Dialect/Tile/IR/TileTypes.cpp.inc"

namespace {
/// Layouts print as #acc, #row and so on.
struct TileAsmInterface : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Attribute attr, raw_ostream &os) const override {
    auto layout = dyn_cast<LayoutAttr>(attr);
    if (!layout)
      return AliasResult::NoAlias;
    os << stringifyLayout(layout.getValue());
    return AliasResult::FinalAlias;
  }
};
} // namespace

void TileDialect::initialize() {
  addInterfaces<TileAsmInterface>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attnc/Dialect/Tile/IR/TileAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "attnc/Dialect/Tile/IR/TileTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "attnc/Dialect/Tile/IR/TileOps.cpp.inc"
      >();
}

Operation *TileDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                            Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

//===----------------------------------------------------------------------===//
// BufType
//===----------------------------------------------------------------------===//

Type BufType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  StringRef spaceName;
  if (parser.parseLess() || parser.parseDimensionList(shape) ||
      parser.parseType(elementType) || parser.parseComma())
    return {};
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&spaceName))
    return {};
  std::optional<Space> space = symbolizeSpace(spaceName);
  if (!space) {
    parser.emitError(loc, "expected global, cache or register, got '")
        << spaceName << "'";
    return {};
  }
  int64_t swizzle = 0;
  if ((succeeded(parser.parseOptionalComma()) &&
       parser.parseInteger(swizzle)) ||
      parser.parseGreater())
    return {};
  return parser.getChecked<BufType>(parser.getContext(), shape, elementType,
                                    *space, swizzle);
}

void BufType::print(AsmPrinter &printer) const {
  printer << "<";
  printer.printDimensionList(getShape());
  printer << (getShape().empty() ? "" : "x") << getElementType() << ", "
          << stringifySpace(getSpace());
  if (getSwizzle())
    printer << ", " << getSwizzle();
  printer << ">";
}

LogicalResult BufType::verify(function_ref<InFlightDiagnostic()> emitError,
                              ArrayRef<int64_t> shape, Type elementType,
                              Space space, int64_t swizzle) {
  // The ABI between kernels and the runtime carries at most six sizes.
  constexpr size_t maxRank = 6;
  if (shape.empty() || shape.size() > maxRank)
    return emitError() << "expected a rank of 1 to " << maxRank << ", got "
                       << shape.size();
  if (!elementType.isIntOrFloat())
    return emitError() << "expected an integer or float element, got "
                       << elementType;
  int64_t bytes = llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size)) {
      if (space != Space::Global)
        return emitError() << "expected static sizes in the "
                           << stringifySpace(space) << " space, got '?'";
    } else if (size <= 0) {
      return emitError() << "expected positive sizes, got " << size;
    } else if (llvm::MulOverflow(bytes, size, bytes)) {
      return emitError() << "expected static sizes whose bytes fit 63 bits";
    }
  }
  if (swizzle == 0)
    return success();
  if (space != Space::Cache)
    return emitError() << "expected no swizzle in the " << stringifySpace(space)
                       << " space, got " << swizzle;
  // What the swizzle permutes.
  constexpr int64_t pieceBytes = 16;
  int64_t rowBits = shape.back() * elementType.getIntOrFloatBitWidth();
  if (swizzle < 0 || swizzle % pieceBytes != 0 || shape.size() < 2 ||
      rowBits % (8 * pieceBytes) != 0)
    return emitError() << "expected rows and a swizzle of multiples of "
                       << pieceBytes << " bytes, got " << rowBits / 8 << " and "
                       << swizzle;
  return success();
}
