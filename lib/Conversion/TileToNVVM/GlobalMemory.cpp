//===- GlobalMemory.cpp - Windows of arguments, loads, stores -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every access is counted in the coordinates of the kernel's argument. Where an
// element may not exist the instruction has a condition: no branch, and no
// access outside.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace attnc;
using tile::Layout;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

GlobalWindow HopperEmitter::window(Value buffer) {
  auto found = windows.find(buffer);
  if (found != windows.end())
    return found->second;
  auto argument = cast<BlockArgument>(buffer);
  ArrayRef<int64_t> shape = cast<tile::BufType>(buffer.getType()).getShape();
  return {argument, SmallVector<Value>(shape.size()),
          SmallVector<Value>(shape.size()), llvm::to_vector(shape)};
}

/// The first coordinate behind dimension `dim` of the argument, as far as the
/// window goes.
Value HopperEmitter::endOf(const GlobalWindow &window, size_t dim) {
  if (window.ends[dim])
    return window.ends[dim];
  if (!window.starts[dim])
    return resized(size(window.argument, dim), indexType);
  size_t dropped = window.starts.size() - window.shape.size();
  return add(window.starts[dim],
             index(dim < dropped ? 1 : window.shape[dim - dropped]));
}

void HopperEmitter::emitWindow(tile::SliceOp op) {
  GlobalWindow source = window(op.getSource());
  ArrayRef<int64_t> shape = op.getType().getShape();
  size_t rank = source.starts.size();
  size_t hidden = rank - source.shape.size(), dropped = rank - shape.size();
  GlobalWindow result = source;
  result.shape = llvm::to_vector(shape);
  for (size_t dim = hidden; dim < rank; ++dim) {
    Value offset = lookup(op.getOffsets()[dim - hidden]);
    Value start = source.starts[dim] ? add(source.starts[dim], offset) : offset;
    result.starts[dim] = start;
    if (op.isInBounds(dim - hidden))
      continue;
    // The nearer of the ends, and none before the first element.
    Value end = add(start, index(dim < dropped ? 1 : shape[dim - dropped]));
    end = b.createOrFold<arith::MinSIOp>(loc, end, endOf(source, dim));
    result.ends[dim] = b.createOrFold<arith::MaxSIOp>(loc, end, index(0));
  }
  windows[op] = result;
}

void HopperEmitter::emitDim(tile::DimOp op) {
  tile::BufType type = op.getSource().getType();
  int64_t known = type.getShape()[op.getIndex()];
  if (type.getSpace() != tile::Space::Global) {
    values[op] = index(known);
    return;
  }
  GlobalWindow source = window(op.getSource());
  size_t dim = source.starts.size() - type.getShape().size() + op.getIndex();
  if (!source.starts[dim]) {
    values[op] = resized(size(source.argument, dim), indexType);
  } else if (!source.ends[dim]) {
    values[op] = index(known);
  } else {
    Value rest = sub(source.ends[dim], source.starts[dim]);
    values[op] = b.createOrFold<arith::MaxSIOp>(loc, rest, index(0));
  }
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

GlobalAccess HopperEmitter::access(Value buffer, ValueRange offsets,
                                   std::optional<ArrayRef<bool>> inBounds) {
  GlobalWindow source = window(buffer);
  GlobalAccess result = {source.argument, source.starts, source.ends};
  size_t hidden = source.starts.size() - source.shape.size();
  for (size_t i = 0; i < source.shape.size(); ++i) {
    Value &place = result.coordinates[hidden + i];
    // Without offsets the whole window is meant.
    Value offset = offsets.empty() ? index(0) : lookup(offsets[i]);
    place = place ? add(place, offset) : offset;
    if (inBounds && !(*inBounds)[i])
      result.ends[hidden + i] = endOf(source, hidden + i);
  }
  return result;
}

/// Whether the coordinates of some dimensions exist, and `condition`; null
/// where they do.
Value HopperEmitter::exists(const GlobalAccess &access, size_t firstDim,
                            size_t lastDim, Value condition) {
  for (size_t dim = firstDim; dim < lastDim; ++dim) {
    if (!access.ends[dim])
      continue;
    // Unsigned: what is below zero does not exist either.
    Value below =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                              access.coordinates[dim], access.ends[dim]);
    condition = condition
                    ? Value(arith::AndIOp::create(b, loc, condition, below))
                    : below;
  }
  return condition;
}

