//===- TileSpace.td - Memory spaces ------------------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_TILE_IR_TILESPACE_TD
#define ATTNC_DIALECT_TILE_IR_TILESPACE_TD

include "mlir/IR/EnumAttr.td"

def Tile_Space : I32EnumAttr<"Space", "memory space", [
    I32EnumAttrCase<"Global", 0, "global">,
    I32EnumAttrCase<"Cache", 1, "cache">,
    I32EnumAttrCase<"Register", 2, "register">]> {
  let description = [{
    `global` is device memory; `cache` is the memory close to one core (shared
    memory on a GPU, memory that stays in the L1 or L2 cache on a CPU);
    `register` is the core's register file.
  }];
  let cppNamespace = "::attnc::tile";
  let genSpecializedAttr = 0;
}

#endif // ATTNC_DIALECT_TILE_IR_TILESPACE_TD
