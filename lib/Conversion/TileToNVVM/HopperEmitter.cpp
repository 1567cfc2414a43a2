//===- HopperEmitter.cpp - Functions and the walk over a kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HopperEmitter.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace attnc;

//===----------------------------------------------------------------------===//
// Short forms
//===----------------------------------------------------------------------===//

Value HopperEmitter::i32(int64_t value) {
  return arith::ConstantIntOp::create(b, loc, value, 32);
}
Value HopperEmitter::index(int64_t value) {
  return arith::ConstantIntOp::create(b, loc, indexType, value);
}
Value HopperEmitter::add(Value lhs, Value rhs) {
  return b.createOrFold<arith::AddIOp>(loc, lhs, rhs);
}
Value HopperEmitter::sub(Value lhs, Value rhs) {
  return b.createOrFold<arith::SubIOp>(loc, lhs, rhs);
}
Value HopperEmitter::mul(Value lhs, Value rhs) {
  return b.createOrFold<arith::MulIOp>(loc, lhs, rhs);
}
Value HopperEmitter::bitAnd(Value lhs, int64_t rhs) {
  return b.createOrFold<arith::AndIOp>(loc, lhs, i32(rhs));
}
Value HopperEmitter::bitXor(Value lhs, Value rhs) {
  return b.createOrFold<arith::XOrIOp>(loc, lhs, rhs);
}
Value HopperEmitter::shiftLeft(Value lhs, int64_t bits) {
  return b.createOrFold<arith::ShLIOp>(loc, lhs, i32(bits));
}
Value HopperEmitter::shiftRight(Value lhs, int64_t bits) {
  return b.createOrFold<arith::ShRUIOp>(loc, lhs, i32(bits));
}
Value HopperEmitter::isEqual(Value lhs, Value rhs) {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, lhs, rhs);
}

Value HopperEmitter::resized(Value value, Type type) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (from == to)
    return value;
  return from < to ? b.createOrFold<arith::ExtSIOp>(loc, type, value)
                   : b.createOrFold<arith::TruncIOp>(loc, type, value);
}

SmallVector<Value> HopperEmitter::assembly(StringRef text,
                                           StringRef constraints,
                                           ValueRange operands,
                                           TypeRange results,
                                           bool hasSideEffects) {
  Type type;
  if (results.size() == 1)
    type = results.front();
  else if (!results.empty())
    type = LLVM::LLVMStructType::getLiteral(b.getContext(),
                                            llvm::to_vector(results));
  auto op = LLVM::InlineAsmOp::create(
      b, loc, type ? TypeRange(type) : TypeRange(), operands, text, constraints,
      hasSideEffects, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None,
      LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT),
      /*operand_attrs=*/ArrayAttr());
  if (results.size() <= 1)
    return llvm::to_vector_of<Value>(op->getResults());
  SmallVector<Value> values;
  for (size_t i = 0; i < results.size(); ++i)
    values.push_back(
        LLVM::ExtractValueOp::create(b, loc, op.getResult(0), int64_t(i)));
  return values;
}

void HopperEmitter::ifThen(Value condition, function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, loc, condition);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

Value HopperEmitter::lookup(Value value) {
  Value mapped = values.lookup(value);
  assert(mapped && "a value that was not emitted");
  return mapped;
}

SmallVector<Value> HopperEmitter::lookup(ValueRange range) {
  return llvm::map_to_vector(range, [&](Value v) { return lookup(v); });
}

FailureOr<SmallVector<Type>> HopperEmitter::convertTypes(Operation *op,
                                                         TypeRange types) {
  SmallVector<Type> result;
  for (Type type : types) {
    FailureOr<Type> converted = convertType(op, type);
    if (failed(converted))
      return failure();
    result.push_back(*converted);
  }
  return result;
}

LogicalResult HopperEmitter::emitBody(Block &block) {
  for (Operation &op : block) {
    loc = op.getLoc();
    if (failed(emitOp(op)))
      return failure();
  }
  return success();
}

/// Whether the threads of a warpgroup do `op` together.
static bool needsWarpgroup(Operation &op) {
  if (isa<tile::StoreAsyncOp, tile::StoreWaitOp, tile::MmaAsyncOp,
          tile::MmaWaitOp, tile::ReleaseOp, tile::FillOp>(op))
    return true;
  auto store = dyn_cast<tile::StoreOp>(op);
  return (store && store.getDestination().getType().getSpace() !=
                       tile::Space::Global) ||
         op.hasAttr(tile::kSharesBytesAttr);
}

