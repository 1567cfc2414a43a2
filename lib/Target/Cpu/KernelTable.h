//===- KernelTable.h - The kernel ABI in LLVM IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_CPU_KERNELTABLE_H
#define ATTNC_LIB_TARGET_CPU_KERNELTABLE_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/IR/Module.h"

namespace attnc {

/// A kernel's line in the table.
struct KernelEntry {
  struct Param {
    uint8_t dtype, access; // ATTNC_F32 …, ATTNC_READ …
    llvm::SmallVector<int64_t> sizes;
  };
  std::string name;
  llvm::SmallVector<Param> params;
  uint64_t scratchBytes;

  /// Reads the attributes that `convert-tile-to-vector` left.
  static mlir::FailureOr<KernelEntry> get(mlir::LLVM::LLVMFuncOp func);
  /// The name of the kernel's function of the ABI.
  std::string getSymbol() const { return "attnc_kernel." + name; }
};

/// The name of a kernel's lowered function in its LLVM module.
inline constexpr llvm::StringLiteral kBodySymbol = "attnc_body";

/// Adds to `module`, which holds the lowered function of `entry`, the function
/// of type attnc_kernel_fn that calls it.
void buildKernelWrapper(llvm::Module &module, const KernelEntry &entry);

/// Adds the constant attnc_kernel_table of `entries` to `module`.
void buildKernelTable(llvm::Module &module,
                      llvm::ArrayRef<KernelEntry> entries);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_CPU_KERNELTABLE_H
