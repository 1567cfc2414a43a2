// RUN: attnc-opt %s --attn-set-grids=grids=tp=4 --attn-verify-sharding --split-input-file --verify-diagnostics

// Upstream: verifies, then crashes.
// expected-note @below {{the grid @tp is here}}
shard.grid @tp(shape = 4)
func.func @axis_out_of_range(%w: tensor<64x64xf32>) {
  // expected-error @below {{expected an axis below 1, the rank of the grid, got 2 in split_axes of dimension 0}}
  %0 = shard.sharding @tp split_axes = [[2]] : !shard.sharding
  %1 = shard.shard %w to %0 : tensor<64x64xf32>
  return
}

// -----

// Upstream's verifier.
shard.grid @tp(shape = 4)
func.func @negative_axis(%w: tensor<64x64xf32>) {
  // expected-error @below {{grid axis is expected to be non-negative}}
  %0 = shard.sharding @tp split_axes = [[], [-1]] : !shard.sharding
  %1 = shard.shard %w to %0 : tensor<64x64xf32>
  return
}

// -----

// Upstream: 2 of 130 columns are dropped without a word.
shard.grid @tp(shape = 4)
func.func @indivisible(%w: tensor<64x130xf32>) {
  // expected-note @below {{the sharding is here}}
  %0 = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-error @below {{expected dimension 1 to be divisible by the 4 ranks of axis 0, got 130}}
  // expected-note @below {{pad it to 132 and declare the padding with attn.pad}}
  %1 = shard.shard %w to %0 annotate_for_users : tensor<64x130xf32>
  return
}

// -----

// Upstream: crashes.
// expected-note @below {{the grid @tp is here}}
shard.grid @tp(shape = 4)
func.func @offsets(%w: tensor<64x130xf32>) {
  // expected-error @below {{expected equal slices, got sharded_dims_offsets: pad the dimension and declare attn.pad}}
  %0 = shard.sharding @tp split_axes = [[], [0]] sharded_dims_offsets = [0, 33, 66, 98, 130] : !shard.sharding
  %1 = shard.shard %w to %0 annotate_for_users : tensor<64x130xf32>
  return
}

// -----

// expected-note @below {{the grid @tp is here}}
shard.grid @tp(shape = 4)
func.func @halos(%w: tensor<64x128xf32>) {
  // expected-error @below {{expected slices without halos, got halo_sizes}}
  %0 = shard.sharding @tp split_axes = [[0]] halo_sizes = [1, 1] : !shard.sharding
  %1 = shard.shard %w to %0 annotate_for_users : tensor<64x128xf32>
  return
}

// -----

shard.grid @tp(shape = 4)
func.func @too_many_dims(%w: tensor<64xf32>) {
  // expected-note @below {{the sharding is here}}
  %0 = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-error @below {{expected split_axes of at most 1 dimensions, got 2}}
  %1 = shard.shard %w to %0 : tensor<64xf32>
  return
}

// -----

shard.grid @tp(shape = 4)
func.func @unknown_sharding(%w: tensor<64xf32>, %s: !shard.sharding) {
  // expected-error @below {{expected the result of a shard.sharding}}
  %1 = shard.shard %w to %s : tensor<64xf32>
  return
}

// -----

shard.grid @tp(shape = 4)
func.func @sharding_value() -> !shard.sharding {
  // expected-error @below {{expected uses by shard.shard only}}
  %0 = shard.sharding @tp split_axes = [[]] : !shard.sharding
  // expected-note @below {{also used here}}
  return %0 : !shard.sharding
}

// -----

shard.grid @tp(shape = 4)
func.func @collective(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expected only shard.grid, shard.sharding and shard.shard: collectives are inserted by attn-insert-collectives}}
  %0 = shard.all_reduce %x on @tp grid_axes = [0] : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// The columns divide, the heads do not.
