// RUN: attnc-opt %s --convert-tile-to-vector=cpu=x86-64-v4 --canonicalize | FileCheck %s

// A kernel becomes a function: its views, scratch, the error word, the block.
// What the table of the ABI needs stays as attributes.
// CHECK-LABEL: func.func @signature(
// CHECK-SAME: %{{.*}}: memref<?x64xf32, strided<[?, 1], offset: ?>>, %{{.*}}: memref<8xi8, strided<[1], offset: ?>>,
// CHECK-SAME: %{{.*}}: memref<?xi8>, %{{.*}}: memref<1xi32>, %[[X:.*]]: index, %[[Y:.*]]: index, %[[Z:.*]]: index)
// CHECK-SAME: attnc.params = [{access = "read", dtype = f32, sizes = array<i64: -1, 64>}, {access = "write", dtype = i1, sizes = array<i64: 8>}]
// CHECK-SAME: attnc.scratch_bytes = 100 : i64
// Blocks outside the grid do nothing.
// CHECK-DAG: arith.cmpi ult, %[[X]], %dim
// CHECK-DAG: arith.cmpi ult, %[[Y]], %c1
// CHECK-DAG: arith.cmpi ult, %[[Z]], %c1
// CHECK: scf.if
// Scratch buffers start at multiples of 64.
// CHECK: memref.view %{{.*}}[%c0][]
// CHECK: memref.view %{{.*}}[%c64][]
tile.kernel @signature(%a: !tile.buf<?x64xf32, global> {tile.access = "read"},
                       %b: !tile.buf<8xi1, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %n = tile.dim %a, 0 : !tile.buf<?x64xf32, global>
  %x = tile.grid %n
  %s = tile.alloc : !tile.buf<3xf32, cache>
  %t = tile.alloc : !tile.buf<9xf32, cache>
  %f = arith.constant 1.0 : f32
  tile.fill %f, %s : f32, !tile.buf<3xf32, cache>
  tile.fill %f, %t : f32, !tile.buf<9xf32, cache>
}

// Kernels of other targets and programs are left alone.
// CHECK: tile.kernel @other
tile.kernel @other(%a: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
}
