// RUN: attnc-opt %s --tile-schedule-work --canonicalize --cse | FileCheck %s

!io = !tile.buf<?x?x64xbf16, global>
!out = !tile.buf<?x?x64xf32, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>

// The producer takes work until there is none: behind the loop over keys, and so behind most of a work's loads. The
// first keys come before the queries, whose stage has tags: what consumers need of the place in the grid. A stage of
// tag -1 is the last.
// CHECK-LABEL: tile.kernel @works
// CHECK: %[[QS:.*]] = tile.ring : <2, <64x64xbf16, cache, 128>, tags = 2>
// CHECK: %[[KS:.*]] = tile.ring : <2, <64x64xbf16, cache, 128>>
// CHECK-NOT: tile.grid
// CHECK: %[[WORKS:.*]] = tile.scheduler %[[N:.*]], %c8 group %c1 : <2>
// CHECK: tile.roles producer registers 24 {
// CHECK-NEXT: %[[FIRST:.*]] = tile.take_work %[[WORKS]] : <2>
// CHECK-NEXT: scf.while (%[[W:.*]] = %[[FIRST]]) : (index) -> index {
// CHECK-NEXT: %[[EXISTS:.*]], %{{.*}}:2 = tile.work_ids %[[WORKS]][%[[W]]]
// CHECK-NEXT: scf.condition(%[[EXISTS]]) %[[W]]
// CHECK-NEXT: } do {
// CHECK-NEXT: ^bb0(%[[W:.*]]: index):
// CHECK-NEXT: %{{.*}}, %[[IDS:.*]]:2 = tile.work_ids %[[WORKS]][%[[W]]]
// CHECK-NEXT: %[[ROW:.*]] = arith.muli %[[IDS]]#0, %c64
// CHECK: tile.load_async %in_0[%[[IDS]]#1, %c0, %c0]
// CHECK-NEXT: tile.commit %[[KS]]
// CHECK-NEXT: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: %[[Q:.*]] = tile.acquire %[[QS]][%[[QN]]]
// CHECK-NEXT: tile.load_async %in[%[[IDS]]#1, %[[ROW]], %c0] to %[[Q]]
// CHECK-NEXT: tile.commit %[[QS]][%[[QN]]] tags(%[[IDS]]#0, %[[IDS]]#1)
// CHECK-NEXT: scf.for
// CHECK: tile.commit %[[KS]]
// CHECK-NEXT: }
// CHECK-NEXT: %[[NEXT:.*]] = tile.take_work %[[WORKS]] after %[[W]]
// CHECK: tile.load_async %in_0
// CHECK-NEXT: tile.commit %[[KS]]
// CHECK-NEXT: scf.yield %[[NEXT]]
// CHECK-NEXT: }
// CHECK-NEXT: %[[END:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: tile.acquire %[[QS]][%[[END]]]
// CHECK-NEXT: tile.commit %[[QS]][%[[END]]] tags(%c-1, %c-1)
// CHECK-NEXT: tile.finish_work %[[WORKS]]
// Consumers compute rows again, from the tags of the stage that they waited for.
// CHECK-NEXT: } consumers(%{{.*}}) 1 registers 240 {
// CHECK-NEXT: scf.while : () -> (index, index, index) {
// CHECK-NEXT: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: %{{.*}}, %[[TAGS:.*]]:2 = tile.wait %[[QS]][%[[QN]]] tags(index, index)
// CHECK-NEXT: %[[MORE:.*]] = arith.cmpi sge, %[[TAGS]]#0, %c0
// CHECK-NEXT: scf.condition(%[[MORE]]) %[[QN]], %[[TAGS]]#0, %[[TAGS]]#1
// CHECK-NEXT: } do {
// CHECK-NEXT: ^bb0(%[[QN:.*]]: index, %[[X:.*]]: index, %[[H:.*]]: index):
// CHECK-NEXT: %[[ROW:.*]] = arith.muli %[[X]], %c64
// CHECK-NEXT: %[[Q:.*]] = tile.stage %[[QS]][%[[QN]]]
// CHECK-NOT: tile.wait %[[QS]]
// CHECK: tile.mma_async %[[Q]]
// CHECK: tile.release %[[QS]][%[[QN]]]
// CHECK: tile.store %{{.*}}, %out[%[[H]], %[[ROW]], %c0]
// CHECK-NEXT: scf.yield
tile.kernel @works(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                   %out: !out {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %length = tile.dim %query, 1 : !io
  %qs = tile.ring : !ring
  %ks = tile.ring : !ring
  %blocks = arith.ceildivui %length, %c64 : index
  %x, %h = tile.grid %blocks, %c8
  %row = arith.muli %x, %c64 : index
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !ring
    %q = tile.acquire %qs[%qn] : !ring
    tile.load_async %query[%h, %row, %c0] to %q : !io to !tile
    tile.commit %qs[%qn] : !ring
    %kn = tile.next_use %ks : !ring
    %k = tile.acquire %ks[%kn] : !ring
    tile.load_async %key[%h, %c0, %c0] to %k : !io to !tile
    tile.commit %ks[%kn] : !ring
    scf.for %j = %c64 to %row step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%h, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
    %ln = tile.next_use %ks : !ring
    %l = tile.acquire %ks[%ln] : !ring
    tile.load_async %key[%h, %row, %c0] to %l : !io to !tile
    tile.commit %ks[%ln] : !ring
  } consumers(%wg) 1 registers 240 {
    %qn = tile.next_use %qs : !ring
    %q = tile.wait %qs[%qn] : !ring
    %kn = tile.next_use %ks : !ring
    %k = tile.wait %ks[%kn] : !ring
    %p = tile.mma_async %q, %k transposed : !tile, !tile -> tensor<64x64xf32>
    %s = tile.mma_wait %p but 0 : !tile.pending<tensor<64x64xf32>>
    tile.release %ks[%kn] after %s : !ring, tensor<64x64xf32>
    tile.release %qs[%qn] after %s : !ring, tensor<64x64xf32>
    tile.store %s, %out[%h, %row, %c0] : tensor<64x64xf32>, !out
  }
}