Value HopperEmitter::elementPointer(const GlobalAccess &access) {
  Type i64 = b.getI64Type();
  Value place;
  for (auto [dim, coordinate] : llvm::enumerate(access.coordinates)) {
    Value term = resized(coordinate, i64);
    if (dim + 1 < access.coordinates.size())
      term = mul(term, stride(access.argument, dim));
    place = place ? add(place, term) : term;
  }
  Value base = pointer(access.argument);
  Type element =
      cast<tile::BufType>(access.argument.getType()).getElementType();
  // A bool is a byte.
  if (element.isInteger(1))
    element = b.getI8Type();
  return LLVM::GEPOp::create(b, loc, base.getType(), element, base, place);
}

bool HopperEmitter::isReadOnly(BlockArgument argument) {
  auto access = kernel.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                    tile::kAccessAttr);
  return access && access.getValue() == "read";
}

namespace {
/// How an element is in memory and in a register of an instruction.
struct MemoryType {
  StringRef suffix, constraint;
  Type inRegister;
};
} // namespace

static MemoryType memoryType(OpBuilder &b, Type element) {
  unsigned bits = element.getIntOrFloatBitWidth();
  if (element.isF32())
    return {"f32", "f", element};
  if (element.isF64())
    return {"f64", "d", element};
  if (bits <= 8)
    return {"u8", "r", b.getI32Type()};
  if (bits == 16)
    return {"b16", "h", b.getI16Type()};
  if (bits == 32)
    return {"b32", "r", b.getI32Type()};
  return {"b64", "l", b.getI64Type()};
}

/// `value` of a register as `element`, and the other way round.
static Value fromRegister(OpBuilder &b, Location loc, Value value,
                          Type element) {
  if (value.getType() == element)
    return value;
  if (element.isInteger(1)) {
    Value zero = arith::ConstantIntOp::create(b, loc, value.getType(), 0);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, value, zero);
  }
  if (isa<IntegerType>(element))
    return arith::TruncIOp::create(b, loc, element, value);
  return arith::BitcastOp::create(b, loc, element, value);
}

static Value toRegister(OpBuilder &b, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (isa<IntegerType>(value.getType()))
    return arith::ExtUIOp::create(b, loc, type, value);
  return arith::BitcastOp::create(b, loc, type, value);
}

/// What does not exist is zero.
Value HopperEmitter::loadElement(const GlobalAccess &access, Value pointer,
                                 Value exists) {
  Type element =
      cast<tile::BufType>(access.argument.getType()).getElementType();
  bool readOnly = isReadOnly(access.argument);
  if (!exists) {
    Type type = element.isInteger(1) ? Type(b.getI8Type()) : element;
    Value value = LLVM::LoadOp::create(
        b, loc, type, pointer, /*alignment=*/0, /*isVolatile=*/false,
        /*isNonTemporal=*/false, /*isInvariant=*/readOnly);
    return fromRegister(b, loc, value, element);
  }
  MemoryType memory = memoryType(b, element);
  std::string text = llvm::formatv("@$2 ld.global{0}.{1} $0, [$1];",
                                   readOnly ? ".nc" : "", memory.suffix);
  std::string constraints = llvm::formatv("={0},l,b,0{1}", memory.constraint,
                                          readOnly ? "" : ",~{memory}");
  Value zero =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(memory.inRegister));
  Value value = assembly(text, constraints, {pointer, exists, zero},
                         memory.inRegister, /*hasSideEffects=*/!readOnly)
                    .front();
  return fromRegister(b, loc, value, element);
}

void HopperEmitter::storeElement(Value value, Value pointer, Value exists) {
  MemoryType memory = memoryType(b, value.getType());
  value = toRegister(b, loc, value, memory.inRegister);
  std::string constraints = llvm::formatv(
      "l,{0}{1},~{{memory}", memory.constraint, exists ? ",b" : "");
  std::string text = llvm::formatv("{0}st.global.{1} [$0], $1;",
                                   exists ? "@$2 " : "", memory.suffix);
  SmallVector<Value> operands = {pointer, value};
  if (exists)
    operands.push_back(exists);
  assembly(text, constraints, operands, {});
}

