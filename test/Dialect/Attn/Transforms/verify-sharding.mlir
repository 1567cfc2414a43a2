// RUN: attnc-opt %s --attn-set-grids=grids=tp=4 --attn-verify-sharding --split-input-file | FileCheck %s

// KV heads may be fewer than ranks if they divide them: neighbours share one.
// CHECK-LABEL: func @shared_kv_heads
shard.grid @tp(shape = 4)
func.func @shared_kv_heads(%x: tensor<?x?x64xf32>, %wq: tensor<64x64xf32>, %wk: tensor<64x10xf32>) -> tensor<?x8x?x5xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %k1 = shard.shard %wk to %columns annotate_for_users : tensor<64x10xf32>
  %k2 = attn.linear %x, %k1 : (tensor<?x?x64xf32>, tensor<64x10xf32>) -> tensor<?x?x10xf32>
  %k3 = attn.split_heads %k2 : tensor<?x?x10xf32> to tensor<?x2x?x5xf32>
  %w = tensor.empty() : tensor<64x40xf32>
  %q2 = attn.linear %x, %w : (tensor<?x?x64xf32>, tensor<64x40xf32>) -> tensor<?x?x40xf32>
  %q3 = attn.split_heads %q2 : tensor<?x?x40xf32> to tensor<?x8x?x5xf32>
  %o = attn.attention %q3, %k3, %k3 : (tensor<?x8x?x5xf32>, tensor<?x2x?x5xf32>, tensor<?x2x?x5xf32>) -> tensor<?x8x?x5xf32>
  return %o : tensor<?x8x?x5xf32>
}

// -----

// Padded columns end at padded rows; padded rows of a table are never looked up.
// CHECK-LABEL: func @padding
shard.grid @tp(shape = 4)
func.func @padding(%x: tensor<?x64xf32>, %ids: tensor<?x?xi32>, %table: tensor<132x64xf32> {attn.pad = [2, 0]},
                   %g: tensor<64x132xf32> {attn.pad = [0, 2]}, %u: tensor<64x132xf32> {attn.pad = [0, 2]},
                   %b: tensor<132xf32> {attn.pad = [2]},
                   %d: tensor<132x64xf32> {attn.pad = [2, 0]}) -> (tensor<?x64xf32>, tensor<?x?x64xf32>) {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %gs = shard.shard %g to %columns annotate_for_users : tensor<64x132xf32>
  %ts = shard.shard %table to %rows annotate_for_users : tensor<132x64xf32>
  %h = attn.linear %x, %gs up %u bias %b up_bias %b {activation = #attn.activation<silu>}
    : (tensor<?x64xf32>, tensor<64x132xf32>, tensor<64x132xf32>, tensor<132xf32>, tensor<132xf32>) -> tensor<?x132xf32>
  %y = attn.linear %h, %d : (tensor<?x132xf32>, tensor<132x64xf32>) -> tensor<?x64xf32>
  %e = attn.embedding %ids, %ts : (tensor<?x?xi32>, tensor<132x64xf32>) -> tensor<?x?x64xf32>
  return %y, %e : tensor<?x64xf32>, tensor<?x?x64xf32>
}

// -----

// Two KV heads of a cache among four ranks: pairs share one.
// CHECK-LABEL: func @cache
shard.grid @tp(shape = 4)
func.func @cache(%q: tensor<?x4x1x16xf32>, %t: tensor<?x2x1x16xf32>, %c: tensor<?x2x8x16xf32>, %pos: tensor<?xi32>) -> tensor<?x4x1x16xf32> {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %cs = shard.shard %c to %heads annotate_for_users : tensor<?x2x8x16xf32>
  %k = attn.kv_append %cs, %t at %pos : (tensor<?x2x8x16xf32>, tensor<?x2x1x16xf32>, tensor<?xi32>) -> tensor<?x2x8x16xf32>
  %o = attn.attention %q, %k, %k at %pos
    : (tensor<?x4x1x16xf32>, tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>, tensor<?xi32>) -> tensor<?x4x1x16xf32>
  return %o : tensor<?x4x1x16xf32>
}
