// Cache tiles without a swizzle: each thread keeps its own elements there.

// RUN: attnc-opt %s --split-input-file --tile-assign-layouts --tile-plan-shared-memory --convert-tile-to-nvvm | FileCheck %s
// RUN: attnc-opt %s --split-input-file --attnc-scheduled-pipeline --attnc-nvvm-pipeline --hopper-assemble-kernels=format=ptx -o /dev/null

// The tiles of two warpgroups, one behind the other; pieces of 16 bytes, of neighbours
// side by side.
// CHECK-LABEL: llvm.func @float_tile
// CHECK-SAME: shared_bytes = 8192
// CHECK: %[[NEXT:.*]] = arith.constant 4096 : i32
// CHECK: %[[MINE:.*]] = arith.muli %{{.*}}, %[[NEXT]] : i32
// CHECK: %[[TILE:.*]] = arith.addi %{{.*}}, %[[MINE]] : i32
// CHECK: %[[PIECE:.*]] = arith.constant 16 : i32
// CHECK: %[[SLOT:.*]] = arith.muli %{{.*}}, %[[PIECE]] : i32
// CHECK: arith.addi %[[TILE]], %[[SLOT]] : i32
// CHECK: llvm.store volatile %{{.*}}, %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK: arith.constant 2048 : i32
// CHECK: llvm.store volatile %{{.*}}, %{{.*}} {alignment = 16 : i64} : vector<4xf32>, !llvm.ptr<3>
// CHECK-COUNT-2: llvm.load volatile %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
tile.kernel @float_tile(%out: !tile.buf<64x16xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 2 : i64} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %kept = tile.alloc : !tile.buf<64x16xf32, cache>
  tile.fill %zero, %kept : f32, !tile.buf<64x16xf32, cache>
  %v = tile.load %kept[] : !tile.buf<64x16xf32, cache> -> tensor<64x16xf32>
  tile.store %v, %out[%c0, %c0] : tensor<64x16xf32>, !tile.buf<64x16xf32, global>
}

// -----

