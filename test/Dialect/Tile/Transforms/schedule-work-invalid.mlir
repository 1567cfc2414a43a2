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
