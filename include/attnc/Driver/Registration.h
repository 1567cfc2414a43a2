//===- Registration.h - Everything that the tools register -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DRIVER_REGISTRATION_H
#define ATTNC_DRIVER_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace attnc {

/// Adds attnc's dialects, the upstream dialects its IR uses, their
/// interfaces and their translations to LLVM IR.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers attnc's passes and pipelines and the upstream passes with the
/// global pass registry. Call once, before command-line options are parsed.
void registerPasses();

} // namespace attnc

#endif // ATTNC_DRIVER_REGISTRATION_H
