//===- KernelTable.h - The kernels of a module ------------------*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_CONVERSION_OUTLINEKERNELS_KERNELTABLE_H
#define ATTNC_LIB_CONVERSION_OUTLINEKERNELS_KERNELTABLE_H

#include "attnc/Dialect/Attn/IR/Attn.h"
#include "llvm/ADT/StringMap.h"

namespace attnc {

/// A tensor of this type in global memory.
tile::BufType globalBuf(mlir::Type tensor);

/// The kernels of a module; equal bodies are one kernel.
class KernelTable {
public:
  KernelTable(mlir::ModuleOp module, llvm::StringRef target)
      : target(target), module(module),
        builder(mlir::OpBuilder::atBlockEnd(module.getBody())) {}

  /// The kernel that computes `op` on operands and results of the types given.
  tile::KernelOp get(mlir::Operation *op, mlir::TypeRange operandTypes,
                     mlir::TypeRange resultTypes);

  const llvm::StringRef target;

private:
  mlir::ModuleOp module;
  mlir::OpBuilder builder;
  llvm::StringMap<tile::KernelOp> kernels;
  llvm::StringMap<unsigned> counts;
};

} // namespace attnc

#endif // ATTNC_LIB_CONVERSION_OUTLINEKERNELS_KERNELTABLE_H
