//===- SinkToUses.cpp - Order straight-line code by use -*- C++ -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

/// A tile's ops are emitted one after another, each for all pieces. Backwards,
/// each pure op goes right before its first user in the block, which leaves the
/// chain of one piece in one place.
void attnc::sinkToUses(Region &region) {
  region.walk<WalkOrder::PostOrder>([](Block *block) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(block->getOperations()))) {
      if (!isPure(&op) || op.hasTrait<OpTrait::ConstantLike>())
        continue;
      Operation *first = nullptr;
      for (Operation *user : op.getUsers()) {
        Operation *here = block->findAncestorOpInBlock(*user);
        if (here && (!first || here->isBeforeInBlock(first)))
          first = here;
      }
      if (first && first != op.getNextNode())
        op.moveBefore(first);
    }
  });
}
