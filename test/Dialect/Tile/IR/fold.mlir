// RUN: attnc-opt %s --canonicalize --split-input-file | FileCheck %s

// A static size is known, a dynamic one is not.
// CHECK-LABEL: tile.kernel @dim_of_argument
// CHECK-NOT: tile.dim %{{.*}}, 1
// CHECK: %[[ROWS:.*]] = tile.dim %{{.*}}, 0
// CHECK-NOT: tile.dim
// CHECK: tile.grid %[[ROWS]], %c64
tile.kernel @dim_of_argument(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %0 = tile.dim %x, 0 : !tile.buf<?x64xf32, global>
  %1 = tile.dim %x, 1 : !tile.buf<?x64xf32, global>
  %m, %n = tile.grid %0, %1
}

// -----

// The columns of the slice are in bounds; how many of its rows exist is not known.
// CHECK-LABEL: tile.kernel @dim_of_clipped_slice
// CHECK: %[[ROWS:.*]] = tile.dim %{{.*}}, 0 : <16x64xf32, global>
// CHECK: tile.grid %[[ROWS]], %c64
tile.kernel @dim_of_clipped_slice(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %s = tile.slice %x[%c0, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<16x64xf32, global>
  %0 = tile.dim %s, 0 : !tile.buf<16x64xf32, global>
  %1 = tile.dim %s, 1 : !tile.buf<16x64xf32, global>
  %m, %n = tile.grid %0, %1
}

// -----

// A slice that indexes a dropped dimension beyond the edge has no rows at all.
// CHECK-LABEL: tile.kernel @dim_of_slice_that_drops
// CHECK: tile.dim
tile.kernel @dim_of_slice_that_drops(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %s = tile.slice %x[%c0, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<64xf32, global>
  %0 = tile.dim %s, 0 : !tile.buf<64xf32, global>
  %m = tile.grid %0
}

// -----

// Dimension 0 of the inner slice is dimension 1 of the outer one, which is clipped.
// CHECK-LABEL: tile.kernel @dim_of_slice_of_clipped_slice
// CHECK: tile.dim
tile.kernel @dim_of_slice_of_clipped_slice(%x: !tile.buf<64x?xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %s = tile.slice %x[%c0, %c0] {in_bounds = array<i1: true, false>} : !tile.buf<64x?xf32, global> to !tile.buf<16x32xf32, global>
  %t = tile.slice %s[%c0, %c0] : !tile.buf<16x32xf32, global> to !tile.buf<32xf32, global>
  %0 = tile.dim %t, 0 : !tile.buf<32xf32, global>
  %m = tile.grid %0
}

// -----

// A buffer carried by a loop may be a clipped slice.
// CHECK-LABEL: tile.kernel @dim_of_carried_buffer
// CHECK: scf.for
// CHECK: tile.dim
tile.kernel @dim_of_carried_buffer(%x: !tile.buf<?x64xf32, global> {tile.access = "read_write"},
                                   %n: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = tile.dim %x, 0 : !tile.buf<?x64xf32, global>
  %s = tile.slice %x[%c0, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<16x64xf32, global>
  %last = scf.for %i = %c0 to %rows step %c1 iter_args(%b = %s) -> (!tile.buf<16x64xf32, global>) {
    %d = tile.dim %b, 0 : !tile.buf<16x64xf32, global>
    %v = arith.index_cast %d : index to i32
    tile.store %v, %n[%i] : i32, !tile.buf<?xi32, global>
    %next = tile.slice %x[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<16x64xf32, global>
    scf.yield %next : !tile.buf<16x64xf32, global>
  }
}

// -----

// CHECK-LABEL: func @splat
// CHECK-DAG: arith.constant dense<2.000000e+00> : tensor<4x4xf32>
// CHECK-DAG: arith.constant dense<3> : tensor<4xi32>
// CHECK-DAG: arith.constant dense<true> : tensor<4xi1>
// CHECK-NOT: tile.splat
func.func @splat() -> (tensor<4x4xf32>, tensor<4xi32>, tensor<4xi1>) {
  %f = arith.constant 2.0 : f32
  %i = arith.constant 3 : i32
  %b = arith.constant true
  %0 = tile.splat %f : f32 -> tensor<4x4xf32>
  %1 = tile.splat %i : i32 -> tensor<4xi32>
  %2 = tile.splat %b : i1 -> tensor<4xi1>
  return %0, %1, %2 : tensor<4x4xf32>, tensor<4xi32>, tensor<4xi1>
}

// -----

// Poison is a constant that no tensor of elements holds.
// CHECK-LABEL: func @splat_of_poison
// CHECK: tile.splat
func.func @splat_of_poison(%x: i32) -> tensor<4xi32> {
  %c40 = arith.constant 40 : i32
  %p = arith.shli %x, %c40 : i32
  %0 = tile.splat %p : i32 -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
