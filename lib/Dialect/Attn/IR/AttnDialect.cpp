//===- AttnDialect.cpp - The attn dialect -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc::attn;

#include "attnc/Dialect/Attn/IR/AttnDialect.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "attnc/Dialect/Attn/IR/AttnTypes.cpp.inc"

void AttnDialect::initialize() {
  registerAttributes();
  addTypes<
#define GET_TYPEDEF_LIST
#include "attnc/Dialect/Attn/IR/AttnTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "attnc/Dialect/Attn/IR/AttnOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Attributes of arguments and results
//===----------------------------------------------------------------------===//

namespace {
/// An argument or a result of a function.
struct Slot {
  FunctionOpInterface func;
  bool isResult;
  unsigned index;

  Type type() {
    return isResult ? func.getResultTypes()[index]
                    : func.getArgumentTypes()[index];
  }
  template <typename AttrT> AttrT attr(StringRef attrName) {
    Attribute attr = isResult ? func.getResultAttr(index, attrName)
                              : func.getArgAttr(index, attrName);
    return dyn_cast_or_null<AttrT>(attr);
  }
  /// "argument 3" or "result 0".
  std::string describe() const {
    return (isResult ? "result " : "argument ") + Twine(index).str();
  }
  /// Whether users bind this by `name`; a weight goes by its own.
  bool isNamed(StringRef name) {
    if (auto given = attr<StringAttr>(kNameAttr))
      return given.getValue() == name;
    if (auto weight = attr<StringAttr>(kWeightAttr))
      return weight.getValue() == name;
    return name.consume_front(isResult ? "result" : "arg") &&
           name == std::to_string(index);
  }
  InFlightDiagnostic error() {
    return func->emitOpError() << describe() << ": expected ";
  }
};
} // namespace

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

static std::optional<int64_t> getI64(Attribute attr) {
  auto integer = dyn_cast<IntegerAttr>(attr);
  if (!integer || !integer.getType().isSignlessInteger(64))
    return std::nullopt;
  return integer.getInt();
}

static LogicalResult verifyName(Slot slot, Attribute attr) {
  auto name = dyn_cast<StringAttr>(attr);
  if (!name || !isIdentifier(name))
    return slot.error() << "attn.name to be an identifier, got " << attr;
  auto verifyDistinct = [&](Slot other) -> LogicalResult {
    bool isSame = other.isResult == slot.isResult && other.index == slot.index;
    if (isSame || !other.isNamed(name))
      return success();
    return slot.error() << "a distinct attn.name, got " << attr
                        << ", which is also the name of " << other.describe();
  };
  for (unsigned i = 0, e = slot.func.getNumArguments(); i < e; ++i)
    if (failed(verifyDistinct({slot.func, /*isResult=*/false, i})))
      return failure();
  for (unsigned i = 0, e = slot.func.getNumResults(); i < e; ++i)
    if (failed(verifyDistinct({slot.func, /*isResult=*/true, i})))
      return failure();
  return success();
}

/// Whether `attr` is an array with one element for each dimension of the
/// slot's type, each of which `isValid` accepts with its size.
static bool
matchesShape(Slot slot, Attribute attr,
             llvm::function_ref<bool(Attribute, int64_t size)> isValid) {
  auto array = dyn_cast<ArrayAttr>(attr);
  auto type = dyn_cast<ShapedType>(slot.type());
  return array && type && type.hasRank() &&
         array.size() == type.getShape().size() &&
         llvm::all_of(llvm::zip(array, type.getShape()), [&](auto pair) {
           return isValid(std::get<0>(pair), std::get<1>(pair));
         });
}

static LogicalResult verifyDims(Slot slot, Attribute attr) {
  auto isValid = [](Attribute element, int64_t size) {
    auto name = dyn_cast<StringAttr>(element);
    return name &&
           (ShapedType::isDynamic(size) ? isIdentifier(name) : name.empty());
  };
  if (matchesShape(slot, attr, isValid))
    return success();
  return slot.error() << "attn.dims to hold an identifier for each '?' of "
                      << slot.type()
                      << " and \"\" for each other dimension, got " << attr;
}

static LogicalResult verifyWeight(Slot slot, Attribute attr) {
  auto name = dyn_cast<StringAttr>(attr);
  if (!name || name.empty())
    return slot.error() << "attn.weight to be a name, got " << attr;
  auto type = dyn_cast<ShapedType>(slot.type());
  if (!type || !type.hasStaticShape())
    return slot.error() << "a static shape for the weight " << attr << ", got "
                        << slot.type();
  return success();
}

static LogicalResult verifyPad(Slot slot, Attribute attr) {
  auto isValid = [](Attribute element, int64_t size) {
    std::optional<int64_t> pad = getI64(element);
    return pad && *pad >= 0 && (ShapedType::isDynamic(size) || *pad <= size);
  };
  if (matchesShape(slot, attr, isValid))
    return success();
  return slot.error() << "attn.pad to hold a count for each dimension of "
                      << slot.type() << ", at most its size, got " << attr;
}

static LogicalResult verifySharding(Slot slot, Attribute attr) {
  auto sharding = dyn_cast<ShardingAttr>(attr);
  auto type = dyn_cast<RankedTensorType>(slot.type());
  if (sharding && type &&
      static_cast<int64_t>(sharding.getDims().size()) == type.getRank() &&
      sharding.getPartial().empty())
    return success();
  return slot.error() << "attn.sharding to split each dimension of "
                      << slot.type() << ", got " << attr;
}

/// A weight in panels has the slice of its matrix.
static bool isPacked(Slot slot) {
  return static_cast<bool>(slot.attr<Attribute>(attnc::tile::kLayoutAttr));
}

static LogicalResult verifySlice(Slot slot, Attribute attr) {
  auto slice = dyn_cast<SliceAttr>(attr);
  if (slice && isPacked(slot))
    return success();
  auto type = dyn_cast<ShapedType>(slot.type());
  bool fits = slice && type && type.hasRank() &&
              slice.getShape().size() == type.getShape().size();
  if (fits)
    for (auto [split, whole, size] :
         llvm::zip(slice.getDims(), slice.getShape(), type.getShape()))
      // How many slices there are is the grid's to say.
      fits &= ShapedType::isDynamic(size) || ShapedType::isDynamic(whole)
                  ? size == whole
              : split.isWhole() ? size == whole
                                : size > 0 && whole % size == 0;
  if (fits)
    return success();
  return slot.error() << "attn.slice to say what " << slot.type()
                      << " is a slice of, got " << attr;
}

static LogicalResult verifyConstant(Slot slot, Attribute attr) {
  auto value = dyn_cast<DenseElementsAttr>(attr);
  auto slice = slot.attr<SliceAttr>(kSliceAttr);
  auto type = dyn_cast<ShapedType>(slot.type());
  if (value && type && slot.attr<StringAttr>(kWeightAttr) &&
      value.getElementType() == type.getElementType() &&
      value.getType().getShape() ==
          (slice ? slice.getShape() : type.getShape()))
    return success();
  return slot.error() << "attn.constant to be the value of a whole weight, got "
                      << attr;
}

static LogicalResult verifyAlias(Slot slot, Attribute attr) {
  FunctionOpInterface func = slot.func;
  std::optional<int64_t> index = getI64(attr);
  if (!index || *index < 0 || *index >= func.getNumArguments())
    return slot.error() << "attn.alias to be the index of one of "
                        << func.getNumArguments() << " arguments, got " << attr;
  Type type = func.getArgumentTypes()[*index];
  if (type != slot.type())
    return slot.error() << "the type of the aliased argument " << *index << ", "
                        << type << ", got " << slot.type();
  for (unsigned i = 0; slot.isResult && i < slot.index; ++i)
    if (Slot{func, true, i}.attr<Attribute>(kAliasAttr) == attr)
      return slot.error() << "to be the only alias of argument " << *index
                          << ", got result " << i << " too";
  return success();
}

LogicalResult AttnDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned regionIndex,
                                                    unsigned argIndex,
                                                    NamedAttribute attr) {
  Slot slot{cast<FunctionOpInterface>(op), /*isResult=*/false, argIndex};
  // A program's arguments stand for the source's results too.
  bool hasAlias = isa<tile::ProgramOp>(op);
  StringRef name = attr.getName();
  if (name == kNameAttr)
    return verifyName(slot, attr.getValue());
  if (name == kDimsAttr)
    return verifyDims(slot, attr.getValue());
  if (name == kWeightAttr)
    return verifyWeight(slot, attr.getValue());
  if (name == kPadAttr)
    return isPacked(slot) ? success() : verifyPad(slot, attr.getValue());
  if (name == kShardingAttr)
    return verifySharding(slot, attr.getValue());
  if (name == kSliceAttr)
    return verifySlice(slot, attr.getValue());
  if (name == kConstantAttr)
    return verifyConstant(slot, attr.getValue());
  if (name == kAliasAttr && hasAlias)
    return verifyAlias(slot, attr.getValue());
  if (name == kBoundAttr && slot.attr<StringAttr>(kWeightAttr))
    return success();
  return slot.error() << "attn.name, attn.dims, attn.weight, attn.pad, "
                         "attn.sharding, attn.slice or attn.constant, got "
                      << name;
}

