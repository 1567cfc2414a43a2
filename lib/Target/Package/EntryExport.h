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

/// The entry of the program, whose launches are of `kernels` for `target`. Adds
/// the weights that it uses to the plans', whose ranks are set.
mlir::FailureOr<llvm::json::Object>
exportEntry(tile::ProgramOp program, llvm::StringRef target,
            const mlir::SymbolTable &kernels, Plans &plans);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_ENTRYEXPORT_H
