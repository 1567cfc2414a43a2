//===- KernelEmitter.cpp - Functions and control flow -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// The memref of a parameter: strides are the caller's, but for the innermost.
static MemRefType getParamType(tile::BufType type) {
  SmallVector<int64_t> strides(type.getShape().size(), ShapedType::kDynamic);
  strides.back() = 1;
  return MemRefType::get(
      type.getShape(), getMemoryType(type.getElementType()),
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides));
}

/// Whether values of `type` have a form in vectors and memrefs.
static bool isSupported(Type type) {
  if (auto buf = dyn_cast<tile::BufType>(type)) {
    Type element = buf.getElementType();
    return element.isF16() || element.isBF16() || element.isF32() ||
           element.isF64() || element.isInteger(1) || element.isInteger(8) ||
           element.isInteger(16) || element.isInteger(32) ||
           element.isInteger(64);
  }
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.hasStaticShape() && tensor.getRank() &&
           tensor.getNumElements() &&
           tensor.getElementType().isIntOrIndexOrFloat();
  return type.isIntOrIndexOrFloat();
}

FailureOr<func::FuncOp> KernelEmitter::emit(tile::KernelOp kernel) {
  loc = kernel.getLoc();
  SmallVector<Type> inputs;
  SmallVector<Attribute> params;
  for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    if (!isSupported(type))
      return kernel.emitOpError("the CPU target has no values of ") << type;
    auto buf = cast<tile::BufType>(type);
    inputs.push_back(getParamType(buf));
    SmallVector<int64_t> sizes(buf.getShape());
    for (int64_t &size : sizes)
      size = ShapedType::isDynamic(size) ? -1 : size;
    params.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("access", kernel.getArgAttr(i, tile::kAccessAttr)),
         b.getNamedAttr("dtype", TypeAttr::get(buf.getElementType())),
         b.getNamedAttr("sizes", b.getDenseI64ArrayAttr(sizes))}));
  }
  size_t numParams = inputs.size();
  inputs.push_back(MemRefType::get({ShapedType::kDynamic}, b.getI8Type()));
  inputs.push_back(MemRefType::get({1}, b.getI32Type()));
  inputs.append(tile::GridOp::kMaxRank, b.getIndexType());

  auto func = func::FuncOp::create(b, loc, kernel.getSymName(),
                                   b.getFunctionType(inputs, {}));
  OpBuilder::InsertionGuard guard(b);
  Block *entry = func.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Block &body = kernel.getBody().front();
  auto args = entry->getArguments();
  for (size_t i = 0; i < numParams; ++i)
    windows[body.getArgument(i)] = makeArgument(
        args[i], cast<tile::BufType>(body.getArgument(i).getType()));
  scratch = args[numParams];
  error = args[numParams + 1];
  llvm::append_range(blockIds, args.drop_front(numParams + 2));

  LogicalResult result = emitBody(body, body.begin());
  if (failed(result)) {
    func.erase();
    return failure();
  }
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b, loc);
  func->setAttr(kScratchBytesAttr, b.getI64IntegerAttr(scratchBytes));
  func->setAttr(kParamsAttr, b.getArrayAttr(params));
  return func;
}

/// The rest of the block runs for blocks inside the kernel's own grid only.
LogicalResult KernelEmitter::emitGrid(tile::GridOp op) {
  Value inside;
  for (auto [i, id] : llvm::enumerate(blockIds)) {
    Value size =
        i < op.getSizes().size() ? lookupScalar(op.getSizes()[i]) : index(1);
    Value below =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, id, size);
    inside = inside ? arith::AndIOp::create(b, loc, inside, below) : below;
  }
  for (auto [id, block] : llvm::zip(op.getIds(), blockIds))
    values[id] = {block};
  auto guard = scf::IfOp::create(b, loc, inside, /*withElseRegion=*/false);
  b.setInsertionPointToStart(guard.thenBlock());
  return success();
}

