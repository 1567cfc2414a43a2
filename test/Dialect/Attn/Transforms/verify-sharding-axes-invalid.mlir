// RUN: attnc-opt %s --attn-set-grids=grids=g=2x2 --attn-verify-sharding --split-input-file --verify-diagnostics

// Upstream's verifier.
shard.grid @g(shape = 2x2)
func.func @axis_twice(%w: tensor<64x64xf32>) {
  // expected-error @below {{grid axis duplicated}}
  %0 = shard.sharding @g split_axes = [[1], [1]] : !shard.sharding
  %1 = shard.shard %w to %0 : tensor<64x64xf32>
  return
}

// -----

// expected-note @below {{the grid @g is here}}
shard.grid @g(shape = 2x2)
func.func @two_axes(%w: tensor<64x64xf32>) {
  // expected-error @below {{expected at most one axis for each dimension, got 2 in split_axes of dimension 0}}
  %0 = shard.sharding @g split_axes = [[0, 1]] : !shard.sharding
  %1 = shard.shard %w to %0 : tensor<64x64xf32>
  return
}

// -----

func.func @unknown_grid(%w: tensor<64x64xf32>) {
  // expected-error @below {{Undefined required grid symbol "h"}}
  %0 = shard.sharding @h split_axes = [[0]] : !shard.sharding
  %1 = shard.shard %w to %0 : tensor<64x64xf32>
  return
}
