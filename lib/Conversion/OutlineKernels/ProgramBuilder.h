//===- ProgramBuilder.h - From a function to a program ----------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_OUTLINEKERNELS_PROGRAMBUILDER_H
#define ATTNC_LIB_CONVERSION_OUTLINEKERNELS_PROGRAMBUILDER_H

#include "KernelTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace attnc {

/// The memory of one tensor value of the source function.
struct Memory {
  /// Has the shape of the tensor.
  mlir::Value buf;
  /// The dynamic sizes, in order.
  llvm::SmallVector<mlir::Value> sizes;
  /// Where a heads value [B, H, S, D] lies as [B, S, H · D]: that buffer.
  mlir::Value tokenMajor;
};

/// Turns one function into a program.
class ProgramBuilder {
public:
  ProgramBuilder(mlir::func::FuncOp func, mlir::shard::GridOp grid,
                 KernelTable &kernels)
      : func(func), grid(grid), kernels(kernels), builder(func) {}

  mlir::LogicalResult build();

private:
  /// Whether every tensor of the function can be a buffer.
  mlir::LogicalResult verifyBuffers();
  mlir::LogicalResult addArguments();
  mlir::LogicalResult convert(mlir::Operation &op);
  mlir::LogicalResult convertHeadView(mlir::Operation &op);
  mlir::LogicalResult convertCollapse(mlir::tensor::CollapseShapeOp op);
  mlir::LogicalResult launch(mlir::Operation &op);
  mlir::LogicalResult convertCollective(mlir::Operation &op);
  mlir::LogicalResult finish(mlir::func::ReturnOp ret);

  /// The memory for a result of `op`: an output of the program or workspace.
  Memory allocate(mlir::Value result, llvm::ArrayRef<mlir::Value> sizes);
  /// The sizes of the result of `op`, from its first operand's.
  llvm::SmallVector<mlir::Value> resultSizes(mlir::Operation &op);
  mlir::Value size(llvm::StringRef name);
  mlir::Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(builder, func.getLoc(), value);
  }
  mlir::Value product(mlir::Value lhs, mlir::Value rhs) {
    return mlir::arith::MulIOp::create(builder, func.getLoc(), lhs, rhs);
  }
  /// [B, S, F] seen as [B · S, F], and integers [B, S] as [B · S].
  Memory flattenTokens(const Memory &memory);
  /// [B, S, H · D] seen as `heads` [B, H, S, D].
  Memory viewAsHeads(mlir::Value tokenMajor, llvm::ArrayRef<mlir::Value> sizes,
                     mlir::Type heads);

  mlir::func::FuncOp func;
  /// Null where the program runs on one rank.
  mlir::shard::GridOp grid;
  KernelTable &kernels;
  mlir::OpBuilder builder;
  tile::ProgramOp program;
  llvm::DenseMap<mlir::Value, Memory> memories;
  llvm::DenseMap<mlir::Value, mlir::BlockArgument> outputs;
  llvm::StringMap<mlir::Value> sizes;
};

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_OUTLINEKERNELS_PROGRAMBUILDER_H
