//===- Roles.cpp - Warpgroups and named barriers -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

FailureOr<int64_t> HopperEmitter::takeBarriers(Operation *op, int64_t count) {
  int64_t first = nextBarrier;
  nextBarrier += count;
  if (nextBarrier > hopper::kNamedBarriers) {
    op->emitError("expected at most ")
        << hopper::kNamedBarriers << " named barriers, got " << nextBarrier;
    return failure();
  }
  return first;
}

LogicalResult HopperEmitter::emitBarrier(tile::BarrierOp op) {
  FailureOr<int64_t> first = takeBarriers(op, op.getType().getCount());
  if (failed(first))
    return failure();
  barriers[op] = *first;
  return success();
}

Value HopperEmitter::barrierNumber(Value barrier, Value number) {
  return add(i32(barriers.lookup(barrier)), lookup(number));
}

void HopperEmitter::sync(Value barrier, int64_t threads) {
  NVVM::BarrierOp::create(b, loc, /*res=*/Type(), barrier, i32(threads),
                          NVVM::BarrierReductionAttr(),
                          /*reductionPredicate=*/Value());
}

void HopperEmitter::syncWarpgroup() {
  sync(add(i32(warpgroupBarriers), warpgroup), hopper::kWarpgroupThreads);
}

static LogicalResult verifyRegisters(tile::RolesOp op) {
  for (int64_t count : {op.getProducerRegisters(), op.getConsumerRegisters()})
    if (count < hopper::kMinRegisters || count > hopper::kMaxRegisters ||
        count % hopper::kRegisterStep != 0)
      return op.emitError("expected a multiple of ")
             << hopper::kRegisterStep << " registers from "
             << hopper::kMinRegisters << " to " << hopper::kMaxRegisters
             << ", got " << count;
  int64_t total = hopper::kWarpgroupThreads *
                  (op.getProducerRegisters() +
                   op.getWarpgroups() * op.getConsumerRegisters());
  if (total > hopper::kRegistersPerBlock)
    return op.emitError("expected at most ")
           << hopper::kRegistersPerBlock << " registers in all, got " << total;
  return success();
}

LogicalResult HopperEmitter::emitRoles(tile::RolesOp op) {
  FailureOr<int64_t> own = takeBarriers(op, op.getWarpgroups());
  if (failed(own) || failed(verifyRegisters(op)))
    return failure();
  warpgroupBarriers = *own;
  int64_t consumers = op.getWarpgroups();
  numThreads = hopper::kWarpgroupThreads * (consumers + 1);
  ifThen(isEqual(thread, i32(0)),
         [&] { initBarriers(kernel, consumers * hopper::kWarpgroupWarps); });
  NVVM::Barrier0Op::create(b, loc);

  Value group = shiftRight(warp, llvm::Log2_64(hopper::kWarpgroupWarps));
  auto roles = scf::IfOp::create(b, loc, isEqual(group, i32(0)),
                                 /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  // The first warpgroup: one thread of its first warp is the producer.
  b.setInsertionPointToStart(roles.thenBlock());
  NVVM::SetMaxRegisterOp::create(b, loc, op.getProducerRegisters(),
                                 NVVM::SetMaxRegisterAction::decrease);
  Value firstWarp = isEqual(warp, i32(0));
  Value elected = NVVM::ElectSyncOp::create(b, loc, b.getI1Type(), Value());
  LogicalResult result = success();
  inProducer = true;
  ifThen(arith::AndIOp::create(b, loc, firstWarp, elected),
         [&] { result = emitBody(op.getProducer().front()); });
  inProducer = false;
  if (failed(result))
    return failure();

  b.setInsertionPointToStart(roles.elseBlock());
  NVVM::SetMaxRegisterOp::create(b, loc, op.getConsumerRegisters(),
                                 NVVM::SetMaxRegisterAction::increase);
  warpgroup = sub(group, i32(1));
  values[op.getConsumers().getArgument(0)] = warpgroup;
  if (failed(emitBody(op.getConsumers().front())))
    return failure();
  // Shared memory must outlive the stores that read it.
  NVVM::CpAsyncBulkWaitGroupOp::create(b, loc, 0, UnitAttr());
  return success();
}
