//===- TileValues.h - Values of interpreted tile IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elements of every type are doubles: exact for f32, the 16-bit types and
// integers up to 53 bits.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_TEST_LIB_TILEVALUES_H
#define ATTNC_TEST_LIB_TILEVALUES_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include <cmath>
#include <vector>

namespace attnc {

using Sizes = llvm::SmallVector<int64_t, 4>;

int64_t countElements(llvm::ArrayRef<int64_t> shape);

/// A buffer with sizes chosen, its elements in row-major order.
struct ReferenceBuffer {
  std::vector<int64_t> sizes;
  std::vector<double> data;
};

struct RingStage;

/// A window: element i0, i1, … lies at data[offset + Σ i·stride], and exists if
/// each i is below its extent.
struct View {
  ReferenceBuffer *buffer = nullptr;
  int64_t offset = 0;
  Sizes strides, extents, shape; // what exists, and the nominal size
  bool exists = true;            // the dimensions that a slice dropped
  // In a ring: the stage, and the use of the ring that it was taken for.
  RingStage *stage = nullptr;
  int64_t use = 0;

  static View whole(ReferenceBuffer &buffer);

  double *at(llvm::ArrayRef<int64_t> index) const {
    int64_t linear = offset;
    for (auto [i, size, stride] : llvm::zip(index, extents, strides)) {
      if (i >= size)
        return nullptr;
      linear += i * stride;
    }
    return exists ? &buffer->data[linear] : nullptr;
  }
};

/// The window of `shape` at `offsets`; leading dimensions are dropped.
View sliceView(const View &from, llvm::ArrayRef<int64_t> offsets,
               llvm::ArrayRef<int64_t> shape);

/// Whether two windows have an element in common.
bool overlaps(const View &a, const View &b);

/// A scalar is a tensor with one element.
struct Tensor {
  Sizes shape;
  std::vector<double> data;

  static Tensor of(mlir::Type type);
  static Tensor scalar(double value) { return {{}, {value}}; }
};

/// Elements that do not exist read as zero, and are not written.
Tensor loadView(const View &view);
void storeView(const Tensor &tensor, const View &view);

/// Calls `body` with each index into `shape`, and its number.
template <typename Body>
void forEachIndex(llvm::ArrayRef<int64_t> shape, Body body) {
  Sizes index(shape.size(), 0);
  for (int64_t i = 0, n = countElements(shape); i < n; ++i) {
    body(llvm::ArrayRef<int64_t>(index), i);
    for (int64_t d = shape.size() - 1; d >= 0; --d) {
      if (++index[d] < shape[d])
        break;
      index[d] = 0;
    }
  }
}

/// `value` as an element of `type` holds it; f32 and f64 keep all bits.
double roundToElement(double value, mlir::Type type);

/// What rounds to f32, as a GPU does, or computes in float64, as an oracle.
enum class Precision { Exact, Element };

/// One arith or math op on operands that are known. False: not such an op.
bool evaluateElementwise(mlir::Operation &op,
                         llvm::ArrayRef<const Tensor *> operands,
                         Precision precision, Tensor &result);

} // namespace attnc

#endif // ATTNC_TEST_LIB_TILEVALUES_H