LogicalResult HopperEmitter::emitOp(Operation &op) {
  if (!warpgroup && needsWarpgroup(op))
    return op.emitError("expected consumers, or a kernel with ")
           << tile::kWarpgroupsAttr << ", around '" << op.getName() << "'";
  // For ops that cannot fail.
  auto done = [](auto &&emit) {
    emit();
    return success();
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](scf::ForOp op) { return emitFor(op); })
      .Case([&](scf::IfOp op) { return emitIf(op); })
      .Case([&](scf::WhileOp op) { return emitWhile(op); })
      .Case([&](scf::YieldOp op) {
        return done(
            [&] { scf::YieldOp::create(b, loc, lookup(op.getResults())); });
      })
      .Case([&](scf::ConditionOp op) {
        return done([&] {
          scf::ConditionOp::create(b, loc, lookup(op.getCondition()),
                                   lookup(op.getArgs()));
        });
      })
      .Case([&](arith::ConstantOp op) { return emitConstant(op); })
      .Case([&](arith::CmpIOp op) { return emitCompare(op); })
      .Case([&](arith::SelectOp op) { return emitSelect(op); })
      .Case([&](arith::AddFOp op) { return emitAdd(op); })
      .Case([&](math::FmaOp op) { return emitFma(op); })
      .Case([&](arith::TruncFOp op) { return emitTruncate(op); })
      .Case([&](tile::GridOp op) { return done([&] { emitGrid(op); }); })
      .Case([&](tile::WarpgroupIdOp op) {
        return done([&] { values[op] = warpgroupNumber(); });
      })
      .Case([&](tile::ErrorOp op) { return done([&] { emitError(op); }); })
      .Case([&](tile::DimOp op) { return done([&] { emitDim(op); }); })
      .Case([&](tile::ReduceOp op) { return emitReduce(op); })
      .Case([&](tile::BroadcastOp op) { return emitBroadcast(op); })
      .Case([&](tile::SplatOp op) { return emitSplat(op); })
      .Case([&](tile::IotaOp op) { return emitIota(op); })
      .Case([&](tile::ConvertLayoutOp op) {
        // acc and a_frag hold the same elements.
        return done([&] { values[op] = lookup(op.getSource()); });
      })
      .Case([&](tile::AllocOp op) { return emitAlloc(op); })
      .Case([&](tile::SliceOp op) { return emitSlice(op); })
      .Case([&](tile::RingOp) { return success(); })
      .Case([&](tile::AcquireOp op) { return done([&] { emitAcquire(op); }); })
      .Case([&](tile::CommitOp op) { return done([&] { emitCommit(op); }); })
      .Case([&](tile::WaitOp op) { return done([&] { emitWait(op); }); })
      .Case([&](tile::StageOfOp op) {
        return done([&] {
          Value number = lookup(op.getNumber());
          tiles[op] =
              stage(op.getRing(), use(op.getRing().getType(), number).stage);
        });
      })
      .Case([&](tile::ReleaseOp op) { return done([&] { emitRelease(op); }); })
      .Case([&](tile::RolesOp op) { return emitRoles(op); })
      .Case([&](tile::BarrierOp op) { return emitBarrier(op); })
      .Case([&](tile::SyncOp op) {
        return done([&] {
          sync(barrierNumber(op.getBarrier(), op.getNumber()),
               op.getBarrier().getType().getThreads());
        });
      })
      .Case([&](tile::ArriveOp op) {
        return done([&] {
          NVVM::BarrierArriveOp::create(
              b, loc, barrierNumber(op.getBarrier(), op.getNumber()),
              i32(op.getBarrier().getType().getThreads()));
        });
      })
      .Case([&](tile::MmaAsyncOp op) { return emitMmaAsync(op); })
      .Case([&](tile::MmaWaitOp op) { return done([&] { emitMmaWait(op); }); })
      .Case([&](tile::LoadAsyncOp op) { return emitLoadAsync(op); })
      .Case([&](tile::StoreAsyncOp op) { return emitStoreAsync(op); })
      .Case([&](tile::StoreWaitOp) { return done([&] { emitStoreWait(); }); })
      .Case([&](tile::LoadOp op) { return emitLoad(op); })
      .Case([&](tile::StoreOp op) { return emitStore(op); })
      .Case([&](tile::FillOp op) { return emitFill(op); })
      .Case([&](tile::SchedulerOp) {
        return done([&] { isPersistent = true; });
      })
      .Case(
          [&](tile::TakeWorkOp op) { return done([&] { emitTakeWork(op); }); })
      .Case([&](tile::WorkIdsOp op) { return done([&] { emitWorkIds(op); }); })
      .Case([&](tile::FinishWorkOp op) {
        return done([&] { emitFinishWork(op); });
      })
      .Default([&](Operation *op) { return emitElementwise(*op); });
}

FailureOr<LLVM::LLVMFuncOp> HopperEmitter::emit(tile::KernelOp op,
                                                LLVM::GlobalOp global) {
  kernel = op;
  loc = kernel.getLoc();
  if (!kernel->hasAttrOfType<IntegerAttr>(tile::kSharedBytesAttr))
    return kernel.emitError("expected shared memory to be planned: run "
                            "tile-plan-shared-memory first");
  function = LLVM::LLVMFuncOp::create(
      b, loc, kernel.getName(),
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), {}));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(function.addEntryBlock(b));
  // Keep what every region needs in front of the rest.
  Value address = LLVM::AddressOfOp::create(b, loc, global);
  shared = LLVM::PtrToIntOp::create(b, loc, b.getI32Type(), address);
  if (failed(emitKernel(kernel)))
    return failure();
  // A scalar kernel's body is inside a condition.
  b.setInsertionPointToEnd(&function.getBody().front());
  loc = kernel.getLoc();
  LLVM::ReturnOp::create(b, loc, ValueRange());
  setSignature(kernel);
  return function;
}
