// RUN: attnc-opt %s --tile-alternate-warpgroups --canonicalize --cse | FileCheck %s

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
!scores = tensor<64x64xf32>

// Two products side by side are a turn: a warpgroup waits for its own barrier when it has its keys, and arrives at the
// next one's when both are issued. The last warpgroup gives the first its first turn. A barrier is for one that
// arrives and one that waits.
// CHECK-LABEL: tile.kernel @two
// CHECK: %[[TURNS:.*]] = tile.barrier : <2 x 256>
// CHECK-NEXT: tile.roles
// CHECK: consumers(%[[WG:.*]]) 2 registers
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[WG]], %c1
// CHECK-NEXT: %[[AFTER:.*]] = arith.addi %[[WG]], %c1
// CHECK-NEXT: %[[NEXT:.*]] = arith.select %[[LAST]], %c0, %[[AFTER]]
// CHECK-NEXT: scf.if %[[LAST]] {
// CHECK-NEXT: tile.arrive %[[TURNS]][%c0]
// CHECK-NEXT: }
// CHECK: scf.for
// CHECK: tile.wait
// CHECK: tile.sync %[[TURNS]][%[[WG]]]
// CHECK-NEXT: tile.mma_async
// CHECK-NEXT: tile.mma_async
// CHECK-NEXT: tile.arrive %[[TURNS]][%[[NEXT]]]
// CHECK-NEXT: tile.mma_wait
tile.kernel @two(%out: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    scf.for %j = %c0 to %c8 step %c1 {
      %k = tile.wait %ks[%j] : !ring
      %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
      %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
      %s = tile.mma_wait %p0 but 1 : !tile.pending<tensor<64x64xf32>>
      %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
      tile.store %o, %out[%c0, %c0] : !scores, !tile.buf<64x64xf32, global>
    }
  }
}

// All loops of a work, and of works, take turns at one barrier; three warpgroups pass it round.
// CHECK-LABEL: tile.kernel @three
// CHECK: %[[TURNS:.*]] = tile.barrier : <3 x 256>
// CHECK-NOT: tile.barrier
// CHECK: arith.cmpi eq, %{{.*}}, %c2
// CHECK: scf.while
// CHECK: scf.for
// CHECK: tile.sync %[[TURNS]]
// CHECK: tile.arrive %[[TURNS]]
// CHECK: scf.for
// CHECK: tile.sync %[[TURNS]]
// CHECK: tile.arrive %[[TURNS]]
tile.kernel @three(%out: !tile.buf<64x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.turns = true} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ks = tile.ring : !ring
  tile.roles producer registers 32 {
  } consumers(%wg) 3 registers 160 {
    scf.while (%w = %wg) : (index) -> index {
      %more = arith.cmpi slt, %w, %c8 : index
      scf.condition(%more) %w : index
    } do {
    ^bb0(%w: index):
      scf.for %j = %c0 to %c8 step %c1 {
        %k = tile.wait %ks[%j] : !ring
        %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
        %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
        %s = tile.mma_wait %p0 but 1 : !tile.pending<tensor<64x64xf32>>
        %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
      }
      scf.for %j = %c0 to %w step %c1 {
        %k = tile.wait %ks[%j] : !ring
        %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
        %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
        %s = tile.mma_wait %p0 but 1 : !tile.pending<tensor<64x64xf32>>
        %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
      }
      %next = arith.addi %w, %c8 : index
      scf.yield %next : index
    }
  }
}

// Products that wait for each other, a product alone, and a loop with turns leave nothing to pass on.
// CHECK-LABEL: tile.kernel @not_side_by_side
// CHECK: %[[OWN:.*]] = tile.barrier : <2 x 256>
// CHECK-NOT: tile.barrier
// CHECK-NOT: tile.arrive
// CHECK: scf.for
// CHECK-NOT: tile.sync
// CHECK: tile.mma_async
// CHECK: tile.mma_wait
// CHECK: tile.mma_async
// CHECK: tile.mma_wait
// CHECK-NOT: tile.sync
// CHECK: tile.mma_async
// CHECK: tile.sync %[[OWN]]
// CHECK-NOT: tile.sync
// CHECK: tile.arrive %[[OWN]]
// CHECK-NOT: tile.arrive
tile.kernel @not_side_by_side(%out: !tile.buf<64x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ks = tile.ring : !ring
  %own = tile.barrier : !tile.barrier<2 x 256>
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    scf.for %j = %c0 to %c8 step %c1 {
      %k = tile.wait %ks[%j] : !ring
      %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
      %s = tile.mma_wait %p0 but 0 : !tile.pending<tensor<64x64xf32>>
      %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
      %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
    }
    scf.for %j = %c0 to %c8 step %c1 {
      %k = tile.wait %ks[%j] : !ring
      %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
      %s = tile.mma_wait %p0 but 0 : !tile.pending<tensor<64x64xf32>>
    }
    scf.for %j = %c0 to %c8 step %c1 {
      %k = tile.wait %ks[%j] : !ring
      tile.sync %own[%wg] : !tile.barrier<2 x 256>
      %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
      %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
      tile.arrive %own[%wg] : !tile.barrier<2 x 256>
      %s = tile.mma_wait %p0 but 1 : !tile.pending<tensor<64x64xf32>>
      %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
    }
  }
}

// A plan without turns, one warpgroup, and warpgroups that load for themselves have none.
// CHECK-LABEL: tile.kernel @no_turns
// CHECK-NOT: tile.barrier
tile.kernel @no_turns(%out: !tile.buf<64x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.turns = false} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    scf.for %j = %c0 to %c8 step %c1 {
      %k = tile.wait %ks[%j] : !ring
      %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
      %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
      %s = tile.mma_wait %p0 but 1 : !tile.pending<tensor<64x64xf32>>
      %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
    }
  }
}
// CHECK-LABEL: tile.kernel @one_warpgroup
// CHECK-NOT: tile.barrier
tile.kernel @one_warpgroup(%out: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    scf.for %j = %c0 to %c8 step %c1 {
      %k = tile.wait %ks[%j] : !ring
      %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
      %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
      %s = tile.mma_wait %p0 but 1 : !tile.pending<tensor<64x64xf32>>
      %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
    }
  }
}
// CHECK-LABEL: tile.kernel @no_roles
// CHECK-NOT: tile.barrier
tile.kernel @no_roles(%out: !tile.buf<64x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %ks = tile.ring : !ring
  scf.for %j = %c0 to %c8 step %c1 {
    %k = tile.wait %ks[%j] : !ring
    %p0 = tile.mma_async %k, %k transposed : !tile, !tile -> !scores
    %p1 = tile.mma_async %k, %k : !tile, !tile -> !scores
    %s = tile.mma_wait %p0 but 1 : !tile.pending<tensor<64x64xf32>>
    %o = tile.mma_wait %p1 but 0 : !tile.pending<tensor<64x64xf32>>
  }
}
