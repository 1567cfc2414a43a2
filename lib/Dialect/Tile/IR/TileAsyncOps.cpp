//===- TileAsyncOps.cpp - Ops of scheduled kernels -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace attnc::tile;

std::optional<Layout> attnc::tile::getLayout(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto layout = tensor ? dyn_cast_or_null<LayoutAttr>(tensor.getEncoding())
                       : LayoutAttr();
  if (!layout)
    return std::nullopt;
  return layout.getValue();
}

std::optional<int64_t>
attnc::tile::elementsPerThread(RankedTensorType tensor) {
  // A thread has parts of two rows, and four threads share a row.
  constexpr int64_t rowsOfThread = 2, columnStep = 8;
  constexpr int64_t threads = kWarpgroupRows / rowsOfThread * kPartials;
  std::optional<Layout> layout = getLayout(tensor);
  if (!layout || tensor.getRank() < 1 || tensor.getRank() > 2)
    return std::nullopt;
  bool isTile = tensor.getRank() == 2;
  int64_t rows = tensor.getDimSize(0), columns = tensor.getShape().back();
  bool hasRows = rows == kWarpgroupRows;
  switch (*layout) {
  case Layout::Accumulator:
  case Layout::AFragment:
    if (isTile && hasRows && columns % columnStep == 0)
      return rows * columns / threads;
    return std::nullopt;
  case Layout::Partial:
    if (isTile && hasRows && columns == kPartials)
      return rowsOfThread;
    return std::nullopt;
  case Layout::Row:
    if (!isTile && hasRows)
      return rowsOfThread;
    return std::nullopt;
  case Layout::Column:
    if (!isTile && columns % columnStep == 0)
      return columns / kPartials;
    return std::nullopt;
  }
  llvm_unreachable("a layout of the enum");
}

std::optional<int64_t> attnc::tile::getWarpgroups(KernelOp kernel) {
  for (auto roles : kernel.getBody().front().getOps<RolesOp>())
    return roles.getWarpgroups();
  if (auto count = kernel->getAttrOfType<IntegerAttr>(kWarpgroupsAttr))
    return count.getInt();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

LogicalResult RingType::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t stages, BufType stage, int64_t tags) {
  if (stages < 1)
    return emitError() << "expected at least one stage, got " << stages;
  if (stage.getSpace() != Space::Cache)
    return emitError() << "expected stages in the cache space, got " << stage;
  if (tags < 0)
    return emitError() << "expected a number of tags, got " << tags;
  return success();
}

LogicalResult BarrierType::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t count, int64_t threads) {
  if (count < 1 || threads < 1)
    return emitError() << "expected at least one barrier and thread, got "
                       << count << " and " << threads;
  return success();
}

LogicalResult
SchedulerType::verify(function_ref<InFlightDiagnostic()> emitError,
                      int64_t rank) {
  if (rank < 1 || rank > GridOp::kMaxRank)
    return emitError() << "expected a rank of 1 to " << GridOp::kMaxRank
                       << ", got " << rank;
  return success();
}

//===----------------------------------------------------------------------===//
// RolesOp
//===----------------------------------------------------------------------===//

ParseResult RolesOp::parse(OpAsmParser &parser, OperationState &result) {
  Type i64 = parser.getBuilder().getI64Type();
  auto parseCount = [&](StringRef name) {
    IntegerAttr attr;
    return parser.parseAttribute(attr, i64, name, result.attributes);
  };
  OpAsmParser::Argument warpgroup;
  warpgroup.type = parser.getBuilder().getIndexType();
  Region *producer = result.addRegion(), *consumers = result.addRegion();
  if (parser.parseKeyword("producer") || parser.parseKeyword("registers") ||
      parseCount(getProducerRegistersAttrName(result.name)) ||
      parser.parseRegion(*producer) || parser.parseKeyword("consumers") ||
      parser.parseLParen() || parser.parseArgument(warpgroup) ||
      parser.parseRParen() || parseCount(getWarpgroupsAttrName(result.name)) ||
      parser.parseKeyword("registers") ||
      parseCount(getConsumerRegistersAttrName(result.name)) ||
      parser.parseRegion(*consumers, warpgroup) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  // A role may do nothing.
  if (producer->empty())
    producer->emplaceBlock();
  if (consumers->empty())
    consumers->emplaceBlock().addArgument(warpgroup.type, result.location);
  return success();
}

void RolesOp::print(OpAsmPrinter &p) {
  p << " producer registers " << getProducerRegisters() << ' ';
  p.printRegion(getProducer());
  p << " consumers(" << getConsumers().getArgument(0) << ") " << getWarpgroups()
    << " registers " << getConsumerRegisters() << ' ';
  p.printRegion(getConsumers(), /*printEntryBlockArgs=*/false);
  p.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                     {getProducerRegistersAttrName(),
                                      getWarpgroupsAttrName(),
                                      getConsumerRegistersAttrName()});
}

