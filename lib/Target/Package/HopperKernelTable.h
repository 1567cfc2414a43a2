//===- HopperKernelTable.h - How to launch GPU kernels -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_HOPPERKERNELTABLE_H
#define ATTNC_LIB_TARGET_PACKAGE_HOPPERKERNELTABLE_H

#include "attnc/Target/Package.h"
#include "llvm/Support/JSON.h"

namespace attnc {

/// The name of the tensor that holds a kernel's cubin.
std::string getCubinName(const HopperKernel &kernel);

/// The points of its grid that each block computes, 0 where it is one.
int64_t getPointsOfBlock(const HopperKernel &kernel);

/// The manifest's table: for each kernel what it takes, from the tile kernel of
/// its name, and what a launch passes, from what `convert-tile-to-nvvm` left.
mlir::FailureOr<llvm::json::Array>
writeHopperKernelTable(const HopperCode &code);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_HOPPERKERNELTABLE_H
