// RUN: attnc-opt %s --split-input-file --verify-diagnostics --tile-verify-async

// Two products in flight; the older is waited for first.
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @right(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    %s = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
    %o = tile.mma_async %v, %v : !tile, !tile -> tensor<64x64xf32, #acc>
    %s1 = tile.mma_wait %s but 1 : !tile.pending<tensor<64x64xf32, #acc>>
    tile.release %ks[%c0] after %s1 : !ring, tensor<64x64xf32, #acc>
    %o1 = tile.mma_wait %o but 0 : !tile.pending<tensor<64x64xf32, #acc>>
    tile.release %vs[%c0] after %o1 : !ring, tensor<64x64xf32, #acc>
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @never_waited(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    // expected-error@+1 {{expected to be waited for once, in the block that issues it}}
    %s = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @too_early(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    %s = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
    %o = tile.mma_async %v, %v : !tile, !tile -> tensor<64x64xf32, #acc>
    // expected-error@+1 {{expected to allow at most 1 groups in flight, the newer ones, got 2}}
    %s1 = tile.mma_wait %s but 2 : !tile.pending<tensor<64x64xf32, #acc>>
    %o1 = tile.mma_wait %o but 0 : !tile.pending<tensor<64x64xf32, #acc>>
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @operand_in_flight(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    %p = arith.constant dense<0.0> : tensor<64x64xf32, #acc>
    // expected-note@+1 {{this product is in flight}}
    %s = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
    // expected-error@+1 {{expected no left operand to be computed while a product is in flight}}
    %ph = arith.truncf %p : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
    %pa = tile.convert_layout %ph : tensor<64x64xbf16, #acc> -> tensor<64x64xbf16, #a_frag>
    %s1 = tile.mma_wait %s but 0 : !tile.pending<tensor<64x64xf32, #acc>>
    %o = tile.mma_async %pa, %v : tensor<64x64xbf16, #a_frag>, !tile -> tensor<64x64xf32, #acc>
    %o1 = tile.mma_wait %o but 0 : !tile.pending<tensor<64x64xf32, #acc>>
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @release_of_another_ring(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    %s = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
    %s1 = tile.mma_wait %s but 0 : !tile.pending<tensor<64x64xf32, #acc>>
    // expected-error@+1 {{expected to be after a product that reads the ring}}
    tile.release %vs[%c0] after %s1 : !ring, tensor<64x64xf32, #acc>
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @release_before_second_reader(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    %s = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
    // expected-note@+1 {{this one may still read it}}
    %o = tile.mma_async %v, %k : !tile, !tile -> tensor<64x64xf32, #acc>
    %s1 = tile.mma_wait %s but 1 : !tile.pending<tensor<64x64xf32, #acc>>
    // expected-error@+1 {{expected to be after every product that reads the stage}}
    tile.release %ks[%c0] after %s1 : !ring, tensor<64x64xf32, #acc>
    %o1 = tile.mma_wait %o but 0 : !tile.pending<tensor<64x64xf32, #acc>>
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @nested(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    %true = arith.constant true
    // expected-note@+1 {{this product is in flight}}
    %s = tile.mma_async %k, %k transposed : !tile, !tile -> tensor<64x64xf32, #acc>
    // expected-error@+1 {{expected no product in a region while another is in flight}}
    scf.if %true {
      %o = tile.mma_async %v, %v : !tile, !tile -> tensor<64x64xf32, #acc>
      %o1 = tile.mma_wait %o but 0 : !tile.pending<tensor<64x64xf32, #acc>>
    }
    %s1 = tile.mma_wait %s but 0 : !tile.pending<tensor<64x64xf32, #acc>>
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @consumer_fills(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
    // expected-error@+1 {{expected not to be in the region of the consumers}}
    %w = tile.acquire %ks[%c0] : !ring
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
#acc = #tile.layout<acc>
#a_frag = #tile.layout<a_frag>
tile.kernel @producer_releases(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ks = tile.ring : !ring
  %vs = tile.ring : !ring
  tile.roles producer registers 24 {
    // expected-error@+1 {{expected not to be in the region of the producer}}
    %z = arith.constant dense<0.0> : tensor<64x64xf32, #acc>
    tile.release %vs[%c0] after %z : !ring, tensor<64x64xf32, #acc>
  } consumers(%wg) 2 registers 240 {
    %k = tile.wait %ks[%c0] : !ring
    %v = tile.wait %vs[%c0] : !ring
  }
}

// -----

// Copies from a tile that is written again: waited for in the same turn or the next.
!tile = !tile.buf<64x64xbf16, cache, 128>
!out = !tile.buf<?x64xbf16, global>
#acc = #tile.layout<acc>
tile.kernel @copies_waited(%out: !out {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %o = arith.constant dense<0.0> : tensor<64x64xbf16, #acc>
  %a = tile.alloc : !tile
  %b = tile.alloc : !tile
  scf.for %i = %c0 to %c1 step %c1 {
    tile.store_wait
    tile.store %o, %a[] : tensor<64x64xbf16, #acc>, !tile
    tile.store_async %a to %out[%c0, %c0] : !tile to !out
  }
  scf.for %i = %c0 to %c1 step %c1 {
    tile.store %o, %b[] : tensor<64x64xbf16, #acc>, !tile
    tile.store_async %b to %out[%c0, %c0] : !tile to !out
    tile.store_wait
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
!out = !tile.buf<?x64xbf16, global>
#acc = #tile.layout<acc>
tile.kernel @copy_of_last_turn(%out: !out {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %o = arith.constant dense<0.0> : tensor<64x64xbf16, #acc>
  // expected-note@+1 {{the tile is here}}
  %a = tile.alloc : !tile
  scf.for %i = %c0 to %c1 step %c1 {
    // expected-error@+1 {{expected a tile.store_wait before it, after the copies from the same tile}}
    tile.store %o, %a[] : tensor<64x64xbf16, #acc>, !tile
    tile.store_async %a to %out[%c0, %c0] : !tile to !out
  }
}

// -----

// An output that was stored where the query was: the stage is not free before it is copied.
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
!out = !tile.buf<?x64xbf16, global>
#acc = #tile.layout<acc>
tile.kernel @stage_in_flight(%out: !out {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  // expected-note@+1 {{the tile is here}}
  %qs = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %q = tile.wait %qs[%c0] : !ring
    %s0 = tile.mma_async %q, %q transposed : !tile, !tile -> tensor<64x64xf32, #acc>
    %s = tile.mma_wait %s0 but 0 : !tile.pending<tensor<64x64xf32, #acc>>
    %o = arith.truncf %s : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
    tile.store %o, %q[] : tensor<64x64xbf16, #acc>, !tile
    tile.store_async %q to %out[%c0, %c0] : !tile to !out
    // expected-error@+1 {{expected a tile.store_wait before it, after the copies from the same tile}}
    tile.release %qs[%c0] after %s : !ring, tensor<64x64xf32, #acc>
  }
}
