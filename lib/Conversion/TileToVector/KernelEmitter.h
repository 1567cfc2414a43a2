//===- KernelEmitter.h - From a CPU kernel's body to vectors -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One walk over a kernel's body, which maps each value of tile IR to one of
//
//   scalar          the same scalar
//   !tile.buf       a Window: memory, offsets, and how much of it exists
//   tensor          a list of native vectors ("pieces")
//
// Pieces. The last dimension is cut into vectors of `lanes` elements and a rest
// of falling powers of two, each row alike: with 16 lanes, tensor<2x44xf32> is
//
//   row 0:  vector<16> vector<16> vector<8> vector<4>
//   row 1:  vector<16> vector<16> vector<8> vector<4>
//
// listed in this order. So LLVM never sees a vector it has to widen or split,
// and loops carry registers.
//
// Windows. A dimension's extent is an attribute where the whole static size
// exists, and a value where only the run knows. Every access is clipped by
// extents that are values; an offset below zero or beyond the edge makes the
// extent zero. So no kernel touches memory outside its arguments.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_TILETOVECTOR_KERNELEMITTER_H
#define ATTNC_LIB_CONVERSION_TILETOVECTOR_KERNELEMITTER_H

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Target/Cpu.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

namespace attnc {

/// A part of a memref: its trailing `extents.size()` dimensions from `offsets`,
/// the dimensions before them indexed.
struct Window {
  mlir::Value memref;
  llvm::SmallVector<mlir::Value> offsets;
  /// Of tile IR; the memref has `getMemoryType` of it.
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<mlir::OpFoldResult> extents;
  /// Only for windows without dimensions: whether the element exists; null if
  /// it does.
  mlir::Value exists;

  bool isWhole(unsigned dim) const {
    return llvm::isa<mlir::Attribute>(extents[dim]);
  }
  bool isWhole() const {
    return !exists && llvm::all_of(extents, [](mlir::OpFoldResult e) {
      return llvm::isa<mlir::Attribute>(e);
    });
  }
  unsigned getRank() const { return extents.size(); }
};

/// A run of columns of a register tile.
struct Piece {
  int64_t column;
  int64_t width;
};

using Pieces = llvm::SmallVector<mlir::Value>;

/// What an element is in memory: an i1 is a byte; bf16 and f16 are i16, since
/// LLVM has no masked access to them on every core.
mlir::Type getMemoryType(mlir::Type elementType);

class KernelEmitter {
public:
  KernelEmitter(mlir::OpBuilder &builder, const CpuTarget &target)
      : b(builder), target(target) {}

  /// Makes the function of `kernel` at the builder's place.
  mlir::FailureOr<mlir::func::FuncOp> emit(tile::KernelOp kernel);

private:
  // KernelEmitter.cpp: functions, control flow, elementwise ops.
  mlir::LogicalResult emitBody(mlir::Block &block, mlir::Block::iterator from);
  mlir::LogicalResult emitOp(mlir::Operation &op);
  mlir::LogicalResult emitFor(mlir::scf::ForOp op);
  mlir::LogicalResult emitIf(mlir::scf::IfOp op);
  mlir::LogicalResult emitElementwise(mlir::Operation &op);
  mlir::LogicalResult emitConstant(mlir::arith::ConstantOp op);
  mlir::LogicalResult emitGrid(tile::GridOp op);
  mlir::LogicalResult emitError(tile::ErrorOp op);
  /// The values that stand for `value`; tensors give their pieces.
  llvm::SmallVector<mlir::Value> lookup(mlir::Value value);
  llvm::SmallVector<mlir::Value> lookup(mlir::ValueRange values);
  mlir::Value lookupScalar(mlir::Value value) { return lookup(value).front(); }
  /// Maps each of `values` to its share of the front of `flat`.
  void bind(mlir::ValueRange values, mlir::ValueRange flat);
  /// Fails for types that cannot be carried by control flow.
  mlir::LogicalResult checkCarried(mlir::Operation *op, mlir::TypeRange types);

