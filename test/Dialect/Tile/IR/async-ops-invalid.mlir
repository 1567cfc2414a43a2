// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{expected rows and a swizzle of multiples of 16 bytes, got 72 and 128}}
func.func private @swizzle(!tile.buf<64x36xbf16, cache, 128>)

// -----

// expected-error@+1 {{expected no swizzle in the global space, got 128}}
func.func private @global_swizzle(!tile.buf<64x64xbf16, global, 128>)

// -----

// expected-error@+1 {{expected stages in the cache space, got}}
func.func private @global_ring(!tile.ring<2, !tile.buf<64x64xbf16, global>>)

// -----

// expected-error@+1 {{expected at least one stage, got 0}}
func.func private @empty_ring(!tile.ring<0, !tile.buf<64x64xbf16, cache>>)

// -----

// expected-error@+1 {{expected at least one barrier and thread, got 0 and 128}}
func.func private @no_barrier(!tile.barrier<0 x 128>)

// -----

// expected-error@+1 {{expected a rank of 1 to 3, got 4}}
func.func private @rank(!tile.scheduler<4>)

// -----

tile.kernel @roles_not_last(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  // expected-error@+1 {{expected to be the last op of its kernel}}
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
  }
  // expected-note@+1 {{this op follows}}
  %c0 = arith.constant 0 : index
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
tile.kernel @tags(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %ring = tile.ring : !tile.ring<2, !tile, tags = 2>
  tile.roles producer registers 24 {
    // expected-error@+1 {{expected 2 tags, got 1}}
    tile.commit %ring[%c0] tags(%c0) : !tile.ring<2, !tile, tags = 2>
  } consumers(%wg) 2 registers 240 {
  }
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
tile.kernel @shape(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %a = tile.alloc : !tile
  %b = tile.alloc : !tile.buf<128x64xbf16, cache, 128>
  // expected-error@+1 {{expected lhs [M, K], rhs [K, N], result [M, N], got}}
  %0 = tile.mma_async %a, %b : !tile, !tile.buf<128x64xbf16, cache, 128> -> tensor<64x64xf32, #tile.layout<acc>>
}

// -----

!tile = !tile.buf<64x64xbf16, cache, 128>
tile.kernel @layout(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %a = tile.alloc : !tile
  // expected-error@+1 {{expected an f32 result of layout acc, got 'tensor<64x64xf32, #}}
  %0 = tile.mma_async %a, %a : !tile, !tile -> tensor<64x64xf32, #tile.layout<a_frag>>
}

// -----

tile.kernel @convert(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %0 = arith.constant dense<0.0> : tensor<64x64xf32, #tile.layout<acc>>
  // expected-error@+1 {{expected a 16-bit tile from the layout acc to a_frag, got}}
  %1 = tile.convert_layout %0 : tensor<64x64xf32, #tile.layout<acc>> -> tensor<64x64xf32, #tile.layout<a_frag>>
}

// -----

// expected-error@+1 {{expected tile.warpgroups to be at least 1, got 0}}
tile.kernel @no_warpgroups(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 0 : i64} {
}
