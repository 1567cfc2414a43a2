//===- Cpu.h - The CPU target: facts, lowering, objects -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one home of CPU facts, and the way from the functions that
// `convert-tile-to-vector` makes to an ELF shared object with the ABI of
// attnc_rt/kernel_abi.h.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TARGET_CPU_H
#define ATTNC_TARGET_CPU_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include <string>
#include <vector>

namespace attnc {

/// What the compiler knows of an x86-64 core.
struct CpuTarget {
  /// `mcpu` is "native" or a name that LLVM knows. An unknown name and a core
  /// without AVX2 and FMA are errors.
  static mlir::FailureOr<CpuTarget>
  get(llvm::StringRef mcpu,
      llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  static constexpr llvm::StringLiteral kTargetName = "cpu";
  static constexpr llvm::StringLiteral kTriple = "x86_64-unknown-linux-gnu";

  /// LLVM's name, never "native".
  std::string name;
  /// LLVM's feature string: what the host lacks or adds, empty for a named cpu.
  std::string llvmFeatures;
  /// What emitted code needs of a machine, by LLVM's names, sorted.
  std::vector<std::string> features;

  unsigned vectorBits;
  unsigned numVectorRegisters;
  /// Elements of f32 in a vector register.
  int64_t lanes;
  /// The accumulators of a micro-kernel: rows × vectors.
  int64_t microRows, microVectors;
  int64_t l1Bytes, l2Bytes;
  bool hasAvx512Bf16;
};

/// Attributes of the functions that `convert-tile-to-vector` makes.
inline constexpr llvm::StringLiteral kScratchBytesAttr = "attnc.scratch_bytes";
/// An array with a dictionary {dtype, access, sizes} for each parameter.
inline constexpr llvm::StringLiteral kParamsAttr = "attnc.params";

/// Adds the passes from functions on vectors to the llvm dialect. Other ops of
/// the module stay as they are.
void buildVectorToLlvmPipeline(mlir::OpPassManager &pm,
                               const CpuTarget &target);

/// What `emitCpuText` prints.
enum class CpuText { LlvmIr, Assembly };

/// Optimised code of a module that went through the pipeline, as text, one
/// kernel after the other.
mlir::FailureOr<std::string> emitCpuText(mlir::ModuleOp module,
                                         const CpuTarget &target, CpuText kind);

/// The ELF shared object of a module that went through the pipeline: needs no
/// library, has no constructor and no undefined symbol, and exports the kernel
/// table alone. The same module gives the same bytes.
mlir::FailureOr<llvm::SmallVector<char>> emitCpuObject(mlir::ModuleOp module,
                                                       const CpuTarget &target);

} // namespace attnc

#endif // ATTNC_TARGET_CPU_H