shard.grid @tp(shape = 4)
func.func @query_heads(%x: tensor<?x?x64xf32>, %w: tensor<64x96xf32>) -> tensor<?x6x?x16xf32> {
  // expected-note @below {{the sharding is here}}
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-error @below {{expected the heads to be divisible by the 4 ranks of axis 0, got 6}}
  %ws = shard.shard %w to %columns annotate_for_users : tensor<64x96xf32>
  %q0 = attn.linear %x, %ws : (tensor<?x?x64xf32>, tensor<64x96xf32>) -> tensor<?x?x96xf32>
  %q1 = attn.split_heads %q0 : tensor<?x?x96xf32> to tensor<?x6x?x16xf32>
  // expected-note @below {{the attention is here}}
  %o = attn.attention %q1, %q1, %q1 : (tensor<?x6x?x16xf32>, tensor<?x6x?x16xf32>, tensor<?x6x?x16xf32>) -> tensor<?x6x?x16xf32>
  return %o : tensor<?x6x?x16xf32>
}

// -----

shard.grid @tp(shape = 4)
func.func @kv_heads(%q: tensor<?x12x?x16xf32>, %k: tensor<?x3x?x16xf32>) -> tensor<?x12x?x16xf32> {
  // expected-note @below {{the sharding is here}}
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %qs = shard.shard %q to %heads annotate_for_users : tensor<?x12x?x16xf32>
  // expected-error @below {{expected the KV heads to be divisible by the 4 ranks of axis 0, got 3: neither divides the other}}
  %ks = shard.shard %k to %heads annotate_for_users : tensor<?x3x?x16xf32>
  // expected-note @below {{the attention is here}}
  %o = attn.attention %qs, %ks, %ks : (tensor<?x12x?x16xf32>, tensor<?x3x?x16xf32>, tensor<?x3x?x16xf32>) -> tensor<?x12x?x16xf32>
  return %o : tensor<?x12x?x16xf32>
}

// -----

// Padding that reaches a result would be seen.
shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @padded_result(%x: tensor<?x64xf32>, %w: tensor<64x132xf32> {attn.pad = [0, 2]}) -> tensor<?x132xf32> {
  %y = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x132xf32>) -> tensor<?x132xf32>
  // expected-error @below {{expected padding that ends at padded rows of a weight or in attn.drop_padding, got 'func.return'}}
  return %y : tensor<?x132xf32>
}

// -----

// A zero may be the largest logit.
shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @padded_argmax(%x: tensor<?x64xf32>, %w: tensor<64x132xf32> {attn.pad = [0, 2]}) -> tensor<?xi32> {
  %y = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x132xf32>) -> tensor<?x132xf32>
  // expected-error @below {{expected padding that ends at padded rows of a weight or in attn.drop_padding, got 'attn.argmax'}}
  %i = attn.argmax %y : (tensor<?x132xf32>) -> tensor<?xi32>
  return %i : tensor<?xi32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @dropped_too_little(%x: tensor<?x64xf32>, %w: tensor<64x132xf32> {attn.pad = [0, 2]}) -> tensor<?x131xf32> {
  %y = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x132xf32>) -> tensor<?x132xf32>
  // expected-error @below {{got 'attn.drop_padding' of 1 for 2 padded columns}}
  %z = attn.drop_padding %y : (tensor<?x132xf32>) -> tensor<?x131xf32>
  return %z : tensor<?x131xf32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @unpadded_rows(%x: tensor<?x64xf32>, %w: tensor<64x132xf32> {attn.pad = [0, 2]}, %d: tensor<132x64xf32>) -> tensor<?x64xf32> {
  %h = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x132xf32>) -> tensor<?x132xf32>
  // expected-error @below {{got 'attn.linear' with 0 padded rows for 2 padded columns}}
  %y = attn.linear %h, %d : (tensor<?x132xf32>, tensor<132x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @unpadded_up(%x: tensor<?x64xf32>, %g: tensor<64x132xf32> {attn.pad = [0, 2]}, %u: tensor<64x132xf32>) -> tensor<?x132xf32> {
  // expected-error @below {{got 'attn.linear' with 0 and 2 padded columns}}
  %h = attn.linear %x, %g up %u : (tensor<?x64xf32>, tensor<64x132xf32>, tensor<64x132xf32>) -> tensor<?x132xf32>
  return %h : tensor<?x132xf32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @unpadded_bias(%x: tensor<?x64xf32>, %g: tensor<64x132xf32> {attn.pad = [0, 2]}, %b: tensor<132xf32>) -> tensor<?x132xf32> {
  // expected-error @below {{got 'attn.linear' with 0 padded elements of bias and 2 padded columns}}
  %h = attn.linear %x, %g bias %b : (tensor<?x64xf32>, tensor<64x132xf32>, tensor<132xf32>) -> tensor<?x132xf32>
  return %h : tensor<?x132xf32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @padded_residual(%x: tensor<?x64xf32>, %g: tensor<64x132xf32> {attn.pad = [0, 2]}, %r: tensor<?x132xf32>) -> tensor<?x132xf32> {
  // expected-error @below {{got 'attn.linear' with a residual}}
  %h = attn.linear %x, %g residual %r : (tensor<?x64xf32>, tensor<64x132xf32>, tensor<?x132xf32>) -> tensor<?x132xf32>
  return %h : tensor<?x132xf32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @split_head(%x: tensor<?x?x64xf32>, %w: tensor<64x64xf32> {attn.pad = [0, 8]}) -> tensor<?x4x?x16xf32> {
  %q = attn.linear %x, %w : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  // expected-error @below {{8 padded columns are not whole heads of 16}}
  %h = attn.split_heads %q : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  return %h : tensor<?x4x?x16xf32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 0}}
func.func @padded_norm(%g: tensor<64xf32> {attn.pad = [2]}, %x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected padding that ends at padded rows of a weight or in attn.drop_padding, got 'attn.norm'}}
  %y = attn.norm %x scale %g {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 0}}
func.func @padded_input(%x: tensor<?x64xf32> {attn.pad = [0, 2]}, %w: tensor<64x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{of an input that is padded}}
  %y = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 4)
