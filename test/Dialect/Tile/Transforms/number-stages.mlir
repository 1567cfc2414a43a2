// RUN: attnc-opt %s --tile-number-stages --canonicalize --cse | FileCheck %s

!tile = !tile.buf<64x64xbf16, cache, 128>
!ring = !tile.ring<2, !tile.buf<64x64xbf16, cache, 128>>

// A use has the number of uses before it. Each ring and each role counts for itself.
// CHECK-LABEL: tile.kernel @straight
// CHECK: %[[QS:.*]] = tile.ring
// CHECK: %[[KS:.*]] = tile.ring
// CHECK-NOT: tile.next_use
// CHECK: tile.acquire %[[QS]][%c0]
// CHECK: tile.acquire %[[KS]][%c0]
// CHECK: tile.acquire %[[KS]][%c1]
// CHECK: tile.commit %[[KS]][%c1]
// CHECK: consumers
// CHECK: tile.release %[[QS]][%c0]
// CHECK: tile.release %[[KS]][%c0]
// CHECK: tile.release %[[KS]][%c1]
tile.kernel @straight(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %qs = tile.ring : !ring
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !ring
    %q = tile.acquire %qs[%qn] : !ring
    tile.commit %qs[%qn] : !ring
    %kn0 = tile.next_use %ks : !ring
    %k0 = tile.acquire %ks[%kn0] : !ring
    tile.commit %ks[%kn0] : !ring
    %kn1 = tile.next_use %ks : !ring
    %k1 = tile.acquire %ks[%kn1] : !ring
    tile.commit %ks[%kn1] : !ring
  } consumers(%wg) 1 registers 240 {
    %qn = tile.next_use %qs : !ring
    tile.release %qs[%qn] : !ring
    %kn0 = tile.next_use %ks : !ring
    tile.release %ks[%kn0] : !ring
    %kn1 = tile.next_use %ks : !ring
    tile.release %ks[%kn1] : !ring
  }
}

// A loop carries the counters of the rings that it uses, behind what it carried, and hands them to what follows.
// CHECK-LABEL: tile.kernel @loop
// CHECK: %[[QS:.*]] = tile.ring
// CHECK: %[[KS:.*]] = tile.ring
// CHECK: tile.acquire %[[QS]][%c0]
// CHECK: %[[OUT:.*]]:2 = scf.for {{.*}} iter_args(%[[AT:.*]] = %c8, %[[N:.*]] = %c0) -> (index, index) {
// CHECK: %[[N1:.*]] = arith.addi %[[N]], %c1
// CHECK: tile.acquire %[[KS]][%[[N]]]
// CHECK: scf.yield %{{.*}}, %[[N1]] : index, index
// CHECK: tile.acquire %[[KS]][%[[OUT]]#1]
// CHECK: tile.acquire %[[QS]][%[[OUT]]#0]
tile.kernel @loop(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %qs = tile.ring : !ring
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
    %qn = tile.next_use %qs : !ring
    %q = tile.acquire %qs[%qn] : !ring
    %last = scf.for %j = %c0 to %c8 step %c2 iter_args(%at = %c8) -> (index) {
      %kn = tile.next_use %ks : !ring
      %k = tile.acquire %ks[%kn] : !ring
      tile.commit %ks[%kn] : !ring
      %next = arith.addi %at, %c2 : index
      scf.yield %next : index
    }
    %ln = tile.next_use %ks : !ring
    %l = tile.acquire %ks[%ln] : !ring
    %o = tile.acquire %qs[%last] : !ring
  } consumers(%wg) 1 registers 240 {
  }
}

// A loop in a loop goes on with the count of the one round it; two rings have a counter each.
// CHECK-LABEL: tile.kernel @nest
// CHECK: scf.for {{.*}} iter_args(%[[Q:.*]] = %c0, %[[K:.*]] = %c0) -> (index, index) {
// CHECK: %[[Q1:.*]] = arith.addi %[[Q]], %c1
// CHECK: tile.release %{{.*}}[%[[Q]]]
// CHECK: %[[K2:.*]] = scf.for {{.*}} iter_args(%[[INNER:.*]] = %[[K]]) -> (index) {
// CHECK: %[[K1:.*]] = arith.addi %[[INNER]], %c1
// CHECK: tile.release %{{.*}}[%[[INNER]]]
// CHECK: scf.yield %[[K1]]
// CHECK: scf.yield %[[Q1]], %[[K2]]
tile.kernel @nest(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %qs = tile.ring : !ring
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    scf.for %i = %c0 to %c8 step %c2 {
      %qn = tile.next_use %qs : !ring
      tile.release %qs[%qn] : !ring
      scf.for %j = %c0 to %c8 step %c2 {
        %kn = tile.next_use %ks : !ring
        tile.release %ks[%kn] : !ring
      }
    }
  }
}

