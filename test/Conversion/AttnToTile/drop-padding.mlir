// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse | FileCheck %s

// The columns that are kept are copied, chunk by chunk; the last chunk ends where they end, not where the input ends.
// CHECK-LABEL: tile.kernel @drop_padding
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buf<?x132xf32, global>
// CHECK-SAME: %[[Y:[a-z0-9]*]]: !tile.buf<?x130xf32, global>
// CHECK: scf.for %[[C:.*]] = %c0 to %c130 step %c64
// CHECK: %[[T:.*]] = tile.load %[[X]][%[[R:.*]], %[[C]]] {in_bounds = array<i1: false, false>} : <?x132xf32, global> -> tensor<4x64xf32>
// CHECK: tile.store %[[T]], %[[Y]][%[[R]], %[[C]]] {in_bounds = array<i1: false, false>} : tensor<4x64xf32>, <?x130xf32, global>
tile.kernel @drop_padding(%x: !tile.buf<?x132xf32, global> {tile.access = "read"}, %y: !tile.buf<?x130xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x132xf32, global> -> tensor<?x132xf32>
  %1 = attn.drop_padding %0 {plan = #attn.plan<m = 16, n = 64, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x132xf32>) -> tensor<?x130xf32>
  tile.store %1, %y[] : tensor<?x130xf32>, !tile.buf<?x130xf32, global>
}
