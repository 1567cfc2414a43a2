// RUN: attnc-opt %s --tile-promote-registers --split-input-file | FileCheck %s

// Stores and loads of the whole become values; nothing is left of the buffer.
// CHECK-LABEL: tile.kernel @straight
// CHECK-NOT: tile.alloc
// CHECK: %[[T:.*]] = tile.splat
// CHECK-NOT: tile.load
// CHECK: tile.store %[[T]], %{{.*}}[%c0, %c0]
tile.kernel @straight(%y: !tile.buf<4x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %b = tile.alloc {promote} : !tile.buf<4x64xf32, cache>
  tile.fill %one, %b : f32, !tile.buf<4x64xf32, cache>
  %0 = tile.load %b[] : !tile.buf<4x64xf32, cache> -> tensor<4x64xf32>
  tile.store %0, %y[%c0, %c0] : tensor<4x64xf32>, !tile.buf<4x64xf32, global>
}

// -----

// A buffer that the plan does not mark stays.
// CHECK-LABEL: tile.kernel @unmarked
// CHECK: %[[B:.*]] = tile.alloc : <4x64xf32, cache>
// CHECK: tile.fill %{{.*}}, %[[B]]
tile.kernel @unmarked(%y: !tile.buf<4x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %one = arith.constant 1.0 : f32
  %b = tile.alloc : !tile.buf<4x64xf32, cache>
  tile.fill %one, %b : f32, !tile.buf<4x64xf32, cache>
}

// -----

// The accumulator is carried by the loop that updates it; what the loop only reads is not.
// CHECK-LABEL: tile.kernel @loop
// CHECK-DAG: %[[LHS:.*]] = tile.splat %{{.*}} : f32 -> tensor<4x16xf32>
// CHECK-DAG: %[[INIT:.*]] = tile.splat %{{.*}} : f32 -> tensor<4x64xf32>
// CHECK: %[[SUM:.*]] = scf.for {{.*}} iter_args(%[[ACC:.*]] = %[[INIT]]) -> (tensor<4x64xf32>) {
// CHECK: %[[NEXT:.*]] = tile.mma %[[LHS]], %{{.*}}, %[[ACC]] :
// CHECK: scf.yield %[[NEXT]] : tensor<4x64xf32>
// CHECK: tile.store %[[SUM]]
tile.kernel @loop(%w: !tile.buf<16x64xf32, global> {tile.access = "read"},
                  %y: !tile.buf<4x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %lhs = tile.alloc {promote} : !tile.buf<4x16xf32, cache>
  %acc = tile.alloc {promote} : !tile.buf<4x64xf32, cache>
  tile.fill %zero, %lhs : f32, !tile.buf<4x16xf32, cache>
  tile.fill %zero, %acc : f32, !tile.buf<4x64xf32, cache>
  scf.for %i = %c0 to %c8 step %c1 {
    tile.mma %lhs, %w, %acc : !tile.buf<4x16xf32, cache>, !tile.buf<16x64xf32, global>, !tile.buf<4x64xf32, cache>
  }
  %0 = tile.load %acc[] : !tile.buf<4x64xf32, cache> -> tensor<4x64xf32>
  tile.store %0, %y[%c0, %c0] : tensor<4x64xf32>, !tile.buf<4x64xf32, global>
}

// -----

// What a loop carried before comes first.
// CHECK-LABEL: tile.kernel @carried_before
// CHECK: %{{.*}}:2 = scf.for {{.*}} iter_args(%[[N:.*]] = %c0, %[[T:.*]] = %{{.*}}) -> (index, tensor<4xf32>) {
// CHECK: scf.yield %{{.*}}, %{{.*}} : index, tensor<4xf32>
tile.kernel @carried_before(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
  tile.fill %zero, %b : f32, !tile.buf<4xf32, cache>
  %last = scf.for %i = %c0 to %c8 step %c1 iter_args(%n = %c0) -> index {
    %0 = tile.load %b[] : !tile.buf<4xf32, cache> -> tensor<4xf32>
    %1 = arith.addf %0, %0 : tensor<4xf32>
    tile.store %1, %b[] : tensor<4xf32>, !tile.buf<4xf32, cache>
    %2 = arith.addi %n, %c1 : index
    scf.yield %2 : index
  }
  %3 = tile.load %b[] : !tile.buf<4xf32, cache> -> tensor<4xf32>
  tile.store %3, %y[%last] {in_bounds = array<i1: false>} : tensor<4xf32>, !tile.buf<4xf32, global>
}

// -----

