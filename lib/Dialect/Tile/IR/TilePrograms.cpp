//===- TilePrograms.cpp - Programs, kernels and their steps -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;
using namespace attnc::tile;

//===----------------------------------------------------------------------===//
// ProgramOp and KernelOp
//===----------------------------------------------------------------------===//

/// Parses `@name (args) [attributes {…}] region`, for programs and kernels.
template <typename OpT>
static ParseResult parseCallable(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> args, ArrayRef<Type> res,
                      function_interface_impl::VariadicFlag, std::string &) {
    return builder.getFunctionType(args, res);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false,
      OpT::getFunctionTypeAttrName(result.name), buildType,
      OpT::getArgAttrsAttrName(result.name),
      OpT::getResAttrsAttrName(result.name));
}

template <typename OpT> static void printCallable(OpT op, OpAsmPrinter &p) {
  function_interface_impl::printFunctionOp(
      p, op, /*isVariadic=*/false, op.getFunctionTypeAttrName(),
      op.getArgAttrsAttrName(), op.getResAttrsAttrName());
}

/// Arguments are global buffers, nothing is returned, and each argument has the
/// string attribute `name` with one of `values`.
template <typename OpT>
static LogicalResult verifyCallable(OpT op, StringRef name,
                                    ArrayRef<StringRef> values) {
  if (op.getFunctionType().getNumResults())
    return op.emitOpError("expected no results, got ")
           << op.getFunctionType().getNumResults();
  if (op.getArgumentTypes().empty())
    return op.emitOpError("expected at least one argument");
  for (auto [index, type] : llvm::enumerate(op.getArgumentTypes())) {
    auto buf = dyn_cast<BufType>(type);
    if (!buf || buf.getSpace() != Space::Global)
      return op.emitOpError("expected argument ")
             << index << " to be a global buffer, got " << type;
    auto attr = op.template getArgAttrOfType<StringAttr>(index, name);
    if (!attr || !llvm::is_contained(values, attr.getValue())) {
      auto diag = op.emitOpError("expected argument ")
                  << index << " to have " << name << " set to one of ";
      llvm::interleaveComma(values, diag,
                            [&](StringRef v) { diag << '"' << v << '"'; });
      return diag;
    }
  }
  return success();
}

