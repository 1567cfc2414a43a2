//===- EntryExport.h - A program as an entry of a plan -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_ENTRYEXPORT_H
#define ATTNC_LIB_TARGET_PACKAGE_ENTRYEXPORT_H

#include "PlanExport.h"

namespace attnc {

/// The kernels that a target's programs launch.
struct LaunchedKernels {
  llvm::StringRef target;
  /// Of the module with the kernels at the stage `tile`.
  mlir::SymbolTable symbols;
  /// Those whose blocks compute several points of the grid, along its first
  /// dimension.
  llvm::StringMap<int64_t> pointsOfBlock;
};

/// The entry of the program. Adds the weights that it uses to the plans', whose
/// ranks are set.
mlir::FailureOr<llvm::json::Object> exportEntry(tile::ProgramOp program,
                                                const LaunchedKernels &kernels,
                                                Plans &plans);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_ENTRYEXPORT_H
