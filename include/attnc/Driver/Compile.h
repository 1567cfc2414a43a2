//===- Compile.h - From a source file to a package -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DRIVER_COMPILE_H
#define ATTNC_DRIVER_COMPILE_H

#include "attnc/Pipelines/Pipelines.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir {
class MLIRContext;
class PassManager;
} // namespace mlir

namespace attnc {

struct CompileOptions : PipelineOptions {
  /// Path of the source, "-" for standard input.
  std::string input = "-";
  /// Path of what is emitted; empty for standard output, which a package is
  /// not written to.
  std::string output;
  std::vector<std::string> targets = {"cpu"};
  /// Path of a safetensors file; empty for none.
  std::string weights;
  Stage emit = Stage::Package;
  /// Folder for the IR of every stage; empty for none.
  std::string dumpDir;
  /// Called on every pass manager, for options such as --mlir-timing.
  llvm::function_ref<llvm::LogicalResult(mlir::PassManager &)> configure;
};

/// Compiles one source file. Errors are diagnostics of the context; on a failure
/// nothing is written but what `dumpDir` asked for.
llvm::LogicalResult compile(mlir::MLIRContext &context,
                            const CompileOptions &options);

} // namespace attnc

#endif // ATTNC_DRIVER_COMPILE_H
