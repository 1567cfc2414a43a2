// RUN: attnc-opt %s --tile-specialize-warps --canonicalize --cse | FileCheck %s

!io = !tile.buf<?x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!rows = !tile.buf<128x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
!query_ring = !tile.ring<1, !tile.buf<128x64xbf16, cache, 128>>

// The producer acquires, loads and commits; the consumers wait, multiply, release and store. A loop that both need is
// in both, each with what it carries for its role. Where rows are and how many steps there are, is computed before;
// what depends on the warpgroup is the consumers'.
// CHECK-LABEL: tile.kernel @roles
// CHECK-NOT: tile.warpgroups
// CHECK: %[[QS:.*]] = tile.ring
// CHECK: %[[KS:.*]] = tile.ring
// CHECK: %[[X:.*]] = tile.grid
// CHECK: %[[ROW:.*]] = arith.muli %[[X]], %c128
// CHECK: %[[END:.*]] = arith.addi %[[ROW]], %c128
// CHECK: tile.roles producer registers 24 {
// CHECK-NEXT: %[[QN:.*]] = tile.next_use %[[QS]]
// CHECK-NEXT: %[[Q:.*]] = tile.acquire %[[QS]][%[[QN]]]
// CHECK-NEXT: tile.load_async %in[%[[ROW]], %c0] to %[[Q]]
// CHECK-NEXT: tile.commit %[[QS]][%[[QN]]]
// CHECK-NEXT: scf.for %{{.*}} = %c0 to %[[END]] step %c64 iter_args(%[[AT:.*]] = %c0) -> (index) {
// CHECK-NEXT: %[[KN:.*]] = tile.next_use %[[KS]]
// CHECK-NEXT: %[[K:.*]] = tile.acquire %[[KS]][%[[KN]]]
// CHECK-NEXT: tile.load_async %in_0[%[[AT]], %c0] to %[[K]]
// CHECK-NEXT: tile.commit %[[KS]][%[[KN]]]
// CHECK-NEXT: %[[NEXT:.*]] = arith.addi %[[AT]], %c64
// CHECK-NEXT: scf.yield %[[NEXT]] : index
// CHECK-NEXT: }
// CHECK-NEXT: } consumers(%[[WG:.*]]) 2 registers 240 {
// CHECK-NEXT: %[[WG_ROW:.*]] = arith.muli %[[WG]], %c64
// CHECK: tile.wait %[[QS]]
// CHECK-NEXT: %[[PART:.*]] = tile.slice %{{.*}}[%[[WG_ROW]], %c0]
// CHECK-NEXT: %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %[[END]] step %c64
// CHECK-SAME: -> (tensor<64x64xf32>) {
// CHECK-NOT: tile.acquire
// CHECK: tile.mma_async %[[PART]]
// CHECK: tile.release %[[KS]]
// CHECK: scf.yield %{{.*}} : tensor<64x64xf32>
// CHECK: tile.release %[[QS]]{{.*}} after %[[SUM]]
// CHECK-NEXT: tile.store %[[SUM]], %out[%{{.*}}, %c0]
// CHECK-NEXT: }
tile.kernel @roles(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                   %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %qs = tile.ring : !query_ring
  %ks = tile.ring : !ring
  %x = tile.grid %c8
  %row = arith.muli %x, %c128 : index
  %wg = tile.warpgroup_id
  %wg_row = arith.muli %wg, %c64 : index
  %out_row = arith.addi %row, %wg_row : index
  %qn = tile.next_use %qs : !query_ring
  %q_free = tile.acquire %qs[%qn] : !query_ring
  tile.load_async %query[%row, %c0] to %q_free : !io to !rows
  tile.commit %qs[%qn] : !query_ring
  %q = tile.wait %qs[%qn] : !query_ring
  %part = tile.slice %q[%wg_row, %c0] : !rows to !tile
  %end = arith.addi %row, %c128 : index
  %sum:2 = scf.for %j = %c0 to %end step %c64 iter_args(%old = %zero, %at = %c0) -> (tensor<64x64xf32>, index) {
    %kn = tile.next_use %ks : !ring
    %k_free = tile.acquire %ks[%kn] : !ring
    tile.load_async %key[%at, %c0] to %k_free : !io to !tile
    tile.commit %ks[%kn] : !ring
    %k = tile.wait %ks[%kn] : !ring
    %p = tile.mma_async %part, %k transposed into %old : !tile, !tile -> tensor<64x64xf32>
    %s = tile.mma_wait %p but 0 : !tile.pending<tensor<64x64xf32>>
    tile.release %ks[%kn] after %s : !ring, tensor<64x64xf32>
    %next = arith.addi %at, %c64 : index
    scf.yield %s, %next : tensor<64x64xf32>, index
  }
  tile.release %qs[%qn] after %sum#0 : !query_ring, tensor<64x64xf32>
  tile.store %sum#0, %out[%out_row, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// A branch is in both roles too, with the values that a role needs; numbers that it reads come from before. The other
// values of global memory that roles read alone stay with them.
// CHECK-LABEL: tile.kernel @branch
// CHECK: %[[FIRST:.*]] = tile.load %in_0[%{{.*}}] : <?xi32, global> -> i32
// CHECK: %[[AT:.*]] = arith.index_cast %[[FIRST]]
// CHECK: %[[SOME:.*]] = arith.cmpi
// CHECK: tile.roles producer registers 24 {
// CHECK-NEXT: scf.if %[[SOME]] {
// CHECK: tile.load_async %in[%[[AT]], %c0]
// CHECK-NEXT: tile.commit
// CHECK-NEXT: }
// CHECK-NEXT: } consumers(%{{.*}}) 1 registers 240 {
// CHECK: %[[T:.*]] = scf.if %[[SOME]] -> (tensor<64x64xf32>) {
// CHECK: tile.wait
// CHECK: tile.mma_async
// CHECK: tile.release
// CHECK: } else {
// CHECK-NEXT: scf.yield
// CHECK: tile.store %[[T]]
tile.kernel @branch(%key: !io {tile.access = "read"}, %starts: !tile.buf<?xi32, global> {tile.access = "read"},
                    %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %ks = tile.ring : !ring
  %x = tile.grid %c8
  %first = tile.load %starts[%x] : !tile.buf<?xi32, global> -> i32
  %at = arith.index_cast %first : i32 to index
  %some = arith.cmpi sge, %at, %c0 : index
  %t = scf.if %some -> (tensor<64x64xf32>) {
    %kn = tile.next_use %ks : !ring
    %k_free = tile.acquire %ks[%kn] : !ring
    tile.load_async %key[%at, %c0] to %k_free : !io to !tile
    tile.commit %ks[%kn] : !ring
    %k = tile.wait %ks[%kn] : !ring
    %p = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32>
    %s = tile.mma_wait %p but 0 : !tile.pending<tensor<64x64xf32>>
    tile.release %ks[%kn] after %s : !ring, tensor<64x64xf32>
    scf.yield %s : tensor<64x64xf32>
  } else {
    scf.yield %zero : tensor<64x64xf32>
  }
  tile.store %t, %out[%x, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// Three consumers have fewer registers each, and leave the producer more.
// CHECK-LABEL: tile.kernel @three
// CHECK: tile.roles producer registers 32 {
// CHECK-NEXT: } consumers(%[[WG:.*]]) 3 registers 160 {
// CHECK-NEXT: %[[V:.*]] = arith.index_cast %[[WG]]
// CHECK-NEXT: tile.store %[[V]], %out[%[[WG]]]
tile.kernel @three(%out: !tile.buf<?xi32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 3 : i64} {
  %c8 = arith.constant 8 : index
  %x = tile.grid %c8
  %wg = tile.warpgroup_id
  %v = arith.index_cast %wg : index to i32
  tile.store %v, %out[%wg] : i32, !tile.buf<?xi32, global>
}

// Without warpgroups, or without a grid, nothing is divided.
// CHECK-LABEL: tile.kernel @no_warpgroups
// CHECK-NOT: tile.roles
tile.kernel @no_warpgroups(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c8 = arith.constant 8 : index
  %one = arith.constant 1 : i32
  %x = tile.grid %c8
  tile.store %one, %out[%x] : i32, !tile.buf<?xi32, global>
}
// CHECK-LABEL: tile.kernel @no_grid
// CHECK-SAME: tile.warpgroups = 2
// CHECK-NOT: tile.roles
tile.kernel @no_grid(%out: !tile.buf<?xi32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1 : i32
  tile.store %one, %out[%c0] : i32, !tile.buf<?xi32, global>
}
