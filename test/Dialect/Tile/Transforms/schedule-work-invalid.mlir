// RUN: attnc-opt %s --tile-schedule-work --split-input-file --verify-diagnostics

// No tile comes once a work, to tell the consumers of it.
// expected-error @below {{expected a tile that is loaded once a block}}
tile.kernel @only_in_loop(%key: !tile.buf<?x64xbf16, global> {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %ks = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
  %x = tile.grid %c64
  tile.roles producer registers 24 {
    scf.for %j = %c0 to %c512 step %c64 {
      %n = tile.next_use %ks : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
      %k = tile.acquire %ks[%n] : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
      tile.load_async %key[%j, %c0] to %k : !tile.buf<?x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
      tile.commit %ks[%n] : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
    }
  } consumers(%wg) 1 registers 240 {
    scf.for %j = %c0 to %c512 step %c64 {
      %n = tile.next_use %ks : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
      %k = tile.wait %ks[%n] : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
      tile.release %ks[%n] : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
    }
  }
}

// -----

// No tile at all.
// expected-error @below {{expected a tile that is loaded once a block}}
tile.kernel @nothing(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c8 = arith.constant 8 : index
  %one = arith.constant 1 : i32
  %x = tile.grid %c8
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    tile.store %one, %out[%x] : i32, !tile.buf<?xi32, global>
  }
}

// -----

// Nobody waits for the tile.
!io = !tile.buf<?x?x64xbf16, global>
!out = !tile.buf<?x?x64xf32, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
// expected-error @below {{expected consumers that wait for the tile that is loaded once a block}}
tile.kernel @one_tile(%query: !io {tile.access = "read"}, %out: !out {tile.access = "write"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %qs = tile.ring : !ring
  %x = tile.grid %c8
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !ring
    %q = tile.acquire %qs[%qn] : !ring
    tile.load_async %query[%x, %c0, %c0] to %q : !io to !tile
    tile.commit %qs[%qn] : !ring
  } consumers(%wg) 1 registers 240 {
    %qn = tile.next_use %qs : !ring
  }
}

// -----

// A tag has 32 bits.
!io = !tile.buf<?x?x64xbf16, global>
!out = !tile.buf<?x?x64xf32, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
// expected-error @below {{expected scalars of up to 32 bits to hand to consumers, got 'i64'}}
tile.kernel @tags(%query: !io {tile.access = "read"}, %counts: !tile.buf<?xi64, global> {tile.access = "read"},
                  %slopes: !tile.buf<?xf32, global> {tile.access = "read"}, %out: !out {tile.access = "write"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %qs = tile.ring : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  %x = tile.grid %c8
  %count = tile.load %counts[%x] : !tile.buf<?xi64, global> -> i64
  %row = arith.index_cast %count : i64 to index
  %slope = tile.load %slopes[%x] : !tile.buf<?xf32, global> -> f32
  %twice = arith.addf %slope, %slope : f32
  %big = arith.addi %count, %count : i64
  %crow = arith.index_cast %big : i64 to index
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    %q = tile.acquire %qs[%qn] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    tile.load_async %query[%x, %row, %c0] to %q : !io to !tile
    tile.commit %qs[%qn] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  } consumers(%wg) 1 registers 240 {
    %qn = tile.next_use %qs : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    %q = tile.wait %qs[%qn] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
    %p = tile.mma_async %q, %q transposed : !tile, !tile -> tensor<64x64xf32>
    %s = tile.mma_wait %p but 0 : !tile.pending<tensor<64x64xf32>>
    tile.release %qs[%qn] after %s : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>, tensor<64x64xf32>
    %f = tile.splat %twice : f32 -> tensor<64x64xf32>
    %scaled = arith.mulf %s, %f : tensor<64x64xf32>
    tile.store %scaled, %out[%x, %crow, %c0] : tensor<64x64xf32>, !out
  }
}
