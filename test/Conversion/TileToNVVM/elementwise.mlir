// Arithmetic on what a thread holds.

// RUN: attnc-opt %s --split-input-file --tile-assign-layouts --tile-plan-shared-memory --convert-tile-to-nvvm | FileCheck %s
// RUN: attnc-opt %s --split-input-file --attnc-scheduled-pipeline --attnc-nvvm-pipeline --hopper-assemble-kernels=format=ptx -o /dev/null

// 16-bit floats of a tile are in pairs; arithmetic is in f32 and rounded once.
// CHECK-LABEL: llvm.func @half
// CHECK: %[[A:.*]] = vector.from_elements {{.*}} : vector<4xf16>
// CHECK: vector.bitcast %[[A]] : vector<4xf16> to vector<2xi32>
// CHECK: arith.extf %[[A]] : vector<4xf16> to vector<4xf32>
// CHECK: arith.addf {{.*}} : vector<4xf32>
// CHECK: %[[SUM:.*]] = arith.truncf {{.*}} : vector<4xf32> to vector<4xf16>
// CHECK: vector.bitcast %[[SUM]] : vector<4xf16> to vector<2xi32>
// A bf16 is the upper half of an f32.
// CHECK: nvvm.convert.f32x2.to.bf16x2
// CHECK: arith.extui {{.*}} : vector<4xi16> to vector<4xi32>
// CHECK: arith.shli
// CHECK: arith.cmpf olt, {{.*}} : vector<4xf32>
tile.kernel @half(%in: !tile.buf<64x8xf16, global> {tile.access = "read"}, %out: !tile.buf<64x8xf16, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %x = tile.load %in[%c0, %c0] : !tile.buf<64x8xf16, global> -> tensor<64x8xf16>
  %sum = arith.addf %x, %x : tensor<64x8xf16>
  %f = arith.extf %x : tensor<64x8xf16> to tensor<64x8xf32>
  %b = arith.truncf %f : tensor<64x8xf32> to tensor<64x8xbf16>
  %zero = arith.constant dense<0.0> : tensor<64x8xbf16>
  %less = arith.cmpf olt, %b, %zero : tensor<64x8xbf16>
  %y = arith.select %less, %sum, %x : tensor<64x8xi1>, tensor<64x8xf16>
  tile.store %y, %out[%c0, %c0] : tensor<64x8xf16>, !tile.buf<64x8xf16, global>
}

// -----

// A condition may be one for all elements.
// CHECK-LABEL: llvm.func @one_condition
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<4xf32>
tile.kernel @one_condition(%in: !tile.buf<?xi32, global> {tile.access = "read"}, %out: !tile.buf<64x8xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i32
  %n = tile.load %in[%c0] : !tile.buf<?xi32, global> -> i32
  %is_zero = arith.cmpi eq, %n, %zero : i32
  %a = arith.constant dense<0.0> : tensor<64x8xf32>
  %b = arith.constant dense<1.0> : tensor<64x8xf32>
  %s = arith.select %is_zero, %a, %b : tensor<64x8xf32>
  tile.store %s, %out[%c0, %c0] : tensor<64x8xf32>, !tile.buf<64x8xf32, global>
}

// -----

// An index has 32 bits; the ends of its range are those of 32 bits. What is known of its
// overflow is forgotten.
// CHECK-LABEL: llvm.func @index
// CHECK: arith.constant -2147483648 : i32
// CHECK: arith.constant 2147483647 : i32
// CHECK: arith.floordivsi {{.*}} : i32
// CHECK: arith.addi %{{[^ ]*}}, %{{[^ ]*}} : i32
// CHECK: arith.extsi {{.*}} : i32 to i64
// CHECK: arith.addi {{.*}} : vector<2xi32>
// CHECK: arith.extui {{.*}} : vector<2xi32> to vector<2xi64>
tile.kernel @index(%in: !tile.buf<?xi32, global> {tile.access = "read"}, %out: !tile.buf<64xi64, global> {tile.access = "write"}, %size: !tile.buf<1xi64, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %low = arith.constant -9223372036854775808 : index
  %high = arith.constant 9223372036854775807 : index
  %n = tile.dim %in, 0 : !tile.buf<?xi32, global>
  %half = arith.floordivsi %n, %low : index
  %more = arith.addi %half, %high overflow<nsw> : index
  %wide = arith.index_cast %more : index to i64
  tile.store %wide, %size[%c0] : i64, !tile.buf<1xi64, global>
  %v = tile.load %in[%c0] {in_bounds = array<i1: false>} : !tile.buf<?xi32, global> -> tensor<64xi32>
  %i = arith.index_cast %v : tensor<64xi32> to tensor<64xindex>
  %j = arith.addi %i, %i : tensor<64xindex>
  %w = arith.index_castui %j : tensor<64xindex> to tensor<64xi64>
  tile.store %w, %out[%c0] : tensor<64xi64>, !tile.buf<64xi64, global>
}

