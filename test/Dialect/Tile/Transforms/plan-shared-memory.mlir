// RUN: attnc-opt %s --split-input-file --verify-diagnostics --tile-plan-shared-memory | FileCheck %s

// Tiles first, at multiples of 1024 bytes; then each ring's barriers and tags.
// CHECK: tile.kernel @places({{.*}}) attributes {target = "sm_90a", tile.shared_bytes = 41056 : i64}
// CHECK: tile.ring {tile.barriers = 40960 : i64, tile.offset = 0 : i64}
// CHECK: tile.alloc {tile.offset = 16384 : i64}
// CHECK: tile.ring {tile.barriers = 41024 : i64, tile.offset = 24576 : i64}
tile.kernel @places(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %0 = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>, tags = 3>
  %1 = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  %2 = tile.ring : !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
  }
}

// -----

// What threads store as a whole each warpgroup has its own of. The tiles of the two loops
// share bytes; the one that is copied to global memory shares none. Of a tile of 72
// columns the second panel is half used.
// CHECK: tile.kernel @frames({{.*}}tile.shared_bytes = 116752 : i64
// CHECK: tile.ring {tile.barriers = 116736 : i64, tile.offset = 0 : i64}
// CHECK: tile.alloc {tile.offset = 16384 : i64, tile.warpgroup_bytes = 50176 : i64}
// CHECK: tile.alloc {tile.offset = 32768 : i64, tile.warpgroup_bytes = 50176 : i64}
// CHECK: scf.for
// CHECK: tile.alloc {tile.offset = 33792 : i64, tile.shares_bytes, tile.warpgroup_bytes = 50176 : i64}
// CHECK: scf.for
// CHECK: tile.alloc {tile.offset = 33792 : i64, tile.shares_bytes, tile.warpgroup_bytes = 50176 : i64}
// CHECK: tile.alloc {tile.offset = 50176 : i64, tile.warpgroup_bytes = 50176 : i64}
tile.kernel @frames(%out: !tile.buf<?x72xbf16, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.0 : bf16
  %0 = tile.ring : !tile.ring<1, !tile.buf<64x72xbf16, cache, 128>>
  %1 = tile.alloc : !tile.buf<64x72xbf16, cache, 128>
  tile.store_async %1 to %out[%c0, %c0] : !tile.buf<64x72xbf16, cache, 128> to !tile.buf<?x72xbf16, global>
  %2 = tile.alloc : !tile.buf<64xf32, cache>
  tile.fill %zero, %2 : f32, !tile.buf<64xf32, cache>
  scf.for %i = %c0 to %c1 step %c1 {
    %3 = tile.alloc : !tile.buf<64x64xf32, cache>
    tile.fill %zero, %3 : f32, !tile.buf<64x64xf32, cache>
  }
  scf.for %i = %c0 to %c1 step %c1 {
    %4 = tile.alloc : !tile.buf<64x64xf32, cache>
    tile.fill %zero, %4 : f32, !tile.buf<64x64xf32, cache>
    %5 = tile.alloc : !tile.buf<64x64xf32, cache>
    tile.fill %zero, %5 : f32, !tile.buf<64x64xf32, cache>
  }
}

// -----

// Several tiles of rows, of which a slice says whose it is, are the block's.
// CHECK: tile.kernel @block({{.*}}tile.shared_bytes = 2048 : i64
// CHECK: tile.alloc {tile.offset = 0 : i64} : <2x64xf32, cache>
tile.kernel @block(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %wg = tile.warpgroup_id
  %0 = tile.alloc : !tile.buf<2x64xf32, cache>
  %1 = tile.slice %0[%wg, %c0] : !tile.buf<2x64xf32, cache> to !tile.buf<64xf32, cache>
  tile.fill %zero, %1 : f32, !tile.buf<64xf32, cache>
}

// -----

// A scalar kernel needs nothing; kernels of other targets are left alone.
// CHECK: tile.kernel @scalar({{.*}}tile.shared_bytes = 0 : i64
tile.kernel @scalar(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
}
// CHECK: tile.kernel @cpu({{.*}}) attributes {target = "cpu"}
tile.kernel @cpu(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.alloc : !tile.buf<64x64xf32, cache>
}

// -----

// expected-error@+1 {{expected at most 232448 bytes of shared memory, got 262208}}
tile.kernel @too_much(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  // expected-note@+2 {{262144 bytes of these}}
  // expected-note@+1 {{64 bytes of these}}
  %0 = tile.ring : !tile.ring<4, !tile.buf<256x128xbf16, cache, 128>>
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
  }
}
