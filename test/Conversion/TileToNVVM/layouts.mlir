// What a thread holds of each layout, and how values move between them.

// RUN: attnc-opt %s --tile-plan-shared-memory --convert-tile-to-nvvm | FileCheck %s

#acc = #tile.layout<acc>
#row = #tile.layout<row>
#column = #tile.layout<column>
#partial = #tile.layout<partial>

// A row of 16 columns is 8 registers, of which 0, 1, 4 and 5 are in the upper row.
// CHECK-LABEL: llvm.func @row_sum
// CHECK: %[[T:.*]] = arith.constant dense<1.000000e+00> : vector<8xf32>
// CHECK: vector.extract %[[T]][0]
// CHECK: nvvm.shfl.sync bfly {{.*}} : f32 -> f32
// CHECK: %[[R:.*]] = vector.from_elements {{.*}} : vector<2xf32>
// CHECK: vector.shuffle %[[R]], %[[R]] [0, 0, 1, 1, 0, 0, 1, 1]
tile.kernel @row_sum(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %c0 = arith.constant 0 : index
    %tile = arith.constant dense<1.0> : tensor<64x16xf32, #acc>
    %sum = tile.reduce add %tile : tensor<64x16xf32, #acc> -> tensor<64xf32, #row>
    %all = tile.broadcast %sum along 1 : tensor<64xf32, #row> -> tensor<64x16xf32, #acc>
    %two = arith.addf %all, %all : tensor<64x16xf32, #acc>
    %max = tile.reduce max %two : tensor<64x16xf32, #acc> -> tensor<64xf32, #row>
    tile.store %max, %out[%c0] : tensor<64xf32, #row>, !tile.buf<64xf32, global>
  }
}

// Partial sums stay in their thread until they are reduced to a row.
// CHECK-LABEL: llvm.func @partial_sum
// CHECK-NOT: nvvm.shfl.sync bfly
// CHECK: vector.from_elements {{.*}} : vector<2xf32>
// CHECK-COUNT-4: nvvm.shfl.sync bfly
tile.kernel @partial_sum(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %c0 = arith.constant 0 : index
    %tile = arith.constant dense<1.0> : tensor<64x16xf32, #acc>
    %part = tile.reduce add %tile : tensor<64x16xf32, #acc> -> tensor<64x4xf32, #partial>
    %sum = tile.reduce add %part : tensor<64x4xf32, #partial> -> tensor<64xf32, #row>
    tile.store %sum, %out[%c0] : tensor<64xf32, #row>, !tile.buf<64xf32, global>
  }
}

// Columns 0, 1, 8 and 9 from the thread's first on; the thread's part of the position goes
// to the other side of a comparison.
// CHECK-LABEL: llvm.func @compare
// CHECK: arith.constant dense<[0, 1, 0, 1, 8, 9, 8, 9]> : vector<8xi32>
// CHECK: %[[LIMIT:.*]] = llvm.inline_asm {{.*}} "sub.s32 $0, $1, $2;"
// CHECK: arith.cmpi slt, %{{.*}}, %{{.*}} : vector<8xi32>
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 1, 0, 1, 2, 3, 2, 3]
tile.kernel @compare(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %c0 = arith.constant 0 : index
    %limit = arith.constant dense<5> : tensor<64x16xi32, #acc>
    %zero = arith.constant dense<0.0> : tensor<64x16xf32, #acc>
    %columns = tile.iota 1 : tensor<64x16xi32, #acc>
    %below = arith.cmpi slt, %columns, %limit : tensor<64x16xi32, #acc>
    %index = tile.iota 0 : tensor<16xi32, #column>
    %value = arith.sitofp %index : tensor<16xi32, #column> to tensor<16xf32, #column>
    %all = tile.broadcast %value along 0 : tensor<16xf32, #column> -> tensor<64x16xf32, #acc>
    %kept = arith.select %below, %all, %zero : tensor<64x16xi1, #acc>, tensor<64x16xf32, #acc>
    %max = tile.reduce max %kept : tensor<64x16xf32, #acc> -> tensor<64xf32, #row>
    tile.store %max, %out[%c0] : tensor<64xf32, #row>, !tile.buf<64xf32, global>
  }
}
