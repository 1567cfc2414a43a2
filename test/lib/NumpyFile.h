//===- NumpyFile.h - Reads and writes .npy files -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Little-endian, in C order, of the types that the tests' Python writes: f2,
// f4, f8, i1, i4, i8 and b1.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_NUMPYFILE_H
#define ATTNC_TEST_LIB_NUMPYFILE_H

#include "TileValues.h"
#include "llvm/Support/Error.h"

namespace attnc {

llvm::Expected<ReferenceBuffer> readNumpy(llvm::StringRef path);

/// As i4 or i1 if `type` is an integer, else as f4.
llvm::Error writeNumpy(llvm::StringRef path, const ReferenceBuffer &buffer,
                       mlir::Type type);

} // namespace attnc

#endif // ATTNC_TEST_LIB_NUMPYFILE_H
