// From tiles that are copied and multiplied in order, as the passes before leave them.
// DEFINE: %{works} = --tile-issue-async --tile-overlap-products --canonicalize --cse --tile-specialize-warps \
// DEFINE:   --canonicalize --cse --tile-schedule-work
// RUN: attnc-opt %s %{works} --tile-overlap-work --canonicalize --cse | FileCheck %s
// RUN: attnc-opt %s %{works} --tile-overlap-work --canonicalize --cse --tile-number-stages --canonicalize --cse \
// RUN:   --tile-assign-layouts --tile-verify-async -o /dev/null

!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!rows = !tile.buf<128x64xbf16, cache, 128>
!scores = tensor<64x64xf32>
!weights = tensor<64x64xbf16>

// The scores of a work are issued behind the last product of the one before, which is waited for with one product in
// flight: two queries' stages. The loop carries the place of the work, the use of its keys, and its scores.
// CHECK-LABEL: tile.kernel @next_work
// CHECK: %[[QS:.*]] = tile.ring : <2, <128x64xbf16, cache, 128>, tags = 1>
// CHECK: %[[KS:.*]] = tile.ring : <1,
// CHECK: %[[VS:.*]] = tile.ring : <1,
// Consumers begin a work before they know that there is none: the producer ends with keys that nobody loads.
// CHECK: tile.roles producer
// CHECK: tile.take_work %{{.*}} after
// CHECK: scf.yield
// CHECK-NEXT: }
// CHECK-NEXT: %[[KN:.*]] = tile.next_use %[[KS]]
// CHECK-NEXT: tile.acquire %[[KS]][%[[KN]]]
// CHECK-NEXT: tile.commit %[[KS]][%[[KN]]]
// CHECK-NEXT: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: tile.acquire %[[QS]][%[[QN]]]
// CHECK-NEXT: tile.commit %[[QS]][%[[QN]]] tags(%c-1)
// CHECK: consumers(%[[WG:.*]]) 2
// CHECK: %[[WG_ROW:.*]] = arith.muli %[[WG]], %c64
// CHECK-NEXT: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: %[[STAGE:.*]], %[[TAG:.*]] = tile.wait %[[QS]][%[[QN]]] tags(index)
// CHECK-NEXT: %[[Q:.*]] = tile.slice %[[STAGE]][%[[WG_ROW]], %c0]
// CHECK-NEXT: %[[KN:.*]] = tile.next_use %[[KS]]
// CHECK-NEXT: %[[K:.*]] = tile.wait %[[KS]][%[[KN]]]
// CHECK-NEXT: %[[P:.*]] = tile.mma_async %[[Q]], %[[K]] transposed
// CHECK-NEXT: %[[S:.*]] = tile.mma_wait %[[P]] but 0
// CHECK-NEXT: scf.while (%[[QN1:.*]] = %[[QN]], %[[X:.*]] = %[[TAG]], %[[KN1:.*]] = %[[KN]], %[[S1:.*]] = %[[S]])
// CHECK: tile.stage %[[QS]][%[[QN1]]]
// CHECK: tile.release %[[KS]][%[[KN1]]] after %[[S1]]
// CHECK: arith.truncf %[[S1]]
// CHECK: %[[LAST:.*]]:{{.*}} = scf.for
// The queries have been read by then.
// CHECK: %[[O:.*]] = tile.mma_async %[[LAST]]#0
// CHECK-NEXT: tile.release %[[QS]][%[[QN1]]] after %[[LAST]]#0
// CHECK-NEXT: %[[QN2:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: %[[STAGE:.*]], %[[TAG:.*]] = tile.wait %[[QS]][%[[QN2]]] tags(index)
// CHECK-NEXT: %[[Q:.*]] = tile.slice %[[STAGE]][%[[WG_ROW]], %c0]
// CHECK-NEXT: %[[KN2:.*]] = tile.next_use %[[KS]]
// CHECK-NEXT: %[[K:.*]] = tile.wait %[[KS]][%[[KN2]]]
// CHECK-NEXT: %[[P:.*]] = tile.mma_async %[[Q]], %[[K]] transposed
// CHECK-NEXT: %[[O1:.*]] = tile.mma_wait %[[O]] but 1
// CHECK-NEXT: tile.release %[[VS]]
// CHECK-NEXT: tile.store %[[O1]], %out
// CHECK-NEXT: %[[S:.*]] = tile.mma_wait %[[P]] but 0
// CHECK-NEXT: %[[MORE:.*]] = arith.cmpi sge, %[[TAG]], %c0
// CHECK-NEXT: scf.condition(%[[MORE]]) %[[QN2]], %[[TAG]], %[[KN2]], %[[S]]
tile.kernel @next_work(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                       %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64, tile.query_stages = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant dense<0.0> : !scores
  %x = tile.grid %c8
  %row = arith.muli %x, %c128 : index
  %wg = tile.warpgroup_id
  %wg_row = arith.muli %wg, %c64 : index
  %out_row = arith.addi %row, %wg_row : index
  %q_window = tile.slice %query[%row, %c0] : !io to !tile.buf<128x64xbf16, global>
  %q_rows = tile.alloc : !rows
  tile.copy %q_window to %q_rows : !tile.buf<128x64xbf16, global> to !rows
  %q = tile.slice %q_rows[%wg_row, %c0] : !rows to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %w0 = arith.truncf %s0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  %o = scf.for %j = %c64 to %row step %c64 iter_args(%old = %o0) -> (!scores) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %w = arith.truncf %s : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %old : !weights, !tile, !scores
    scf.yield %new : !scores
  }
  tile.store %o, %out[%out_row, %c0] : !scores, !tile.buf<?x64xf32, global>
}