  // Windows.cpp: addresses, clipping, masked access.
  Window makeArgument(mlir::Value memref, tile::BufType type);
  Window makeScratch(tile::BufType type);
  Window slice(const Window &source, mlir::ValueRange offsets,
               std::optional<llvm::ArrayRef<bool>> inBounds,
               llvm::ArrayRef<int64_t> shape);
  /// The extent of `dim` as a value.
  mlir::Value extent(const Window &window, unsigned dim);
  /// How many of `width` columns from `column` of the row at `row` (indices of
  /// all dimensions but the last) exist, as a mask; null if all do.
  mlir::Value laneMask(const Window &window, mlir::ValueRange row,
                       mlir::Value column, int64_t width);
  /// A mask of `width` lanes of which the first `count` are set.
  mlir::Value countMask(mlir::Value count, int64_t width);
  mlir::Value rowMask(mlir::Value exists, int64_t width);
  /// To and from `getMemoryType` of the element type.
  mlir::Value fromMemory(mlir::Value value, mlir::Type element);
  mlir::Value toMemory(mlir::Value value);
  /// Access without regard to extents, but to the mask if it is not null.
  mlir::Value loadVector(const Window &window, mlir::ValueRange indices,
                         int64_t width, mlir::Value mask);
  void storeVector(mlir::Value vector, const Window &window,
                   mlir::ValueRange indices, mlir::Value mask);
  mlir::Value loadScalar(const Window &window, mlir::ValueRange indices);
  void storeScalar(mlir::Value scalar, const Window &window,
                   mlir::ValueRange indices);

  // RegisterTiles.cpp
  Pieces loadTile(const Window &window);
  void storeTile(mlir::ValueRange pieces, const Window &window);
  mlir::LogicalResult emitLoad(tile::LoadOp op);
  mlir::LogicalResult emitStore(tile::StoreOp op);
  mlir::LogicalResult emitReduce(tile::ReduceOp op);
  mlir::LogicalResult emitBroadcast(tile::BroadcastOp op);
  mlir::LogicalResult emitSplat(tile::SplatOp op);
  mlir::LogicalResult emitIota(tile::IotaOp op);

  // Copies.cpp
  mlir::LogicalResult emitCopy(tile::CopyOp op);
  mlir::LogicalResult emitFill(tile::FillOp op);
  void emitTransposedCopy(const Window &source, const Window &destination);
  /// `row` gets the indices of all dimensions but the last.
  void forEachRow(const Window &window,
                  llvm::function_ref<void(mlir::ValueRange row)> body);
  void forEachChunk(
      int64_t columns,
      llvm::function_ref<void(mlir::Value column, int64_t width)> body);
  void copy(const Window &source, const Window &destination);
  void fill(mlir::Value scalar, const Window &destination);
  mlir::Value convert(mlir::Value value, mlir::Type elementType);

  // Products.cpp
  friend class ProductEmitter;
  mlir::LogicalResult emitMma(tile::MmaOp op);

  // Pieces.cpp
  llvm::SmallVector<Piece> cut(int64_t columns) const;
  llvm::SmallVector<mlir::Type> pieceTypes(mlir::RankedTensorType type) const;
  static int64_t countRows(mlir::RankedTensorType type);

  mlir::Value index(int64_t value);
  mlir::Value zero(mlir::Type type);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value add(mlir::Value lhs, int64_t rhs);
  mlir::Value minimum(mlir::Value lhs, mlir::Value rhs);
  /// scf.for with a body of side effects only.
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);

  mlir::OpBuilder &b;
  const CpuTarget &target;
  mlir::Location loc = b.getUnknownLoc();
  mlir::Value scratch, error;
  llvm::SmallVector<mlir::Value> blockIds;
  int64_t scratchBytes = 0;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> values;
  llvm::DenseMap<mlir::Value, Window> windows;
};

/// Adds patterns that replace math ops by arith on the same type, for vectors
/// and scalars of f32.
void populateMathApproximationPatterns(mlir::RewritePatternSet &patterns);

/// Moves pure ops to their first use, so that few values live at once.
void sinkToUses(mlir::Region &region);

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_TILETOVECTOR_KERNELEMITTER_H
