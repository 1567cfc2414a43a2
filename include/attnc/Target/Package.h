//===- Package.h - Weights and the package file -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads weights, binds them to function arguments, and writes a package as
// docs/Package.md describes it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TARGET_PACKAGE_H
#define ATTNC_TARGET_PACKAGE_H

#include "attnc/Target/Cpu.h"
#include "attnc/Target/Hopper.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

namespace attnc {

/// A tensor of a safetensors file; the file owns the bytes, which have the
/// size that dtype and shape say and no alignment.
struct WeightTensor {
  std::string dtype; // safetensors' spelling, such as "BF16"
  std::vector<int64_t> shape;
  llvm::ArrayRef<char> bytes;
};

/// A safetensors file in memory. Every tensor lies inside the file, none
/// overlaps another, and together they cover it.
class WeightFile {
public:
  static mlir::FailureOr<std::unique_ptr<WeightFile>>
  open(llvm::StringRef path,
       llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  /// Null if the file has no such tensor.
  const WeightTensor *lookup(llvm::StringRef name) const;

  llvm::StringRef getPath() const { return file->getBufferIdentifier(); }

private:
  explicit WeightFile(std::unique_ptr<llvm::MemoryBuffer> file)
      : file(std::move(file)) {}
  mlir::LogicalResult
  parse(llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  std::unique_ptr<llvm::MemoryBuffer> file;
  llvm::StringMap<WeightTensor> tensors;
};

/// Marks each function argument that has `attn.weight` with `attn.bound`. A
/// weight that the file lacks stays an input, with a warning; one that it has
/// in another type or shape is an error.
mlir::LogicalResult bindWeights(mlir::ModuleOp module,
                                const WeightFile &weights);

// What a target gives: a module at the stage `tile`, workspace planned, of
// programs and the kernels that they launch, for the grids; and the kernels'
// code.
struct CpuCode {
  mlir::ModuleOp programs;
  const CpuTarget *target;
  llvm::ArrayRef<char> object;
};
struct HopperCode {
  mlir::ModuleOp programs;
  /// Assembled, and with their attributes alive.
  llvm::ArrayRef<HopperKernel> kernels;
};

/// What goes into a package, at least one target. The caller owns all of it.
struct PackageContents {
  std::optional<CpuCode> cpu;
  std::optional<HopperCode> hopper;
  /// Null if no weight is bound.
  const WeightFile *weights;
};

/// Writes the package beside `path` and renames it at the end, so that `path`
/// holds a whole package or what it held before. The same contents give the
/// same bytes. Uses all cores and less than 1 MiB on each.
mlir::LogicalResult writePackage(const PackageContents &contents,
                                 llvm::StringRef path);

} // namespace attnc

#endif // ATTNC_TARGET_PACKAGE_H
