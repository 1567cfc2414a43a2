//===- Placing.h - The memory spaces of one op -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLACING_H
#define ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLACING_H

#include "attnc/Dialect/Attn/IR/Attn.h"

namespace attnc::attn {

/// The placement of one op: what the user asked for, completed by the plan.
class Placing {
public:
  Placing(mlir::Operation *op, PlaceAttr asked, llvm::StringRef target)
      : op(op), asked(asked), target(target) {}

  /// The space of `buffer`: the user's, which must be one of `allowed`, else
  /// the first of them.
  mlir::FailureOr<tile::Space> choose(llvm::StringRef buffer, llvm::ArrayRef<tile::Space> allowed) {
    tile::Space space = allowed.front();
    if (asked)
      if (std::optional<tile::Space> want = asked.get(buffer)) {
        if (!llvm::is_contained(allowed, *want)) {
          auto diag = op->emitError("expected ")
                      << buffer << " to be placed in ";
          llvm::interleave(
              allowed, diag, [&](tile::Space s) { diag << stringifySpace(s); },
              " or ");
          return diag << " on the " << target << " target, got " << stringifySpace(*want);
        }
        space = *want;
      }
    placements.push_back({buffer, space});
    return space;
  }
  PlaceAttr attr() { return PlaceAttr::get(op->getContext(), placements); }

private:
  mlir::Operation *op;
  PlaceAttr asked;
  llvm::StringRef target;
  llvm::SmallVector<Placement> placements;
};

} // namespace attnc::attn

#endif // ATTNC_LIB_DIALECT_ATTN_TRANSFORMS_PLACING_H
