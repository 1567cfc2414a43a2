// RUN: attnc-opt %s --split-input-file --verify-diagnostics --convert-tile-to-nvvm

// expected-error@+1 {{expected shared memory to be planned: run tile-plan-shared-memory first}}
tile.kernel @unplanned() attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
}

// -----

tile.kernel @no_layout() attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected a tile with a layout, got 'tensor<64x16xf32>': run tile-assign-layouts first}}
  %0 = arith.constant dense<0.0> : tensor<64x16xf32>
}

// -----

tile.kernel @shape() attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected the shape of a warpgroup's tile of layout acc, got 'tensor<32x16xf32}}
  %0 = arith.constant dense<0.0> : tensor<32x16xf32, #tile.layout<acc>>
}

// -----

tile.kernel @many_registers() attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected at most 65536 registers in all, got 95232}}
  tile.roles producer registers 24 {
  } consumers(%wg) 3 registers 240 {
  }
}

// -----

tile.kernel @odd_registers() attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected a multiple of 8 registers from 24 to 256, got 30}}
  tile.roles producer registers 30 {
  } consumers(%wg) 2 registers 240 {
  }
}

// -----

tile.kernel @many_barriers() attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected at most 16 named barriers, got 17}}
  %0 = tile.barrier : !tile.barrier<16 x 128>
}

// -----

tile.kernel @unplaced_ring() attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected a planned ring of tiles of rank 2 with a swizzle of 128 bytes}}
  %0 = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache>>
}

// -----

tile.kernel @half_arithmetic() attributes {target = "sm_90a", tile.shared_bytes = 0} {
  %0 = arith.constant dense<1.0> : tensor<64x16xf32, #tile.layout<acc>>
  %1 = arith.truncf %0 : tensor<64x16xf32, #tile.layout<acc>> to tensor<64x16xbf16, #tile.layout<acc>>
  // expected-error@+1 {{expected arithmetic in f32, got 'tensor<64x16xbf16}}
  %2 = arith.addf %1, %1 : tensor<64x16xbf16, #tile.layout<acc>>
}
