//===- ScheduledProgram.h - Runs a tile.program -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps of a program, its kernels interpreted. Every workspace buffer has
// memory of its own, full of NaNs.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_SCHEDULEDPROGRAM_H
#define ATTNC_TEST_LIB_SCHEDULEDPROGRAM_H

#include "ScheduledKernel.h"
#include "llvm/ADT/StringMap.h"

namespace attnc {

/// `kernels` has what the program launches; it need not hold the program.
/// `sizes` are the values of the program's named sizes. Programs of several
/// ranks, and what else runs outside of this process, are errors.
mlir::LogicalResult runScheduledProgram(tile::ProgramOp program,
                                        mlir::ModuleOp kernels,
                                        llvm::ArrayRef<View> arguments,
                                        const llvm::StringMap<int64_t> &sizes,
                                        const ScheduledOptions &options,
                                        int64_t &errorWord);

} // namespace attnc

#endif // ATTNC_TEST_LIB_SCHEDULEDPROGRAM_H
