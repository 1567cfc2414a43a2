//===- Ptxas.h - The assembler of PTX and its report -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_HOPPER_PTXAS_H
#define ATTNC_LIB_TARGET_HOPPER_PTXAS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace attnc {

/// What `ptxas -v` says of a file with one kernel.
struct PtxasReport {
  int64_t registers = 0;
  /// Bytes.
  int64_t spillStores = 0, spillLoads = 0;
  /// Lines about wgmma (C75xx): it is serialised, or ptxas repaired the code.
  llvm::SmallVector<std::string> advisories;
};

PtxasReport parsePtxasReport(llvm::StringRef text);

struct Cubin {
  llvm::SmallVector<char> bytes;
  PtxasReport report;
};

/// The path of ptxas: in the toolkit that CUDA_PATH or CUDA_HOME names; if none
/// is named in PATH, in the toolkit's usual place, or in the active virtual
/// environment's NVIDIA wheels. The error says how to get it.
llvm::Expected<std::string> findPtxas();

/// Runs `ptxas` on the text. Several threads may call it at a time.
llvm::Expected<Cubin> assemblePtx(llvm::StringRef ptxas, llvm::StringRef ptx);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_HOPPER_PTXAS_H
