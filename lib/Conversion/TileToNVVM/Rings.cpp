//===- Rings.cpp - Stages and their barriers -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Use n of a ring is stage n mod S in phase n / S mod 2. Consumers wait for the
// full barrier's phase, the producer for the opposite phase of the empty
// barrier: a fresh barrier counts as having completed the phase before its
// first.
//
// At a ring's barriers: S full barriers, S empty barriers, S records of tags.
//
// A stage is released by one thread of each warp, since warps read it as one. A
// stage with tags is released by all threads: each has read them for itself,
// and so arrives for itself (compute-sanitizer's racecheck follows no longer
// chain).
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

LogicalResult HopperEmitter::checkRing(tile::RingOp op) {
  tile::BufType stage = op.getType().getStage();
  if (!op->hasAttr(tile::kOffsetAttr) || !op->hasAttr(tile::kBarriersAttr) ||
      stage.getSwizzle() != hopper::kSwizzleBytes ||
      stage.getShape().size() != 2)
    return op.emitError("expected a planned ring of tiles of rank 2 with a "
                        "swizzle of ")
           << hopper::kSwizzleBytes << " bytes, got " << op.getType();
  return success();
}

HopperEmitter::Use HopperEmitter::use(tile::RingType type, Value number) {
  int64_t stages = type.getStages();
  if (llvm::isPowerOf2_64(stages))
    return {bitAnd(number, stages - 1),
            bitAnd(shiftRight(number, llvm::Log2_64(stages)), 1)};
  Value turn = arith::DivUIOp::create(b, loc, number, i32(stages));
  return {sub(number, mul(turn, i32(stages))), bitAnd(turn, 1)};
}

SharedTile HopperEmitter::stage(Value ring, Value stage) {
  auto op = ring.getDefiningOp<tile::RingOp>();
  tile::BufType type = op.getType().getStage();
  int64_t bytes = hopper::swizzledBytes(type.getShape()[0], type.getShape()[1],
                                        type.getElementTypeBitWidth());
  auto offset = op->getAttrOfType<IntegerAttr>(tile::kOffsetAttr);
  Value address = add(sharedAddress(offset.getInt()), mul(stage, i32(bytes)));
  return {address, llvm::to_vector(type.getShape()), type.getElementType(),
          type.getShape().front(), op};
}

static int64_t barriersOf(Value ring) {
  return ring.getDefiningOp<tile::RingOp>()
      ->getAttrOfType<IntegerAttr>(tile::kBarriersAttr)
      .getInt();
}

Value HopperEmitter::fullBarrier(Value ring, Value stage) {
  return add(sharedAddress(barriersOf(ring)),
             mul(stage, i32(hopper::kMbarrierBytes)));
}

Value HopperEmitter::emptyBarrier(Value ring, Value stage) {
  int64_t stages = cast<tile::RingType>(ring.getType()).getStages();
  return add(sharedAddress(barriersOf(ring) + stages * hopper::kMbarrierBytes),
             mul(stage, i32(hopper::kMbarrierBytes)));
}

Value HopperEmitter::tagAddress(Value ring, Value stage, int64_t tag) {
  auto type = cast<tile::RingType>(ring.getType());
  int64_t record = hopper::tagBytes(type.getTags());
  int64_t offset = barriersOf(ring) +
                   2 * type.getStages() * hopper::kMbarrierBytes +
                   tag * static_cast<int64_t>(sizeof(int32_t));
  return add(sharedAddress(offset), mul(stage, i32(record)));
}

void HopperEmitter::waitParity(Value barrier, Value phase) {
  NVVM::MBarrierTryWaitParityOp::create(b, loc, sharedPointer(barrier), phase,
                                        i32(hopper::kMbarrierTicks));
}

