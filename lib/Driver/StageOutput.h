//===- StageOutput.h - What stages make, as files -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DRIVER_STAGEOUTPUT_H
#define ATTNC_LIB_DRIVER_STAGEOUTPUT_H

#include "attnc/Driver/Compile.h"
#include "mlir/IR/BuiltinOps.h"

namespace attnc {

/// The dump folder, which gets every stage at once, and the output, which gets
/// the one that was asked for when all of it is there.
class StageOutput {
public:
  /// Both outlive this.
  StageOutput(mlir::MLIRContext &context, const CompileOptions &options)
      : context(context), options(options) {}

  mlir::LogicalResult makeDumpFolder();

  /// What `stage` made for `target`, which is empty where all have the same,
  /// and of `kernel` alone where that is not empty.
  mlir::LogicalResult add(Stage stage, llvm::StringRef target,
                          llvm::StringRef kernel, llvm::StringRef extension,
                          llvm::function_ref<void(llvm::raw_ostream &)> print);
  mlir::LogicalResult addIr(Stage stage, llvm::StringRef target,
                            mlir::ModuleOp module);

  /// Writes what --emit asked for. Of several texts each has a line in front
  /// that names its target or kernel; they can be split at "// -----".
  mlir::LogicalResult write();

private:
  std::string getDumpPath(Stage stage, llvm::StringRef target,
                          llvm::StringRef kernel,
                          llvm::StringRef extension) const;
  mlir::LogicalResult
  writeFile(llvm::StringRef path,
            llvm::function_ref<void(llvm::raw_ostream &)> print);
  mlir::InFlightDiagnostic emitError() const;

  mlir::MLIRContext &context;
  const CompileOptions &options;
  struct Part {
    std::string title, bytes;
  };
  std::vector<Part> parts;
};

} // namespace attnc

#endif // ATTNC_LIB_DRIVER_STAGEOUTPUT_H
