// RUN: attnc-opt %s --split-input-file --verify-diagnostics --convert-tile-to-nvvm

// expected-error@+1 {{expected shared memory to be planned: run tile-plan-shared-memory first}}
tile.kernel @unplanned(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
}

// -----

tile.kernel @no_layout(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  // expected-error@+1 {{expected a tile with a layout, got 'tensor<64x16xf32>': run tile-assign-layouts first}}
  %0 = arith.constant dense<0.0> : tensor<64x16xf32>
}

// -----

tile.kernel @shape(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  // expected-error@+1 {{expected the shape of a warpgroup's tile of layout acc, got 'tensor<32x16xf32}}
  %0 = arith.constant dense<0.0> : tensor<32x16xf32, #tile.layout<acc>>
}

// -----

tile.kernel @many_registers(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected at most 65536 registers in all, got 95232}}
  tile.roles producer registers 24 {
  } consumers(%wg) 3 registers 240 {
  }
}

// -----

tile.kernel @odd_registers(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected a multiple of 8 registers from 24 to 256, got 30}}
  tile.roles producer registers 30 {
  } consumers(%wg) 2 registers 240 {
  }
}

// -----

tile.kernel @many_barriers(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected at most 16 named barriers, got 17}}
  %0 = tile.barrier : !tile.barrier<16 x 128>
}

// -----

tile.kernel @unplaced_ring(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  // expected-error@+1 {{expected a planned ring of tiles of rank 2 with a swizzle of 128 bytes}}
  %0 = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache>>
}

// -----

// expected-error@+1 {{expected at most 8 warpgroups, got 9}}
tile.kernel @many_warpgroups(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 9 : i64} {
}

// -----

tile.kernel @scalar_ring(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected a kernel with tile.roles or tile.warpgroups around a ring}}
  %0 = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
}

// -----

tile.kernel @scalar_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  // expected-error@+1 {{expected numbers, and vectors that are reduced, in a kernel without tile.roles and tile.warpgroups, got 'tensor<64x16xf32>'}}
  %0 = arith.constant dense<0.0> : tensor<64x16xf32>
}

// -----

tile.kernel @scalar_vector(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  %c0 = arith.constant 0 : index
  %0 = arith.constant dense<0.0> : tensor<64xf32>
  // expected-error@+1 {{expected to store a number, got 'tensor<64xf32>'}}
  tile.store %0, %out[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
}

// -----

tile.kernel @written_vector(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{expected a vector of an argument that is only read}}
  %0 = tile.load %out[%c0] : !tile.buf<64xf32, global> -> tensor<64xf32>
  %1 = tile.reduce add %0 : tensor<64xf32> -> f32
}

// -----

tile.kernel @vector_through_loop(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = arith.constant dense<0.0> : tensor<64xf32>
  // expected-error@+1 {{expected numbers, and vectors that are reduced}}
  %1 = scf.for %i = %c0 to %c1 step %c1 iter_args(%v = %0) -> tensor<64xf32> {
    scf.yield %v : tensor<64xf32>
  }
}

// -----

tile.kernel @unscheduled(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x64xf32, cache>
  // expected-error@+1 {{expected an op of a scheduled kernel, got 'tile.mma'}}
  tile.mma %0, %0, %0 : !tile.buf<64x64xf32, cache>, !tile.buf<64x64xf32, cache>, !tile.buf<64x64xf32, cache>
}

// -----

tile.kernel @no_fast_form(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = arith.constant 1.0 : f32
  // expected-error@+1 {{expected a function with a fast form on sm_90a, got 'math.powf'}}
  %1 = math.powf %0, %0 : f32
}

// -----

tile.kernel @double_function(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = arith.constant 1.0 : f64
  // expected-error@+1 {{expected 'math.exp' of f32, got 'f64'}}
  %1 = math.exp %0 : f64
}

// -----

tile.kernel @table(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  // expected-error@+1 {{expected a tile of one value, got 'tensor<8xf32}}
  %0 = arith.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]> : tensor<8xf32, #tile.layout<column>>
}

// -----

tile.kernel @large_index(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  // expected-error@+1 {{expected an index of 32 bits, got 4294967296}}
  %0 = arith.constant 4294967296 : index
}

