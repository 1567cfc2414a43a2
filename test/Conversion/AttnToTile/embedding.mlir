// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// An id outside of the table sets the error word and reads the row behind the last, which is zeros.
// CHECK-LABEL: tile.kernel @embedding
// CHECK-SAME: %[[IDS:[a-z0-9_]+]]: !tile.buf<?x?xi32, global>
// CHECK-SAME: %[[TABLE:[a-z0-9_]+]]: !tile.buf<1000x100xf32, global>
// CHECK: %x, %y = tile.grid
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to %{{.*}} step %c1
// CHECK: %[[ID:.*]] = tile.load %[[IDS]][%y, %[[ROW]]] {in_bounds = array<i1: false, false>}
// CHECK: %[[OUTSIDE:.*]] = arith.cmpi uge, %[[ID]], %c1000_i32
// CHECK: tile.error if %[[OUTSIDE]], 1
// CHECK: %[[SAFE:.*]] = arith.select %[[OUTSIDE]], %c1000_i32, %[[ID]]
// CHECK: %[[R:.*]] = arith.index_cast %[[SAFE]]
// CHECK: scf.for %[[C:.*]] = %c0 to %c100 step %c64
// CHECK: %[[T:.*]] = tile.load %[[TABLE]][%[[R]], %[[C]]] {in_bounds = array<i1: false, false>} : {{.*}} -> tensor<1x64xf32>
// CHECK: tile.store %[[T]], %{{.*}}[%y, %[[ROW]], %[[C]]] {in_bounds = array<i1: false, false, false>}
// CHECK-NOT: attn.
tile.kernel @embedding(%ids: !tile.buf<?x?xi32, global> {tile.access = "read"}, %t: !tile.buf<1000x100xf32, global> {tile.access = "read"},
                       %y: !tile.buf<?x?x100xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %ids[] : !tile.buf<?x?xi32, global> -> tensor<?x?xi32>
  %1 = tile.load %t[] : !tile.buf<1000x100xf32, global> -> tensor<1000x100xf32>
  %2 = attn.embedding %0, %1 {plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x?xi32>, tensor<1000x100xf32>) -> tensor<?x?x100xf32>
  tile.store %2, %y[] : tensor<?x?x100xf32>, !tile.buf<?x?x100xf32, global>
}

// -----

// Whole columns need no check.
// CHECK-LABEL: tile.kernel @whole_columns
// CHECK-NOT: scf.for %{{.*}} step %c64
// CHECK: tile.load {{.*}} {in_bounds = array<i1: false, true>} : {{.*}} -> tensor<1x64xf32>
tile.kernel @whole_columns(%ids: !tile.buf<?x?xi32, global> {tile.access = "read"}, %t: !tile.buf<1000x64xf32, global> {tile.access = "read"},
                       %y: !tile.buf<?x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %ids[] : !tile.buf<?x?xi32, global> -> tensor<?x?xi32>
  %1 = tile.load %t[] : !tile.buf<1000x64xf32, global> -> tensor<1000x64xf32>
  %2 = attn.embedding %0, %1 {plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x?xi32>, tensor<1000x64xf32>) -> tensor<?x?x64xf32>
  tile.store %2, %y[] : tensor<?x?x64xf32>, !tile.buf<?x?x64xf32, global>
}