LogicalResult RolesOp::verify() {
  if (getProducer().getNumArguments() != 0 ||
      getConsumers().getArgumentTypes() !=
          TypeRange(IndexType::get(getContext())))
    return emitOpError("expected no argument of the producer and one index of "
                       "the consumers");
  if (Operation *next = (*this)->getNextNode()) {
    auto diag = emitOpError("expected to be the last op of its kernel");
    diag.attachNote(next->getLoc()) << "this op follows";
    return diag;
  }
  if (getWarpgroups() < 1)
    return emitOpError("expected at least one consumer warpgroup, got ")
           << getWarpgroups();
  return success();
}

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

/// A copy between a window of global memory and a cache tile.
static LogicalResult verifyCopy(Operation *op, BufType global, BufType tile,
                                size_t numOffsets) {
  if (global.getSpace() != Space::Global || tile.getSpace() != Space::Cache)
    return op->emitOpError("expected a global buffer and a cache tile, got ")
           << global << " and " << tile;
  if (global.getElementType() != tile.getElementType())
    return op->emitOpError("expected the element type ")
           << global.getElementType() << ", got " << tile.getElementType();
  if (tile.getShape().size() != 2 || global.getShape().size() < 2)
    return op->emitOpError("expected a tile of rank 2 and a buffer of rank 2 "
                           "or more, got ")
           << tile << " and " << global;
  if (numOffsets != global.getShape().size())
    return op->emitOpError("expected ")
           << global.getShape().size() << " offsets, got " << numOffsets;
  return success();
}

LogicalResult LoadAsyncOp::verify() {
  if (!getStage().getDefiningOp<AcquireOp>())
    return emitOpError("expected a stage from a tile.acquire");
  return verifyCopy(*this, getSource().getType(), getStage().getType(),
                    getOffsets().size());
}

LogicalResult StoreAsyncOp::verify() {
  return verifyCopy(*this, getDestination().getType(), getSource().getType(),
                    getOffsets().size());
}

static LogicalResult verifyTags(Operation *op, RingType ring, size_t tags) {
  if (tags != static_cast<size_t>(ring.getTags()))
    return op->emitOpError("expected ")
           << ring.getTags() << " tags, got " << tags;
  return success();
}

LogicalResult CommitOp::verify() {
  return verifyTags(*this, getRing().getType(), getTags().size());
}

LogicalResult WaitOp::verify() {
  // A wait that does not look at the tags has none.
  if (getTags().empty())
    return success();
  return verifyTags(*this, getRing().getType(), getTags().size());
}

//===----------------------------------------------------------------------===//
// Products in flight
//===----------------------------------------------------------------------===//

ParseResult MmaAsyncOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::UnresolvedOperand lhs, rhs, acc;
  Type lhsType, rhsType;
  RankedTensorType tile;
  bool hasAcc = false;
  if (parser.parseOperand(lhs) || parser.parseComma() ||
      parser.parseOperand(rhs))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("transposed")))
    result.addAttribute(getTransposedAttrName(result.name),
                        parser.getBuilder().getUnitAttr());
  if (succeeded(parser.parseOptionalKeyword("into"))) {
    hasAcc = true;
    if (parser.parseOperand(acc))
      return failure();
  }
  if (parser.parseOptionalAttrDict(result.attributes) || parser.parseColon() ||
      parser.parseType(lhsType) || parser.parseComma() ||
      parser.parseType(rhsType) || parser.parseArrow() ||
      parser.parseType(tile) ||
      parser.resolveOperand(lhs, lhsType, result.operands) ||
      parser.resolveOperand(rhs, rhsType, result.operands) ||
      (hasAcc && parser.resolveOperand(acc, tile, result.operands)))
    return failure();
  result.addTypes(PendingType::get(parser.getContext(), tile));
  return success();
}

