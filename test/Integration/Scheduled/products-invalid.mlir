// Products and stores in flight, tiles that are still being read, windows out of bounds: each error once.

// RUN: attnc-test-scheduled %s --verify-diagnostics
// RUN: attnc-test-scheduled %s --verify-diagnostics --seed=2

!io = !tile.buf<64x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!scores = tensor<64x64xf32>

// A value is read when its product is done.
tile.kernel @read_in_flight(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %t = tile.alloc : !tile
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-note@+1 {{this one}}
    %p = tile.mma_async %t, %t : !tile, !tile -> !scores
    // expected-error@+1 {{warpgroup 0 of block 0: reads a product that is among the 1 that may be in flight}}
    %s = tile.mma_wait %p but 1 : !tile.pending<!scores>
  }
}

// Products finish in the order of issue: a wait for the second is a wait for the first.
tile.kernel @in_order(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %t = tile.alloc : !tile
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %p = tile.mma_async %t, %t : !tile, !tile -> !scores
    // expected-note@+1 {{this one}}
    %q = tile.mma_async %t, %t : !tile, !tile -> !scores
    // expected-error@+1 {{warpgroup 0 of block 0: reads a product that is among the 1 that may be in flight}}
    %s = tile.mma_wait %q but 1 : !tile.pending<!scores>
  }
}

// None is left at the end.
tile.kernel @not_waited(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %t = tile.alloc : !tile
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-error@+1 {{warpgroup 0 of block 0: expected every product to be waited for, this one is in flight at the end}}
    %p = tile.mma_async %t, %t : !tile, !tile -> !scores
  }
}

// A product reads its tiles until it is done.
tile.kernel @operand_written(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %h = arith.constant dense<0.0> : tensor<64x64xbf16>
  %t = tile.alloc : !tile
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-note@+1 {{by this op, in flight}}
    %p = tile.mma_async %t, %t : !tile, !tile -> !scores
    // expected-error@+1 {{warpgroup 0 of block 0: writes a tile that is still being read}}
    tile.store %h, %t[] : tensor<64x64xbf16>, !tile
    %s = tile.mma_wait %p but 0 : !tile.pending<!scores>
  }
}

// So does an asynchronous store, until the wait for it.
tile.kernel @stored_overwritten(%out: !io {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %h = arith.constant dense<1.0> : tensor<64x64xbf16>
  %t = tile.alloc : !tile
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    tile.store %h, %t[] : tensor<64x64xbf16>, !tile
    // expected-note@+1 {{by this op, in flight}}
    tile.store_async %t to %out[%c0, %c0] : !tile to !io
    // expected-error@+1 {{warpgroup 0 of block 0: writes a tile that is still being read}}
    tile.store %h, %t[] : tensor<64x64xbf16>, !tile
    tile.store_wait
  }
}

// Products are a warpgroup's.
tile.kernel @producer_multiplies(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %t = tile.alloc : !tile
  tile.roles producer registers 24 {
    // expected-error@+1 {{producer of block 0: expected in a warpgroup that computes}}
    %p = tile.mma_async %t, %t : !tile, !tile -> !scores
  } consumers(%wg) 1 registers 240 {
  }
}

// A window that in_bounds says lies inside does.
tile.kernel @out_of_bounds(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  // expected-error@+1 {{warpgroup 0 of block 0: expected dimension 1 to be in bounds, got 8 … 72 of 64}}
  %t = tile.load %in[%c8, %c8] {in_bounds = array<i1: false, true>} : !io -> tensor<64x64xbf16>
}

// The number of a thread's own tile stays inside too.
tile.kernel @slab_out_of_bounds(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %slabs = tile.alloc : !tile.buf<2x64x64xbf16, cache, 128>
  // expected-error@+1 {{warpgroup 0 of block 0: expected dimension 0 to be in bounds, got 2 … 3 of 2}}
  %t = tile.slice %slabs[%c2, %c0, %c0] : !tile.buf<2x64x64xbf16, cache, 128> to !tile
}

// What it does not know, it does not skip.
tile.kernel @unknown(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %x = arith.constant 1.0 : f32
  // expected-error@+1 {{warpgroup 0 of block 0: the interpreter does not know this op}}
  %y = math.cbrt %x : f32
}

// A loop moves forward.
tile.kernel @no_step(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{warpgroup 0 of block 0: expected a positive step, got 0}}
  scf.for %i = %c0 to %c1 step %c0 {
  }
}

// expected-error@+1 {{the error word is 3}}
tile.kernel @error_word(%in: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %true = arith.constant true
  tile.error if %true, 3
}

// An argument without sizes cannot be made.
// expected-error@+1 {{expected --arg 0=…}}
tile.kernel @sizes(%in: !tile.buf<?xf32, global> {tile.access = "read"}) attributes {target = "sm_90a"} {
}
