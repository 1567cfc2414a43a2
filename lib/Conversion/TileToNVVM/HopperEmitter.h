//===- HopperEmitter.h - From a scheduled kernel to NVVM -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One walk over a kernel's body, which maps each value of tile IR to one of
//
//   index            i32, in a scalar kernel i64; other scalars stay
//   tensor           what one thread holds of it, a vector (see Fragments.cpp)
//   !tile.pending    the vector that the product in flight writes
//   cache !tile.buf  a SharedTile, or nothing for a tile that threads keep
//                    (see ThreadTiles.cpp)
//   global !tile.buf a GlobalWindow
//
// A kernel has one of three forms (see Kernels.cpp): roles, warpgroups that all
// run its body, or, without either, one thread or warp for each point of its
// grid.
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
  /// The allocation or ring that it is a part of.
  mlir::Operation *root;
};

/// A part of a kernel's argument.
struct GlobalWindow {
  mlir::BlockArgument argument;
  /// Of each dimension of the argument, in its coordinates; null for zero.
  llvm::SmallVector<mlir::Value> starts;
  /// Where a dimension ends; null where the types prove that accesses that are
  /// in bounds of the window are in bounds of the argument.
  llvm::SmallVector<mlir::Value> ends;
  /// Of the trailing dimensions.
  llvm::SmallVector<int64_t> shape;
};

/// Where an access to a window goes, in its argument's coordinates.
struct GlobalAccess {
  mlir::BlockArgument argument;
  llvm::SmallVector<mlir::Value> coordinates;
  /// Null where no check is needed.
  llvm::SmallVector<mlir::Value> ends;
};

