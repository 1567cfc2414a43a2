//===- AttnAttributes.cpp - Attributes and enums -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc::attn;

#include "attnc/Dialect/Attn/IR/AttnEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "attnc/Dialect/Attn/IR/AttnAttrs.cpp.inc"

void AttnDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attnc/Dialect/Attn/IR/AttnAttrs.cpp.inc"
      >();
}

static bool isPositiveFinite(const APFloat &value) {
  return value.isFinite() && !value.isZero() && !value.isNegative();
}

/// Parses a keyword that `symbolize` knows; `expected` lists them.
template <typename Enum>
static FailureOr<Enum> parseEnum(AsmParser &parser,
                                 std::optional<Enum> (*symbolize)(StringRef),
                                 StringRef expected) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  if (std::optional<Enum> value = symbolize(keyword))
    return *value;
  return parser.emitError(loc, "expected ")
         << expected << ", got '" << keyword << "'";
}

//===----------------------------------------------------------------------===//
// #attn.norm
//===----------------------------------------------------------------------===//

Attribute NormAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess())
    return {};
  FailureOr<NormKind> kind =
      parseEnum<NormKind>(parser, symbolizeNormKind, "rms or layer");
  double epsilon;
  if (failed(kind) || parser.parseComma() || parser.parseFloat(epsilon) ||
      parser.parseGreater())
    return {};
  return parser.getChecked<NormAttr>(loc, parser.getContext(), *kind,
                                     APFloat(epsilon));
}

void NormAttr::print(AsmPrinter &printer) const {
  printer << "<" << stringifyNormKind(getKind()) << ", ";
  printer.printFloat(getEpsilon());
  printer << ">";
}

LogicalResult NormAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               NormKind kind, APFloat epsilon) {
  if (isPositiveFinite(epsilon))
    return success();
  return emitError() << "expected a positive, finite epsilon, got "
                     << epsilon.convertToDouble();
}

//===----------------------------------------------------------------------===//
// #attn.rope
//===----------------------------------------------------------------------===//

Attribute RopeAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  double theta;
  RopeStyle style = RopeStyle::Half;
  if (parser.parseLess() || parser.parseKeyword("theta") ||
      parser.parseEqual() || parser.parseFloat(theta))
    return {};
  if (succeeded(parser.parseOptionalComma())) {
    FailureOr<RopeStyle> parsed =
        parseEnum<RopeStyle>(parser, symbolizeRopeStyle, "half or interleaved");
    if (failed(parsed))
      return {};
    style = *parsed;
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<RopeAttr>(loc, parser.getContext(), APFloat(theta),
                                     style);
}

void RopeAttr::print(AsmPrinter &printer) const {
  printer << "<theta = ";
  printer.printFloat(getTheta());
  if (getStyle() != RopeStyle::Half)
    printer << ", " << stringifyRopeStyle(getStyle());
  printer << ">";
}

LogicalResult RopeAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               APFloat theta, RopeStyle style) {
  if (isPositiveFinite(theta))
    return success();
  return emitError() << "expected a positive, finite theta, got "
                     << theta.convertToDouble();
}

//===----------------------------------------------------------------------===//
// #attn.place
//===----------------------------------------------------------------------===//

llvm::hash_code attnc::attn::hash_value(const Placement &placement) {
  return llvm::hash_combine(placement.buffer, placement.space);
}

Attribute PlaceAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<Placement> placements;
  auto parsePlacement = [&]() -> ParseResult {
    Placement &placement = placements.emplace_back();
    if (parser.parseKeyword(&placement.buffer) || parser.parseEqual())
      return failure();
    FailureOr<tile::Space> space = parseEnum<tile::Space>(
        parser, tile::symbolizeSpace, "global, cache or register");
    if (failed(space))
      return failure();
    placement.space = *space;
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater,
                                     parsePlacement))
    return {};
  return parser.getChecked<PlaceAttr>(loc, parser.getContext(), placements);
}

void PlaceAttr::print(AsmPrinter &printer) const {
  printer << "<";
  llvm::interleaveComma(getPlacements(), printer, [&](const Placement &place) {
    printer << place.buffer << " = " << tile::stringifySpace(place.space);
  });
  printer << ">";
}

LogicalResult PlaceAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                ArrayRef<Placement> placements) {
  llvm::SmallSet<StringRef, 8> buffers;
  for (const Placement &placement : placements)
    if (!buffers.insert(placement.buffer).second)
      return emitError() << "expected one space for each buffer, got two for "
                         << placement.buffer;
  return success();
}

std::optional<attnc::tile::Space> PlaceAttr::get(StringRef buffer) const {
  for (const Placement &placement : getPlacements())
    if (placement.buffer == buffer)
      return placement.space;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// #attn.plan
//===----------------------------------------------------------------------===//

LogicalResult PlanAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t blockM, int64_t blockN, int64_t blockK,
                               int64_t strip, int64_t panel, int64_t depth,
                               int64_t warpgroups, int64_t stages,
                               int64_t queryStages, int64_t turns) {
  if (blockM < 1 || blockN < 1 || strip < 1)
    return emitError() << "expected positive m, n and strip, got " << blockM
                       << ", " << blockN << " and " << strip;
  if (blockK < 0 || panel < 0 || depth < 0)
    return emitError() << "expected non-negative k, panel and depth, got "
                       << blockK << ", " << panel << " and " << depth;
  bool isForWarpgroups = warpgroups > 0 && stages > 0 && queryStages > 0;
  if (!isForWarpgroups && (warpgroups || stages || queryStages))
    return emitError() << "expected positive warpgroups, stages and "
                          "query_stages, or none, got "
                       << warpgroups << ", " << stages << " and "
                       << queryStages;
  if (turns < 0 || turns > 1)
    return emitError() << "expected turns to be 0 or 1, got " << turns;
  if (warpgroups && blockM != warpgroups * strip)
    return emitError() << "expected m to be warpgroups · strip, got " << blockM
                       << ", " << warpgroups << " and " << strip;
  return success();
}
