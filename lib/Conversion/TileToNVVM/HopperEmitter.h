//===- HopperEmitter.h - From a scheduled kernel to NVVM -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One walk over a kernel's body, which maps each value of tile IR to one of
//
//   index           i32; other scalars stay
//   tensor          what one thread holds of it, a vector (see Fragments.cpp)
//   !tile.pending   the vector that the product in flight writes
//   cache !tile.buf a SharedTile
//   global !tile.buf nothing: its uses become parameters of the function
//
// Parameters are made when first needed and described, in order, by the
// function's attribute `attnc.params` (see Parameters.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_TILETONVVM_HOPPEREMITTER_H
#define ATTNC_LIB_CONVERSION_TILETONVVM_HOPPEREMITTER_H

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Target/Hopper.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace attnc {

/// A tile in shared memory. A swizzled one is a row of panels of `panelRows`
/// rows; a window of its rows keeps the panels.
struct SharedTile {
  /// i32 address of the first element.
  mlir::Value address;
  llvm::SmallVector<int64_t> shape;
  mlir::Type element;
  int64_t panelRows;
};

class HopperEmitter {
public:
  explicit HopperEmitter(mlir::OpBuilder &builder) : b(builder) {}

  /// Makes the function of `kernel` at the builder's place. `shared` is the
  /// module's symbol of dynamic shared memory.
  mlir::FailureOr<mlir::LLVM::LLVMFuncOp> emit(tile::KernelOp kernel,
                                               mlir::LLVM::GlobalOp shared);

private:
  // HopperEmitter.cpp: functions and the walk.
  mlir::LogicalResult emitBody(mlir::Block &block);
  mlir::LogicalResult emitOp(mlir::Operation &op);
  mlir::Value lookup(mlir::Value value);
  llvm::SmallVector<mlir::Value> lookup(mlir::ValueRange values);
  mlir::FailureOr<llvm::SmallVector<mlir::Type>>
  convertTypes(mlir::Operation *op, mlir::TypeRange types);

  // ControlFlow.cpp
  mlir::LogicalResult emitFor(mlir::scf::ForOp op);
  mlir::LogicalResult emitIf(mlir::scf::IfOp op);
  mlir::LogicalResult emitWhile(mlir::scf::WhileOp op);
  mlir::LogicalResult emitRegion(mlir::Region &from, mlir::Region &to);

  // Elementwise.cpp
  mlir::LogicalResult emitElementwise(mlir::Operation &op);
  mlir::LogicalResult emitConstant(mlir::arith::ConstantOp op);
  mlir::LogicalResult emitCompare(mlir::arith::CmpIOp op);
  mlir::LogicalResult emitTruncate(mlir::arith::TruncFOp op);
  void emitCeilDiv(mlir::arith::CeilDivUIOp op);
  void emitDivide(mlir::arith::DivFOp op);
  void emitLog2(mlir::math::Log2Op op);
  mlir::Value approximate(llvm::StringRef intrinsic, mlir::Value value);

  // Fragments.cpp: layouts.
  mlir::FailureOr<mlir::Type> convertType(mlir::Operation *op, mlir::Type type);
  mlir::LogicalResult emitReduce(tile::ReduceOp op);
  mlir::LogicalResult emitBroadcast(tile::BroadcastOp op);
  mlir::LogicalResult emitSplat(tile::SplatOp op);
  mlir::LogicalResult emitIota(tile::IotaOp op);
  /// Element positions are a constant of the register and a term of the thread.
  llvm::SmallVector<int32_t> registerPositions(mlir::RankedTensorType type,
                                               unsigned dim);
  mlir::Value threadPosition(tile::Layout layout, unsigned dim);
  llvm::SmallVector<mlir::Value> unpack(mlir::Value vector);
  mlir::Value pack(mlir::ValueRange elements);
  mlir::Value splat(mlir::Value scalar, mlir::Type type);

  // SharedTiles.cpp
  mlir::LogicalResult emitAlloc(tile::AllocOp op);
  mlir::LogicalResult emitSlice(tile::SliceOp op);
  mlir::Value sharedAddress(int64_t offset);
  mlir::Value sharedPointer(mlir::Value address);
  mlir::Value descriptor(const SharedTile &tile, hopper::Major major);

  // Rings.cpp
  mlir::LogicalResult emitRing(tile::RingOp op);
  void emitAcquire(tile::AcquireOp op);
  void emitCommit(tile::CommitOp op);
  void emitWait(tile::WaitOp op);
  void emitRelease(tile::ReleaseOp op);
  void initBarriers(int64_t consumerWarps);
  struct Use {
    mlir::Value stage, phase;
  };
  Use use(tile::RingType type, mlir::Value number);
  SharedTile stage(mlir::Value ring, mlir::Value stage);
  mlir::Value fullBarrier(mlir::Value ring, mlir::Value stage);
  mlir::Value emptyBarrier(mlir::Value ring, mlir::Value stage);
  mlir::Value tagAddress(mlir::Value ring, mlir::Value stage, int64_t tag);
  void waitParity(mlir::Value barrier, mlir::Value phase);

  // Roles.cpp
  mlir::LogicalResult emitRoles(tile::RolesOp op);
  mlir::LogicalResult emitBarrier(tile::BarrierOp op);
  mlir::FailureOr<int64_t> takeBarriers(mlir::Operation *op, int64_t count);
  void sync(mlir::Value barrier, int64_t threads);
  mlir::Value barrierNumber(mlir::Value barrier, mlir::Value number);

  // Products.cpp
  mlir::LogicalResult emitMmaAsync(tile::MmaAsyncOp op);
  void emitMmaWait(tile::MmaWaitOp op);

  // Copies.cpp
  void emitLoadAsync(tile::LoadAsyncOp op);
  void emitStoreAsync(tile::StoreAsyncOp op);
  void emitStoreWait();
  mlir::LogicalResult emitStore(tile::StoreOp op);
  mlir::LogicalResult storeFragment(tile::StoreOp op, const SharedTile &tile);
  mlir::LogicalResult storeRow(tile::StoreOp op);
  llvm::SmallVector<mlir::Value> coordinates(mlir::ValueRange offsets,
                                             mlir::Type element);

  // Scheduler.cpp
  void emitTakeWork(tile::TakeWorkOp op);
  void emitWorkIds(tile::WorkIdsOp op);
  void emitFinishWork(tile::FinishWorkOp op);

  // Parameters.cpp
  mlir::Value tensorMap(mlir::Value buffer, tile::BufType tile);
  mlir::Value pointer(mlir::Value buffer);
  mlir::Value size(mlir::Value buffer, int64_t dim);
  mlir::Value stride(mlir::Value buffer, int64_t dim);
  mlir::Value counter();
  mlir::Value parameter(mlir::DictionaryAttr description, mlir::Type type);
  void setSignature(tile::KernelOp kernel);

  // Short forms; arithmetic is on i32.
  mlir::Value i32(int64_t value);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs);
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs);
  mlir::Value bitAnd(mlir::Value lhs, int64_t rhs);
  mlir::Value bitXor(mlir::Value lhs, mlir::Value rhs);
  mlir::Value shiftLeft(mlir::Value lhs, int64_t bits);
  mlir::Value shiftRight(mlir::Value lhs, int64_t bits);
  mlir::Value isEqual(mlir::Value lhs, mlir::Value rhs);
  llvm::SmallVector<mlir::Value> assembly(llvm::StringRef text,
                                          llvm::StringRef constraints,
                                          mlir::ValueRange operands,
                                          mlir::TypeRange results);
  void ifThen(mlir::Value condition, llvm::function_ref<void()> body);

  mlir::OpBuilder &b;
  mlir::Location loc = b.getUnknownLoc();
  mlir::LLVM::LLVMFuncOp function;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
  llvm::DenseMap<mlir::Value, SharedTile> tiles;
  llvm::SmallVector<tile::RingOp> rings;
  llvm::DenseMap<mlir::Value, int64_t> barriers;
  llvm::SmallVector<mlir::Attribute> parameters;
  llvm::DenseMap<mlir::Attribute, mlir::Value> parameterValues;

  // Made at the start of the function.
  mlir::Value shared, thread, warp, lane;
  // Set inside the consumers' region.
  mlir::Value warpgroup;
  /// First of the named barriers of single warpgroups.
  int64_t warpgroupBarriers = 0;
  int64_t nextBarrier = 1;
  int64_t numThreads = 0;
};

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_TILETONVVM_HOPPEREMITTER_H