// -----

tile.kernel @carried_buffer(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{expected a scalar or a register tile, got '!tile.buf<64xf32, global>'}}
  %0 = scf.for %i = %c0 to %c1 step %c1 iter_args(%b = %out) -> !tile.buf<64xf32, global> {
    scf.yield %b : !tile.buf<64xf32, global>
  }
}

// -----

tile.kernel @row_along_0(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %1 = arith.constant dense<0.0> : tensor<64xf32, #tile.layout<row>>
  // expected-error@+1 {{expected row along 1 to acc or partial, or column along 0 to acc}}
  %2 = tile.broadcast %1 along 0 : tensor<64xf32, #tile.layout<row>> -> tensor<64x64xf32, #tile.layout<acc>>
}

// -----

tile.kernel @row_to_number(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = arith.constant dense<0.0> : tensor<64xf32, #tile.layout<row>>
  // expected-error@+1 {{expected acc to row or partial, partial to row, or column to a scalar, got 'tensor<64xf32}}
  %1 = tile.reduce add %0 : tensor<64xf32, #tile.layout<row>> -> f32
}

// -----

tile.kernel @wide_reduction(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = arith.constant dense<0> : tensor<64xi64, #tile.layout<column>>
  // expected-error@+1 {{expected a reduction of f32 or i32, got 'tensor<64xi64}}
  %1 = tile.reduce add %0 : tensor<64xi64, #tile.layout<column>> -> i64
}

// -----

tile.kernel @part_of_a_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x64xf32, cache>
  %1 = arith.constant dense<0.0> : tensor<64x8xf32, #tile.layout<acc>>
  // expected-error@+1 {{expected the whole of a cache tile, got a window of '!tile.buf<64x64xf32, cache>'}}
  tile.store %1, %0[%c0, %c0] : tensor<64x8xf32, #tile.layout<acc>>, !tile.buf<64x64xf32, cache>
}

// -----

tile.kernel @load_of_a_swizzled_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x64xf32, cache, 128>
  // expected-error@+1 {{expected the whole of a cache tile without a swizzle, got a window of '!tile.buf<64x64xf32, cache, 128>'}}
  %1 = tile.load %0[] : !tile.buf<64x64xf32, cache, 128> -> tensor<64x64xf32, #tile.layout<acc>>
}

// -----

tile.kernel @float_to_a_swizzled_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x64xf32, cache, 128>
  %1 = arith.constant dense<0.0> : tensor<64x64xf32, #tile.layout<acc>>
  // expected-error@+1 {{expected a 16-bit tile of layout acc to a swizzled tile, got 'tensor<64x64xf32}}
  tile.store %1, %0[] : tensor<64x64xf32, #tile.layout<acc>>, !tile.buf<64x64xf32, cache, 128>
}

// -----

tile.kernel @unswizzled_operand(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x64xbf16, cache>
  // expected-error@+1 {{expected a cache tile with a swizzle of 128 bytes, got '!tile.buf<64x64xbf16, cache>'}}
  %1 = tile.mma_async %0, %0 : !tile.buf<64x64xbf16, cache>, !tile.buf<64x64xbf16, cache> -> tensor<64x64xf32, #tile.layout<acc>>
}

// -----

tile.kernel @odd_depth(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x72xbf16, cache, 128>
  // expected-error@+1 {{expected a multiple of 8 columns up to 256 and of 16 depth, got 64 and 72}}
  %1 = tile.mma_async %0, %0 transposed : !tile.buf<64x72xbf16, cache, 128>, !tile.buf<64x72xbf16, cache, 128> -> tensor<64x64xf32, #tile.layout<acc>>
}

// -----

tile.kernel @columns_of_a_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c8 = arith.constant 8 : index
  %c0 = arith.constant 0 : index
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x128xbf16, cache, 128>
  // expected-error@+1 {{expected all columns of a swizzled tile, or the first of them in multiples of 64}}
  %1 = tile.slice %0[%c0, %c8] : !tile.buf<64x128xbf16, cache, 128> to !tile.buf<64x64xbf16, cache, 128>
}

