//===- WeightLayout.h - How a package stores a weight -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_WEIGHTLAYOUT_H
#define ATTNC_LIB_TARGET_PACKAGE_WEIGHTLAYOUT_H

#include "attnc/Dialect/Tile/IR/Tile.h"
#include "attnc/Target/Package.h"

namespace attnc {

/// A [K, N] matrix, in the source [N, K] if transposed, stored as
/// [ceil(N / width), ceil(K / depth), width, depth] with zeros as padding.
struct PanelLayout {
  int64_t width, depth;
  bool transposed;

  /// What a chunk of a weight in memory relies on.
  static constexpr int64_t kMaxWidth = 1024, kMaxDepth = 16;
};

/// A weight argument of a program: what it is made of and what it is called in
/// the package.
struct StoredWeight {
  /// An argument of role "weight"; attributes that make no sense are errors.
  static mlir::FailureOr<StoredWeight> get(tile::ProgramOp program,
                                           unsigned arg);

  /// Checks that `tensor`, null if the file lacks it, gives this weight.
  mlir::LogicalResult verify(const WeightTensor *tensor,
                             llvm::StringRef path) const;

  tile::ProgramOp program; // the first of those that use it
  std::string source;      // the tensor of the weights file
  std::string name;        // the tensor of the package
  tile::BufType type;
  std::optional<PanelLayout> panels; // none: the source's bytes
};

/// Reads a weight in the order in which the package stores it.
class StoredBytes {
public:
  /// Elements have `elementBytes`, which is 2 or 4 for panels.
  StoredBytes(llvm::ArrayRef<char> bytes) : source(bytes) {}
  StoredBytes(const WeightTensor &tensor, std::optional<PanelLayout> panels,
              int64_t elementBytes);

  /// The next bytes, at most kChunkBytes of them, or none at the end. They stay
  /// until the next call.
  llvm::ArrayRef<char> next();

  static constexpr int64_t kChunkBytes = 512 * 1024;

private:
  template <typename T>
  void pack(int64_t firstPanel, int64_t endPanel, int64_t firstRow,
            int64_t endRow);

  llvm::ArrayRef<char> source;
  std::optional<PanelLayout> panels;
  int64_t elementBytes = 1;
  int64_t k = 0, n = 0;                 // sizes of the matrix
  int64_t numPanels = 0, panelRows = 0; // panels; rows of `depth` in each
  int64_t panel = 0, row = 0;           // what comes next
  std::vector<char> chunk;
};

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_WEIGHTLAYOUT_H
