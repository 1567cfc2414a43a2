// RUN: attnc-opt %s --attnc-verify-stage=stage=sharded --split-input-file --verify-diagnostics
// RUN: not attnc-opt %s --attnc-verify-stage=stage=object 2>&1 | FileCheck %s --check-prefix=OBJECT
// RUN: not attnc-opt %s --attnc-verify-stage 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not attnc-opt %s --attnc-verify-stage="stage=vector target=sm_90a" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not attnc-opt %s --attnc-verify-stage="stage=tile target=vax" 2>&1 | FileCheck %s --check-prefix=VAX

// OBJECT: error: expected the name of a stage of IR, got 'object'
// NONE: error: expected the name of a stage of IR, got ''
// OTHER: error: expected a target with the stage vector, got 'sm_90a'
// VAX: error: expected a target with the stage tile, got 'vax'

func.func @legal(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = math.exp2 %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// What makes masks is input only.
func.func @linalg(%x: f32, %y: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{at the end of the stage sharded, got 'linalg.fill'}}
  %0 = linalg.fill ins(%x : f32) outs(%y : tensor<4xf32>) -> tensor<4xf32>
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

// An annotation that the propagation should have taken away; grids and collectives stay.
shard.grid @tp(shape = 2)
func.func @annotation() {
  // expected-error @below {{at the end of the stage sharded, got 'shard.sharding'}}
  %0 = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  return
}

// -----

func.func @reshard(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{at the end of the stage sharded, got 'attn.reshard'}}
  %0 = attn.reshard %x from <[_]> to <[_]> : tensor<4xf32> to tensor<4xf32>
  return %0 : tensor<4xf32>
}