ParseResult ProgramOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseCallable<ProgramOp>(parser, result);
}
void ProgramOp::print(OpAsmPrinter &p) { printCallable(*this, p); }
LogicalResult ProgramOp::verify() {
  if (Attribute ranks = (*this)->getAttr(kRanksAttr);
      ranks && !isa<RanksAttr>(ranks))
    return emitOpError("expected tile.ranks to be a #tile.ranks, got ")
           << ranks;
  return verifyCallable(*this, kRoleAttr, {"input", "weight", "output"});
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  return parseCallable<KernelOp>(parser, result);
}
void KernelOp::print(OpAsmPrinter &p) { printCallable(*this, p); }
LogicalResult KernelOp::verify() {
  if (failed(
          verifyCallable(*this, kAccessAttr, {"read", "write", "read_write"})))
    return failure();
  // An outlined kernel has none until convert-attn-to-tile made its loops.
  int64_t grids = llvm::range_size(getBody().front().getOps<GridOp>());
  if (grids > 1)
    return emitOpError("expected at most one tile.grid, got ") << grids;
  for (StringRef name : {kWarpgroupsAttr, kStagesAttr, kQueryStagesAttr}) {
    Attribute attr = (*this)->getAttr(name);
    auto count = dyn_cast_or_null<IntegerAttr>(attr);
    if (attr && (!count || count.getInt() < 1))
      return emitOpError("expected ")
             << name << " to be at least 1, got " << attr;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Names in printed IR
//===----------------------------------------------------------------------===//

void ProgramOp::getAsmBlockArgumentNames(Region &, OpAsmSetValueNameFn set) {
  for (BlockArgument arg : getArguments())
    for (StringRef name : {"attn.name", "attn.weight"})
      if (auto attr = getArgAttrOfType<StringAttr>(arg.getArgNumber(), name)) {
        set(arg, attr);
        break;
      }
}

void KernelOp::getAsmBlockArgumentNames(Region &, OpAsmSetValueNameFn set) {
  for (BlockArgument arg : getArguments()) {
    auto access = getArgAttrOfType<StringAttr>(arg.getArgNumber(), kAccessAttr);
    set(arg, access && access.getValue() == "read" ? "in" : "out");
  }
}

void SizeOp::getAsmResultNames(OpAsmSetValueNameFn set) {
  set(getResult(), getSymbol());
}

void GridOp::getAsmResultNames(OpAsmSetValueNameFn set) {
  // An ArrayRef of the list itself would outlive it.
  static constexpr StringLiteral names[] = {"x", "y", "z"};
  for (auto [id, name] : llvm::zip(getIds(), names))
    set(id, name);
}

//===----------------------------------------------------------------------===//
// Sizes, workspace and views
//===----------------------------------------------------------------------===//

/// `sizes` are the dynamic sizes of `type`.
static LogicalResult verifyDynamicSizes(Operation *op, BufType type,
                                        OperandRange sizes) {
  int64_t dynamic = llvm::count_if(type.getShape(), ShapedType::isDynamic);
  if (dynamic != static_cast<int64_t>(sizes.size()))
    return op->emitOpError("expected ")
           << dynamic << " sizes for " << type << ", got " << sizes.size();
  return success();
}

static LogicalResult verifyGlobal(Operation *op, BufType type) {
  if (type.getSpace() != Space::Global)
    return op->emitOpError("expected a global buffer, got ") << type;
  return success();
}

LogicalResult ArenaOp::verify() {
  if (failed(verifyGlobal(*this, getType())))
    return failure();
  return verifyDynamicSizes(*this, getType(), getSizes());
}

LogicalResult AllocOp::verify() {
  bool inProgram = isa<ProgramOp>((*this)->getParentOp());
  if (inProgram != (getType().getSpace() == Space::Global))
    return emitOpError("expected a ")
           << (inProgram ? "global buffer in a program"
                         : "cache or register buffer in a kernel")
           << ", got " << getType();
  return verifyDynamicSizes(*this, getType(), getSizes());
}

LogicalResult ViewOp::verify() {
  BufType type = getResult().getType();
  if (failed(verifyGlobal(*this, getSource().getType())) ||
      failed(verifyGlobal(*this, type)) ||
      failed(verifyDynamicSizes(*this, type, getSizes())))
    return failure();
  if (type.getElementType() != getSource().getType().getElementType())
    return emitOpError("expected the element type ")
           << getSource().getType().getElementType() << ", got "
           << type.getElementType();
  ArrayRef<int64_t> strides = getStaticStrides();
  if (strides.size() != type.getShape().size())
    return emitOpError("expected ")
           << type.getShape().size() << " strides, got " << strides.size();
  if (llvm::count_if(strides, ShapedType::isDynamic) !=
      static_cast<int64_t>(getStrides().size()))
    return emitOpError("expected a value for each dynamic stride, got ")
           << getStrides().size();
  if (strides.back() != 1)
    return emitOpError("expected an innermost stride of 1, got ")
           << (ShapedType::isDynamic(strides.back())
                   ? std::string("a value")
                   : std::to_string(strides.back()));
  for (int64_t stride : strides)
    if (!ShapedType::isDynamic(stride) && stride < 0)
      return emitOpError("expected strides of at least 0, got ") << stride;
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  Operation *callee =
      symbolTable.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!callee || isa<ProgramOp>(callee))
    return emitOpError("expected a tile.kernel named ") << getKernelAttr();
  auto kernel = dyn_cast<KernelOp>(callee);
  if (!kernel)
    return success(); // lowered to a function
  ArrayRef<Type> params = kernel.getArgumentTypes();
  if (params.size() != getOperands().size()) {
    auto diag = emitOpError("expected ")
                << params.size() << " operands, got " << getOperands().size();
    diag.attachNote(kernel.getLoc()) << "the kernel is here";
    return diag;
  }
  for (auto [index, param, operand] :
       llvm::enumerate(params, getOperands().getTypes())) {
    auto want = cast<BufType>(param);
    auto got = cast<BufType>(operand);
    bool fits = want.getElementType() == got.getElementType() &&
                want.getSpace() == got.getSpace() &&
                want.getShape().size() == got.getShape().size();
    for (auto [w, g] : llvm::zip(want.getShape(), got.getShape()))
      fits &= ShapedType::isDynamic(w) || w == g;
    if (!fits) {
      auto diag = emitOpError("expected operand ")
                  << index << " to be " << want << ", got " << got;
      diag.attachNote(kernel.getLoc()) << "the kernel is here";
      return diag;
    }
  }
  return success();
}

LogicalResult GridOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location>,
                                       ValueRange sizes, DictionaryAttr,
                                       OpaqueProperties, RegionRange,
                                       SmallVectorImpl<Type> &inferred) {
  inferred.assign(sizes.size(), IndexType::get(context));
  return success();
}

LogicalResult GridOp::verify() {
  if (getSizes().empty() || getSizes().size() > kMaxRank)
    return emitOpError("expected 1 to ")
           << kMaxRank << " sizes, got " << getSizes().size();
  return success();
}
