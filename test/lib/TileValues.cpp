//===- TileValues.cpp - Values of interpreted tile IR -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileValues.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace attnc;

int64_t attnc::countElements(ArrayRef<int64_t> shape) {
  int64_t n = 1;
  for (int64_t size : shape)
    n *= size;
  return n;
}

/// To `bits` stored bits of a significand; the smallest normal is 2^`minimum`.
static double roundToFormat(double x, int bits, int minimum, double largest) {
  if (!std::isfinite(x) || x == 0)
    return x;
  int exponent = std::max(std::ilogb(x), minimum);
  double ulp = std::ldexp(1.0, exponent - bits);
  double rounded = std::nearbyint(x / ulp) * ulp; // ties to even
  return std::fabs(rounded) > largest ? std::copysign(HUGE_VAL, x) : rounded;
}

double attnc::roundToElement(double value, Type type) {
  if (type.isBF16())
    return roundToFormat(value, 7, -126, 0x1.fep127);
  if (type.isF16())
    return roundToFormat(value, 10, -14, 65504);
  return value;
}

View View::whole(ReferenceBuffer &buffer) {
  View v;
  v.buffer = &buffer;
  v.extents.assign(buffer.sizes.begin(), buffer.sizes.end());
  v.shape = v.extents;
  v.strides.assign(v.shape.size(), 1);
  for (int64_t d = static_cast<int64_t>(v.shape.size()) - 2; d >= 0; --d)
    v.strides[d] = v.strides[d + 1] * v.shape[d + 1];
  return v;
}

View attnc::sliceView(const View &from, ArrayRef<int64_t> offsets,
                      ArrayRef<int64_t> shape) {
  View v = from;
  size_t rank = from.shape.size(), dropped = rank - shape.size();
  v.shape.assign(shape.begin(), shape.end());
  v.strides.assign(from.strides.begin() + dropped, from.strides.end());
  v.extents.clear();
  for (size_t d = 0; d < rank; ++d) {
    v.offset += offsets[d] * from.strides[d];
    bool inside = offsets[d] >= 0 && offsets[d] < from.extents[d];
    if (d < dropped)
      v.exists &= inside;
    else
      v.extents.push_back(
          inside ? std::min(shape[d - dropped], from.extents[d] - offsets[d])
                 : 0);
  }
  if (!v.exists)
    v.extents.assign(v.extents.size(), 0);
  return v;
}

/// Calls `body(number, element)` for each element, null where there is none.
template <typename Body> static void visit(const View &view, Body body) {
  if (view.shape.empty())
    return body(0, view.at({}));
  int64_t columns = view.shape.back(), stride = view.strides.back();
  forEachIndex(ArrayRef(view.shape).drop_back(), [&](ArrayRef<int64_t> outer,
                                                     int64_t row) {
    Sizes first(outer);
    first.push_back(0);
    double *p = view.at(first);
    int64_t exist = p ? view.extents.back() : 0;
    for (int64_t j = 0; j < columns; ++j)
      body(row * columns + j, j < exist ? p + j * stride : nullptr);
  });
}

bool attnc::overlaps(const View &a, const View &b) {
  if (a.buffer != b.buffer)
    return false;
  std::vector<bool> inA(a.buffer->data.size());
  const double *base = a.buffer->data.data();
  visit(a, [&](int64_t, double *p) {
    if (p)
      inA[p - base] = true;
  });
  bool any = false;
  visit(b, [&](int64_t, double *p) { any |= p && inA[p - base]; });
  return any;
}

Tensor Tensor::of(Type type) {
  Tensor t;
  if (auto shaped = dyn_cast<RankedTensorType>(type))
    t.shape.assign(shaped.getShape().begin(), shaped.getShape().end());
  t.data.assign(countElements(t.shape), 0.0);
  return t;
}

Tensor attnc::loadView(const View &view) {
  Tensor t;
  t.shape = view.shape;
  t.data.resize(countElements(t.shape));
  visit(view, [&](int64_t i, double *p) { t.data[i] = p ? *p : 0.0; });
  return t;
}

void attnc::storeView(const Tensor &tensor, const View &view) {
  visit(view, [&](int64_t i, double *p) {
    if (p)
      *p = tensor.data[i];
  });
}
