//===- AttnInterfaces.td - Interfaces of the attn dialect --*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_ATTN_IR_ATTNINTERFACES_TD
#define ATTNC_DIALECT_ATTN_IR_ATTNINTERFACES_TD

include "mlir/IR/OpBase.td"

def Attn_MaskOpInterface : OpInterface<"MaskOpInterface"> {
  let cppNamespace = "::attnc::attn";
  let description = [{
    A mask op describes itself to the tiling as IR. Query row `i` is counted
    before `q_offset` is added, so `i + q_offset` is the row's position among the keys.
    All values are of type `index` unless said otherwise.
  }];
  let methods = [
    InterfaceMethod<[{
        Emits the key range that a tile of query rows [q0, q1) sees. `q0 < q1`.
        The keys of any row lie in [first, last); every row sees all of
        [firstFull, lastFull), which may be empty.
        0 <= first <= firstFull <= lastFull <= last <= keyLength holds.
        The default knows nothing: any key may be visible and none must be.
      }],
      "::attnc::attn::KeyBounds", "emitBounds",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "const ::attnc::attn::QueryTile &":$tile), [{}],
      [{ return ::attnc::attn::emitLooseBounds(builder, loc, tile); }]>,
    InterfaceMethod<[{
        Whether emitClass tells more than emitBounds, so that it pays to ask it
        before each block.
      }],
      "bool", "hasClass", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
        Emits whether no row of a block of scores sees any of its keys, and
        whether every row sees all of them. The default follows from the bounds.
      }],
      "::attnc::attn::BlockClass", "emitClass",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "const ::attnc::attn::ScoreBlock &":$block), [{}],
      [{ return ::attnc::attn::classFromBounds(
             builder, loc, block, $_op.emitBounds(builder, loc, block)); }]>,
    InterfaceMethod<[{
        Emits the predicate of a tile of scores, an i1 tensor of its shape.
        Rows and keys beyond the edges give anything.
      }],
      "::mlir::Value", "emitVisible",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "const ::attnc::attn::ScoreTile &":$tile)>
  ];
}

#endif // ATTNC_DIALECT_ATTN_IR_ATTNINTERFACES_TD
