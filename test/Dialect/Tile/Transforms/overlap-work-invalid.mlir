// DEFINE: %{works} = --tile-issue-async --tile-specialize-warps --canonicalize --cse --tile-schedule-work
// RUN: attnc-opt %s --split-input-file %{works} --tile-overlap-work --remarks-filter=tile-overlap-work --verify-diagnostics \
// RUN:   | FileCheck %s

!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!rows = !tile.buf<128x64xbf16, cache, 128>
!scores = tensor<64x64xf32>
!weights = tensor<64x64xbf16>

// Steps that are not overlapped end with their product: the last of a work is in the loop. Nothing changes.
// CHECK-LABEL: tile.kernel @in_loop
// CHECK: tile.ring : <1, <128x64xbf16, cache, 128>, tags = 1>
// CHECK: consumers
// CHECK: scf.while : ()
// CHECK-NOT: but 1
// expected-remark @below {{each work begins when the last is done: expected a first product of a slice}}
tile.kernel @in_loop(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
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

// -----

// The last product reads the queries too: they are not free when it is issued.
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!rows = !tile.buf<128x64xbf16, cache, 128>
// expected-remark @below {{each work begins when the last is done}}
tile.kernel @k(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64, tile.query_stages = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %x = tile.grid %c8
  %row = arith.muli %x, %c128 : index
  %wg = tile.warpgroup_id
  %wg_row = arith.muli %wg, %c64 : index
  %q_window = tile.slice %query[%row, %c0] : !io to !tile.buf<128x64xbf16, global>
  %q_rows = tile.alloc : !rows
  tile.copy %q_window to %q_rows : !tile.buf<128x64xbf16, global> to !rows
  %q = tile.slice %q_rows[%wg_row, %c0] : !rows to !tile
  %k0_window = tile.slice %key[%c0, %c0] : !io to !window
  %k0 = tile.alloc : !tile
  tile.copy %k0_window to %k0 : !window to !tile
  %s0 = tile.mma %q, %k0, %zero {overwrite, transposed} : !tile, !tile, tensor<64x64xf32>
  %k1_window = tile.slice %key[%c64, %c0] : !io to !window
  %k1 = tile.alloc : !tile
  tile.copy %k1_window to %k1 : !window to !tile
  %s1 = tile.mma %q, %k1, %s0 {transposed} : !tile, !tile, tensor<64x64xf32>
  tile.store %s1, %out[%row, %c0] : tensor<64x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// The first product adds to something.
!io = !tile.buf<?x64xbf16, global>
!window = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!rows = !tile.buf<128x64xbf16, cache, 128>
!scores = tensor<64x64xf32>
!weights = tensor<64x64xbf16>
// expected-remark @below {{each work begins when the last is done}}
tile.kernel @one_step(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"},
                       %value: !io {tile.access = "read"}, %out: !tile.buf<?x64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64, tile.query_stages = 2 : i64} {
  %c0 = arith.constant 0 : index
  %three = arith.constant dense<3.0> : !scores
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
  %s0 = tile.mma %q, %k0, %three {transposed} : !tile, !tile, !scores
  %w0 = arith.truncf %s0 : !scores to !weights
  %v0_window = tile.slice %value[%c0, %c0] : !io to !window
  %v0 = tile.alloc : !tile
  tile.copy %v0_window to %v0 : !window to !tile
  %o0 = tile.mma %w0, %v0, %zero {overwrite} : !weights, !tile, !scores
  tile.store %o0, %out[%out_row, %c0] : !scores, !tile.buf<?x64xf32, global>
}