LogicalResult KernelEmitter::emitError(tile::ErrorOp op) {
  auto guard = scf::IfOp::create(b, loc, lookupScalar(op.getCondition()),
                                 /*withElseRegion=*/false);
  OpBuilder::InsertionGuard insertion(b);
  b.setInsertionPointToStart(guard.thenBlock());
  Value code = arith::ConstantOp::create(b, loc, op.getCodeAttr());
  memref::StoreOp::create(b, loc, code, error, index(0));
  return success();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

SmallVector<Value> KernelEmitter::lookup(Value value) {
  return values.lookup(value);
}

SmallVector<Value> KernelEmitter::lookup(ValueRange range) {
  SmallVector<Value> flat;
  for (Value value : range)
    llvm::append_range(flat, lookup(value));
  return flat;
}

void KernelEmitter::bind(ValueRange range, ValueRange flat) {
  for (Value value : range) {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    size_t count = tensor ? pieceTypes(tensor).size() : 1;
    values[value] = llvm::to_vector(flat.take_front(count));
    flat = flat.drop_front(count);
  }
}

LogicalResult KernelEmitter::checkCarried(Operation *op, TypeRange types) {
  for (Type type : types)
    if (!isa<RankedTensorType>(type) && !type.isIntOrIndexOrFloat())
      return op->emitOpError("the CPU target cannot carry ")
             << type << " through control flow";
  return success();
}

Value KernelEmitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value KernelEmitter::zero(Type type) {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

Value KernelEmitter::add(Value lhs, Value rhs) {
  return b.createOrFold<arith::AddIOp>(loc, lhs, rhs);
}

Value KernelEmitter::add(Value lhs, int64_t rhs) {
  return rhs ? add(lhs, index(rhs)) : lhs;
}

Value KernelEmitter::minimum(Value lhs, Value rhs) {
  return b.createOrFold<arith::MinSIOp>(loc, lhs, rhs);
}

void KernelEmitter::loop(Value from, Value to, int64_t step,
                         function_ref<void(Value)> body) {
  auto op = scf::ForOp::create(b, loc, from, to, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

LogicalResult KernelEmitter::emitBody(Block &block, Block::iterator from) {
  for (Operation &op : llvm::make_range(from, block.end()))
    if (!op.hasTrait<OpTrait::IsTerminator>() && failed(emitOp(op)))
      return failure();
  return success();
}

LogicalResult KernelEmitter::emitOp(Operation &op) {
  loc = op.getLoc();
  for (Type type : op.getResultTypes())
    if (!isSupported(type))
      return op.emitOpError("the CPU target has no values of ") << type;
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](tile::GridOp op) { return emitGrid(op); })
      .Case([&](tile::DimOp op) {
        values[op] = {extent(windows[op.getSource()], op.getIndex())};
        return success();
      })
      .Case([&](tile::AllocOp op) {
        windows[op.getResult()] = makeScratch(op.getType());
        return success();
      })
      .Case([&](tile::SliceOp op) {
        windows[op.getResult()] =
            slice(windows[op.getSource()], lookup(op.getOffsets()),
                  op.getInBounds(), op.getType().getShape());
        return success();
      })
      .Case([&](tile::LoadOp op) { return emitLoad(op); })
      .Case([&](tile::StoreOp op) { return emitStore(op); })
      .Case([&](tile::CopyOp op) { return emitCopy(op); })
      .Case([&](tile::FillOp op) { return emitFill(op); })
      .Case([&](tile::MmaOp op) { return emitMma(op); })
      .Case([&](tile::ReduceOp op) { return emitReduce(op); })
      .Case([&](tile::BroadcastOp op) { return emitBroadcast(op); })
      .Case([&](tile::SplatOp op) { return emitSplat(op); })
      .Case([&](tile::IotaOp op) { return emitIota(op); })
      .Case([&](tile::ErrorOp op) { return emitError(op); })
      .Case([&](scf::ForOp op) { return emitFor(op); })
      .Case([&](scf::IfOp op) { return emitIf(op); })
      .Case([&](arith::ConstantOp op) { return emitConstant(op); })
      .Default([&](Operation *op) { return emitElementwise(*op); });
}

LogicalResult KernelEmitter::emitFor(scf::ForOp op) {
  if (failed(checkCarried(op, op.getResultTypes())))
    return failure();
  Value from = lookupScalar(op.getLowerBound());
  Value to = lookupScalar(op.getUpperBound());
  Value step = lookupScalar(op.getStep());
  SmallVector<Value> inits = lookup(op.getInitArgs());
  auto loop = scf::ForOp::create(b, loc, from, to, step, inits);
  loop.setUnsignedCmp(op.getUnsignedCmp());
  values[op.getInductionVar()] = {loop.getInductionVar()};
  bind(op.getRegionIterArgs(), loop.getRegionIterArgs());
  bind(op.getResults(), loop.getResults());

  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  if (failed(emitBody(*op.getBody(), op.getBody()->begin())))
    return failure();
  if (!inits.empty())
    scf::YieldOp::create(b, op.getLoc(),
                         lookup(op.getBody()->getTerminator()->getOperands()));
  return success();
}

LogicalResult KernelEmitter::emitIf(scf::IfOp op) {
  if (failed(checkCarried(op, op.getResultTypes())))
    return failure();
  SmallVector<Type> types;
  for (Type type : op.getResultTypes())
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      llvm::append_range(types, pieceTypes(tensor));
    else
      types.push_back(type);
  auto branch =
      scf::IfOp::create(b, loc, types, lookupScalar(op.getCondition()),
                        /*addThenBlock=*/true,
                        /*addElseBlock=*/op.elseBlock() != nullptr);
  bind(op.getResults(), branch.getResults());

  auto emitBranch = [&](Block *from, Block *to) {
    if (!from)
      return success();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(to);
    if (failed(emitBody(*from, from->begin())))
      return failure();
    scf::YieldOp::create(b, op.getLoc(),
                         lookup(from->getTerminator()->getOperands()));
    return success();
  };
  if (failed(emitBranch(op.thenBlock(), branch.thenBlock())))
    return failure();
  return emitBranch(op.elseBlock(), branch.elseBlock());
}

/// Ops of arith and math: as they are on scalars, piece by piece on tensors.
LogicalResult KernelEmitter::emitElementwise(Operation &op) {
  StringRef dialect = op.getName().getDialectNamespace();
  if ((dialect != "arith" && dialect != "math") || op.getNumRegions() ||
      op.getNumResults() != 1)
    return op.emitOpError("cannot be lowered for the CPU target");
  OperationState state(loc, op.getName());
  state.addAttributes(op.getAttrs());
  auto result = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  if (!result) {
    if (llvm::any_of(op.getOperandTypes(), llvm::IsaPred<ShapedType>))
      return op.emitOpError("cannot be lowered for the CPU target");
    state.addOperands(lookup(op.getOperands()));
    state.addTypes(op.getResultTypes());
    values[op.getResult(0)] = {b.create(state)->getResult(0)};
    return success();
  }
  if (!OpTrait::hasElementwiseMappableTraits(&op))
    return op.emitOpError("cannot be lowered for the CPU target");

  SmallVector<SmallVector<Value>> operands;
  for (Value operand : op.getOperands())
    operands.push_back(lookup(operand));
  Pieces pieces;
  for (auto [i, type] : llvm::enumerate(pieceTypes(result))) {
    state.operands.clear();
    state.types.assign({type});
    for (auto [values, old] : llvm::zip(operands, op.getOperandTypes()))
      state.operands.push_back(values[isa<TensorType>(old) ? i : 0]);
    pieces.push_back(b.create(state)->getResult(0));
  }
  values[op.getResult(0)] = std::move(pieces);
  return success();
}

LogicalResult KernelEmitter::emitConstant(arith::ConstantOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type) {
    if (isa<ShapedType>(op.getType()))
      return op.emitOpError("cannot be lowered for the CPU target");
    values[op] = {b.clone(*op)->getResult(0)};
    return success();
  }
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense)
    return op.emitOpError("cannot be lowered for the CPU target");
  Pieces pieces;
  SmallVector<Attribute> elements;
  if (!dense.isSplat())
    elements = llvm::to_vector(dense.getValues<Attribute>());
  for (int64_t row = 0; row < countRows(type); ++row)
    for (Piece piece : cut(type.getShape().back())) {
      auto vector = VectorType::get(piece.width, type.getElementType());
      int64_t first = row * type.getShape().back() + piece.column;
      auto value =
          dense.isSplat()
              ? dense.resizeSplat(vector)
              : DenseElementsAttr::get(
                    vector, ArrayRef(elements).slice(first, piece.width));
      pieces.push_back(arith::ConstantOp::create(b, loc, value));
    }
  values[op] = std::move(pieces);
  return success();
}
