//===- Manifest.h - What a package says of itself -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_MANIFEST_H
#define ATTNC_LIB_TARGET_PACKAGE_MANIFEST_H

#include "Blob.h"
#include "PlanExport.h"

namespace attnc {

/// The name of the tensor that holds the CPU's shared object.
inline constexpr llvm::StringLiteral kCpuKernelsName = "attnc.kernels.cpu";

/// `hopperKernels` is the table of the target's kernels; the blobs are those of
/// the file, with their digests.
llvm::json::Object buildManifest(const PackageContents &contents,
                                 const Plans &plans,
                                 const llvm::json::Array &hopperKernels,
                                 llvm::ArrayRef<Blob> blobs);

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_MANIFEST_H
