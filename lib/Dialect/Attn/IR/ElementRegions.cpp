//===- ElementRegions.cpp - Regions of one score on tiles -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementRegions.h"
#include "ScoreTiles.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace attnc;
using namespace attnc::attn;

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

Forms::Forms(Region &region, unsigned numScores) {
  Block &body = region.front();
  for (BlockArgument arg : body.getArguments())
    forms[arg] = arg.getArgNumber() < numScores ? Form::Any : Form::Uniform;
  forms[body.getArgument(numScores + 2)] = Form::Row;
  forms[body.getArgument(numScores + 3)] = Form::Column;
  for (Operation &op : body)
    for (Value result : op.getResults())
      forms[result] = classify(op);
}

/// Whether positions can be counted in `type`.
static bool holdsPositions(Type type) {
  return type.isIndex() || type.isInteger(32) || type.isInteger(64);
}

Form Forms::classify(Operation &op) const {
  SmallVector<Form, 4> operands;
  for (Value operand : op.getOperands())
    operands.push_back(get(operand));
  if (llvm::all_of(operands, [](Form f) { return f == Form::Uniform; }))
    return Form::Uniform;
  if (!holdsPositions(op.getResult(0).getType()))
    return Form::Any;
  if (isa<arith::IndexCastOp>(op))
    return operands[0];
  if (isa<arith::AddIOp>(op) && operands[0] == Form::Uniform)
    return operands[1];
  if (isa<arith::AddIOp, arith::SubIOp>(op) && operands[1] == Form::Uniform)
    return operands[0];
  return Form::Any;
}

bool Forms::isRead(tensor::ExtractOp op) const {
  SmallVector<Form> indices;
  for (Value index : op.getIndices())
    indices.push_back(get(index));
  size_t rank = indices.size();
  if (rank && indices[rank - 1] == Form::Any)
    return false;
  size_t uniform = rank;
  if (rank && indices[rank - 1] != Form::Uniform)
    --uniform;
  if (rank > 1 && indices[rank - 1] == Form::Column &&
      indices[rank - 2] == Form::Row)
    --uniform;
  return llvm::all_of(ArrayRef(indices).take_front(uniform),
                      [](Form f) { return f == Form::Uniform; });
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static bool isElement(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return llvm::is_contained({1, 8, 16, 32, 64}, integer.getWidth());
  return type.isIndex() || type.isF16() || type.isBF16() || type.isF32() ||
         type.isF64();
}

/// Whether `op` computes elements without a library and without state.
static bool isElementwise(Operation &op) {
  if (op.getNumResults() != 1 || op.getNumRegions() ||
      !llvm::all_of(op.getOperandTypes(), isElement) ||
      !llvm::all_of(op.getResultTypes(), isElement))
    return false;
  if (isa<math::ExpOp, math::Exp2Op, math::LogOp, math::Log2Op, math::Log1pOp,
          math::TanhOp, math::ErfOp, math::SinOp, math::CosOp, math::SqrtOp,
          math::RsqrtOp, math::AbsFOp, math::FloorOp, math::CeilOp,
          math::RoundEvenOp, math::FmaOp>(op))
    return op.getResult(0).getType().isF32();
  return isa<arith::ConstantOp>(op) ||
         (isa<arith::ArithDialect>(op.getDialect()) &&
          !isa<arith::RemFOp>(op) &&
          OpTrait::hasElementwiseMappableTraits(&op));
}

/// Whether `op` is a size of a capture.
static bool isCapturedSize(tensor::DimOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getSource().getType());
  std::optional<int64_t> dim = op.getConstantIndex();
  return type && isa<BlockArgument>(op.getSource()) && dim && *dim >= 0 &&
         *dim < type.getRank();
}

