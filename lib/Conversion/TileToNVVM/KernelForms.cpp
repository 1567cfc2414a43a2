//===- KernelForms.cpp - Who runs a kernel's body -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Roles        the body has a `tile.roles`: a producer thread and warpgroups of
//              consumers; all threads run what is before it (see Roles.cpp).
// Warpgroups   the kernel has `tile.warpgroups`: all of them run the body, and
//              one thread of the block what fills rings.
// Scalar       neither: each thread computes one point of `tile.grid`, or each
//              warp where vectors are reduced; the grid's first dimension is
//              cut into what `kScalarThreads` threads compute.
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"

using namespace mlir;
using namespace attnc;

void HopperEmitter::emitThreadNumbers() {
  Type type = b.getI32Type();
  thread = NVVM::ThreadIdXOp::create(b, loc, type);
  if (isScalar && pointThreads == 1)
    return;
  lane = bitAnd(thread, hopper::kWarpThreads - 1);
  // From one lane, so that the compiler knows it is the same in the warp.
  warp = NVVM::ShflOp::create(
      b, loc, type, i32(-1),
      shiftRight(thread, llvm::Log2_64(hopper::kWarpThreads)), i32(0),
      i32(hopper::kWarpThreads - 1), NVVM::ShflKind::idx, UnitAttr());
}

LogicalResult HopperEmitter::emitKernel(tile::KernelOp kernel) {
  std::optional<int64_t> warpgroups = tile::getWarpgroups(kernel);
  isScalar = !warpgroups;
  if (isScalar)
    pointThreads = threadsOfPoint(kernel);
  // Addresses need no more than 32 bits in a kernel whose registers are scarce.
  indexType = isScalar ? b.getI64Type() : b.getI32Type();
  emitThreadNumbers();
  Block &body = kernel.getBody().front();
  if (isScalar)
    return emitScalarKernel(kernel);
  for (auto ring : body.getOps<tile::RingOp>())
    if (failed(checkRing(ring)))
      return failure();
  if (body.getOps<tile::RolesOp>().empty())
    return emitWarpgroups(kernel, *warpgroups);
  return emitBody(body);
}

LogicalResult HopperEmitter::emitScalarKernel(tile::KernelOp kernel) {
  auto rings = kernel.getBody().front().getOps<tile::RingOp>();
  if (!rings.empty())
    return (*rings.begin()).emitError("expected a kernel with tile.roles or ")
           << tile::kWarpgroupsAttr << " around a ring";
  numThreads = hopper::kScalarThreads;
  return emitBody(kernel.getBody().front());
}

LogicalResult HopperEmitter::emitWarpgroups(tile::KernelOp kernel,
                                            int64_t count) {
  numThreads = count * hopper::kWarpgroupThreads;
  if (numThreads > hopper::kMaxThreads)
    return kernel.emitError("expected at most ")
           << hopper::kMaxThreads / hopper::kWarpgroupThreads
           << " warpgroups, got " << count;
  FailureOr<int64_t> own = takeBarriers(kernel, count);
  if (failed(own))
    return failure();
  warpgroupBarriers = *own;
  warpgroup = shiftRight(warp, llvm::Log2_64(hopper::kWarpgroupWarps));
  ifThen(isEqual(thread, i32(0)),
         [&] { initBarriers(kernel, count * hopper::kWarpgroupWarps); });
  NVVM::Barrier0Op::create(b, loc);
  if (failed(emitBody(kernel.getBody().front())))
    return failure();
  // Shared memory must outlive the stores that read it.
  NVVM::CpAsyncBulkWaitGroupOp::create(b, loc, 0, UnitAttr());
  return success();
}

/// Among consumers they are counted from 0; the producer is the warpgroup
/// before them.
Value HopperEmitter::warpgroupNumber() {
  if (warpgroup)
    return warpgroup;
  Value group = shiftRight(warp, llvm::Log2_64(hopper::kWarpgroupWarps));
  return sub(group, i32(1));
}

void HopperEmitter::byOneThread(function_ref<void()> body) {
  if (inProducer)
    return body();
  ifThen(isEqual(thread, i32(0)), body);
}

/// In a scalar kernel the rest of the body is for points inside the grid only.
void HopperEmitter::emitGrid(tile::GridOp op) {
  Type type = b.getI32Type();
  SmallVector<Value> ids = {NVVM::BlockIdXOp::create(b, loc, type),
                            NVVM::BlockIdYOp::create(b, loc, type),
                            NVVM::BlockIdZOp::create(b, loc, type)};
  if (isScalar)
    ids[0] = add(mul(ids[0], i32(hopper::kScalarThreads / pointThreads)),
                 pointThreads == 1 ? thread : warp);
  for (auto [result, id] : llvm::zip(op.getIds(), ids))
    values[result] = b.createOrFold<arith::ExtUIOp>(loc, indexType, id);
  if (!isScalar)
    return;
  Value inside =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                            values[op.getIds()[0]], lookup(op.getSizes()[0]));
  auto guard = scf::IfOp::create(b, loc, inside, /*withElseRegion=*/false);
  b.setInsertionPointToStart(guard.thenBlock());
}

void HopperEmitter::emitError(tile::ErrorOp op) {
  Value code = i32(op.getCode());
  ifThen(lookup(op.getCondition()),
         [&] { LLVM::StoreOp::create(b, loc, code, errorWord()); });
}