// One block of keys: the last product is the second, behind no loop.
// CHECK-LABEL: tile.kernel @one_step
// CHECK: consumers
// CHECK: scf.while
// CHECK-NOT: scf.for
// CHECK: %[[O:.*]] = tile.mma_async
// CHECK-NEXT: tile.release
// CHECK: tile.mma_async {{.*}} transposed
// CHECK-NEXT: tile.mma_wait %[[O]] but 1
tile.kernel @one_step(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                       %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64, tile.query_stages = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant dense<0.0> : !scores
  %x = tile.grid %c8
  %row = arith.muli %x, %c128 : index
  %wg = tile.warpgroup_id
  %wg_row = arith.muli %wg, %c64 : index
  %out_row = arith.addi %row, %wg_row : index
  %q_window = tile.slice %query[%row, %c0] : !io to !tile.buf<128x64xbf16, global>
  %q_rows = tile.alloc : !rows
  tile.copy %q_window to %q_rows : !tile.buf<128x64xbf16, global> to !rows
  %q = tile.slice %q_rows[%wg_row, %c0] : !rows to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %w0 = arith.truncf %s0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  tile.store %o0, %out[%out_row, %c0] : !scores, !tile.buf<?x64xf32, global>
}

// The plan has no room for a second stage of queries.
// CHECK-LABEL: tile.kernel @one_stage
// CHECK: tile.ring : <1, <128x64xbf16, cache, 128>, tags = 1>
// CHECK: consumers
// CHECK: scf.while : ()
// CHECK: scf.for
// CHECK: scf.yield %
// CHECK: %[[P:.*]] = tile.mma_async
// CHECK-NEXT: %[[O:.*]] = tile.mma_wait %[[P]] but 0
// CHECK-NOT: tile.mma_async
// CHECK: tile.store %[[O]]
// CHECK-NEXT: scf.yield
tile.kernel @one_stage(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                       %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64, tile.query_stages = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant dense<0.0> : !scores
  %x = tile.grid %c8
  %row = arith.muli %x, %c128 : index
  %wg = tile.warpgroup_id
  %wg_row = arith.muli %wg, %c64 : index
  %out_row = arith.addi %row, %wg_row : index
  %q_window = tile.slice %query[%row, %c0] : !io to !tile.buf<128x64xbf16, global>
  %q_rows = tile.alloc : !rows
  tile.copy %q_window to %q_rows : !tile.buf<128x64xbf16, global> to !rows
  %q = tile.slice %q_rows[%wg_row, %c0] : !rows to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %w0 = arith.truncf %s0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  %o = scf.for %j = %c64 to %row step %c64 iter_args(%old = %o0) -> (!scores) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %w = arith.truncf %s : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %old : !weights, !tile, !scores
    scf.yield %new : !scores
  }
  tile.store %o, %out[%out_row, %c0] : !scores, !tile.buf<?x64xf32, global>
}
