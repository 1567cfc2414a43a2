// What a package for several ranks says of its inputs, outputs, collectives and constants.
// RUN: attnc-test-package %s -o %t.attnc
// RUN: attnc-run %t.attnc --inspect | FileCheck %s
// RUN: attnc-run %t.attnc --verify

// CHECK: format 1.1
// CHECK: ranks        4 ranks (grid g = 2x2)
// CHECK: entry p
// CHECK: input      x                F32  [B, 3], a slice of [2, 1]
// CHECK: output     y                F32  [B, 6], a slice of [2, 1]
// Ranks that differ on axis 0 only have the same row of the constant.
// CHECK: buffer 1   weight    4 bytes t.first_row@0of2 t.first_row@1of2 t.first_row@0of2 t.first_row@1of2
// CHECK: step 0     all_gather of F32 [B, 3] from buffer 0 to buffer 2, 2 ranks
// CHECK: step 1     all_reduce of F32 [B, 6] from buffer 2 to buffer 2, 2 ranks
// CHECK: weights      2, 8 B
// CHECK: t.first_row@0of2 {{.*}} of t.first_row, plain, stored as I32 [1]
tile.program @p(%x: !tile.buf<?x3xf32, global> {attn.name = "x", attn.dims = ["B", ""], tile.role = "input",
                                                attn.slice = #attn.slice<[0, _] of [?, 3]>},
                %f: !tile.buf<1xi32, global> {attn.weight = "t.first_row", tile.role = "weight",
                                              attn.constant = dense<[0, 44]> : tensor<2xi32>, attn.slice = #attn.slice<[1] of [2]>},
                %y: !tile.buf<?x6xf32, global> {attn.name = "y", attn.dims = ["B", ""], tile.role = "output",
                                                attn.slice = #attn.slice<[0, _] of [?, 6]>})
    attributes {tile.ranks = #tile.ranks<"g", [2, 2]>} {
  tile.collective all_gather %x to %y axes [1] dim 1 algorithm "default" : !tile.buf<?x3xf32, global> to !tile.buf<?x6xf32, global>
  tile.collective all_reduce %y to %y axes [1] algorithm "default" : !tile.buf<?x6xf32, global> to !tile.buf<?x6xf32, global>
}
