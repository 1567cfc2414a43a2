// RUN: attnc-opt %s --attn-plan --attn-outline-kernels --split-input-file --verify-diagnostics

// expected-error @below {{expected a static size; run attn-set-grids first}}
shard.grid @tp(shape = ?)

// -----

shard.grid @dp(shape = 2)
shard.grid @tp(shape = 2)
func.func @other_grid(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
  // expected-error @below {{expected collectives on the grid @dp, got @tp}}
  %0 = shard.all_reduce %x on @tp grid_axes = [0] : tensor<4x64xf32> -> tensor<4x64xf32>
  return %0 : tensor<4x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @heads(%x: tensor<1x4x64xf32>) -> tensor<1x4x4x16xf32> {
  %0 = attn.split_heads %x : tensor<1x4x64xf32> to tensor<1x4x4x16xf32>
  // expected-error @below {{exchanging values divided into heads moves data, which is not built yet for the cpu target}}
  %1 = shard.all_reduce %0 on @tp grid_axes = [0] : tensor<1x4x4x16xf32> -> tensor<1x4x4x16xf32>
  return %1 : tensor<1x4x4x16xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @scattered_result(%x: tensor<?x64xf32> {attn.dims = ["T", ""]}) -> tensor<?x64xf32> {
  %0 = shard.reduce_scatter %x on @tp grid_axes = [0] scatter_axis = 0 : tensor<?x64xf32> -> tensor<?x64xf32>
  // expected-error @below {{expected dimension 0 of result 0 to be the size of an argument, got "T" / 2: tokens scattered among ranks}}
  // expected-note @below {{annotate the result as whole, [[]], to gather it}}
  return %0 : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @gathered_result(%x: tensor<?x64xf32> {attn.dims = ["T", ""]}) -> tensor<?x64xf32> {
  %0 = shard.all_gather %x on @tp grid_axes = [0] gather_axis = 0 : tensor<?x64xf32> -> tensor<?x64xf32>
  // expected-error @below {{expected dimension 0 of result 0 to be the size of an argument, got "T" · 2: tokens gathered from ranks}}
  // expected-note @below {{give each rank whole tokens, or return them before they are gathered}}
  return %0 : tensor<?x64xf32>
}
