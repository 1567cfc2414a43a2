// RUN: attnc-opt %s --tile-issue-async --split-input-file --verify-diagnostics

// A load is of a window: of a whole buffer there are no offsets.
tile.kernel @whole(%in: !tile.buf<64x64xbf16, global> {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %t = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  // expected-error @below {{expected a copy of a window of global memory}}
  tile.copy %in to %t : !tile.buf<64x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
}

// -----

// A tensor map does not transpose.
tile.kernel @transposed(%in: !tile.buf<?x64xbf16, global> {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %window = tile.slice %in[%c0, %c0] : !tile.buf<?x64xbf16, global> to !tile.buf<64x64xbf16, global>
  %t = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  // expected-error @below {{expected a copy of a window of global memory}}
  tile.copy %window to %t {transposed} : !tile.buf<64x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
}

// -----

// A tile that a loop fills again and again would be one stage of many uses.
tile.kernel @elsewhere(%in: !tile.buf<?x64xbf16, global> {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %t = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  scf.for %j = %c0 to %c512 step %c64 {
    %window = tile.slice %in[%j, %c0] : !tile.buf<?x64xbf16, global> to !tile.buf<64x64xbf16, global>
    // expected-error @below {{expected a copy beside the tile that it fills}}
    tile.copy %window to %t : !tile.buf<64x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
  }
}

// -----

// A wait for a product is what gives the stage back; threads that read it have none.
tile.kernel @read(%in: !tile.buf<?x64xbf16, global> {tile.access = "read"},
                  %out: !tile.buf<?x64xbf16, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %window = tile.slice %in[%c0, %c0] : !tile.buf<?x64xbf16, global> to !tile.buf<64x64xbf16, global>
  %t = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  tile.copy %window to %t : !tile.buf<64x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
  // expected-error @below {{expected only products to read a tile that is loaded from global memory}}
  %0 = tile.load %t[] : !tile.buf<64x64xbf16, cache, 128> -> tensor<64x64xbf16>
  tile.store %0, %out[%c0, %c0] : tensor<64x64xbf16>, !tile.buf<?x64xbf16, global>
}

// -----

tile.kernel @unread(%in: !tile.buf<?x64xbf16, global> {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %window = tile.slice %in[%c0, %c0] : !tile.buf<?x64xbf16, global> to !tile.buf<64x64xbf16, global>
  %t = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  // expected-error @below {{expected a product to read a tile that is loaded from global memory}}
  tile.copy %window to %t : !tile.buf<64x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
}

// -----

// A tile leaves to a window.
tile.kernel @k(%in: !tile.buf<64x64xbf16, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %h = arith.constant dense<1.0> : tensor<64x64xbf16>
  %t = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  tile.store %h, %t[] : tensor<64x64xbf16>, !tile.buf<64x64xbf16, cache, 128>
  // expected-error @below {{expected a copy to a window of global memory}}
  tile.copy %t to %in : !tile.buf<64x64xbf16, cache, 128> to !tile.buf<64x64xbf16, global>
}

// -----

// Two copies into one tile.
tile.kernel @k(%in: !tile.buf<?x64xbf16, global> {tile.access = "read"}, %out: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %z = arith.constant dense<0.0> : tensor<64x64xf32>
  %w = tile.slice %in[%c0, %c0] : !tile.buf<?x64xbf16, global> to !tile.buf<64x64xbf16, global>
  %v = tile.slice %in[%c64, %c0] : !tile.buf<?x64xbf16, global> to !tile.buf<64x64xbf16, global>
  // expected-error @below {{expected one copy that fills the tile, got 2}}
  %t = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  tile.copy %w to %t : !tile.buf<64x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
  %s = tile.mma %t, %t, %z {overwrite, transposed} : !tile.buf<64x64xbf16, cache, 128>, !tile.buf<64x64xbf16, cache, 128>, tensor<64x64xf32>
  tile.copy %v to %t : !tile.buf<64x64xbf16, global> to !tile.buf<64x64xbf16, cache, 128>
  %s1 = tile.mma %t, %t, %s {transposed} : !tile.buf<64x64xbf16, cache, 128>, !tile.buf<64x64xbf16, cache, 128>, tensor<64x64xf32>
  tile.store %s1, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<64x64xf32, global>
}
