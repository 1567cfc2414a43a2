//===- ProgramViews.cpp - Where each buffer of a program lies -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramViews.h"
#include "Vocabulary.h"
#include "attnc/Dialect/Attn/IR/Attn.h"

using namespace mlir;
using namespace attnc;

static constexpr int64_t kWorkspaceAlign = 64;

static Sizes getRowMajorStrides(const Sizes &sizes) {
  Sizes strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;)
    strides[i - 1] = strides[i] * sizes[i];
  return strides;
}

bool View::isContiguous() const { return strides == getRowMajorStrides(sizes); }

SizeExpression View::getBytes() const {
  SizeExpression bytes = getDtypeBytes(elementType);
  for (const SizeExpression &size : sizes)
    bytes = bytes * size;
  return bytes;
}

static LogicalResult verifyElementType(Operation *op, Type type) {
  if (!getDtypeName(type).empty())
    return success();
  return op->emitError(
             "expected buffers of f32, bf16, f16, i32, i8 or i1, got ")
         << type;
}

void ProgramViews::set(Value buffer, View view) {
  evaluator.setSizes(buffer, view.sizes);
  views.insert_or_assign(buffer, std::move(view));
}

FailureOr<Sizes> ProgramViews::getSizes(ArrayRef<int64_t> staticSizes,
                                        ValueRange dynamic) {
  Sizes sizes;
  for (int64_t size : staticSizes) {
    if (!ShapedType::isDynamic(size)) {
      sizes.push_back(size);
      continue;
    }
    FailureOr<SizeExpression> value = evaluator.get(dynamic.front());
    if (failed(value))
      return failure();
    sizes.push_back(std::move(*value));
    dynamic = dynamic.drop_front();
  }
  return sizes;
}

LogicalResult ProgramViews::addArgument(unsigned arg) {
  auto type = cast<tile::BufType>(program.getArgumentTypes()[arg]);
  if (failed(verifyElementType(program, type.getElementType())))
    return failure();
  auto role = program.getArgAttrOfType<StringAttr>(arg, tile::kRoleAttr);
  auto dims = program.getArgAttrOfType<ArrayAttr>(arg, attn::kDimsAttr);
  View view{arg, role == "output", 0, type.getElementType(), {}, {}};
  for (auto [i, size] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(size)) {
      view.sizes.push_back(size);
      continue;
    }
    auto name = dims ? cast<StringAttr>(dims[i]) : StringAttr();
    if (!name || !isDeclared(name))
      return program.emitError("expected attn.dims of argument ")
             << arg << " to name dimensions of inputs, got " << dims;
    view.sizes.push_back(SizeExpression::symbol(name));
  }
  view.strides = getRowMajorStrides(view.sizes);
  set(program.getBody().getArgument(arg), std::move(view));
  return success();
}

LogicalResult ProgramViews::add(tile::ArenaOp arena) {
  tile::BufType type = arena.getType();
  FailureOr<Sizes> sizes = getSizes(type.getShape(), arena.getSizes());
  FailureOr<SizeExpression> offset = evaluator.get(arena.getOffset());
  if (failed(sizes) || failed(offset) ||
      failed(verifyElementType(arena, type.getElementType())))
    return failure();
  View view{program.getNumArguments(), /*isWritable=*/true, std::move(*offset),
            type.getElementType(),     std::move(*sizes),   {}};
  view.strides = getRowMajorStrides(view.sizes);
  workspaceEnd = SizeExpression::get(SizeExpression::Op::Max, workspaceEnd,
                                     view.offset + view.getBytes());
  set(arena.getResult(), std::move(view));
  return success();
}

LogicalResult ProgramViews::add(tile::ViewOp op) {
  FailureOr<Sizes> sizes = getSizes(op.getType().getShape(), op.getSizes());
  FailureOr<Sizes> strides = getSizes(op.getStaticStrides(), op.getStrides());
  if (failed(sizes) || failed(strides))
    return failure();
  View view = get(op.getSource());
  view.sizes = std::move(*sizes);
  view.strides = std::move(*strides);
  set(op.getResult(), std::move(view));
  return success();
}

SizeExpression ProgramViews::getWorkspaceBytes() const {
  return SizeExpression::get(SizeExpression::Op::CeilDiv, workspaceEnd,
                             kWorkspaceAlign) *
         kWorkspaceAlign;
}
