// RUN: attnc-opt %s --convert-tile-to-vector=cpu=x86-64-v4 | FileCheck %s --check-prefixes=CHECK,V16
// RUN: attnc-opt %s --convert-tile-to-vector=cpu=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,V8

// Rows are cut into native vectors and a rest of falling powers of two; loops
// carry them.
// CHECK-LABEL: func.func @pieces
// V16: scf.for {{.*}} -> (vector<16xf32>, vector<4xf32>)
// V8: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<4xf32>)
tile.kernel @pieces(%a: !tile.buf<4x20xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %x = tile.grid %c1
  %z = arith.constant dense<0.0> : tensor<1x20xf32>
  %s = scf.for %i = %c0 to %c4 step %c1 iter_args(%acc = %z) -> (tensor<1x20xf32>) {
    %t = tile.load %a[%i, %c0] : !tile.buf<4x20xf32, global> -> tensor<1x20xf32>
    %u = arith.addf %acc, %t : tensor<1x20xf32>
    scf.yield %u : tensor<1x20xf32>
  }
  tile.store %s, %a[%c0, %c0] : tensor<1x20xf32>, !tile.buf<4x20xf32, global>
}

// The bare maximum drops NaNs; they are looked for apart, once for all rows.
// CHECK-LABEL: func.func @maximum
// CHECK-NOT: maximumf
// CHECK: arith.cmpf uno
// CHECK: scf.if
tile.kernel @maximum(%a: !tile.buf<4x64xf32, global> {tile.access = "read"},
                     %b: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %t = tile.load %a[%c0, %c0] : !tile.buf<4x64xf32, global> -> tensor<4x64xf32>
  %m = tile.reduce max %t : tensor<4x64xf32> -> tensor<4xf32>
  tile.store %m, %b[%c0] : tensor<4xf32>, !tile.buf<4xf32, global>
}

// No call of a math library is left.
// CHECK-LABEL: func.func @math
// CHECK-NOT: math.{{exp|erf|tanh|sin|cos|rsqrt|log}}
tile.kernel @math(%a: !tile.buf<16xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %t = tile.load %a[%c0] : !tile.buf<16xf32, global> -> tensor<16xf32>
  %0 = math.exp %t : tensor<16xf32>
  %1 = math.exp2 %0 : tensor<16xf32>
  %2 = math.erf %1 : tensor<16xf32>
  %3 = math.tanh %2 : tensor<16xf32>
  %4 = math.sin %3 : tensor<16xf32>
  %5 = math.cos %4 : tensor<16xf32>
  %6 = math.rsqrt %5 : tensor<16xf32>
  %7 = math.log %6 : tensor<16xf32>
  tile.store %7, %a[%c0] : tensor<16xf32>, !tile.buf<16xf32, global>
}
