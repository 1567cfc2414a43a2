// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// The angles of two positions are computed once, in f64 turns, and serve all heads. Element i rotates with i + 32.
// CHECK-LABEL: tile.kernel @half
// CHECK-SAME: %[[X:[a-z0-9_]+]]: !tile.buf<?x4x?x64xf32, global>
// CHECK-DAG: %[[N:.*]] = tile.dim %{{.*}}, 2
// CHECK-DAG: %[[B:.*]] = tile.dim %{{.*}}, 0
// CHECK: %x, %y = tile.grid %{{.*}}, %[[B]]
// CHECK: scf.for %[[R:.*]] = %{{.*}} to %{{.*}} step %c2
// CHECK: arith.sitofp {{.*}} to tensor<2x32xf64>
// CHECK: math.roundeven
// CHECK: arith.truncf {{.*}} : tensor<2x32xf64> to tensor<2x32xf32>
// CHECK: %[[COS:.*]] = math.cos
// CHECK: %[[SIN:.*]] = math.sin
// CHECK: scf.for %[[H:.*]] = %c0 to %c4 step %c1
// CHECK: %[[H1:.*]] = tile.slice %[[X]][%y, %[[H]], %[[R]], %c0] {in_bounds = array<i1: false, true, false, true>} : {{.*}} to <2x32xf32, global>
// CHECK: %[[X1:.*]] = tile.load %[[H1]][%c0, %c0] {in_bounds = array<i1: false, true>}
// CHECK: %[[H2:.*]] = tile.slice %[[X]][%y, %[[H]], %[[R]], %c32]
// CHECK: %[[X2:.*]] = tile.load %[[H2]][%c0, %c0]
// CHECK-DAG: %[[A:.*]] = arith.mulf %[[X1]], %[[COS]]
// CHECK-DAG: %[[B:.*]] = arith.mulf %[[X2]], %[[SIN]]
// CHECK: %[[Y1:.*]] = arith.subf %[[A]], %[[B]]
// CHECK: tile.store %[[Y1]], %{{.*}}[%c0, %c0]
// CHECK-DAG: %[[C:.*]] = arith.mulf %[[X2]], %[[COS]]
// CHECK-DAG: %[[D:.*]] = arith.mulf %[[X1]], %[[SIN]]
// CHECK: %[[Y2:.*]] = arith.addf %[[C]], %[[D]]
// CHECK: tile.store %[[Y2]], %{{.*}}[%c0, %c0]
// CHECK-NOT: attn.
tile.kernel @half(%x: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = attn.rope %0 {rope = #attn.rope<theta = 1.0e4>, plan = #attn.plan<m = 32, n = 32, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %1, %y[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Row i of batch b stands at positions[b] + i.
// CHECK-LABEL: tile.kernel @positions
// CHECK: %x, %y = tile.grid
// CHECK: %[[P:.*]] = tile.load %{{.*}}[%y] {in_bounds = array<i1: false>} : <?xi32, global> -> i32
// CHECK: %[[START:.*]] = arith.index_cast %[[P]]
// CHECK: scf.for %[[R:.*]] =
// CHECK: arith.addi %[[START]], %[[R]]
tile.kernel @positions(%x: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %p: !tile.buf<?xi32, global> {tile.access = "read"},
                       %y: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %p[] : !tile.buf<?xi32, global> -> tensor<?xi32>
  %2 = attn.rope %0 at %1 {rope = #attn.rope<theta = 1.0e4>, plan = #attn.plan<m = 32, n = 32, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?xi32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %y[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Half a head dim of 24 takes two steps of 8 pairs, each with frequencies of its own. The second one ends with its half.
// CHECK-LABEL: tile.kernel @chunks
// CHECK-COUNT-2: math.cos
// CHECK: tile.load %{{.*}}[%c0, %c8] {in_bounds = array<i1: false, false>} : <2x12xf32, global> -> tensor<2x8xf32>
// CHECK-NOT: math.cos
// CHECK-NOT: math.cos
tile.kernel @chunks(%x: !tile.buf<?x4x?x24xf32, global> {tile.access = "read"}, %y: !tile.buf<?x4x?x24xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x4x?x24xf32, global> -> tensor<?x4x?x24xf32>
  %1 = attn.rope %0 {rope = #attn.rope<theta = 1.0e4>, plan = #attn.plan<m = 32, n = 8, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x4x?x24xf32>) -> tensor<?x4x?x24xf32>
  tile.store %1, %y[] : tensor<?x4x?x24xf32>, !tile.buf<?x4x?x24xf32, global>
}

// -----

// Neighbours: a strip goes through the cache, where an element's other is one place before or after it.
// CHECK-LABEL: tile.kernel @interleaved
// CHECK: %[[PADDED:.*]] = tile.alloc : <4x18xf32, cache>
// CHECK: scf.for
// CHECK: %[[X:.*]] = tile.load {{.*}} -> tensor<4x16xf32>
// CHECK: tile.store %[[X]], %[[PADDED]][%c0, %c1]
// CHECK: %[[BEFORE:.*]] = tile.load %[[PADDED]][%c0, %c0]
// CHECK: %[[AFTER:.*]] = tile.load %[[PADDED]][%c0, %c2]
// CHECK: arith.select %{{.*}}, %[[AFTER]], %[[BEFORE]]
tile.kernel @interleaved(%x: !tile.buf<?x4x?x16xf32, global> {tile.access = "read"}, %y: !tile.buf<?x4x?x16xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x4x?x16xf32, global> -> tensor<?x4x?x16xf32>
  %1 = attn.rope %0 {rope = #attn.rope<theta = 1.0e4, interleaved>, plan = #attn.plan<m = 16, n = 8, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  tile.store %1, %y[] : tensor<?x4x?x16xf32>, !tile.buf<?x4x?x16xf32, global>
}