LogicalResult attnc::attn::verifyElementRegion(Region &region,
                                               ValueRange captures,
                                               unsigned numScores) {
  for (Value capture : captures)
    if (!isa<RankedTensorType>(capture.getType()) &&
        !capture.getDefiningOp<arith::ConstantOp>())
      return region.getParentOp()->emitError(
                 "expected scalar captures to be constants, got a value of ")
             << capture.getType();
  Forms forms(region, numScores);
  for (Operation &op : region.front().without_terminator()) {
    if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
      if (isa<BlockArgument>(read.getTensor()) && forms.isRead(read))
        continue;
      return op.emitError(
          "'tensor.extract' from other than a capture at [.., i + c, j + c], "
          "[.., i + c] or [.., j + c] is not built yet for the cpu target");
    }
    if (auto dim = dyn_cast<tensor::DimOp>(op); dim && isCapturedSize(dim))
      continue;
    if (!isElementwise(op))
      return op.emitError("'") << op.getName()
                               << "' in a mask or score region is not built "
                                  "yet for the cpu target";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

/// `value` in every element of `type`, an integer or a tensor of integers.
static Value emitConstant(OpBuilder &builder, Location loc, Type type,
                          const APInt &value) {
  TypedAttr attr = builder.getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    attr = DenseElementsAttr::get(tensor, Attribute(attr));
  return arith::ConstantOp::create(builder, loc, attr);
}

/// `divisor`, or 1 where dividing by it has no result.
static Value emitSafeDivisor(OpBuilder &builder, Location loc, Value dividend,
                             Value divisor, bool isSigned) {
  Type type = divisor.getType(), element = getElementTypeOrSelf(type);
  unsigned width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  auto constant = [&](const APInt &value) {
    return emitConstant(builder, loc, type, value);
  };
  auto equal = [&](Value value, const APInt &to) -> Value {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, value,
                                 constant(to));
  };
  Value unsafe = equal(divisor, APInt::getZero(width));
  if (isSigned) {
    Value overflow = arith::AndIOp::create(
        builder, loc, equal(divisor, APInt::getAllOnes(width)),
        equal(dividend, APInt::getSignedMinValue(width)));
    unsafe = arith::OrIOp::create(builder, loc, unsafe, overflow);
  }
  return arith::SelectOp::create(builder, loc, unsafe,
                                 constant(APInt(width, 1)), divisor);
}

Value attnc::attn::emitCapturedSize(OpBuilder &builder, Location loc,
                                    tensor::DimOp op, Value buffer) {
  return builder.createOrFold<tile::DimOp>(loc, buffer, *op.getConstantIndex());
}

Value attnc::attn::cloneElementwise(OpBuilder &builder, Location loc,
                                    Operation &op, ValueRange operands,
                                    Type type) {
  OperationState state(loc, op.getName());
  state.addOperands(operands);
  state.addTypes(type);
  for (NamedAttribute attr : op.getAttrs())
    // What is known of index arithmetic does not hold of 32 bits.
    if (attr.getName() != "overflowFlags")
      state.addAttribute(attr.getName(), attr.getValue());
  bool isSigned = isa<arith::DivSIOp, arith::RemSIOp, arith::FloorDivSIOp,
                      arith::CeilDivSIOp>(op);
  if (isSigned || isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(op)) {
    std::optional<int64_t> known = getConstantIntValue(op.getOperand(1));
    if (!known || *known == 0 || *known == -1)
      state.operands[1] =
          emitSafeDivisor(builder, loc, operands[0], operands[1], isSigned);
  }
  return builder.create(state)->getResult(0);
}

namespace {
class RegionTiler {
public:
  RegionTiler(OpBuilder &builder, Location loc, ValueRange captures,
              const ScoreTile &tile, const Forms &forms)
      : builder(builder), loc(loc), captures(captures), tile(tile),
        scores{builder, loc, tile}, forms(forms) {}

  Value emit(Block &body, Value score);

private:
  void emitRead(tensor::ExtractOp op);
  Value emitOnTiles(Operation &op);
  /// `value` for each element.
  Value tileOf(Value value);

