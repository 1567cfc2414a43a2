//===- TileEvaluator.h - Runs the ops of a tile.kernel -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Control flow, arithmetic and the synchronous ops of `tile`, one after
// another. What runs side by side derives from it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_TILEEVALUATOR_H
#define ATTNC_TEST_LIB_TILEEVALUATOR_H

#include "TileValues.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include <array>
#include <memory>
#include <variant>

namespace attnc {

struct Product; // in flight: ScheduledRole.h

using TileValue = std::variant<Tensor, View, std::shared_ptr<Product>>;

class TileEvaluator {
public:
  explicit TileEvaluator(Precision precision) : precision(precision) {}
  virtual ~TileEvaluator() = default;

  llvm::DenseMap<mlir::Value, TileValue> values;
  std::array<int64_t, 3> ids = {0, 0, 0}, grid = {1, 1, 1};
  int64_t error = 0;    // the last code that a tile.error stored
  bool outside = false; // of the grid

  void bindArguments(mlir::Region &body, llvm::ArrayRef<View> arguments);

  /// Failure has been reported at an op.
  mlir::LogicalResult run(mlir::Block &block);
  mlir::LogicalResult run(mlir::Operation &op);

protected:
  const Tensor &tensor(mlir::Value v) { return std::get<Tensor>(values[v]); }
  const View &view(mlir::Value v) { return std::get<View>(values[v]); }
  double scalar(mlir::Value v) { return tensor(v).data[0]; }
  Sizes integers(mlir::ValueRange range);
  void set(mlir::Value v, TileValue value) { values[v] = std::move(value); }
  void setScalar(mlir::Value v, double value) { set(v, Tensor::scalar(value)); }

  mlir::FailureOr<Tensor> read(mlir::Operation &op, const View &view);
  mlir::LogicalResult write(mlir::Operation &op, const Tensor &tensor,
                            const View &view);
  /// The value of a tensor, or of a buffer's elements.
  mlir::FailureOr<Tensor> readOperand(mlir::Operation &op, mlir::Value v);

  /// acc + lhs · rhs, or without acc lhs · rhs.
  Tensor multiply(const Tensor &lhs, const Tensor &rhs, bool transposed,
                  const Tensor *acc, int64_t columns);
  Tensor reduce(tile::ReduceOp op);

  /// Before every op.
  virtual mlir::LogicalResult step(mlir::Operation &) {
    return mlir::success();
  }
  /// Ops of the scheduled level.
  virtual mlir::LogicalResult runScheduled(mlir::Operation &op);
  virtual mlir::LogicalResult runCopy(tile::CopyOp op);
  virtual ReferenceBuffer &allocate(tile::AllocOp op);
  virtual mlir::LogicalResult checkRead(mlir::Operation &, const View &) {
    return mlir::success();
  }
  virtual mlir::LogicalResult checkWrite(mlir::Operation &, const View &) {
    return mlir::success();
  }
  /// A window that `in_bounds` says lies inside.
  virtual mlir::LogicalResult checkInside(mlir::Operation &, const View &,
                                          llvm::ArrayRef<int64_t>,
                                          llvm::ArrayRef<int64_t>,
                                          std::optional<llvm::ArrayRef<bool>>) {
    return mlir::success();
  }
  virtual mlir::InFlightDiagnostic fail(mlir::Operation &op) {
    return op.emitError();
  }

private:
  mlir::LogicalResult runFor(mlir::Operation &op);
  mlir::LogicalResult runWhile(mlir::Operation &op);
  mlir::LogicalResult runIf(mlir::Operation &op);
  mlir::LogicalResult runTile(mlir::Operation &op);
  mlir::LogicalResult runMma(tile::MmaOp op);
  mlir::FailureOr<View> window(mlir::Operation &op, mlir::Value buffer,
                               mlir::ValueRange offsets,
                               llvm::ArrayRef<int64_t> shape,
                               std::optional<llvm::ArrayRef<bool>> inBounds);
  void bind(mlir::ValueRange to, mlir::ValueRange from);

  const Precision precision;
  std::vector<std::unique_ptr<ReferenceBuffer>> owned;
};

/// Full of NaNs.
std::unique_ptr<ReferenceBuffer> makeBuffer(llvm::ArrayRef<int64_t> sizes);

} // namespace attnc

#endif // ATTNC_TEST_LIB_TILEEVALUATOR_H
