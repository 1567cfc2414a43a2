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
        0 <= first <= firstFull <= lastFull <= last <= keyLength holds. A part
        of the mask without this interface makes the bounds loose, not wrong.
      }],
      "::attnc::attn::KeyBounds", "emitBounds",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "const ::attnc::attn::MaskTile &":$tile)>,
    InterfaceMethod<[{
        Emits the predicate of a tile of scores: `rows` and `columns` are i32
        tensors of one shape that hold each element's row position (q_offset
        added) and key; the result is an i1 tensor of that shape. Null where
        a part of the mask does not have this interface.
      }],
      "::mlir::Value", "emitVisible",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::Value":$rows, "::mlir::Value":$columns)>
  ];
}

#endif // ATTNC_DIALECT_ATTN_IR_ATTNINTERFACES_TD
