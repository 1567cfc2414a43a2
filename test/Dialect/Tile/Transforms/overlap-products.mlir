// From tiles that are copied and multiplied in order, as the passes before leave them.
// RUN: attnc-opt %s --tile-issue-async --tile-overlap-products | FileCheck %s
// RUN: attnc-opt %s --tile-issue-async --tile-overlap-products --canonicalize --cse --tile-number-stages \
// RUN:   --tile-assign-layouts --tile-verify-async -o /dev/null

!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!scores = tensor<64x64xf32>
!weights = tensor<64x64xbf16>

// The first step leaves its output to the loop, which issues it behind its own scores: two products are in flight, and
// the wait for the older leaves one. Weights are converted and the output is scaled when none is. The last output comes
// behind the loop.
// CHECK-LABEL: tile.kernel @one_loop
// CHECK: %[[QS:.*]] = tile.ring
// CHECK: %[[KS:.*]] = tile.ring
// CHECK: %[[VS:.*]] = tile.ring
// CHECK: tile.mma_async {{.*}} transposed
// CHECK: %[[P0:.*]] = math.exp2
// CHECK: %[[W0:.*]] = arith.truncf %[[P0]]
// CHECK-NOT: tile.mma_async
// CHECK: %[[NONE:.*]] = arith.constant dense<0.000000e+00>
// CHECK: %[[LAST:.*]]:3 = scf.for %[[J:.*]] = {{.*}} iter_args
// CHECK-SAME: (%[[W:.*]] = %[[W0]], %[[ACC:.*]] = %[[NONE]], %[[ROW:.*]] = %c0)
// CHECK: tile.load_async %in_0[%[[J]], %c0]
// CHECK: %[[S:.*]] = tile.mma_async {{.*}} transposed
// CHECK-NEXT: %[[VN:.*]] = tile.next_use %[[VS]]
// CHECK-NEXT: %[[VFREE:.*]] = tile.acquire %[[VS]][%[[VN]]]
// CHECK-NEXT: tile.load_async %in_1[%[[ROW]], %c0] to %[[VFREE]]
// CHECK-NEXT: tile.commit %[[VS]][%[[VN]]]
// CHECK-NEXT: %[[V:.*]] = tile.wait %[[VS]][%[[VN]]]
// CHECK-NEXT: %[[O:.*]] = tile.mma_async %[[W]], %[[V]] into %[[ACC]]
// CHECK-NEXT: %[[S1:.*]] = tile.mma_wait %[[S]] but 1
// CHECK-NEXT: tile.release %[[KS]]{{.*}} after %[[S1]]
// CHECK-NEXT: %[[P:.*]] = math.exp2 %[[S1]]
// CHECK-NEXT: %[[O1:.*]] = tile.mma_wait %[[O]] but 0
// CHECK-NEXT: tile.release %[[VS]][%[[VN]]] after %[[O1]]
// CHECK-NEXT: %[[SCALED:.*]] = arith.mulf %[[O1]], %[[P]]
// CHECK-NEXT: %[[W1:.*]] = arith.truncf %[[P]]
// CHECK-NEXT: scf.yield %[[W1]], %[[SCALED]], %[[J]]
// CHECK: tile.load_async %in_1[%[[LAST]]#2, %c0]
// CHECK: %[[O:.*]] = tile.mma_async %[[LAST]]#0, %{{.*}} into %[[LAST]]#1
// CHECK-NEXT: %[[O1:.*]] = tile.mma_wait %[[O]] but 0
// CHECK-NEXT: tile.release %[[VS]]
// What all steps read is read by then.
// CHECK-NEXT: tile.release %[[QS]]{{.*}} after %[[LAST]]#0
// CHECK-NEXT: tile.store %[[O1]]
tile.kernel @one_loop(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                      %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %zero = arith.constant dense<0.0> : !scores
  %x = tile.grid %c512
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %p0 = math.exp2 %s0 : !scores
  %w0 = arith.truncf %p0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  %o = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0) -> (!scores) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %p = math.exp2 %s : !scores
    %scaled = arith.mulf %old, %p : !scores
    %w = arith.truncf %p : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %scaled : !weights, !tile, !scores
    scf.yield %new : !scores
  }
  tile.store %o, %out[%x, %c0] : !scores, !tile.buf<?x64xf32, global>
}

