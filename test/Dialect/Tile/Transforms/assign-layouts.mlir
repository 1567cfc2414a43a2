// The kernels are scheduled by hand: from there to the llvm dialect.
// DEFINE: %{lower} = --tile-assign-layouts --tile-plan-shared-memory --tile-verify-async --attnc-nvvm-pipeline
// RUN: attnc-opt %s --split-input-file --verify-diagnostics --tile-assign-layouts | FileCheck %s

// From the causal kernel without layouts come the layouts that it was written with: the same PTX.
// RUN: sed -f %S/Inputs/without-layouts.sed %S/../../../Conversion/TileToNVVM/attention-d128-causal.mlir \
// RUN:   | attnc-opt %{lower} > %t.inferred
// RUN: attnc-opt %S/../../../Conversion/TileToNVVM/attention-d128-causal.mlir %{lower} > %t.written
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
