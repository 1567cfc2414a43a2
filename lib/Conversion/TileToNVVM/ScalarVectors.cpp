//===- ScalarVectors.cpp - Vectors of one thread -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In a scalar kernel a vector is reduced where it is loaded or computed,
// element by element: it is never in registers as a whole. Where the lanes of a
// warp share a point, each takes every 32nd element, so that a warp reads
// neighbours.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

bool HopperEmitter::isScalarVector(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return isScalar && tensor && tensor.getRank() == 1;
}

/// Whether lanes can share `op`: an element that several of them take must not
/// count twice.
static bool isSharedByLanes(tile::ReduceOp op) {
  auto source = cast<RankedTensorType>(op.getSource().getType());
  return op.getKind() != tile::ReduceKind::Add ||
         source.getDimSize(0) % hopper::kWarpThreads == 0;
}

int64_t HopperEmitter::threadsOfPoint(tile::KernelOp kernel) {
  int64_t threads = 1;
  bool shared = true;
  kernel.walk([&](tile::ReduceOp op) {
    threads = hopper::kWarpThreads;
    shared &= isSharedByLanes(op);
  });
  return shared ? threads : 1;
}

/// What reduces `op`'s vector in the same block: one loop serves all.
static SmallVector<tile::ReduceOp> reductionsBeside(tile::ReduceOp op) {
  SmallVector<tile::ReduceOp> ops;
  for (Operation *user : op.getSource().getUsers())
    if (auto reduce = dyn_cast<tile::ReduceOp>(user))
      if (reduce->getBlock() == op->getBlock())
        ops.push_back(reduce);
  return ops;
}

LogicalResult HopperEmitter::emitReductions(tile::ReduceOp op) {
  if (values.contains(op))
    return success();
  if (failed(convertType(op, op.getType())))
    return failure();
  SmallVector<tile::ReduceOp> ops = reductionsBeside(op);
  return pointThreads > 1 ? reduceByLanes(op, ops) : reduceInLoop(op, ops);
}

LogicalResult HopperEmitter::reduceInLoop(tile::ReduceOp op,
                                          MutableArrayRef<tile::ReduceOp> ops) {
  int64_t size = cast<RankedTensorType>(op.getSource().getType()).getDimSize(0);
  FailureOr<Value> first = elementAt(op, op.getSource(), index(0));
  if (failed(first))
    return failure();
  auto loop = scf::ForOp::create(b, loc, index(1), index(size), index(1),
                                 SmallVector<Value>(ops.size(), *first));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    FailureOr<Value> element =
        elementAt(op, op.getSource(), loop.getInductionVar());
    SmallVector<Value> results;
    for (auto [reduce, before] : llvm::zip(ops, loop.getRegionIterArgs()))
      results.push_back(combine(reduce.getKind(), before, *element));
    scf::YieldOp::create(b, loc, results);
  }
  for (auto [reduce, result] : llvm::zip(ops, loop.getResults()))
    values[reduce] = result;
  return success();
}

/// No loop, so that all loads are under way together.
LogicalResult
HopperEmitter::reduceByLanes(tile::ReduceOp op,
                             MutableArrayRef<tile::ReduceOp> ops) {
  int64_t size = cast<RankedTensorType>(op.getSource().getType()).getDimSize(0);
  SmallVector<Value> elements;
  for (int64_t start = 0; start < size; start += hopper::kWarpThreads) {
    Value position = add(resized(lane, indexType), index(start));
    if (start + hopper::kWarpThreads > size)
      position = b.createOrFold<arith::MinSIOp>(loc, position, index(size - 1));
    FailureOr<Value> element = elementAt(op, op.getSource(), position);
    if (failed(element))
      return failure();
    elements.push_back(*element);
  }
  for (tile::ReduceOp reduce : ops) {
    Value result = elements.front();
    for (Value element : ArrayRef<Value>(elements).drop_front())
      result = combine(reduce.getKind(), result, element);
    values[reduce] =
        combineLanes(reduce.getKind(), result, hopper::kWarpThreads);
  }
  return success();
}

/// Emits what computes one element of `vector`.
FailureOr<Value> HopperEmitter::elementAt(Operation *user, Value vector,
                                          Value position) {
  auto tensor = dyn_cast<RankedTensorType>(vector.getType());
  if (!tensor)
    return lookup(vector);
  FailureOr<Type> type = convertType(user, tensor.getElementType());
  if (failed(type))
    return failure();
  Operation *op = vector.getDefiningOp();
  if (auto load = dyn_cast_or_null<tile::LoadOp>(op)) {
    GlobalAccess place =
        access(load.getSource(), load.getOffsets(), load.getInBounds());
    // It is read later than where it stands.
    if (!isReadOnly(place.argument))
      return load.emitError("expected a vector of an argument that is only "
                            "read");
    place.coordinates.back() = add(place.coordinates.back(), position);
    return loadElement(place, elementPointer(place),
                       exists(place, 0, place.coordinates.size()));
  }
  if (isa_and_nonnull<tile::IotaOp>(op))
    return resized(position, *type);
  if (auto splat = dyn_cast_or_null<tile::SplatOp>(op))
    return lookup(splat.getSource());
  if (!op || !isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) ||
      op->getNumRegions() != 0 || op->getNumResults() != 1)
    return user->emitError("expected a vector of loaded or computed elements, "
                           "got ")
           << tensor;
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<Value> element = elementAt(op, operand, position);
    if (failed(element))
      return failure();
    operands.push_back(*element);
  }
  return applyElementwise(*op, operands, *type);
}