  OpBuilder &builder;
  Location loc;
  ValueRange captures;
  const ScoreTile &tile;
  ScoreTileBuilder scores;
  const Forms &forms;
  /// Of uniform values; of rows and columns the value at the first element.
  llvm::DenseMap<Value, Value> scalars;
  llvm::DenseMap<Value, Value> tiles;
};
} // namespace

Value RegionTiler::tileOf(Value value) {
  Value &result = tiles[value];
  if (!result)
    switch (forms.get(value)) {
    case Form::Row:
      result = scores.positions(scalars[value], 0);
      break;
    case Form::Column:
      result = scores.positions(scalars[value], 1);
      break;
    default:
      result = scores.splat(scalars[value]);
    }
  return result;
}

void RegionTiler::emitRead(tensor::ExtractOp op) {
  Value operand = getCapture(op.getTensor(), captures);
  SmallVector<Value> at;
  for (Value index : op.getIndices())
    at.push_back(scalars[index]);
  Form last = at.empty() ? Form::Uniform : forms.get(op.getIndices().back());
  bool isBias = at.size() > 1 && last == Form::Column &&
                forms.get(op.getIndices().drop_back().back()) == Form::Row;
  if (last == Form::Uniform)
    scalars[op] = loadElement(builder, loc, tile.buffer(operand), at);
  else if (isBias)
    tiles[op] = loadWindow(builder, loc, tile.buffer(operand), at, tile.shape);
  else
    tiles[op] = scores.loadVector(operand, at, last == Form::Row ? 1 : 0);
}

Value RegionTiler::emitOnTiles(Operation &op) {
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(tileOf(operand));
  Type element = op.getResult(0).getType();
  auto type = scores.type(element.isIndex() ? builder.getI32Type() : element);
  if (!isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return cloneElementwise(builder, loc, op, operands, type);
  // An index is an i32 here.
  unsigned from = getElementTypeOrSelf(operands[0]).getIntOrFloatBitWidth();
  unsigned to = type.getElementTypeBitWidth();
  if (from == to)
    return operands[0];
  if (from > to)
    return arith::TruncIOp::create(builder, loc, type, operands[0]);
  if (isa<arith::IndexCastOp>(op))
    return arith::ExtSIOp::create(builder, loc, type, operands[0]);
  return arith::ExtUIOp::create(builder, loc, type, operands[0]);
}

Value RegionTiler::emit(Block &body, Value score) {
  unsigned next = 0;
  if (score)
    tiles[body.getArgument(next++)] = score;
  for (Value place : {tile.batch, tile.head, tile.firstRow, tile.firstKey})
    scalars[body.getArgument(next++)] = place;
  for (BlockArgument arg : body.getArguments().drop_front(next))
    if (!isa<ShapedType>(arg.getType()))
      scalars[arg] = builder.clone(*getCapture(arg, captures).getDefiningOp())
                         ->getResult(0);

  for (Operation &op : body.without_terminator()) {
    Value result = op.getResult(0);
    if (auto read = dyn_cast<tensor::ExtractOp>(op)) {
      emitRead(read);
    } else if (auto dim = dyn_cast<tensor::DimOp>(op)) {
      Value buffer = tile.buffer(getCapture(dim.getSource(), captures));
      scalars[result] = emitCapturedSize(builder, loc, dim, buffer);
    } else if (forms.get(result) == Form::Any) {
      tiles[result] = emitOnTiles(op);
    } else {
      SmallVector<Value> operands;
      for (Value operand : op.getOperands())
        operands.push_back(scalars[operand]);
      scalars[result] =
          cloneElementwise(builder, loc, op, operands, result.getType());
    }
  }
  return tileOf(body.getTerminator()->getOperand(0));
}

Value attnc::attn::emitElementRegion(OpBuilder &builder, Location loc,
                                     Region &region, ValueRange captures,
                                     const ScoreTile &tile, Value score) {
  Forms forms(region, score ? 1 : 0);
  return RegionTiler(builder, loc, captures, tile, forms)
      .emit(region.front(), score);
}