/// Rows of a lane, and which of them register i of an accumulator is in.
inline constexpr int64_t kLaneRows = 2;
constexpr int64_t laneRow(int64_t i) { return i >> 1 & 1; }

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

  // KernelForms.cpp
  mlir::LogicalResult emitKernel(tile::KernelOp kernel);
  void emitThreadNumbers();
  mlir::LogicalResult emitScalarKernel(tile::KernelOp kernel);
  mlir::LogicalResult emitWarpgroups(tile::KernelOp kernel, int64_t count);
  void emitGrid(tile::GridOp op);
  void emitError(tile::ErrorOp op);
  mlir::Value warpgroupNumber();
  /// What one thread of the block does: in the producer this one.
  void byOneThread(llvm::function_ref<void()> body);

  // ControlFlow.cpp
  mlir::LogicalResult emitFor(mlir::scf::ForOp op);
  mlir::LogicalResult emitIf(mlir::scf::IfOp op);
  mlir::LogicalResult emitWhile(mlir::scf::WhileOp op);
  mlir::LogicalResult emitRegion(mlir::Region &from, mlir::Region &to);

  // Elementwise.cpp
  mlir::LogicalResult emitElementwise(mlir::Operation &op);
  mlir::Value conditionAt(mlir::Value tile, int64_t i);
  mlir::LogicalResult emitSelect(mlir::arith::SelectOp op);
  mlir::LogicalResult emitConstant(mlir::arith::ConstantOp op);
  mlir::FailureOr<mlir::TypedAttr> constantValue(mlir::arith::ConstantOp op,
                                                 mlir::Type type);
  mlir::LogicalResult emitTruncate(mlir::arith::TruncFOp op);
  /// The op's result from those of its operands, which have its shape.
  mlir::FailureOr<mlir::Value> applyElementwise(mlir::Operation &op,
                                                mlir::ValueRange operands,
                                                mlir::Type type);
  mlir::FailureOr<mlir::Value>
  applyWidened(mlir::Operation &op, mlir::ValueRange operands, mlir::Type type);

  // MathFunctions.cpp
  mlir::FailureOr<mlir::Value>
  applyMath(mlir::Operation &op, mlir::ValueRange operands, mlir::Type type);
  mlir::Value divide(mlir::Value lhs, mlir::Value rhs);
  mlir::Value approximate(llvm::StringRef intrinsic, mlir::Value value);
  mlir::Value tangent(mlir::Value value);
  mlir::Value sine(mlir::Value value, llvm::StringRef intrinsic);
  mlir::Value scaled(mlir::Value value, float factor);

  // Positions.cpp
  mlir::LogicalResult emitCompare(mlir::arith::CmpIOp op);
  mlir::LogicalResult emitAdd(mlir::arith::AddFOp op);
  mlir::LogicalResult emitFma(mlir::math::FmaOp op);
  mlir::Value registerColumns(tile::IotaOp columns, mlir::Type element);
  mlir::Value threadColumn(mlir::Type element);
  mlir::Value
  mapRows(mlir::Value vector,
          llvm::function_ref<mlir::Value(mlir::Value, int64_t)> map);

  // Fragments.cpp: layouts.
  mlir::FailureOr<mlir::Type> convertType(mlir::Operation *op, mlir::Type type);
  mlir::LogicalResult emitReduce(tile::ReduceOp op);
  mlir::LogicalResult emitBroadcast(tile::BroadcastOp op);
  mlir::LogicalResult emitSplat(tile::SplatOp op);
  mlir::LogicalResult emitIota(tile::IotaOp op);
  mlir::Value combine(tile::ReduceKind kind, mlir::Value lhs, mlir::Value rhs);
  mlir::Value combineLanes(tile::ReduceKind kind, mlir::Value value,
                           int64_t count);
  /// Element positions are a constant of the register and a term of the thread.
  llvm::SmallVector<int32_t> registerPositions(mlir::RankedTensorType type,
                                               unsigned dim);
  mlir::Value threadPosition(tile::Layout layout, unsigned dim);
  llvm::SmallVector<mlir::Value> unpack(mlir::Value vector);
  mlir::Value pack(mlir::ValueRange elements);
  mlir::Value splat(mlir::Value scalar, mlir::Type type);
  /// Between a tile's vector and that of its elements, which differ for 16-bit
  /// floats in pairs.
  static bool isInPairs(mlir::RankedTensorType tile);
  static mlir::Type toElementsType(mlir::Type tile, mlir::Type converted);
  mlir::Value toElements(mlir::Value vector, mlir::Type tile);
  mlir::Value fromElements(mlir::Value elements, mlir::Type tile);

  // ScalarVectors.cpp: what is loaded and computed where it is reduced.
  bool isScalarVector(mlir::Type type);
  static int64_t threadsOfPoint(tile::KernelOp kernel);
  mlir::LogicalResult emitReductions(tile::ReduceOp op);
  mlir::LogicalResult reduceInLoop(tile::ReduceOp op,
                                   llvm::MutableArrayRef<tile::ReduceOp> ops);
  mlir::LogicalResult reduceByLanes(tile::ReduceOp op,
                                    llvm::MutableArrayRef<tile::ReduceOp> ops);
  mlir::FailureOr<mlir::Value>
  elementAt(mlir::Operation *user, mlir::Value vector, mlir::Value position);

  // SharedTiles.cpp
  mlir::LogicalResult emitAlloc(tile::AllocOp op);
  mlir::LogicalResult emitSlice(tile::SliceOp op);
  mlir::FailureOr<SharedTile> swizzledTile(mlir::Operation *user,
                                           mlir::Value buffer);
  mlir::Value sharedAddress(int64_t offset);
  mlir::Value sharedPointer(mlir::Value address);
  mlir::Value descriptor(const SharedTile &tile, hopper::Major major);
  void fenceAsyncProxy();
  mlir::LogicalResult storeFragment(tile::StoreOp op, const SharedTile &tile);

  // ThreadTiles.cpp
  struct Slots {
    mlir::Value address;
    mlir::VectorType type;
    int64_t number, elements, bytes;
  };
  mlir::FailureOr<Slots> slots(mlir::Operation *op, const SharedTile &tile,
                               mlir::Type value);
  mlir::Value slotPointer(const Slots &slots, int64_t number);
  mlir::LogicalResult storeThreadTile(mlir::Operation *op, mlir::Value value,
                                      mlir::Type type, const SharedTile &tile);
  mlir::LogicalResult loadThreadTile(tile::LoadOp op, const SharedTile &tile);
  mlir::LogicalResult emitFill(tile::FillOp op);

  // Rings.cpp
  mlir::LogicalResult checkRing(tile::RingOp op);
  void emitAcquire(tile::AcquireOp op);
  void emitCommit(tile::CommitOp op);
  void emitWait(tile::WaitOp op);
  void emitRelease(tile::ReleaseOp op);
  void initBarriers(tile::KernelOp kernel, int64_t consumerWarps);
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
  void syncWarpgroup();
  mlir::Value barrierNumber(mlir::Value barrier, mlir::Value number);

  // Products.cpp
  mlir::LogicalResult emitMmaAsync(tile::MmaAsyncOp op);
  mlir::LogicalResult checkProduct(tile::MmaAsyncOp op);
  void emitMmaWait(tile::MmaWaitOp op);

  // AsyncCopies.cpp
  mlir::LogicalResult emitLoadAsync(tile::LoadAsyncOp op);
  mlir::LogicalResult emitStoreAsync(tile::StoreAsyncOp op);
  void emitStoreWait();
  struct AsyncCopy {
    mlir::Value map, address;
    llvm::SmallVector<mlir::Value> coordinates;
  };
  mlir::FailureOr<llvm::SmallVector<AsyncCopy>>
  asyncCopies(mlir::Operation *op, mlir::Value global, mlir::ValueRange offsets,
              const SharedTile &tile);
  mlir::Value isStoringThread();

  // GlobalMemory.cpp
  GlobalWindow window(mlir::Value buffer);
  mlir::Value endOf(const GlobalWindow &window, size_t dim);
  void emitWindow(tile::SliceOp op);
  void emitDim(tile::DimOp op);
  GlobalAccess access(mlir::Value buffer, mlir::ValueRange offsets,
                      std::optional<llvm::ArrayRef<bool>> inBounds);
  mlir::Value exists(const GlobalAccess &access, size_t firstDim,
                     size_t lastDim, mlir::Value condition = {});
  mlir::Value elementPointer(const GlobalAccess &access);
  bool isReadOnly(mlir::BlockArgument argument);
  mlir::Value loadElement(const GlobalAccess &access, mlir::Value pointer,
                          mlir::Value exists);
  void storeElement(mlir::Value value, mlir::Value pointer, mlir::Value exists);
  /// Calls `body` with the number, the address and the condition of each
  /// element of this thread.
  void forEachElement(
      const GlobalAccess &access, mlir::RankedTensorType tile,
      mlir::Value condition,
      llvm::function_ref<void(size_t, mlir::Value, mlir::Value)> body);
  mlir::LogicalResult emitLoad(tile::LoadOp op);
  mlir::LogicalResult emitStore(tile::StoreOp op);
  mlir::LogicalResult storeToGlobal(tile::StoreOp op);

  // Scheduler.cpp
  void emitTakeWork(tile::TakeWorkOp op);
  void emitWorkIds(tile::WorkIdsOp op);
  void emitFinishWork(tile::FinishWorkOp op);

  // Parameters.cpp
  mlir::Value tensorMap(mlir::Value buffer, llvm::ArrayRef<int64_t> box);
  mlir::Value pointer(mlir::Value buffer);
  mlir::Value size(mlir::Value buffer, int64_t dim);
  mlir::Value stride(mlir::Value buffer, int64_t dim);
  mlir::Value counter();
  mlir::Value errorWord();
  mlir::Value parameter(mlir::DictionaryAttr description, mlir::Type type);
  void setSignature(tile::KernelOp kernel);

  // Short forms; arithmetic is on i32 or indices.
  mlir::Value i32(int64_t value);
  mlir::Value index(int64_t value);
  /// Sign-extended or truncated.
  mlir::Value resized(mlir::Value value, mlir::Type type);
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
                                          mlir::TypeRange results,
                                          bool hasSideEffects = true);
  void ifThen(mlir::Value condition, llvm::function_ref<void()> body);

  mlir::OpBuilder &b;
  mlir::Location loc = b.getUnknownLoc();
  mlir::LLVM::LLVMFuncOp function;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
  llvm::DenseMap<mlir::Value, SharedTile> tiles;
  llvm::DenseMap<mlir::Value, GlobalWindow> windows;
  llvm::DenseMap<mlir::Value, int64_t> barriers;
  llvm::SmallVector<mlir::Attribute> parameters;
  llvm::DenseMap<mlir::Attribute, mlir::Value> parameterValues;

  tile::KernelOp kernel;
  /// i32, in a scalar kernel i64.
  mlir::Type indexType;
  bool isScalar = false, inProducer = false, isPersistent = false;
  // Made at the start of the function.
  mlir::Value shared, thread, warp, lane;
  // Set where the warpgroups of the kernel run.
  mlir::Value warpgroup;
  /// First of the named barriers of single warpgroups.
  int64_t warpgroupBarriers = 0;
  int64_t nextBarrier = 1;
  int64_t numThreads = 0;
  /// Of a scalar kernel, how many threads compute a point of the grid together.
  int64_t pointThreads = 1;
};

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_TILETONVVM_HOPPEREMITTER_H