LogicalResult AttnDialect::verifyRegionResultAttribute(Operation *op,
                                                       unsigned regionIndex,
                                                       unsigned resultIndex,
                                                       NamedAttribute attr) {
  Slot slot{cast<FunctionOpInterface>(op), /*isResult=*/true, resultIndex};
  StringRef name = attr.getName();
  if (name == kNameAttr)
    return verifyName(slot, attr.getValue());
  if (name == kDimsAttr)
    return verifyDims(slot, attr.getValue());
  if (name == kAliasAttr)
    return verifyAlias(slot, attr.getValue());
  if (name == kShardingAttr)
    return verifySharding(slot, attr.getValue());
  if (name == kSliceAttr)
    return verifySlice(slot, attr.getValue());
  return slot.error() << "attn.name, attn.dims, attn.alias, attn.sharding or "
                         "attn.slice, got "
                      << name;
}

//===----------------------------------------------------------------------===//
// Attributes of operations
//===----------------------------------------------------------------------===//

static LogicalResult verifyShardings(Operation *op, Attribute attr) {
  auto shardings = dyn_cast<ArrayAttr>(attr);
  bool fits = shardings && shardings.size() == op->getNumResults();
  if (fits)
    for (auto [sharding, type] : llvm::zip(shardings, op->getResultTypes())) {
      auto value = dyn_cast<ShardingAttr>(sharding);
      auto tensor = dyn_cast<RankedTensorType>(type);
      fits &= value && tensor &&
              static_cast<int64_t>(value.getDims().size()) == tensor.getRank();
    }
  if (fits)
    return success();
  return op->emitOpError("expected attn.shardings to hold a sharding for each "
                         "result, got ")
         << attr;
}

