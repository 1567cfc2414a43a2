//===- Passes.h - Declarations of the passes in Passes.td -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TARGET_PASSES_H
#define ATTNC_TARGET_PASSES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace attnc {
#define GEN_PASS_DECL
#include "attnc/Target/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "attnc/Target/Passes.h.inc"
} // namespace attnc

#endif // ATTNC_TARGET_PASSES_H