// -----

// A limit may be below every element, where the thread's part must not wrap; unsigned
// comparisons stay as they are.
// CHECK-LABEL: llvm.func @limits
// CHECK: %[[LIMIT:.*]] = arith.maxsi
// CHECK: "sub.s32 $0, $1, $2;", "=r,r,r" %[[LIMIT]], %{{.*}}
// CHECK: arith.cmpi sge, %{{.*}} : vector<4xi32>
// CHECK: arith.cmpi ult, %{{.*}} : vector<4xi32>
tile.kernel @limits(%out: !tile.buf<64x8xi1, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %lowest = arith.constant dense<-2147483648> : tensor<64x8xi32>
  %columns = tile.iota 1 : tensor<64x8xi32>
  %all = arith.cmpi sge, %columns, %lowest : tensor<64x8xi32>
  %none = arith.cmpi ult, %columns, %lowest : tensor<64x8xi32>
  %both = arith.xori %all, %none : tensor<64x8xi1>
  tile.store %both, %out[%c0, %c0] : tensor<64x8xi1>, !tile.buf<64x8xi1, global>
}

// -----

// Reductions of integers, and of a column to a number that every thread has.
// CHECK-LABEL: llvm.func @reductions
// CHECK: arith.minsi {{.*}} : i32
// CHECK: nvvm.shfl.sync bfly {{.*}} : i32 -> i32
// CHECK: arith.maxsi {{.*}} : i32
// CHECK-COUNT-2: nvvm.shfl.sync bfly {{.*}} : i32 -> i32
// CHECK-NOT: vector.from_elements
// CHECK: arith.minimumf {{.*}} : f32
tile.kernel @reductions(%in: !tile.buf<64xi32, global> {tile.access = "read"}, %rows: !tile.buf<64xi32, global> {tile.access = "write"}, %most: !tile.buf<1xi32, global> {tile.access = "write"}, %least: !tile.buf<64xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %columns = tile.iota 1 : tensor<64x8xi32>
  %min = tile.reduce min %columns : tensor<64x8xi32> -> tensor<64xi32>
  tile.store %min, %rows[%c0] : tensor<64xi32>, !tile.buf<64xi32, global>
  %v = tile.load %in[%c0] : !tile.buf<64xi32, global> -> tensor<64xi32>
  %max = tile.reduce max %v : tensor<64xi32> -> i32
  tile.store %max, %most[%c0] : i32, !tile.buf<1xi32, global>
  %f = arith.constant dense<1.0> : tensor<64x8xf32>
  %low = tile.reduce min %f : tensor<64x8xf32> -> tensor<64xf32>
  tile.store %low, %least[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
}

// -----

// Conditions that meet in a selection are compared beside each other and become one in
// assembly.
// CHECK-LABEL: llvm.func @two_conditions
// CHECK: %[[BELOW:.*]] = arith.cmpi slt, {{.*}} : i32
// CHECK: %[[ABOVE:.*]] = arith.cmpi sgt, {{.*}} : i32
// CHECK: %[[BOTH:.*]] = llvm.inline_asm asm_dialect = att "and.pred $0, $1, $2;", "=b,b,b" %[[BELOW]], %[[ABOVE]]
// CHECK: arith.select %[[BOTH]], {{.*}} : f32
tile.kernel @two_conditions(%in: !tile.buf<64x8xi32, global> {tile.access = "read"}, %out: !tile.buf<64x8xf32, global> {tile.access = "write"})
    attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %x = tile.load %in[%c0, %c0] : !tile.buf<64x8xi32, global> -> tensor<64x8xi32>
  %low = arith.constant dense<-3> : tensor<64x8xi32>
  %high = arith.constant dense<5> : tensor<64x8xi32>
  %below = arith.cmpi slt, %x, %high : tensor<64x8xi32>
  %above = arith.cmpi sgt, %x, %low : tensor<64x8xi32>
  %both = arith.andi %below, %above : tensor<64x8xi1>
  %a = arith.constant dense<0.0> : tensor<64x8xf32>
  %b = arith.constant dense<1.0> : tensor<64x8xf32>
  %s = arith.select %both, %a, %b : tensor<64x8xi1>, tensor<64x8xf32>
  tile.store %s, %out[%c0, %c0] : tensor<64x8xf32>, !tile.buf<64x8xf32, global>
}