func.func @cache_heads(%q: tensor<?x12x1x16xf32>, %t: tensor<?x3x1x16xf32>, %c: tensor<?x3x8x16xf32>, %pos: tensor<?xi32>) -> tensor<?x12x1x16xf32> {
  // expected-note @below {{the sharding is here}}
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-error @below {{expected the KV heads to be divisible by the 4 ranks of axis 0, got 3: neither divides the other}}
  %cs = shard.shard %c to %heads annotate_for_users : tensor<?x3x8x16xf32>
  %k = attn.kv_append %cs, %t at %pos : (tensor<?x3x8x16xf32>, tensor<?x3x1x16xf32>, tensor<?xi32>) -> tensor<?x3x8x16xf32>
  // expected-note @below {{the attention is here}}
  %o = attn.attention %q, %k, %k at %pos
    : (tensor<?x12x1x16xf32>, tensor<?x3x8x16xf32>, tensor<?x3x8x16xf32>, tensor<?xi32>) -> tensor<?x12x1x16xf32>
  return %o : tensor<?x12x1x16xf32>
}

// -----

// A returned cache has its own heads; a returned product of padding has not.
shard.grid @tp(shape = 4)
// expected-note @below {{the padding is declared on argument 1}}
func.func @padded_tokens(%x: tensor<1x1x64xf32>, %w: tensor<64x64xf32> {attn.pad = [0, 16]}, %c: tensor<1x4x8x16xf32>, %pos: tensor<1xi32>)
    -> (tensor<1x4x8x16xf32>, tensor<1x4x1x16xf32>) {
  %t0 = attn.linear %x, %w : (tensor<1x1x64xf32>, tensor<64x64xf32>) -> tensor<1x1x64xf32>
  %t = attn.split_heads %t0 : tensor<1x1x64xf32> to tensor<1x4x1x16xf32>
  %k = attn.kv_append %c, %t at %pos : (tensor<1x4x8x16xf32>, tensor<1x4x1x16xf32>, tensor<1xi32>) -> tensor<1x4x8x16xf32>
  // expected-error @below {{expected padding that ends at padded rows of a weight or in attn.drop_padding, got 'func.return'}}
  return %k, %t : tensor<1x4x8x16xf32>, tensor<1x4x1x16xf32>
}