/// By one thread, before any role starts.
void HopperEmitter::initBarriers(tile::KernelOp kernel, int64_t consumerWarps) {
  auto init = [&](Value barrier, int64_t count) {
    NVVM::MBarrierInitOp::create(b, loc, sharedPointer(barrier), i32(count),
                                 /*predicate=*/Value());
  };
  for (auto ring : kernel.getBody().front().getOps<tile::RingOp>()) {
    int64_t consumers = ring.getType().getTags()
                            ? consumerWarps * hopper::kWarpThreads
                            : consumerWarps;
    for (int64_t stage : llvm::seq(ring.getType().getStages())) {
      init(fullBarrier(ring, i32(stage)), 1);
      init(emptyBarrier(ring, i32(stage)), consumers);
    }
  }
  NVVM::FenceMbarrierInitOp::create(b, loc);
  fenceAsyncProxy();
}

//===----------------------------------------------------------------------===//
// The producer
//===----------------------------------------------------------------------===//

void HopperEmitter::emitAcquire(tile::AcquireOp op) {
  Use now = use(op.getRing().getType(), lookup(op.getNumber()));
  byOneThread([&] {
    waitParity(emptyBarrier(op.getRing(), now.stage),
               bitXor(now.phase, i32(1)));
  });
  tiles[op] = stage(op.getRing(), now.stage);
}

/// The bytes of the copies since the stage was acquired: whole boxes, whatever
/// of them lies beyond an edge.
static int64_t copiedBytes(tile::CommitOp op) {
  int64_t bytes = 0;
  for (Operation *before = op->getPrevNode(); before;
       before = before->getPrevNode()) {
    auto acquire = dyn_cast<tile::AcquireOp>(before);
    if (!acquire || acquire.getRing() != op.getRing())
      continue;
    for (Operation *user : acquire->getUsers())
      if (auto load = dyn_cast<tile::LoadAsyncOp>(user)) {
        tile::BufType type = load.getStage().getType();
        bytes += hopper::swizzledBytes(type.getShape()[0], type.getShape()[1],
                                       type.getElementTypeBitWidth());
      }
    break;
  }
  return bytes;
}

void HopperEmitter::emitCommit(tile::CommitOp op) {
  Use now = use(op.getRing().getType(), lookup(op.getNumber()));
  byOneThread([&] {
    for (auto [number, tag] : llvm::enumerate(op.getTags()))
      assembly("st.shared.b32 [$0], $1;", "r,r,~{memory}",
               {tagAddress(op.getRing(), now.stage, number), lookup(tag)}, {});
    Value barrier = fullBarrier(op.getRing(), now.stage);
    int64_t bytes = copiedBytes(op);
    if (bytes == 0)
      assembly("mbarrier.arrive.shared::cta.b64 _, [$0];", "r,~{memory}",
               barrier, {});
    else
      NVVM::MBarrierArriveExpectTxOp::create(
          b, loc, /*res=*/Type(), sharedPointer(barrier), i32(bytes),
          NVVM::MemScopeKind::CTA, /*relaxed=*/false, /*predicate=*/Value());
  });
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

void HopperEmitter::emitWait(tile::WaitOp op) {
  Use now = use(op.getRing().getType(), lookup(op.getNumber()));
  waitParity(fullBarrier(op.getRing(), now.stage), now.phase);
  tiles[op.getStage()] = stage(op.getRing(), now.stage);
  // Assembly with effects, so that they stay behind the wait.
  for (auto [index, tag] : llvm::enumerate(op.getTags()))
    values[tag] =
        assembly("ld.shared.b32 $0, [$1];", "=r,r,~{memory}",
                 tagAddress(op.getRing(), now.stage, index), b.getI32Type())
            .front();
}

void HopperEmitter::emitRelease(tile::ReleaseOp op) {
  tile::RingType type = op.getRing().getType();
  Value barrier =
      emptyBarrier(op.getRing(), use(type, lookup(op.getNumber())).stage);
  if (type.getTags())
    assembly("mbarrier.arrive.shared::cta.b64 _, [$0];", "r,~{memory}", barrier,
             {});
  else
    assembly("@$1 mbarrier.arrive.shared::cta.b64 _, [$0];", "r,b",
             {barrier, isEqual(lane, i32(0))}, {});
}
