//===- CheckOptions.h - Command lines that make no sense -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DRIVER_CHECKOPTIONS_H
#define ATTNC_LIB_DRIVER_CHECKOPTIONS_H

#include "attnc/Driver/Compile.h"
#include "mlir/IR/Diagnostics.h"

namespace attnc {

/// Targets, stage and passes must be known and go together; nothing is read or
/// written yet.
llvm::LogicalResult
checkOptions(const CompileOptions &options,
             llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace attnc

#endif // ATTNC_LIB_DRIVER_CHECKOPTIONS_H
