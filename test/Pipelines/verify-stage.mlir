// RUN: attnc-opt %s --attnc-verify-stage=stage=sharded --split-input-file --verify-diagnostics
// RUN: not attnc-opt %s --attnc-verify-stage=stage=object 2>&1 | FileCheck %s --check-prefix=OBJECT
// RUN: not attnc-opt %s --attnc-verify-stage 2>&1 | FileCheck %s --check-prefix=NONE

// OBJECT: error: expected the name of a stage of IR, got 'object'
// NONE: error: expected the name of a stage of IR, got ''

func.func @legal(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = math.exp2 %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @illegal(%x: index) {
  // expected-error @below {{expected only ops of builtin, attn, shard, func, arith, math, tensor at the end of the stage sharded, got 'scf.for'}}
  scf.for %i = %x to %x step %x {
  }
  return
}

// -----

// An annotation that the partition should have taken away.
// expected-error @below {{at the end of the stage sharded, got 'shard.grid'}}
shard.grid @tp(shape = 2)
