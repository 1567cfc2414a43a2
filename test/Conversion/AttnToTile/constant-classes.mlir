// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --int-range-optimizations --canonicalize --cse --split-input-file | FileCheck %s

// What is true of all scores of a block in every run is decided at compile time, by upstream's integer-range analysis: a grid has
// as many blocks as its sizes say, and a loop no more keys than it visits.

// Every key is below 100: nothing is masked, and no class is asked for.
// CHECK-LABEL: tile.kernel @full
// CHECK: tile.mma
// CHECK-NOT: arith.cmpi
// CHECK-NOT: scf.if
// CHECK: tile.store
tile.kernel @full(%q: !tile.buf<2x4x32x64xf32, global> {tile.access = "read"}, %k: !tile.buf<2x4x64x64xf32, global> {tile.access = "read"},
                  %o: !tile.buf<2x4x32x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<2x4x32x64xf32, global> -> tensor<2x4x32x64xf32>
  %1 = tile.load %k[] : !tile.buf<2x4x64x64xf32, global> -> tensor<2x4x64x64xf32>
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %c100 = arith.constant 100 : index
    %sum = arith.addi %i, %j : index
    %v = arith.cmpi slt, %sum, %c100 : index
    attn.yield %v : i1
  }
  %2 = attn.attention %0, %1, %1 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    %c0 = arith.constant 0 : index
    attn.yield %c0, %c0, %c0, %nk : index, index, index, index
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<2x4x32x64xf32>, tensor<2x4x64x64xf32>, tensor<2x4x64x64xf32>, !attn.mask) -> tensor<2x4x32x64xf32>
  tile.store %2, %o[] : tensor<2x4x32x64xf32>, !tile.buf<2x4x32x64xf32, global>
}

// -----

// No head is above 3: no product is left.
// CHECK-LABEL: tile.kernel @empty
// CHECK-NOT: tile.mma
// CHECK-NOT: scf.if
// CHECK: tile.store
tile.kernel @empty(%q: !tile.buf<2x4x32x64xf32, global> {tile.access = "read"}, %k: !tile.buf<2x4x64x64xf32, global> {tile.access = "read"},
                   %o: !tile.buf<2x4x32x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<2x4x32x64xf32, global> -> tensor<2x4x32x64xf32>
  %1 = tile.load %k[] : !tile.buf<2x4x64x64xf32, global> -> tensor<2x4x64x64xf32>
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %c3 = arith.constant 3 : index
    %c1 = arith.constant 1 : index
    %odd = arith.andi %j, %c1 : index
    %is_odd = arith.cmpi eq, %odd, %c1 : index
    %last = arith.cmpi sgt, %h, %c3 : index
    %v = arith.andi %last, %is_odd : i1
    attn.yield %v : i1
  }
  %2 = attn.attention %0, %1, %1 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    %c0 = arith.constant 0 : index
    attn.yield %c0, %c0, %c0, %nk : index, index, index, index
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<2x4x32x64xf32>, tensor<2x4x64x64xf32>, tensor<2x4x64x64xf32>, !attn.mask) -> tensor<2x4x32x64xf32>
  tile.store %2, %o[] : tensor<2x4x32x64xf32>, !tile.buf<2x4x32x64xf32, global>
}
