// RUN: attnc-opt %s --split-input-file --verify-diagnostics --tile-assign-layouts | FileCheck %s

// From the causal kernel without layouts come the layouts that it was written with: the same PTX.
// RUN: sed -f %S/Inputs/without-layouts.sed %S/../../../Conversion/TileToNVVM/attention-d128-causal.mlir \
// RUN:   | attnc-opt --attnc-scheduled-pipeline --attnc-nvvm-pipeline > %t.inferred
// RUN: attnc-opt %S/../../../Conversion/TileToNVVM/attention-d128-causal.mlir --attnc-scheduled-pipeline --attnc-nvvm-pipeline > %t.written
// RUN: diff %t.inferred %t.written

// A reduction makes rows, a loop carries them; a broadcast along 0 needs a column.
// CHECK-LABEL: tile.kernel @rows_and_columns
// CHECK: arith.constant dense<0.000000e+00> : tensor<64xf32, #row>
// CHECK: tile.iota 0 : tensor<64xi32, #column>
// CHECK: arith.sitofp {{.*}} to tensor<64xf32, #column>
// CHECK: tile.broadcast {{.*}} along 0 : tensor<64xf32, #column> -> tensor<64x64xf32, #acc>
// CHECK: scf.for {{.*}} -> (tensor<64xf32, #row>)
// CHECK: tile.reduce max {{.*}} : tensor<64x64xf32, #acc> -> tensor<64xf32, #row>
// CHECK: arith.maximumf {{.*}} : tensor<64xf32, #row>
tile.kernel @rows_and_columns(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant dense<0.0> : tensor<64xf32>
    %index = tile.iota 0 : tensor<64xi32>
    %position = arith.sitofp %index : tensor<64xi32> to tensor<64xf32>
    %tile = tile.broadcast %position along 0 : tensor<64xf32> -> tensor<64x64xf32>
    %max = scf.for %i = %c0 to %wg step %c1 iter_args(%m = %zero) -> tensor<64xf32> {
      %new = tile.reduce max %tile : tensor<64x64xf32> -> tensor<64xf32>
      %both = arith.maximumf %new, %m : tensor<64xf32>
      scf.yield %both : tensor<64xf32>
    }
    tile.store %max, %out[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
  }
}

// -----

// What costs nothing is made for each use: a row for one, a column for the other.
// CHECK-LABEL: tile.kernel @separate
// CHECK-DAG: arith.constant dense<1.000000e+00> : tensor<64xf32, #row>
// CHECK-DAG: arith.constant dense<1.000000e+00> : tensor<64xf32, #column>
// CHECK-DAG: tile.load {{.*}} -> tensor<64xf32, #row>
// CHECK-DAG: tile.load {{.*}} -> tensor<64xf32, #column>
tile.kernel @separate(%in: !tile.buf<64xf32, global> {tile.access = "read"}, %out: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %one = arith.constant dense<1.0> : tensor<64xf32>
  %v = tile.load %in[%c0] : !tile.buf<64xf32, global> -> tensor<64xf32>
  %a = arith.addf %v, %one : tensor<64xf32>
  %b = arith.mulf %v, %one : tensor<64xf32>
  %rows = tile.broadcast %a along 1 : tensor<64xf32> -> tensor<64x64xf32>
  %columns = tile.broadcast %b along 0 : tensor<64xf32> -> tensor<64x64xf32>
  %sum = arith.addf %rows, %columns : tensor<64x64xf32>
  tile.store %sum, %out[%c0, %c0] : tensor<64x64xf32>, !tile.buf<64x64xf32, global>
}

// -----

// What comes from a cache tile has the layout of what went there; a vector that is reduced
// is a column, one of 64 elements that is only stored a row.
// CHECK-LABEL: tile.kernel @through_memory
// CHECK: tile.load {{.*}} -> tensor<64xf32, #row>
// CHECK: tile.load {{.*}} -> tensor<64xf32, #column>
// CHECK: tile.load {{.*}} -> tensor<64xf32, #row>
// CHECK: tile.load {{.*}} -> tensor<32xf32, #column>
tile.kernel @through_memory(%in: !tile.buf<64xf32, global> {tile.access = "read"}, %out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a", tile.warpgroups = 1 : i64} {
  %c0 = arith.constant 0 : index
  %tile = arith.constant dense<0.0> : tensor<64x64xf32>
  %kept = tile.alloc : !tile.buf<64xf32, cache>
  %max = tile.reduce max %tile : tensor<64x64xf32> -> tensor<64xf32>
  tile.store %max, %kept[] : tensor<64xf32>, !tile.buf<64xf32, cache>
  %again = tile.load %kept[] : !tile.buf<64xf32, cache> -> tensor<64xf32>
  %v = tile.load %in[%c0] : !tile.buf<64xf32, global> -> tensor<64xf32>
  %number = tile.reduce add %v : tensor<64xf32> -> f32
  %w = tile.load %in[%c0] : !tile.buf<64xf32, global> -> tensor<64xf32>
  tile.store %w, %out[%c0] : tensor<64xf32>, !tile.buf<64xf32, global>
  %x = tile.load %in[%c0] : !tile.buf<64xf32, global> -> tensor<32xf32>
  tile.store %x, %out[%c0] : tensor<32xf32>, !tile.buf<64xf32, global>
}

// -----

// A scalar kernel's vectors are a thread's own.
// CHECK-LABEL: tile.kernel @scalar
// CHECK: tile.load {{.*}} -> tensor<64xf32>
tile.kernel @scalar(%in: !tile.buf<64xf32, global> {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c0 = arith.constant 0 : index
  %v = tile.load %in[%c0] : !tile.buf<64xf32, global> -> tensor<64xf32>
}

// -----

tile.kernel @both(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    %tile = arith.constant dense<0.0> : tensor<64x64xf32>
    %row = tile.reduce max %tile : tensor<64x64xf32> -> tensor<64xf32>
    // expected-error@+1 {{expected a vector of layout row from its other uses, got column}}
    %all = tile.broadcast %row along 0 : tensor<64xf32> -> tensor<64x64xf32>
  }
}

// -----

tile.kernel @neither(%out: !tile.buf<64xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
  tile.roles producer registers 24 {
  } consumers(%wg) 1 registers 240 {
    // expected-error@+1 {{expected a vector of rows or columns, got 'tensor<64xf32>' that no reduction or broadcast uses}}
    %vector = arith.constant dense<0.0> : tensor<64xf32>
  }
}
