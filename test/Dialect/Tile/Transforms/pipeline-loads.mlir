// RUN: attnc-opt %s --tile-pipeline-loads | FileCheck %s

!io = !tile.buf<?x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>

// A ring that a loop fills has the plan's stages, and so have all who name it; one that is filled once keeps one.
// CHECK-LABEL: tile.kernel @loop
// CHECK: %[[QS:.*]] = tile.ring : <1, <64x64xbf16, cache, 128>>
// CHECK: %[[KS:.*]] = tile.ring : <3, <64x64xbf16, cache, 128>>
// CHECK: tile.acquire %[[QS]]{{.*}} : <1,
// CHECK: tile.acquire %[[KS]]{{.*}} : <3,
// CHECK: scf.for
// CHECK: tile.acquire %[[KS]]{{.*}} : <3,
// CHECK: tile.commit %[[KS]]{{.*}} : <3,
tile.kernel @loop(%query: !io {tile.access = "read"}, %key: !io {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64, tile.stages = 3 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %qs = tile.ring : !ring
  %ks = tile.ring : !ring
  %qn = tile.next_use %qs : !ring
  %q = tile.acquire %qs[%qn] : !ring
  tile.load_async %query[%c0, %c0] to %q : !io to !tile
  tile.commit %qs[%qn] : !ring
  %kn0 = tile.next_use %ks : !ring
  %k0 = tile.acquire %ks[%kn0] : !ring
  tile.load_async %key[%c0, %c0] to %k0 : !io to !tile
  tile.commit %ks[%kn0] : !ring
  scf.for %j = %c64 to %c512 step %c64 {
    %kn = tile.next_use %ks : !ring
    %k = tile.acquire %ks[%kn] : !ring
    tile.load_async %key[%j, %c0] to %k : !io to !tile
    tile.commit %ks[%kn] : !ring
  }
}

// A branch in a loop is in the loop; a branch alone is not.
// CHECK-LABEL: tile.kernel @branches
// CHECK: %[[IN:.*]] = tile.ring : <2,
// CHECK: %[[OUT:.*]] = tile.ring : <1,
tile.kernel @branches(%key: !io {tile.access = "read"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64, tile.stages = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %in = tile.ring : !ring
  %out = tile.ring : !ring
  %x = tile.grid %c64
  %some = arith.cmpi eq, %x, %c0 : index
  scf.for %j = %c0 to %c512 step %c64 {
    scf.if %some {
      %n = tile.next_use %in : !ring
      %t = tile.acquire %in[%n] : !ring
      tile.commit %in[%n] : !ring
    }
  }
  scf.if %some {
    %n = tile.next_use %out : !ring
    %t = tile.acquire %out[%n] : !ring
    tile.commit %out[%n] : !ring
  }
}

// Without the plan's number nothing changes.
// CHECK-LABEL: tile.kernel @no_stages
// CHECK: tile.ring : <1,
tile.kernel @no_stages(%key: !io {tile.access = "read"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c512 = arith.constant 512 : index
  %ks = tile.ring : !ring
  scf.for %j = %c0 to %c512 step %c64 {
    %n = tile.next_use %ks : !ring
    %k = tile.acquire %ks[%n] : !ring
    tile.commit %ks[%n] : !ring
  }
}
