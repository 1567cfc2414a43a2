//===- ProgramViews.h - Where each buffer of a program lies -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_TARGET_PACKAGE_PROGRAMVIEWS_H
#define ATTNC_LIB_TARGET_PACKAGE_PROGRAMVIEWS_H

#include "SizeEvaluator.h"

namespace attnc {

/// A strided window of a buffer of the plan.
struct View {
  /// Whether its bytes follow one another without a gap.
  bool isContiguous() const;
  /// The bytes of its elements.
  SizeExpression getBytes() const;

  size_t buffer;
  bool isWritable;       // an output or workspace
  SizeExpression offset; // in bytes
  mlir::Type elementType;
  Sizes sizes, strides; // in elements
};

/// The values of a program that are buffers. The plan's buffers are the
/// arguments in their order, and behind them the workspace.
class ProgramViews {
public:
  explicit ProgramViews(tile::ProgramOp program) : program(program) {}

  /// A name that `tile.size` and `attn.dims` may use.
  void declareSymbol(llvm::StringRef name) { evaluator.declareSymbol(name); }
  bool isDeclared(llvm::StringRef name) const {
    return evaluator.isDeclared(name);
  }

  mlir::LogicalResult addArgument(unsigned arg);
  mlir::LogicalResult add(tile::ArenaOp arena);
  mlir::LogicalResult add(tile::ViewOp view);

  const View &get(mlir::Value buffer) const {
    return views.find(buffer)->second;
  }
  /// What every arena fits in, a multiple of 64.
  SizeExpression getWorkspaceBytes() const;

private:
  /// `staticSizes`, with values for those that are dynamic.
  mlir::FailureOr<Sizes> getSizes(llvm::ArrayRef<int64_t> staticSizes,
                                  mlir::ValueRange dynamic);
  void set(mlir::Value buffer, View view);

  tile::ProgramOp program;
  SizeEvaluator evaluator;
  llvm::DenseMap<mlir::Value, View> views;
  SizeExpression workspaceEnd;
};

} // namespace attnc

#endif // ATTNC_LIB_TARGET_PACKAGE_PROGRAMVIEWS_H
