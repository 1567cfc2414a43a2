// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// A block fills one panel. The columns that the weight lacks read as zero: the padding of the last panel.
// CHECK-LABEL: tile.kernel @panels
// CHECK-SAME: %[[W:[a-z0-9_]+]]: !tile.buf<128x80xf32, global>
// CHECK-SAME: %[[P:[a-z0-9_]+]]: !tile.buf<3x128x32xf32, global>
// CHECK: %[[ID:.*]] = tile.grid %c3
// CHECK: %[[C:.*]] = arith.muli %[[ID]], %c32
// CHECK: scf.for %[[R:.*]] = %c0 to %c128 step %c64
// CHECK: tile.slice %[[P]][%[[ID]], %[[R]], %c0] : {{.*}} to <64x32xf32, global>
// CHECK: tile.slice %[[W]][%[[R]], %[[C]]] {in_bounds = array<i1: true, false>}
// CHECK: tile.copy %{{.*}} to %{{.*}} : <64x32xf32, global> to <64x32xf32, global>
// CHECK-NOT: attn.
tile.kernel @panels(%w: !tile.buf<128x80xf32, global> {tile.access = "read"}, %p: !tile.buf<3x128x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %w[] : !tile.buf<128x80xf32, global> -> tensor<128x80xf32>
  %1 = attn.pack_weight %0 {width = 32, depth = 1} : (tensor<128x80xf32>) -> tensor<3x128x32xf32>
  tile.store %1, %p[] : tensor<3x128x32xf32>, !tile.buf<3x128x32xf32, global>
}

// -----

// [N, K] is transposed on the way.
// CHECK-LABEL: tile.kernel @transposed
// CHECK: tile.slice %{{.*}}[%{{.*}}, %{{.*}}] {in_bounds = array<i1: false, true>} : <80x128xf32, global> to <32x64xf32, global>
// CHECK: tile.copy %{{.*}} to %{{.*}} {transposed} : <32x64xf32, global> to <64x32xf32, global>
tile.kernel @transposed(%w: !tile.buf<80x128xf32, global> {tile.access = "read"}, %p: !tile.buf<3x128x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %w[] : !tile.buf<80x128xf32, global> -> tensor<80x128xf32>
  %1 = attn.pack_weight %0 {width = 32, depth = 1, transposed} : (tensor<80x128xf32>) -> tensor<3x128x32xf32>
  tile.store %1, %p[] : tensor<3x128x32xf32>, !tile.buf<3x128x32xf32, global>
}

// -----

// 100 rows are a step of 64 and a clipped one.
// CHECK-LABEL: tile.kernel @row_edge
// CHECK: tile.slice {{.*}} {in_bounds = array<i1: true, false, true>} : <1x100x32xf32, global> to <64x32xf32, global>
// CHECK: tile.slice {{.*}} {in_bounds = array<i1: false, false>} : <100x32xf32, global> to <64x32xf32, global>
tile.kernel @row_edge(%w: !tile.buf<100x32xf32, global> {tile.access = "read"}, %p: !tile.buf<1x100x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %w[] : !tile.buf<100x32xf32, global> -> tensor<100x32xf32>
  %1 = attn.pack_weight %0 {width = 32, depth = 1} : (tensor<100x32xf32>) -> tensor<1x100x32xf32>
  tile.store %1, %p[] : tensor<1x100x32xf32>, !tile.buf<1x100x32xf32, global>
}
