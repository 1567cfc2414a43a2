// RUN: attnc-opt %s --split-input-file --verify-diagnostics --tile-plan-shared-memory | FileCheck %s

// Tiles first, at multiples of 1024 bytes; then each ring's barriers and tags.
// CHECK: tile.kernel @places() attributes {target = "sm_90a", tile.shared_bytes = 41056 : i64}
// CHECK: tile.ring {tile.barriers = 40960 : i64, tile.offset = 0 : i64}
// CHECK: tile.alloc {tile.offset = 16384 : i64}
// CHECK: tile.ring {tile.barriers = 41024 : i64, tile.offset = 24576 : i64}
tile.kernel @places() attributes {target = "sm_90a"} {
  %0 = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>, tags = 3>
  %1 = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  %2 = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
  }
}

// -----

// expected-error@+1 {{expected at most 232448 bytes of shared memory, got 262208}}
tile.kernel @too_much() attributes {target = "sm_90a"} {
  // expected-note@+2 {{262144 bytes of these}}
  // expected-note@+1 {{64 bytes of these}}
  %0 = tile.ring : !tile.ring<4, !tile.buf<256x128xbf16, cache, 128>>
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
  }
}