// A second loop goes on with the weights that the first leaves; what loops carry besides comes first. An output is
// issued only once behind them.
// CHECK-LABEL: tile.kernel @two_loops
// CHECK: %[[A:.*]]:4 = scf.for {{.*}} -> (f32, tensor<64x64xbf16>, tensor<64x64xf32>, index)
// CHECK: tile.mma_wait {{.*}} but 1
// CHECK: tile.mma_wait {{.*}} but 0
// CHECK: scf.yield
// CHECK-NEXT: }
// CHECK-NEXT: %[[B:.*]]:4 = scf.for
// CHECK-SAME: iter_args(%{{.*}} = %[[A]]#0, %[[W:.*]] = %[[A]]#1, %[[ACC:.*]] = %[[A]]#2, %[[ROW:.*]] = %[[A]]#3)
// CHECK: tile.load_async %in_1[%[[ROW]], %c0]
// CHECK: tile.mma_async %[[W]], %{{.*}} into %[[ACC]]
// CHECK: scf.yield
// CHECK: tile.load_async %in_1[%[[B]]#3, %c0]
// CHECK: tile.mma_async %[[B]]#1, %{{.*}} into %[[B]]#2
// CHECK-NOT: tile.mma_async
// CHECK: tile.store %{{.*}}, %out
tile.kernel @two_loops(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                       %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %c1024 = arith.constant 1024 : index
  %one = arith.constant 1.0 : f32
  %zero = arith.constant dense<0.0> : !scores
  %x = tile.grid %c512
  %q_window = tile.slice %query[%x, %c0] : !io to !window
  %q = tile.alloc : !tile
  tile.copy %q_window to %q : !window to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, !scores
  %w0 = arith.truncf %s0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  %o1:2 = scf.for %j = %c64 to %c512 step %c64 iter_args(%old = %o0, %f = %one) -> (!scores, f32) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %w = arith.truncf %s : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %old : !weights, !tile, !scores
    %f1 = arith.addf %f, %f : f32
    scf.yield %new, %f1 : !scores, f32
  }
  %o2:2 = scf.for %j = %c512 to %c1024 step %c64 iter_args(%old = %o1#0, %f = %o1#1) -> (!scores, f32) {
    %k_window = tile.slice %key[%j, %c0] : !io to !window
    %k = tile.alloc : !tile
    tile.copy %k_window to %k : !window to !tile
    %s = tile.mma %q, %k, %zero {overwrite, transposed} : !tile, !tile, !scores
    %w = arith.truncf %s : !scores to !weights
    %v_window = tile.slice %value[%j, %c0] : !io to !window
    %v = tile.alloc : !tile
    tile.copy %v_window to %v : !window to !tile
    %new = tile.mma %w, %v, %old : !weights, !tile, !scores
    %f1 = arith.addf %f, %f : f32
    scf.yield %new, %f1 : !scores, f32
  }
  %last = tile.splat %o2#1 : f32 -> !scores
  %scaled = arith.mulf %o2#0, %last : !scores
  tile.store %scaled, %out[%x, %c0] : !scores, !tile.buf<?x64xf32, global>
}

// A scalar kernel has no products in flight.
// CHECK-LABEL: tile.kernel @no_warpgroups
// CHECK: tile.mma %
tile.kernel @no_warpgroups(%in: !io {tile.access = "read"}, %out: !tile.buf<64x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %window = tile.slice %in[%c0, %c0] : !io to !window
  tile.mma %window, %window, %out {overwrite, transposed} : !window, !window, !tile.buf<64x64xf32, global>
}
