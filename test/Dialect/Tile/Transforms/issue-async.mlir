// RUN: attnc-opt %s --tile-issue-async | FileCheck %s

!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!rows = !tile.buf<128x64xbf16, cache, 128>

// A copy and a product are issued and waited for at once; the stages are given back behind the product. A ring of one
// stage stands before the grid.
// CHECK-LABEL: tile.kernel @one_product
// CHECK: %[[QS:.*]] = tile.ring : <1, <64x64xbf16, cache, 128>>
// CHECK: %[[KS:.*]] = tile.ring : <1, <64x64xbf16, cache, 128>>
// CHECK: %[[X:.*]] = tile.grid
// CHECK: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: %[[QFREE:.*]] = tile.acquire %[[QS]][%[[QN]]]
// CHECK-NEXT: tile.load_async %in[%[[X]], %c0] to %[[QFREE]]
// CHECK-NEXT: tile.commit %[[QS]][%[[QN]]]
// CHECK-NEXT: %[[Q:.*]] = tile.wait %[[QS]][%[[QN]]]
// CHECK-NEXT: %[[KN:.*]] = tile.next_use %[[KS]]
// CHECK: %[[K:.*]] = tile.wait %[[KS]][%[[KN]]]
// CHECK-NEXT: %[[P:.*]] = tile.mma_async %[[Q]], %[[K]] transposed
// CHECK-NEXT: %[[S:.*]] = tile.mma_wait %[[P]] but 0
// CHECK-DAG: tile.release %[[KS]][%[[KN]]] after %[[S]]
// CHECK-DAG: tile.release %[[QS]][%[[QN]]] after %[[S]]
// CHECK: tile.store %[[S]]
tile.kernel @one_product(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                         %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = tile.grid %c8
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %k_window = tile.slice %key[%c0, %c0] : !io to !window
  %k = tile.alloc : !tile
  tile.copy %k_window to %k : !window to !tile
  %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
  tile.store %s, %out[%x, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// Tiles of one type and source share a ring, in a loop and before it. What the loop reads again is given back behind
// it, after the value that comes from all of its products.
// CHECK-LABEL: tile.kernel @loop
// CHECK: %[[QS:.*]] = tile.ring
// CHECK: %[[KS:.*]] = tile.ring
// CHECK-NOT: tile.ring
// CHECK: tile.wait %[[QS]][%[[QN:.*]]]
// CHECK: tile.acquire %[[KS]]
// CHECK: tile.release %[[KS]]
// CHECK-NOT: tile.release
// CHECK: %[[SUM:.*]] = scf.for
// CHECK: %[[KN:.*]] = tile.next_use %[[KS]]
// CHECK: tile.acquire %[[KS]][%[[KN]]]
// CHECK: %[[P:.*]] = tile.mma_async %{{.*}} into
// CHECK: %[[S:.*]] = tile.mma_wait %[[P]] but 0
// CHECK-NEXT: tile.release %[[KS]][%[[KN]]] after %[[S]]
// CHECK-NEXT: scf.yield %[[S]]
// CHECK: tile.release %[[QS]][%[[QN]]] after %[[SUM]]
tile.kernel @loop(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                  %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = tile.grid %c512
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
  %s = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %s0) -> (tensor<64x64xf32>) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %new = tile.mma %q, %k, %old {transposed} : !tile, !tile, tensor<64x64xf32>
    scf.yield %new : tensor<64x64xf32>
  }
  tile.store %s, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// Of a loop's values the one that comes from all products says that they are done, not that of the first one alone.
// Tiles of another type have a ring of their own, though they come from the same source.
// CHECK-LABEL: tile.kernel @loop_values
// CHECK: %[[QS:.*]] = tile.ring : <1, <64x64xbf16, cache, 128>>
// CHECK: %[[KS:.*]] = tile.ring : <1, <128x64xbf16, cache, 128>>
// CHECK: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK: %[[R:.*]]:2 = scf.for
// CHECK: tile.acquire %[[KS]]
// CHECK: tile.release %[[KS]]
// CHECK: tile.release %[[QS]][%[[QN]]] after %[[R]]#1
tile.kernel @loop_values(%query: !io {tile.access = "read"}, %out: !tile.buf<?x128xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : tensor<64x128xf32>
  %x = tile.grid %c512
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %r:2 = scf.for %j = %c0 to %c512 step %c64 iter_args(%a = %zero, %b = %zero)
      -> (tensor<64x128xf32>, tensor<64x128xf32>) {
    %k_window = tile.slice %query[%j, %c0] : !io to !tile.buf<128x64xbf16, global>
    %k = tile.alloc : !rows
    tile.copy %k_window to %k : !tile.buf<128x64xbf16, global> to !rows
    %first = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !rows, tensor<64x128xf32>
    %both = tile.mma %q, %k, %first {transposed} : !tile, !rows, tensor<64x128xf32>
    scf.yield %first, %both : tensor<64x128xf32>, tensor<64x128xf32>
  }
  %sum = arith.addf %r#0, %r#1 : tensor<64x128xf32>
  tile.store %sum, %out[%x, %c0] : tensor<64x128xf32>, !tile.buf<?x128xf32, global>
}

// A loop without values waits for its products inside: nothing to release after.
// CHECK-LABEL: tile.kernel @loop_without_values
// CHECK: %[[QS:.*]] = tile.ring
// CHECK: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK: scf.for
// CHECK: %[[OLD:.*]] = tile.load %[[ACC:.*]][] : <64x64xf32, cache> -> tensor<64x64xf32>
// CHECK-NEXT: %[[P:.*]] = tile.mma_async %{{.*}}, %{{.*}} transposed into %[[OLD]]
// CHECK-NEXT: %[[NEW:.*]] = tile.mma_wait %[[P]] but 0
// CHECK-NEXT: tile.store %[[NEW]], %[[ACC]][]
// CHECK-NEXT: }
// CHECK-NEXT: tile.release %[[QS]][%[[QN]]] : <1,
tile.kernel @loop_without_values(%query: !io {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %q_window = tile.slice %query[%c0, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %acc = tile.alloc : !tile.buf<64x64xf32, cache>
  scf.for %j = %c0 to %c512 step %c64 {
    tile.mma %q, %q, %acc {transposed} : !tile, !tile, !tile.buf<64x64xf32, cache>
  }
}

// A tile that threads write goes to global memory beside what follows; its last copy has been read before it is
// written. It has no ring.
// CHECK-LABEL: tile.kernel @output
// CHECK-NOT: tile.ring
// CHECK: %[[TILE:.*]] = tile.alloc
// CHECK: tile.store_wait
// CHECK-NEXT: tile.store %{{.*}}, %[[TILE]][]
// CHECK-NEXT: tile.store_async %[[TILE]] to %out[%c64, %c0]
// CHECK-NOT: tile.store_wait
tile.kernel @output(%out: !io {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %half = arith.constant dense<1.0> : tensor<64x64xbf16>
  %tile = tile.alloc : !tile
  tile.store %half, %tile[] : tensor<64x64xbf16>, !tile
  %window = tile.slice %out[%c64, %c0] : !io to !window
  tile.copy %tile to %window : !tile to !window
}

// An output in the rows of the queries: the stage is given back when the copy has read it.
// CHECK-LABEL: tile.kernel @output_in_stage
// CHECK: %[[RING:.*]] = tile.ring
// CHECK: %[[N:.*]] = tile.next_use %[[RING]]
// CHECK: %[[Q:.*]] = tile.wait %[[RING]][%[[N]]]
// CHECK-NEXT: %[[P:.*]] = tile.mma_async
// CHECK-NEXT: %[[S:.*]] = tile.mma_wait %[[P]] but 0
// CHECK-NOT: tile.release
// CHECK: tile.store %{{.*}}, %[[Q]][]
// CHECK-NEXT: tile.store_async %[[Q]] to %out[%c0, %c0]
// CHECK-NEXT: tile.store_wait
// CHECK-NEXT: tile.release %[[RING]][%[[N]]] after %[[S]]
tile.kernel @output_in_stage(%query: !io {tile.access = "read"}, %out: !io {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %q_window = tile.slice %query[%c0, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %s = tile.mma %q, %q, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
  %half = arith.truncf %s : tensor<64x64xf32> to tensor<64x64xbf16>
  tile.store %half, %q[] : tensor<64x64xbf16>, !tile
  %window = tile.slice %out[%c0, %c0] : !io to !window
  tile.copy %q to %window : !tile to !window
}

// The rows that a warpgroup reads are a part of the stage, which is released as a whole.
// CHECK-LABEL: tile.kernel @rows_of_warpgroup
// CHECK: %[[RING:.*]] = tile.ring : <1, <128x64xbf16, cache, 128>>
// CHECK: %[[STAGE:.*]] = tile.wait %[[RING]]
// CHECK: %[[PART:.*]] = tile.slice %[[STAGE]]
// CHECK: tile.mma_async %[[PART]], %[[STAGE]] transposed
// CHECK: tile.release %[[RING]]
// CHECK-NOT: tile.release
tile.kernel @rows_of_warpgroup(%query: !io {tile.access = "read"},
                               %out: !tile.buf<?x128xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0.0> : tensor<64x128xf32>
  %wg = tile.warpgroup_id
  %row = arith.muli %wg, %c64 : index
  %window = tile.slice %query[%c0, %c0] : !io to !tile.buf<128x64xbf16, global>
  %q = tile.alloc : !rows
  tile.copy %window to %q : !tile.buf<128x64xbf16, global> to !rows
  %part = tile.slice %q[%row, %c0] : !rows to !tile
  %s = tile.mma %part, %q, %zero {overwrite, transposed} : !tile, !rows, tensor<64x128xf32>
  tile.store %s, %out[%row, %c0] : tensor<64x128xf32>, !tile.buf<?x128xf32, global>
}

// A scalar kernel copies as before.
// CHECK-LABEL: tile.kernel @no_warpgroups
// CHECK-NOT: tile.ring
// CHECK: tile.copy
tile.kernel @no_warpgroups(%query: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %window = tile.slice %query[%c0, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %window to %q : !window to !tile
}