// The vector of a row has two elements in every thread; what is loaded has the layout of
// what was stored.
// CHECK-LABEL: llvm.func @row
// CHECK-SAME: shared_bytes = 1024
// CHECK: llvm.store volatile %{{.*}} {alignment = 8 : i64} : vector<2xf32>, !llvm.ptr<3>
// CHECK: llvm.load volatile %{{.*}} {alignment = 8 : i64} : !llvm.ptr<3> -> vector<2xf32>
tile.kernel @row(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %tile = arith.constant dense<1.0> : tensor<64x16xf32>
  %kept = tile.alloc : !tile.buf<64xf32, cache>
  %sum = tile.reduce add %tile : tensor<64x16xf32> -> tensor<64xf32>
  tile.store %sum, %kept[] : tensor<64xf32>, !tile.buf<64xf32, cache>
  %v = tile.load %kept[] : !tile.buf<64xf32, cache> -> tensor<64xf32>
  tile.store %v, %out[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
}

// -----

// A warpgroup's of several tiles; bools are bytes, bf16 comes in pairs.
// CHECK-LABEL: llvm.func @chosen
// CHECK: arith.extui {{.*}} : vector<8xi1> to vector<8xi8>
// CHECK: llvm.store volatile %{{.*}} {alignment = 8 : i64} : vector<8xi8>, !llvm.ptr<3>
// CHECK: arith.trunci {{.*}} : vector<8xi8> to vector<8xi1>
// CHECK: llvm.store volatile %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK: llvm.load volatile %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
tile.kernel @chosen(%out: !tile.buf<64x16xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %all = tile.alloc : !tile.buf<2x64x16xi1, cache>
  tile.roles producer registers 24 {
  } consumers(%wg) 2 registers 240 {
    %zero = arith.constant dense<0.0> : tensor<64x16xf32>
    %columns = tile.iota 1 : tensor<64x16xi32>
    %lines = tile.iota 0 : tensor<64x16xi32>
    %below = arith.cmpi slt, %columns, %lines : tensor<64x16xi32>
    %mine = tile.slice %all[%wg, %c0, %c0] : !tile.buf<2x64x16xi1, cache> to !tile.buf<64x16xi1, cache>
    tile.store %below, %mine[] : tensor<64x16xi1>, !tile.buf<64x16xi1, cache>
    %again = tile.load %mine[] : !tile.buf<64x16xi1, cache> -> tensor<64x16xi1>
    %half = arith.truncf %zero : tensor<64x16xf32> to tensor<64x16xbf16>
    %kept = tile.alloc : !tile.buf<64x16xbf16, cache>
    tile.store %half, %kept[] : tensor<64x16xbf16>, !tile.buf<64x16xbf16, cache>
    %h = tile.load %kept[] : !tile.buf<64x16xbf16, cache> -> tensor<64x16xbf16>
    %f = arith.extf %h : tensor<64x16xbf16> to tensor<64x16xf32>
    %s = arith.select %again, %f, %zero : tensor<64x16xi1>, tensor<64x16xf32>
    tile.store %s, %out[%c0, %c0] : tensor<64x16xf32>, !tile.buf<64x16xf32, global>
  }
}

// -----

// A swizzled tile as the left operand of a product: its threads wait for one another
// before it is written, and before the tensor cores read it.
// CHECK-LABEL: llvm.func @operand
// CHECK: nvvm.barrier id
// CHECK: nvvm.stmatrix
// CHECK: nvvm.fence.proxy
// CHECK: nvvm.barrier id
// CHECK: wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {{.*}}, yes, 1, 1, 0, 1;
tile.kernel @operand(%out: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %ring = tile.ring : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  %kept = tile.alloc : !tile.buf<64x64xbf16, cache, 128>
  %one = arith.constant dense<1.0> : tensor<64x64xf32>
  %half = arith.truncf %one : tensor<64x64xf32> to tensor<64x64xbf16>
  tile.store %half, %kept[] : tensor<64x64xbf16>, !tile.buf<64x64xbf16, cache, 128>
  %v = tile.wait %ring[%c0] : !tile.ring<1, !tile.buf<64x64xbf16, cache, 128>>
  %o0 = tile.mma_async %kept, %v into %one : !tile.buf<64x64xbf16, cache, 128>, !tile.buf<64x64xbf16, cache, 128> -> tensor<64x64xf32>
  %o = tile.mma_wait %o0 but 0 : !tile.pending<tensor<64x64xf32>>
  tile.store %o, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<64x64xf32, global>
}

// -----

// Bytes that another tile had before: threads that are behind may still read them.
// CHECK-LABEL: llvm.func @shared_bytes
// CHECK: scf.for
// CHECK: nvvm.barrier id
// CHECK: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<3>
// CHECK: scf.for
// CHECK: nvvm.barrier id
// CHECK: llvm.store {{.*}} : vector<4xi32>, !llvm.ptr<3>
tile.kernel @shared_bytes(
    %out: !tile.buf<64x16xf32, global> {tile.access = "write"},
    %ids: !tile.buf<64x32xi32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %id = arith.constant 7 : i32
  scf.for %i = %c0 to %c1 step %c1 {
    %kept = tile.alloc : !tile.buf<64x16xf32, cache>
    tile.fill %zero, %kept : f32, !tile.buf<64x16xf32, cache>
    %v = tile.load %kept[] : !tile.buf<64x16xf32, cache> -> tensor<64x16xf32>
    tile.store %v, %out[%c0, %c0] : tensor<64x16xf32>, !tile.buf<64x16xf32, global>
  }
  scf.for %i = %c0 to %c1 step %c1 {
    %kept = tile.alloc : !tile.buf<64x32xi32, cache>
    tile.fill %id, %kept : i32, !tile.buf<64x32xi32, cache>
    %v = tile.load %kept[] : !tile.buf<64x32xi32, cache> -> tensor<64x32xi32>
    tile.store %v, %ids[%c0, %c0] : tensor<64x32xi32>, !tile.buf<64x32xi32, global>
  }
}
