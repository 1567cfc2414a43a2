//===- MaskTerms.h - Standard masks found in predicates -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A predicate over (b, h, i, j) as "and" and "or" of parts, of which some are
// masks that have an op, with exact bounds:
//
//   j ≤ i + c and j ≥ i + d     a band of diagonals: causal or window
//   j < n[b]                    lengths or prefix
//   q[b, i] = k[b, j]           document
//
// Any other part stays a predicate, for attn.mask.custom.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_MASKTERMS_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_MASKTERMS_H

#include "RegionSlices.h"
#include "TensorSizes.h"
#include <vector>

namespace attnc::attn {

/// A diagonal j − i: a number plus sizes times numbers.
struct Diagonal {
  int64_t constant = 0;
  llvm::SmallVector<std::pair<TensorSize, int64_t>, 2> sizes;

  void add(const TensorSize &size, int64_t times);
  /// this + times · other
  Diagonal plus(const Diagonal &other, int64_t times) const;
};

struct MaskTerm {
  enum Kind { All, Band, Lengths, Document, Custom, And, Or };
  struct Predicate {
    mlir::Value value;
    bool isNegated;
  };

  Kind kind = All;
  /// Of a band: low ≤ j − i ≤ high, at least one of them.
  std::optional<Diagonal> low, high;
  /// Of lengths the tensor; of documents those of queries and keys.
  llvm::SmallVector<mlir::Value, 2> tensors;
  /// What it was found in, values of the region of `source`; together by "and",
  /// or by "or" for a custom part of an `Or`.
  MaskCustomOp source;
  llvm::SmallVector<Predicate, 2> predicates;
  bool isAnyOf = false;
  std::vector<MaskTerm> parts;

  /// Reads the predicate `root`.
  static MaskTerm read(ScoreValue root);
  mlir::Location getLoc() const { return MaskCustomOp(source).getLoc(); }
  /// Calls `visit` for each band.
  void forEachBand(llvm::function_ref<void(const MaskTerm &)> visit) const;
};

/// What the rows of an attention are counted from: row i stands at the key
/// i + offset. Nothing where that is another number for each batch.
std::optional<Diagonal> getQueryOffset(AttentionOp attention);

/// A q_offset with which the bands of all `terms` have mask ops, where the one
/// that `attention` has does not do and another does.
std::optional<int64_t> chooseQueryOffset(AttentionOp attention,
                                         llvm::ArrayRef<MaskTerm> terms);

/// Emits mask ops for `term` before `attention`; null where it shows all keys.
mlir::Value emitMask(mlir::OpBuilder &builder, AttentionOp attention,
                     const MaskTerm &term, bool isInOr = false);

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_MASKTERMS_H
