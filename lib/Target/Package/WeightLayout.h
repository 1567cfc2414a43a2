//===- WeightLayout.h - How a package stores a weight -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_WEIGHTLAYOUT_H
#define ATTNC_LIB_TARGET_PACKAGE_WEIGHTLAYOUT_H

#include "attnc/Dialect/Attn/IR/Attn.h"
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
  /// An argument of role "weight", as `rank` needs it; attributes that make no
  /// sense are errors.
  static mlir::FailureOr<StoredWeight> get(tile::ProgramOp program,
                                           unsigned arg, int64_t rank = 0);

  /// Checks that `tensor`, null if the file lacks it, gives this weight.
  mlir::LogicalResult verify(const WeightTensor *tensor,
                             llvm::StringRef path) const;

  /// Where it begins in the padded tensor, and what it has of each dimension.
  llvm::SmallVector<int64_t> getOffset(const WeightTensor &tensor) const;
  llvm::SmallVector<int64_t> getSize(const WeightTensor &tensor) const;

  tile::ProgramOp program; // the first of those that use it
  std::string source;      // the tensor of the weights file
  std::string name;        // the tensor of the package
  tile::BufType type;
  std::optional<PanelLayout> panels;  // none: the source's order
  attn::SliceAttr slice;              // null: the whole
  llvm::SmallVector<int64_t> indices; // of the slice in each dimension
  llvm::SmallVector<int64_t> counts;  // of slices in each dimension
  llvm::SmallVector<int64_t> pad;     // zeros behind the source; or empty
  mlir::DenseElementsAttr constant;   // the source, in place of a file's tensor
};

/// Reads a weight in the order in which the package stores it.
class StoredBytes {
public:
  /// Elements have `elementBytes`, which is 2 or 4 for panels.
  StoredBytes(llvm::ArrayRef<char> bytes) : source(bytes) {}
  StoredBytes(const WeightTensor &tensor, const StoredWeight &weight);

  /// The next bytes, at most kChunkBytes of them, or none at the end. They stay
  /// until the next call.
  llvm::ArrayRef<char> next();

  static constexpr int64_t kChunkBytes = 512 * 1024;

private:
  llvm::ArrayRef<char> nextOfBox();
  template <typename T>
  void pack(int64_t firstPanel, int64_t endPanel, int64_t firstRow,
            int64_t endRow);

  llvm::ArrayRef<char> source;
  std::optional<PanelLayout> panels;
  int64_t elementBytes = 1;
  // A slice in the source's order.
  bool isBox = false;
  llvm::SmallVector<int64_t> shape, offset, size; // the source, the slice
  int64_t position = 0;                           // in elements
  // Panels.
  int64_t k = 0, n = 0;                    // what the source has of the matrix
  int64_t firstElement = 0, rowLength = 0; // of the matrix in the source
  int64_t numPanels = 0, panelRows = 0;    // panels; rows of `depth` in each
  int64_t panel = 0, row = 0;              // what comes next
  std::vector<char> chunk;
};

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_WEIGHTLAYOUT_H
