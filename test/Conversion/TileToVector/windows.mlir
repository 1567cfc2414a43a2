// RUN: attnc-opt %s --convert-tile-to-vector=cpu=x86-64-v4 --canonicalize --cse | FileCheck %s

// What the types prove is read without a mask.
// CHECK-LABEL: func.func @whole
// CHECK-NOT: mask
// CHECK: vector.load %{{.*}} : memref<4x32xf32, {{.*}}>, vector<16xf32>
tile.kernel @whole(%a: !tile.buf<4x32xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %t = tile.load %a[%c1, %c0] : !tile.buf<4x32xf32, global> -> tensor<1x32xf32>
  tile.store %t, %a[%c0, %c0] : tensor<1x32xf32>, !tile.buf<4x32xf32, global>
}

// A dynamic size clips even where the op claims to be in bounds. The unsigned
// comparison refuses offsets below zero.
// CHECK-LABEL: func.func @clipped
// CHECK: %[[SIZE:.*]] = memref.dim %arg0
// CHECK: %[[REST:.*]] = arith.subi %[[SIZE]], %[[AT:.*]] : index
// CHECK: %[[MIN:.*]] = arith.minsi %[[REST]], %c16
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[AT]], %[[SIZE]]
// CHECK: arith.select %[[IN]], %[[MIN]], %c0
// CHECK: vector.create_mask
// CHECK: vector.maskedload
tile.kernel @clipped(%a: !tile.buf<?xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %t = tile.load %a[%x] : !tile.buf<?xf32, global> -> tensor<16xf32>
  tile.store %t, %a[%c0] : tensor<16xf32>, !tile.buf<?xf32, global>
}

// A scalar beyond the edge is zero, and is not stored.
// CHECK-LABEL: func.func @scalar
// CHECK: %[[V:.*]] = scf.if %{{.*}} -> (i32)
// CHECK: memref.load
// CHECK: scf.if
// CHECK: memref.store %[[V]]
tile.kernel @scalar(%a: !tile.buf<?xi32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %v = tile.load %a[%x] {in_bounds = array<i1: false>} : !tile.buf<?xi32, global> -> i32
  tile.store %v, %a[%c1] {in_bounds = array<i1: false>} : i32, !tile.buf<?xi32, global>
}