// Keys that only loops load: the queries come before the first loop, the next work is taken behind the last.
// CHECK-LABEL: tile.kernel @two_loops
// CHECK: %[[QS:.*]] = tile.ring {{.*}}tags
// CHECK: ^bb0(%[[W:.*]]: index):
// CHECK: tile.commit %[[QS]][%{{.*}}] tags
// CHECK-NEXT: scf.for
// CHECK-NOT: tile.take_work
// CHECK: scf.for
// CHECK: }
// CHECK-NEXT: tile.take_work %{{.*}} after %[[W]]
// CHECK-NEXT: scf.yield
tile.kernel @two_loops(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %qs = tile.ring : !ring
  %ks = tile.ring : !ring
  %x = tile.grid %c8
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !ring
    %q = tile.acquire %qs[%qn] : !ring
    tile.load_async %query[%x, %c0, %c0] to %q : !io to !tile
    tile.commit %qs[%qn] : !ring
    scf.for %j = %c0 to %x step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%c0, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
    scf.for %j = %x to %c64 step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%c0, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
    %qn = tile.next_use %qs : !ring
    %q = tile.wait %qs[%qn] : !ring
    tile.release %qs[%qn] : !ring
  }
}

// A number that the producer reads travels as a tag too, an f32 as its bits; arithmetic on it does not. An index of the
// grid, never negative, comes first.
// CHECK-LABEL: tile.kernel @tags
// CHECK: tile.ring : <1, <64x64xbf16, cache, 128>, tags = 3>
// CHECK: tile.roles
// CHECK: } do {
// CHECK: %{{.*}}, %[[X:.*]] = tile.work_ids
// CHECK: %[[COUNT:.*]] = tile.load %in_0[%[[X]]] : <?xi32, global> -> i32
// CHECK: %[[ROW:.*]] = arith.index_cast %[[COUNT]] : i32 to index
// CHECK: %[[SLOPE:.*]] = tile.load %in_1[%[[X]]] : <?xf32, global> -> f32
// CHECK: %[[BITS:.*]] = arith.bitcast %[[SLOPE]] : f32 to i32
// CHECK: %[[SLOPE_TAG:.*]] = arith.index_cast %[[BITS]] : i32 to index
// CHECK: tile.commit %{{.*}} tags(%[[X]], %[[SLOPE_TAG]], %[[ROW]])
// CHECK: consumers
// CHECK: ^bb0(%{{.*}}: index, %[[X:.*]]: index, %[[SLOPE_TAG:.*]]: index, %[[ROW:.*]]: index):
// CHECK-NEXT: %[[BITS:.*]] = arith.index_cast %[[SLOPE_TAG]] : index to i32
// CHECK-NEXT: %[[SLOPE:.*]] = arith.bitcast %[[BITS]] : i32 to f32
// CHECK-NEXT: %[[TWICE:.*]] = arith.addf %[[SLOPE]], %[[SLOPE]]
// CHECK: tile.splat %[[TWICE]]
// CHECK: tile.store %{{.*}}, %out[%[[X]], %[[ROW]], %c0]
tile.kernel @tags(%query: !io {tile.access = "read"}, %counts: !tile.buf<?xi32, global> {tile.access = "read"},
                  %slopes: !tile.buf<?xf32, global> {tile.access = "read"}, %out: !out {tile.access = "write"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %qs = tile.ring : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  %x = tile.grid %c8
  %count = tile.load %counts[%x] : !tile.buf<?xi32, global> -> i32
  %row = arith.index_cast %count : i32 to index
  %slope = tile.load %slopes[%x] : !tile.buf<?xf32, global> -> f32
  %twice = arith.addf %slope, %slope : f32
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    %q = tile.acquire %qs[%qn] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    tile.load_async %query[%x, %row, %c0] to %q : !io to !tile
    tile.commit %qs[%qn] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  } consumers(%wg) 1 registers 240 {
    %qn = tile.next_use %qs : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    %q = tile.wait %qs[%qn] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    %p = tile.mma_async %q, %q transposed : !tile, !tile -> tensor<64x64xf32>
    %s = tile.mma_wait %p but 0 : !tile.pending<tensor<64x64xf32>>
    tile.release %qs[%qn] after %s : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>, tensor<64x64xf32>
    %f = tile.splat %twice : f32 -> tensor<64x64xf32>
    %scaled = arith.mulf %s, %f : tensor<64x64xf32>
    tile.store %scaled, %out[%x, %row, %c0] : tensor<64x64xf32>, !out
  }
}

