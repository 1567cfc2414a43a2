// RUN: attnc-opt %s --split-input-file --tile-balance-work --canonicalize --cse | FileCheck %s

!io = !tile.buf<?x4x?x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>

// Of works of one length the next is whoever asks first.
// CHECK-LABEL: tile.kernel @even
// CHECK: tile.scheduler %{{.*}}, %c4, %{{.*}} group %c1 dynamic : <3>
tile.kernel @even(%key: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %batch = tile.dim %key, 0 : !io
  %keys = tile.dim %key, 2 : !io
  %ks = tile.ring : !ring
  %works = tile.scheduler %keys, %c4, %batch group %c1 : !tile.scheduler<3>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<3>
    %exists, %x, %h, %b = tile.work_ids %works[%w] : !tile.scheduler<3> -> index, index, index
    scf.for %j = %c0 to %keys step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%b, %h, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}

// Where the first index bounds a loop, works of a group of heads come before those of the next: as many heads as have
// their keys and values in the L2 cache, 8 KB a key within 8 and 32 MB, in groups of one size.
// CHECK-LABEL: tile.kernel @causal
// CHECK-DAG: %[[BATCH:.*]] = tile.dim %in, 0
// CHECK-DAG: %[[KEYS:.*]] = tile.dim %in, 2
// CHECK-DAG: %[[VALUES:.*]] = tile.dim %in_0, 2
// CHECK-DAG: %[[K_BYTES:.*]] = arith.muli %[[KEYS]], %c128
// CHECK-DAG: %[[V_BYTES:.*]] = arith.muli %[[VALUES]], %c128
// CHECK: %[[BYTES:.*]] = arith.addi %[[K_BYTES]], %[[V_BYTES]]
// CHECK: %[[ASKED:.*]] = arith.muli %[[VALUES]], %c8192
// CHECK: %[[LEAST:.*]] = arith.maxui %[[ASKED]], %c8388608
// CHECK: %[[BUDGET:.*]] = arith.minui %[[LEAST]], %c33554432
// CHECK: %[[FIT:.*]] = arith.divui %[[BUDGET]],
// CHECK: %[[HEADS:.*]] = arith.muli %[[BATCH]], %c4
// CHECK: %[[GROUPS:.*]] = arith.ceildivui %[[HEADS]],
// CHECK: arith.ceildivui %[[HEADS]],
// CHECK-NEXT: %[[GROUP:.*]] = arith.maxui %{{.*}}, %c1
// CHECK-NEXT: tile.scheduler %{{.*}}, %c4, %[[BATCH]] group %[[GROUP]] dynamic : <3>
tile.kernel @causal(%key: !io {tile.access = "read"}, %value: !io {tile.access = "read"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %batch = tile.dim %key, 0 : !io
  %keys = tile.dim %key, 2 : !io
  %ks = tile.ring : !ring
  %works = tile.scheduler %keys, %c4, %batch group %c1 : !tile.scheduler<3>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<3>
    %exists, %x, %h, %b = tile.work_ids %works[%w] : !tile.scheduler<3> -> index, index, index
    %end = arith.muli %x, %c64 : index
    scf.for %j = %c0 to %end step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%b, %h, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
      %n1 = tile.next_use %ks : !ring
      %t1 = tile.acquire %ks[%n1] : !ring
      tile.load_async %value[%b, %h, %j, %c0] to %t1 : !io to !tile
      tile.commit %ks[%n1] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}

// Eight query heads of four KV heads: two share what they read, so that a key may take half as much, and a group has
// both.
// CHECK-LABEL: tile.kernel @shared_heads
// CHECK: arith.muli %{{.*}}, %c4096
// CHECK: %[[FIT:.*]] = arith.divui
// CHECK: %[[KV_HEADS:.*]] = arith.maxui %[[FIT]], %c1
// CHECK: %[[HEADS:.*]] = arith.muli %[[KV_HEADS]], %c2
// CHECK: arith.ceildivui %{{.*}}, %[[HEADS]]
tile.kernel @shared_heads(%key: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %batch = tile.dim %key, 0 : !io
  %keys = tile.dim %key, 2 : !io
  %ks = tile.ring : !ring
  %works = tile.scheduler %keys, %c8, %batch group %c1 : !tile.scheduler<3>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<3>
    %exists, %x, %h, %b = tile.work_ids %works[%w] : !tile.scheduler<3> -> index, index, index
    %head = arith.divui %h, %c2 : index
    %begin = arith.muli %x, %c64 : index
    scf.for %j = %begin to %keys step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%b, %head, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}

// How many steps a work has may come from a table: its place in the grid says it there as well.
// CHECK-LABEL: tile.kernel @lists
// CHECK: tile.scheduler {{.*}} group %{{[0-9]+}} dynamic
tile.kernel @lists(%key: !io {tile.access = "read"}, %counts: !tile.buf<?xi32, global> {tile.access = "read"})
    attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %batch = tile.dim %key, 0 : !io
  %keys = tile.dim %key, 2 : !io
  %ks = tile.ring : !ring
  %works = tile.scheduler %keys, %c4, %batch group %c1 : !tile.scheduler<3>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<3>
    %exists, %x, %h, %b = tile.work_ids %works[%w] : !tile.scheduler<3> -> index, index, index
    %count = tile.load %counts[%x] : !tile.buf<?xi32, global> -> i32
    %end = arith.index_cast %count : i32 to index
    scf.for %j = %c0 to %end step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%b, %h, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}

