// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

// Two loops over the columns: the largest element, then the first column that has it or, where that is a NaN, a NaN.
// Columns beyond the edge count as −inf.
// CHECK-LABEL: tile.kernel @argmax
// CHECK: scf.for
// CHECK: scf.for {{.*}} -> (tensor<4x64xf32>)
// CHECK: arith.cmpi slt
// CHECK: arith.maximumf
// CHECK: %[[MAX:.*]] = tile.reduce max %{{.*}} : tensor<4x64xf32> -> tensor<4xf32>
// CHECK: %[[ROWS:.*]] = tile.broadcast %[[MAX]] along 1
// CHECK: scf.for {{.*}} -> (tensor<4x64xi32>)
// CHECK: arith.cmpf oeq, %{{.*}}, %[[ROWS]]
// CHECK: arith.cmpf uno
// CHECK: arith.minsi
// CHECK: %[[FIRST:.*]] = tile.reduce min %{{.*}} : tensor<4x64xi32> -> tensor<4xi32>
// CHECK: tile.store %[[FIRST]], %{{.*}}[%{{.*}}] {in_bounds = array<i1: false>} : tensor<4xi32>, <?xi32, global>
tile.kernel @argmax(%x: !tile.buf<?x100xf32, global> {tile.access = "read"}, %y: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x100xf32, global> -> tensor<?x100xf32>
  %1 = attn.argmax %0 {plan = #attn.plan<m = 16, n = 64, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x100xf32>) -> tensor<?xi32>
  tile.store %1, %y[] : tensor<?xi32>, !tile.buf<?xi32, global>
}