static LogicalResult verifyAlgorithm(Operation *op, Attribute attr) {
  auto algorithm = dyn_cast<StringAttr>(attr);
  if (algorithm && !algorithm.empty() &&
      op->getName().getDialectNamespace() == "shard")
    return success();
  return op->emitOpError("expected attn.algorithm to be a name on a collective "
                         "of the shard dialect, got ")
         << attr;
}

static LogicalResult verifyDimRange(Operation *op, NamedAttribute range) {
  if (!isIdentifier(range.getName()))
    return op->emitOpError("expected an identifier in attn.dim_ranges, got ")
           << range.getName();
  auto array = dyn_cast<ArrayAttr>(range.getValue());
  if (!array || array.size() != 3 || !llvm::all_of(array, getI64))
    return op->emitOpError("expected attn.dim_ranges of ")
           << range.getName() << " to be [minimum, maximum, multiple], got "
           << range.getValue();
  int64_t min = *getI64(array[0]), max = *getI64(array[1]),
          multiple = *getI64(array[2]);
  if (min < 0 || min > max || multiple < 1 || min % multiple || max % multiple)
    return op->emitOpError("expected 0 <= minimum <= maximum, both divisible "
                           "by a positive multiple, in attn.dim_ranges of ")
           << range.getName() << ", got " << range.getValue();
  return success();
}

LogicalResult AttnDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attr) {
  if (attr.getName() == kShardingsAttr)
    return verifyShardings(op, attr.getValue());
  if (attr.getName() == kAlgorithmAttr)
    return verifyAlgorithm(op, attr.getValue());
  if (attr.getName() != kDimRangesAttr || !isa<ModuleOp>(op))
    return op->emitOpError("expected no attribute ")
           << attr.getName() << " here";
  auto ranges = dyn_cast<DictionaryAttr>(attr.getValue());
  if (!ranges)
    return op->emitOpError("expected attn.dim_ranges to be a dictionary, got ")
           << attr.getValue();
  for (NamedAttribute range : ranges)
    if (failed(verifyDimRange(op, range)))
      return failure();
  return success();
}