// The length of a work that follows from its head or batch entry alone orders nothing.
// CHECK-LABEL: tile.kernel @other_index
// CHECK: tile.scheduler {{.*}} group %c1 dynamic
tile.kernel @other_index(%key: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %batch = tile.dim %key, 0 : !io
  %keys = tile.dim %key, 2 : !io
  %ks = tile.ring : !ring
  %works = tile.scheduler %keys, %c4, %batch group %c1 : !tile.scheduler<3>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<3>
    %exists, %x, %h, %b = tile.work_ids %works[%w] : !tile.scheduler<3> -> index, index, index
    scf.for %j = %c0 to %h step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%b, %h, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}

// A grid has no work to hand out.
// CHECK-LABEL: tile.kernel @no_scheduler
// CHECK: tile.grid
// CHECK-NOT: dynamic
tile.kernel @no_scheduler(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c8 = arith.constant 8 : index
  %one = arith.constant 1 : i32
  %x = tile.grid %c8
  tile.store %one, %out[%x] : i32, !tile.buf<?xi32, global>
}

// -----

// One size: there are no heads to group.
// CHECK-LABEL: tile.kernel @one_size
// CHECK: tile.scheduler {{.*}} dynamic
!io = !tile.buf<?x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
tile.kernel @one_size(%key: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %ks = tile.ring : !ring
  %works = tile.scheduler %c4 group %c1 : !tile.scheduler<1>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<1>
    %exists, %x = tile.work_ids %works[%w] : !tile.scheduler<1> -> index
    scf.for %j = %c0 to %x step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}

// -----

// Keys without heads.
// CHECK-LABEL: tile.kernel @keys_of_all
// CHECK: tile.scheduler {{.*}} dynamic
!io = !tile.buf<?x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
tile.kernel @keys_of_all(%key: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %ks = tile.ring : !ring
  %works = tile.scheduler %c4, %c4 group %c1 : !tile.scheduler<2>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<2>
    %exists, %x, %h = tile.work_ids %works[%w] : !tile.scheduler<2> -> index, index
    scf.for %j = %c0 to %x step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}

// -----

// Heads whose number is open.
// CHECK-LABEL: tile.kernel @open_heads
// CHECK: tile.scheduler {{.*}} dynamic
!io = !tile.buf<?x?x?x64xbf16, global>
!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>
tile.kernel @open_heads(%key: !io {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %ks = tile.ring : !ring
  %works = tile.scheduler %c4, %c4 group %c1 : !tile.scheduler<2>
  tile.roles producer registers 24 {
    %w = tile.take_work %works : !tile.scheduler<2>
    %exists, %x, %h = tile.work_ids %works[%w] : !tile.scheduler<2> -> index, index
    scf.for %j = %c0 to %x step %c64 {
      %n = tile.next_use %ks : !ring
      %t = tile.acquire %ks[%n] : !ring
      tile.load_async %key[%c0, %c0, %j, %c0] to %t : !io to !tile
      tile.commit %ks[%n] : !ring
    }
  } consumers(%wg) 1 registers 240 {
  }
}
