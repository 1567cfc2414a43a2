// Loads and stores of register tiles: each thread its own elements, with conditions
// where some may not exist.

// RUN: attnc-opt %s --split-input-file --tile-assign-layouts --tile-plan-shared-memory --convert-tile-to-nvvm | FileCheck %s
// RUN: attnc-opt %s --split-input-file --attnc-scheduled-pipeline --attnc-nvvm-pipeline --hopper-assemble-kernels=format=ptx -o /dev/null

// A row vector has two elements a thread, a column vector of 16 has four.
// CHECK-LABEL: llvm.func @vectors
// CHECK-COUNT-2: "@$2 ld.global.nc.b32 $0, [$1];"
// CHECK: vector.from_elements {{.*}} : vector<2xi32>
// CHECK-COUNT-4: llvm.load {{.*}} invariant : !llvm.ptr<1> -> bf16
// CHECK: vector.from_elements {{.*}} : vector<4xbf16>
// CHECK: arith.extf {{.*}} : vector<4xbf16> to vector<4xf32>
// CHECK: vector.shuffle {{.*}} [0, 1, 0, 1, 2, 3, 2, 3] : vector<4xf32>
// CHECK-COUNT-8: "@$2 st.global.f32 [$0], $1;"
tile.kernel @vectors(
    %rows: !tile.buf<?xi32, global> {tile.access = "read"},
    %columns: !tile.buf<16xbf16, global> {tile.access = "read"},
    %out: !tile.buf<?x16xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %r = tile.load %rows[%c0] {in_bounds = array<i1: false>} : !tile.buf<?xi32, global> -> tensor<64xi32>
  %rf = arith.sitofp %r : tensor<64xi32> to tensor<64xf32>
  %rt = tile.broadcast %rf along 1 : tensor<64xf32> -> tensor<64x16xf32>
  %c = tile.load %columns[%c0] : !tile.buf<16xbf16, global> -> tensor<16xbf16>
  %cf = arith.extf %c : tensor<16xbf16> to tensor<16xf32>
  %ct = tile.broadcast %cf along 0 : tensor<16xf32> -> tensor<64x16xf32>
  %sum = arith.addf %rt, %ct : tensor<64x16xf32>
  tile.store %sum, %out[%c0, %c0] {in_bounds = array<i1: false, true>} : tensor<64x16xf32>, !tile.buf<?x16xf32, global>
}

// -----

// A mask is a byte an element; a bias is read in its own type.
// CHECK-LABEL: llvm.func @tiles
// CHECK-COUNT-4: "@$2 ld.global.nc.u8 $0, [$1];"
// CHECK: vector.from_elements {{.*}} : vector<4xi1>
// CHECK-COUNT-4: "@$2 ld.global.nc.b16 $0, [$1];"
// CHECK: vector.from_elements {{.*}} : vector<4xf16>
// CHECK: vector.bitcast {{.*}} : vector<4xf16> to vector<2xi32>
tile.kernel @tiles(
    %mask: !tile.buf<?x?xi1, global> {tile.access = "read"},
    %bias: !tile.buf<?x?x?xf16, global> {tile.access = "read"},
    %out: !tile.buf<?x?xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x8xf32>
  %m = tile.load %mask[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xi1, global> -> tensor<64x8xi1>
  %h = tile.load %bias[%c0, %c0, %c0] {in_bounds = array<i1: true, false, false>} : !tile.buf<?x?x?xf16, global> -> tensor<64x8xf16>
  %f = arith.extf %h : tensor<64x8xf16> to tensor<64x8xf32>
  %s = arith.select %m, %f, %zero : tensor<64x8xi1>, tensor<64x8xf32>
  tile.store %s, %out[%c0, %c0] {in_bounds = array<i1: false, false>} : tensor<64x8xf32>, !tile.buf<?x?xf32, global>
}

// -----

// A window of an argument ends where the argument ends, and where it ends itself.
// Coordinates count from the argument's start.
// CHECK-LABEL: llvm.func @windows
// CHECK: %[[END:.*]] = arith.minsi
// CHECK: %[[CLIPPED:.*]] = arith.maxsi %[[END]], %{{.*}} : i32
// CHECK: arith.cmpi ult, %{{.*}}, %[[CLIPPED]] : i32
// CHECK: "@$2 ld.global.nc.f32 $0, [$1];"
// CHECK: %[[REST:.*]] = arith.subi %[[CLIPPED]]
// CHECK: arith.maxsi %[[REST]]
// One thread of a warpgroup stores a number.
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %{{.*}}, %{{.*}} : i32
// CHECK: "@$2 st.global.b32 [$0], $1;", "l,r,b,~{memory}" %{{.*}}, %{{.*}}, %[[FIRST]]
tile.kernel @windows(
    %in: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %size: !tile.buf<?xi32, global> {tile.access = "write"},
    %out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %rows = tile.dim %size, 0 : !tile.buf<?xi32, global>
  %w = tile.slice %in[%rows, %rows] {in_bounds = array<i1: true, false>} : !tile.buf<?x?xf32, global> to !tile.buf<64xf32, global>
  %v = tile.load %w[%c0] : !tile.buf<64xf32, global> -> tensor<64xf32>
  %n = tile.dim %w, 0 : !tile.buf<64xf32, global>
  %n32 = arith.index_cast %n : index to i32
  tile.store %n32, %size[%c0] : i32, !tile.buf<?xi32, global>
  tile.store %v, %out[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
}

// -----

// A number is the same in all threads; a fault is told by all that see it.
// CHECK-LABEL: llvm.func @numbers
// CHECK-SAME: {kind = "error"}
// CHECK: llvm.load {{.*}} invariant : !llvm.ptr<1> -> i32
// CHECK: scf.if
// CHECK: llvm.store %{{.*}}, %{{.*}} : i32, !llvm.ptr<1>
tile.kernel @numbers(
    %in: !tile.buf<?xi32, global> {tile.access = "read"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i32
  %n = tile.load %in[%c0] : !tile.buf<?xi32, global> -> i32
  %bad = arith.cmpi slt, %n, %zero : i32
  tile.error if %bad, 1
}
