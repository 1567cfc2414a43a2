// RUN: attnc-test-kernel %s --trials=2 --size=M=70 | FileCheck %s
// To time it: attnc-test-kernel %s --bench-gflop=0.905969664 --size=M=512

// A linear layer with packed panels of 32 columns, blocks of 64 rows × 4 panels.
// CHECK: linear agrees
tile.kernel @linear(
    %a: !tile.buf<?x576xf32, global> {tile.access = "read", test.dims = ["M", ""]},
    %b: !tile.buf<48x576x32xf32, global> {tile.access = "read"},
    %c: !tile.buf<?x1536xf32, global> {tile.access = "write", test.dims = ["M", ""]})
    attributes {target = "cpu", test.grid = array<i64: 8, 12>} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c12 = arith.constant 12 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %m = tile.dim %a, 0 : !tile.buf<?x576xf32, global>
  %gm = arith.ceildivsi %m, %c64 : index
  %x, %y = tile.grid %gm, %c12
  %i = arith.muli %x, %c64 : index
  %j = arith.muli %y, %c128 : index
  %p = arith.muli %y, %c4 : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x576xf32, global> to !tile.buf<64x576xf32, global>
  %bt = tile.slice %b[%p, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<48x576x32xf32, global> to !tile.buf<4x576x32xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x1536xf32, global> to !tile.buf<64x128xf32, global>
  %acc = tile.alloc : !tile.buf<64x128xf32, cache>
  tile.mma %at, %bt, %acc {overwrite} : !tile.buf<64x576xf32, global>, !tile.buf<4x576x32xf32, global>, !tile.buf<64x128xf32, cache>
  tile.copy %acc to %ct : !tile.buf<64x128xf32, cache> to !tile.buf<64x128xf32, global>
}
