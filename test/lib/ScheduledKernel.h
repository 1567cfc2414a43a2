//===- ScheduledKernel.h - Runs a kernel of a GPU level -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a kernel for tensor cores means, from the synchronous form to the
// scheduled one: roles run interleaved in an order drawn at random, layouts and
// swizzles move nothing, f32 and 16-bit values are rounded as they are stored.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_SCHEDULEDKERNEL_H
#define ATTNC_TEST_LIB_SCHEDULEDKERNEL_H

#include "TileValues.h"
#include "attnc/Dialect/Tile/IR/Tile.h"
#include <chrono>

namespace attnc {

struct ScheduledOptions {
  int64_t blocks = 1; // that run at once, at most
  unsigned seed = 1;  // of the order
  std::chrono::seconds limit{60};
};

/// Runs the whole launch; `errorWord` is the last code that a tile.error
/// stored. Fails with a diagnostic for a deadlock, a lack of time, and for what
/// the levels leave undefined: a stage that is read before it is waited for, a
/// product's value before its wait, a window out of bounds.
mlir::LogicalResult runScheduledKernel(tile::KernelOp kernel,
                                       llvm::ArrayRef<View> arguments,
                                       const ScheduledOptions &options,
                                       int64_t &errorWord);

} // namespace attnc

#endif // ATTNC_TEST_LIB_SCHEDULEDKERNEL_H