// -----

tile.kernel @rows_of_a_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64x64xbf16, cache, 128>
  // expected-error@+1 {{expected a multiple of 8 rows of a swizzled tile, got '!tile.buf<4x64xbf16, cache, 128>'}}
  %1 = tile.slice %0[%c0, %c0] : !tile.buf<64x64xbf16, cache, 128> to !tile.buf<4x64xbf16, cache, 128>
}

// -----

tile.kernel @part_of_a_thread_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<2x64x64xf32, cache>
  // expected-error@+1 {{expected a whole tile of several, got '!tile.buf<64x32xf32, cache>' of '!tile.buf<2x64x64xf32, cache>'}}
  %1 = tile.slice %0[%c0, %c0, %c0] : !tile.buf<2x64x64xf32, cache> to !tile.buf<64x32xf32, cache>
}

// -----

tile.kernel @column_in_the_cache(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = tile.alloc {tile.offset = 0} : !tile.buf<64xf32, cache>
  %1 = arith.constant dense<0.0> : tensor<64xf32, #tile.layout<column>>
  // expected-error@+1 {{expected the layout acc, row or partial, got 'tensor<64xf32}}
  tile.store %1, %0[] : tensor<64xf32, #tile.layout<column>>, !tile.buf<64xf32, cache>
}

// -----

tile.kernel @unplanned_tile(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  // expected-error@+1 {{expected a planned cache tile without a swizzle or with one of 128 bytes, got '!tile.buf<64x64xf32, cache>'}}
  %0 = tile.alloc : !tile.buf<64x64xf32, cache>
}

// -----

tile.kernel @fill_of_global(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %0 = arith.constant 0.0 : f32
  // expected-error@+1 {{expected a cache tile without a swizzle, got '!tile.buf<64xf32, global>'}}
  tile.fill %0, %out : f32, !tile.buf<64xf32, global>
}

// -----

tile.kernel @dynamic_columns(%in: !tile.buf<?x?xbf16, global> {tile.access = "read"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %0 = tile.ring {tile.offset = 0, tile.barriers = 0} : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  %1 = tile.acquire %0[%c0] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  // expected-error@+1 {{expected a static number of columns, got}}
  tile.load_async %in[%c0, %c0] to %1 : !tile.buf<?x?xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
}

// -----

tile.kernel @part_of_a_row(%in: !tile.buf<?x80xbf16, global> {tile.access = "read"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %0 = tile.ring {tile.offset = 0, tile.barriers = 0} : !tile.ring<1, !tile.buf<64x72xbf16, cache, 128>>
  %1 = tile.acquire %0[%c0] : !tile.ring<1, !tile.buf<64x72xbf16, cache, 128>>
  // expected-error@+1 {{expected a multiple of 64 columns or the whole row, got 72 of 80}}
  tile.load_async %in[%c0, %c0] to %1 : !tile.buf<?x80xbf16, global> to !tile.buf<64x72xbf16, cache, 128>
}

// -----

tile.kernel @many_rows(%in: !tile.buf<?x64xbf16, global> {tile.access = "read"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %0 = tile.ring {tile.offset = 0, tile.barriers = 0} : !tile.ring<1, !tile.buf<264x64xbf16, cache, 128>>
  %1 = tile.acquire %0[%c0] : !tile.ring<1, !tile.buf<264x64xbf16, cache, 128>>
  // expected-error@+1 {{expected at most 256 rows, got 264}}
  tile.load_async %in[%c0, %c0] to %1 : !tile.buf<?x64xbf16, global> to !tile.buf<264x64xbf16, cache, 128>
}

// -----

tile.kernel @many_dimensions(%in: !tile.buf<?x?x?x?x64xbf16, global> {tile.access = "read"}) attributes {target = "sm_90a", tile.shared_bytes = 0, tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %0 = tile.ring {tile.offset = 0, tile.barriers = 0} : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  %1 = tile.acquire %0[%c0] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  // expected-error@+1 {{expected at most 5 dimensions of a tensor map, got 6}}
  tile.load_async %in[%c0, %c0, %c0, %c0, %c0] to %1 : !tile.buf<?x?x?x?x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
}