void HopperEmitter::forEachElement(
    const GlobalAccess &access, RankedTensorType tile, Value condition,
    function_ref<void(size_t, Value, Value)> body) {
  Layout layout = *tile::getLayout(tile);
  size_t rank = access.coordinates.size(), leading = rank - tile.getRank();
  condition = exists(access, 0, leading, condition);
  // The thread's first element, then constants from there.
  GlobalAccess mine = access;
  for (size_t i = 0; i < size_t(tile.getRank()); ++i)
    mine.coordinates[leading + i] =
        add(access.coordinates[leading + i], threadPosition(layout, i));
  SmallVector<int32_t> inRow = registerPositions(tile, tile.getRank() - 1);
  SmallVector<int32_t> inColumn(inRow.size(), 0);
  if (tile.getRank() == 2)
    inColumn = registerPositions(tile, 0);
  // The address and condition of a row are the same for all its elements.
  llvm::SmallMapVector<int32_t, std::pair<Value, Value>, 2> rows;
  for (int32_t row : inColumn) {
    auto [it, isNew] = rows.try_emplace(row);
    if (!isNew)
      continue;
    GlobalAccess here = mine;
    Value rowExists = condition;
    if (tile.getRank() == 2) {
      here.coordinates[leading] = add(mine.coordinates[leading], index(row));
      rowExists = exists(here, leading, leading + 1, condition);
    }
    it->second = {elementPointer(here), rowExists};
  }
  Type element =
      cast<tile::BufType>(access.argument.getType()).getElementType();
  if (element.isInteger(1))
    element = b.getI8Type();
  for (size_t i = 0; i < inRow.size(); ++i) {
    auto [rowPointer, rowExists] = rows[inColumn[i]];
    GlobalAccess here = mine;
    here.coordinates[rank - 1] =
        add(mine.coordinates[rank - 1], index(inRow[i]));
    Value pointer =
        LLVM::GEPOp::create(b, loc, rowPointer.getType(), element, rowPointer,
                            ArrayRef<LLVM::GEPArg>{inRow[i]});
    body(i, pointer, exists(here, rank - 1, rank, rowExists));
  }
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

LogicalResult HopperEmitter::emitLoad(tile::LoadOp op) {
  auto tensor = dyn_cast<RankedTensorType>(op.getType());
  if (isScalarVector(op.getType()))
    return success();
  FailureOr<Type> type = convertType(op, op.getType());
  if (failed(type))
    return failure();
  auto shared = tiles.find(op.getSource());
  if (shared != tiles.end())
    return loadThreadTile(op, shared->second);
  GlobalAccess place =
      access(op.getSource(), op.getOffsets(), op.getInBounds());
  if (!tensor) {
    values[op] = loadElement(place, elementPointer(place),
                             exists(place, 0, place.coordinates.size()));
    return success();
  }
  Layout layout = *tile::getLayout(tensor);
  if (layout == Layout::Partial || layout == Layout::AFragment)
    return op.emitError("expected the layout acc, row or column, got ")
           << tensor;
  SmallVector<Value> elements(*tile::elementsPerThread(tensor));
  forEachElement(place, tensor, /*condition=*/Value(),
                 [&](size_t i, Value pointer, Value exists) {
                   elements[i] = loadElement(place, pointer, exists);
                 });
  values[op] = fromElements(pack(elements), tensor);
  return success();
}

LogicalResult HopperEmitter::emitStore(tile::StoreOp op) {
  auto found = tiles.find(op.getDestination());
  if (found == tiles.end())
    return storeToGlobal(op);
  const SharedTile tile = found->second;
  tile::BufType type = op.getDestination().getType();
  if (!op.getOffsets().empty())
    return op.emitError("expected the whole of a cache tile, got a window of ")
           << type;
  if (type.getSwizzle() != 0)
    return storeFragment(op, tile);
  return storeThreadTile(op, lookup(op.getValue()), op.getValue().getType(),
                         tile);
}

LogicalResult HopperEmitter::storeToGlobal(tile::StoreOp op) {
  Type type = op.getValue().getType();
  auto tensor = dyn_cast<RankedTensorType>(type);
  GlobalAccess place =
      access(op.getDestination(), op.getOffsets(), op.getInBounds());
  if (!tensor) {
    // One thread of each warpgroup or point, or the producer.
    Value condition;
    if (isScalar && pointThreads > 1)
      condition = isEqual(lane, i32(0));
    else if (!isScalar && !inProducer)
      condition = isStoringThread();
    storeElement(lookup(op.getValue()), elementPointer(place),
                 exists(place, 0, place.coordinates.size(), condition));
    return success();
  }
  if (isScalar)
    return op.emitError("expected to store a number, got ") << tensor;
  if (failed(convertType(op, tensor)))
    return failure();
  // Of the threads that hold the same elements one stores.
  Value condition;
  switch (*tile::getLayout(tensor)) {
  case Layout::Accumulator:
    break;
  case Layout::Row:
    condition = isEqual(bitAnd(lane, tile::kPartials - 1), i32(0));
    break;
  case Layout::Column:
    condition = arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::ult,
        bitAnd(thread, hopper::kWarpgroupThreads - 1), i32(tile::kPartials));
    break;
  default:
    return op.emitError("expected the layout acc, row or column, got ")
           << tensor;
  }
  SmallVector<Value> elements =
      unpack(toElements(lookup(op.getValue()), tensor));
  forEachElement(place, tensor, condition,
                 [&](size_t i, Value pointer, Value exists) {
                   storeElement(elements[i], pointer, exists);
                 });
  return success();
}