// A loop over works counts in its condition too, whose uses come before those of its body.
// CHECK-LABEL: tile.kernel @while
// CHECK: %[[QS:.*]] = tile.ring
// CHECK: %[[KS:.*]] = tile.ring
// CHECK: %[[OUT:.*]]:3 = scf.while (%[[Q:.*]] = %c0, %[[K:.*]] = %c0) : (index, index) -> (index, index, index) {
// CHECK: %[[Q1:.*]] = arith.addi %[[Q]], %c1
// CHECK: tile.wait %[[QS]][%[[Q]]]
// CHECK: scf.condition(%{{.*}}) %[[Q]], %[[Q1]], %[[K]]
// CHECK: ^bb0(%[[NUMBER:.*]]: index, %[[Q2:.*]]: index, %[[K2:.*]]: index):
// CHECK: %[[K3:.*]] = arith.addi %[[K2]], %c1
// CHECK: tile.release %[[KS]][%[[K2]]]
// CHECK: tile.release %[[QS]][%[[NUMBER]]]
// CHECK: scf.yield %[[Q2]], %[[K3]]
// CHECK: tile.release %[[QS]][%[[OUT]]#1]
tile.kernel @while(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %qs = tile.ring : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>, tags = 1>
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %last = scf.while : () -> (index) {
      %qn = tile.next_use %qs : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>, tags = 1>
      %q, %tag = tile.wait %qs[%qn] tags(index) : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>, tags = 1>
      %more = arith.cmpi sge, %tag, %c0 : index
      scf.condition(%more) %qn : index
    } do {
    ^bb0(%number: index):
      %kn = tile.next_use %ks : !ring
      tile.release %ks[%kn] : !ring
      tile.release %qs[%number] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>, tags = 1>
      scf.yield
    }
    %end = tile.next_use %qs : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>, tags = 1>
    tile.release %qs[%end] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>, tags = 1>
  }
}

// A branch that is not taken counts nothing; one that has results hands its count on behind them.
// CHECK-LABEL: tile.kernel @branch
// CHECK: %[[KS:.*]] = tile.ring
// CHECK: %[[N:.*]] = arith.select %[[SOME:.*]], %c1, %c0 : index
// CHECK: scf.if %[[SOME]] {
// CHECK-NEXT: tile.release %[[KS]][%c0]
// CHECK: %[[M:.*]]:2 = scf.if %{{.*}} -> (i32, index) {
// CHECK: %[[N1:.*]] = arith.addi %[[N]], %c1
// CHECK: tile.release %[[KS]][%[[N]]]
// CHECK: scf.yield %{{.*}}, %[[N1]]
// CHECK: } else {
// CHECK: %[[N1:.*]] = arith.addi %[[N]], %c1
// CHECK: tile.release %[[KS]][%[[N]]]
// CHECK: tile.release %[[KS]][%[[N1]]]
// CHECK: tile.release %[[KS]][%[[M]]#1]
// CHECK: tile.store %[[M]]#0
tile.kernel @branch(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %row = tile.dim %out, 0 : !tile.buf<?xi32, global>
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %some = arith.cmpi eq, %wg, %c0 : index
    %other = arith.cmpi eq, %row, %c0 : index
    scf.if %some {
      %n = tile.next_use %ks : !ring
      tile.release %ks[%n] : !ring
    }
    %v = scf.if %other -> (i32) {
      %n = tile.next_use %ks : !ring
      tile.release %ks[%n] : !ring
      %a = arith.index_cast %n : index to i32
      scf.yield %a : i32
    } else {
      %n = tile.next_use %ks : !ring
      tile.release %ks[%n] : !ring
      %m = tile.next_use %ks : !ring
      tile.release %ks[%m] : !ring
      %a = arith.index_cast %m : index to i32
      scf.yield %a : i32
    }
    %end = tile.next_use %ks : !ring
    tile.release %ks[%end] : !ring
    tile.store %v, %out[%c0] : i32, !tile.buf<?xi32, global>
  }
}

// Warpgroups that load for themselves count in the kernel.
// CHECK-LABEL: tile.kernel @no_roles
// CHECK: %[[KS:.*]] = tile.ring
// CHECK: %[[N:.*]] = scf.for {{.*}} iter_args(%[[I:.*]] = %c0) -> (index) {
// CHECK: tile.wait %[[KS]][%[[I]]]
// CHECK: scf.yield
// CHECK: tile.wait %[[KS]][%[[N]]]
tile.kernel @no_roles(%out: !tile.buf<?xi32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %ks = tile.ring : !ring
  scf.for %j = %c0 to %c8 step %c2 {
    %n = tile.next_use %ks : !ring
    %k = tile.wait %ks[%n] : !ring
  }
  %n = tile.next_use %ks : !ring
  %k = tile.wait %ks[%n] : !ring
}

// A loop without uses carries nothing new, and a kernel without rings is as it was.
// CHECK-LABEL: tile.kernel @no_uses
// CHECK: scf.for
// CHECK-NOT: iter_args
// CHECK: tile.acquire %{{.*}}[%c0]
tile.kernel @no_uses(%out: !tile.buf<?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %one = arith.constant 1 : i32
  %ks = tile.ring : !ring
  tile.roles producer registers 24 {
    scf.for %j = %c0 to %c8 step %c2 {
      tile.store %one, %out[%j] : i32, !tile.buf<?xi32, global>
    }
    %n = tile.next_use %ks : !ring
    %k = tile.acquire %ks[%n] : !ring
  } consumers(%wg) 1 registers 240 {
  }
}