// Without a loop the next work is taken behind the loads. Consumers that need no index have one, to know the end.
// CHECK-LABEL: tile.kernel @one_tile
// CHECK: tile.ring {{.*}}tags = 1
// CHECK: tile.commit {{.*}} tags(
// CHECK-NEXT: tile.take_work
// CHECK-NEXT: scf.yield
tile.kernel @one_tile(%query: !io {tile.access = "read"}, %out: !out {tile.access = "write"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %qs = tile.ring : !ring
  %x = tile.grid %c8
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !ring
    %q = tile.acquire %qs[%qn] : !ring
    tile.load_async %query[%x, %c0, %c0] to %q : !io to !tile
    tile.commit %qs[%qn] : !ring
  } consumers(%wg) 1 registers 240 {
    %qn = tile.next_use %qs : !ring
    %q = tile.wait %qs[%qn] : !ring
    tile.release %qs[%qn] : !ring
  }
}

// Without roles a launch has one block for each work.
// CHECK-LABEL: tile.kernel @no_roles
// CHECK: tile.grid
// CHECK-NOT: tile.scheduler
tile.kernel @no_roles(%out: !tile.buf<?xi32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c8 = arith.constant 8 : index
  %one = arith.constant 1 : i32
  %x = tile.grid %c8
  tile.store %one, %out[%x] : i32, !tile.buf<?xi32, global>
}