void MmaAsyncOp::print(OpAsmPrinter &p) {
  p << ' ' << getLhs() << ", " << getRhs();
  if (getTransposed())
    p << " transposed";
  if (getAcc())
    p << " into " << getAcc();
  p.printOptionalAttrDict((*this)->getAttrs(), {getTransposedAttrName()});
  p << " : " << getLhs().getType() << ", " << getRhs().getType() << " -> "
    << getResult().getType().getTile();
}

LogicalResult MmaAsyncOp::verify() {
  auto lhs = cast<ShapedType>(getLhs().getType());
  BufType rhs = getRhs().getType();
  RankedTensorType tile = getResult().getType().getTile();
  if (getAcc() && getAcc().getType() != tile)
    return emitOpError("expected an accumulator of type ")
           << tile << ", got " << getAcc().getType();
  // There are no layouts before tile-assign-layouts.
  bool hasLayouts = getLayout(tile).has_value();
  if (getLayout(tile).value_or(Layout::Accumulator) != Layout::Accumulator ||
      !tile.getElementType().isF32())
    return emitOpError("expected an f32 result of layout acc, got ") << tile;
  if (isa<RankedTensorType>(lhs) &&
      getLayout(lhs) !=
          (hasLayouts ? std::optional(Layout::AFragment) : std::nullopt))
    return emitOpError("expected lhs ")
           << (hasLayouts ? "in the layout a_frag" : "without a layout")
           << ", got " << lhs;
  Type element = rhs.getElementType();
  if (lhs.getElementType() != element || !(element.isBF16() || element.isF16()))
    return emitOpError("expected bf16 or f16 operands of one type, got ")
           << lhs << " and " << rhs;
  for (Type type : {Type(lhs), Type(rhs)})
    if (auto buf = dyn_cast<BufType>(type))
      if (buf.getSpace() != Space::Cache || buf.getShape().size() != 2)
        return emitOpError("expected operands that are cache tiles of rank 2, "
                           "got ")
               << buf;
  int64_t k = rhs.getShape()[getTransposed() ? 1 : 0];
  int64_t n = rhs.getShape()[getTransposed() ? 0 : 1];
  if (lhs.getRank() != 2 || lhs.getDimSize(1) != k || tile.getRank() != 2 ||
      tile.getDimSize(0) != lhs.getDimSize(0) || tile.getDimSize(1) != n)
    return emitOpError("expected lhs [M, K], rhs ")
           << (getTransposed() ? "[N, K]" : "[K, N]") << ", result [M, N], got "
           << lhs << ", " << rhs << ", " << tile;
  return success();
}

LogicalResult ConvertLayoutOp::verify() {
  auto from = cast<RankedTensorType>(getSource().getType());
  auto to = cast<RankedTensorType>(getResult().getType());
  if (getLayout(from) != Layout::Accumulator ||
      getLayout(to) != Layout::AFragment || from.getShape() != to.getShape() ||
      from.getElementType() != to.getElementType() ||
      from.getElementTypeBitWidth() != 16)
    return emitOpError("expected a 16-bit tile from the layout acc to a_frag, "
                       "got ")
           << from << " to " << to;
  return success();
}

//===----------------------------------------------------------------------===//
// The tile scheduler
//===----------------------------------------------------------------------===//

LogicalResult SchedulerOp::verify() {
  if (static_cast<int64_t>(getSizes().size()) != getType().getRank())
    return emitOpError("expected ")
           << getType().getRank() << " sizes, got " << getSizes().size();
  return success();
}

LogicalResult WorkIdsOp::verify() {
  int64_t rank = getScheduler().getType().getRank();
  if (static_cast<int64_t>(getIds().size()) != rank)
    return emitOpError("expected ")
           << rank << " indices, got " << getIds().size();
  return success();
}