// Both loops of a nest carry the tile.
// CHECK-LABEL: tile.kernel @nested_loops
// CHECK: scf.for {{.*}} iter_args(%[[OUTER:.*]] = %{{.*}})
// CHECK: %[[INNER:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[OUTER]])
// CHECK: scf.yield %[[INNER]]
tile.kernel @nested_loops(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
  tile.fill %zero, %b : f32, !tile.buf<4xf32, cache>
  scf.for %i = %c0 to %c8 step %c1 {
    scf.for %j = %c0 to %c8 step %c1 {
      %0 = tile.load %b[] : !tile.buf<4xf32, cache> -> tensor<4xf32>
      %1 = arith.addf %0, %0 : tensor<4xf32>
      tile.store %1, %b[] : tensor<4xf32>, !tile.buf<4xf32, cache>
    }
  }
  %2 = tile.load %b[] : !tile.buf<4xf32, cache> -> tensor<4xf32>
  tile.store %2, %y[%c0] : tensor<4xf32>, !tile.buf<4xf32, global>
}

// -----

// A buffer of the loop's body lives within one iteration: nothing is carried.
// CHECK-LABEL: tile.kernel @private_to_iteration
// CHECK: scf.for
// CHECK-NOT: iter_args
// CHECK-NOT: tile.alloc
// CHECK: %[[S:.*]] = tile.mma %{{.*}}, %{{.*}}, %{{.*}} {overwrite}
// CHECK: tile.store %[[S]]
tile.kernel @private_to_iteration(%q: !tile.buf<4x16xf32, global> {tile.access = "read"}, %k: !tile.buf<16x64xf32, global> {tile.access = "read"},
                  %y: !tile.buf<4x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %c8 step %c1 {
    %s = tile.alloc {promote} : !tile.buf<4x64xf32, cache>
    tile.mma %q, %k, %s {overwrite} : !tile.buf<4x16xf32, global>, !tile.buf<16x64xf32, global>, !tile.buf<4x64xf32, cache>
    %0 = tile.load %s[] : !tile.buf<4x64xf32, cache> -> tensor<4x64xf32>
    tile.store %0, %y[%c0, %c0] : tensor<4x64xf32>, !tile.buf<4x64xf32, global>
  }
}

// -----

// Read before it is written, a buffer holds anything: zeros.
// CHECK-LABEL: tile.kernel @never_written
// CHECK: %[[Z:.*]] = arith.constant dense<0> : tensor<4xi32>
// CHECK: tile.store %[[Z]]
tile.kernel @never_written(%y: !tile.buf<4xi32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %b = tile.alloc {promote} : !tile.buf<4xi32, cache>
  %0 = tile.load %b[] : !tile.buf<4xi32, cache> -> tensor<4xi32>
  tile.store %0, %y[%c0] : tensor<4xi32>, !tile.buf<4xi32, global>
}

// -----

// CHECK-LABEL: tile.kernel @never_used
// CHECK-NOT: tile.alloc
tile.kernel @never_used(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
}

// -----

// A choice gives the tiles that one of its branches writes; a tile of one branch alone stays there.
// CHECK-LABEL: tile.kernel @choice
// CHECK: %[[OLD:.*]] = tile.splat
// CHECK: %[[NEW:.*]] = scf.if %{{.*}} -> (tensor<4xf32>) {
// CHECK: %[[SUM:.*]] = arith.addf %[[OLD]], %{{.*}} : tensor<4xf32>
// CHECK: scf.yield %[[SUM]]
// CHECK: } else {
// CHECK: scf.yield %[[OLD]]
// CHECK: tile.store %[[NEW]]
tile.kernel @choice(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %one = arith.constant 1.0 : f32
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %condition = arith.cmpi eq, %x, %c1 : index
  %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
  tile.fill %one, %b : f32, !tile.buf<4xf32, cache>
  scf.if %condition {
    %inner = tile.alloc {promote} : !tile.buf<4xf32, cache>
    tile.fill %one, %inner : f32, !tile.buf<4xf32, cache>
    %0 = tile.load %b[] : !tile.buf<4xf32, cache> -> tensor<4xf32>
    %1 = tile.load %inner[] : !tile.buf<4xf32, cache> -> tensor<4xf32>
    %2 = arith.addf %0, %1 : tensor<4xf32>
    tile.store %2, %b[] : tensor<4xf32>, !tile.buf<4xf32, cache>
  }
  %3 = tile.load %b[] : !tile.buf<4xf32, cache> -> tensor<4xf32>
  tile.store %3, %y[] : tensor<4xf32>, !tile.buf<4xf32, global>
}
