// Kernels without warpgroups: each thread computes one point of the grid, or each warp
// where vectors are reduced.

// RUN: attnc-opt %s --split-input-file --tile-assign-layouts --tile-plan-shared-memory --convert-tile-to-nvvm | FileCheck %s
// RUN: attnc-opt %s --split-input-file --attnc-scheduled-pipeline --attnc-nvvm-pipeline --hopper-assemble-kernels=format=ptx -o /dev/null

// The class of each block of scores under a document mask: from the least and the
// largest id of its rows and of its keys.
// CHECK-LABEL: llvm.func @block_classes
// CHECK-SAME: attnc.launch = {points = 4 : i64, shared_bytes = 0 : i64, threads = 128 : i64}
// CHECK-SAME: nvvm.maxntid = array<i32: 128>

// A warp has a point of the first dimension, a block of threads four; those behind the
// edge do nothing.
// CHECK-DAG: %[[LANE:.*]] = arith.andi %{{.*}}, %c31_i32 : i32
// CHECK-DAG: %[[WARP:.*]] = nvvm.shfl.sync idx
// CHECK: %[[BLOCK:.*]] = arith.muli %{{.*}}, %{{.*}} : i32
// CHECK: %[[X:.*]] = arith.addi %[[BLOCK]], %[[WARP]] : i32
// CHECK: %[[ID:.*]] = arith.extui %[[X]] : i32 to i64
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[ID]], %{{.*}} : i64
// CHECK: scf.if %[[INSIDE]] {

// Each lane loads every 32nd element, for both reductions of a vector; beyond the edge
// are zeros.
// CHECK-COUNT-4: llvm.inline_asm asm_dialect = att "@$2 ld.global.nc.b32 $0, [$1];"
// CHECK-NOT: ld.global
// CHECK: nvvm.redux.sync max
// CHECK: nvvm.redux.sync min
// CHECK-COUNT-4: ld.global.nc.b32
// CHECK: nvvm.redux.sync max
// CHECK: nvvm.redux.sync min
// One lane stores.
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[LANE]], %{{.*}} : i32
// CHECK: %[[STORES:.*]] = arith.andi %[[FIRST]], %{{.*}} : i1
// CHECK: "@$2 st.global.b32 [$0], $1;{{.*}}%[[STORES]]
tile.kernel @block_classes(
    %rows: !tile.buf<?x?xi32, global> {tile.access = "read"},
    %keys: !tile.buf<?x?xi32, global> {tile.access = "read"},
    %class: !tile.buf<?x?x?xi32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c128 = arith.constant 128 : index
  %empty = arith.constant 0 : i32
  %partial = arith.constant 1 : i32
  %full = arith.constant 2 : i32
  %batch = tile.dim %rows, 0 : !tile.buf<?x?xi32, global>
  %row_blocks = tile.dim %class, 1 : !tile.buf<?x?x?xi32, global>
  %key_blocks = tile.dim %class, 2 : !tile.buf<?x?x?xi32, global>
  %x, %y, %z = tile.grid %key_blocks, %row_blocks, %batch
  %row = arith.muli %y, %c128 : index
  %key = arith.muli %x, %c128 : index
  %r = tile.load %rows[%z, %row] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xi32, global> -> tensor<128xi32>
  %r0 = tile.reduce min %r : tensor<128xi32> -> i32
  %r1 = tile.reduce max %r : tensor<128xi32> -> i32
  %k = tile.load %keys[%z, %key] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xi32, global> -> tensor<128xi32>
  %k0 = tile.reduce min %k : tensor<128xi32> -> i32
  %k1 = tile.reduce max %k : tensor<128xi32> -> i32
  %before = arith.cmpi slt, %r1, %k0 : i32
  %behind = arith.cmpi slt, %k1, %r0 : i32
  %apart = arith.ori %before, %behind : i1
  %low = arith.cmpi eq, %r0, %k1 : i32
  %high = arith.cmpi eq, %r1, %k0 : i32
  %one = arith.andi %low, %high : i1
  %seen = arith.select %one, %full, %partial : i32
  %value = arith.select %apart, %empty, %seen : i32
  tile.store %value, %class[%z, %y, %x] {in_bounds = array<i1: false, true, true>} : i32, !tile.buf<?x?x?xi32, global>
}

// -----

// The blocks of a row that are not empty, one behind the other. Indices have 64 bits,
// and nothing that a thread wrote is read through the read-only path.
// CHECK-LABEL: llvm.func @block_list
// CHECK: scf.for {{.*}} -> (i64)
// CHECK: llvm.load {{.*}} invariant : !llvm.ptr<1> -> i32
// CHECK: scf.if
// CHECK: st.global.b32
// CHECK: llvm.load %{{[0-9]+}} : !llvm.ptr<1> -> i32
tile.kernel @block_list(
    %class: !tile.buf<?x?xi32, global> {tile.access = "read"},
    %count: !tile.buf<?xi32, global> {tile.access = "write"},
    %list: !tile.buf<?x?xi32, global> {tile.access = "read_write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i32
  %rows = tile.dim %class, 0 : !tile.buf<?x?xi32, global>
  %blocks = tile.dim %class, 1 : !tile.buf<?x?xi32, global>
  %x = tile.grid %rows
  %n = scf.for %i = %c0 to %blocks step %c1 iter_args(%n = %c0) -> (index) {
    %value = tile.load %class[%x, %i] : !tile.buf<?x?xi32, global> -> i32
    %is_seen = arith.cmpi ne, %value, %zero : i32
    %next = scf.if %is_seen -> (index) {
      %id = arith.index_cast %i : index to i32
      tile.store %id, %list[%x, %n] : i32, !tile.buf<?x?xi32, global>
      %n1 = arith.addi %n, %c1 : index
      scf.yield %n1 : index
    } else {
      scf.yield %n : index
    }
    scf.yield %next : index
  }
  %first = tile.load %list[%x, %c0] : !tile.buf<?x?xi32, global> -> i32
  tile.store %first, %count[%x] : i32, !tile.buf<?xi32, global>
}

// -----

// A bool is a byte, an element of a computed vector is computed in the loop.
// CHECK-LABEL: llvm.func @computed
// CHECK: scf.for
// CHECK: llvm.load {{.*}} : !llvm.ptr<1> -> bf16
// CHECK: arith.extf {{.*}} : bf16 to f32
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: st.global.u8
tile.kernel @computed(
    %in: !tile.buf<?xbf16, global> {tile.access = "read"},
    %out: !tile.buf<?xi1, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %limit = arith.constant 4.0 : f32
  %size = tile.dim %out, 0 : !tile.buf<?xi1, global>
  %x = tile.grid %size
  %v = tile.load %in[%c0] : !tile.buf<?xbf16, global> -> tensor<16xbf16>
  %f = arith.extf %v : tensor<16xbf16> to tensor<16xf32>
  %position = tile.iota 0 : tensor<16xi32>
  %weight = arith.sitofp %position : tensor<16xi32> to tensor<16xf32>
  %weighted = arith.mulf %f, %weight : tensor<16xf32>
  %sum = tile.reduce add %weighted : tensor<16xf32> -> f32
  %above = arith.cmpf ogt, %sum, %limit : f32
  tile.store %above, %out[%x] : i1, !tile.buf<?xi1, global>
}
