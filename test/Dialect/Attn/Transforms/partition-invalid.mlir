// RUN: attnc-opt %s --attn-partition --split-input-file --verify-diagnostics

// expected-note @below {{the grid @tp is here}}
shard.grid @tp(shape = 2)
// expected-error @below {{expected axes below 1, got #attn.sharding<[_, 1]> of 'tensor<?x64xf32>'}}
func.func @argument_axis(%x: tensor<?x64xf32> {attn.sharding = #attn.sharding<[_, 1]>}) {
  return
}

// -----

// expected-note @below {{the grid @tp is here}}
shard.grid @tp(shape = 2)
func.func @partial_axis(%x: tensor<?x64xf32>) {
  // expected-error @below {{expected axes below 1, got #attn.sharding<[_, _], partial = [1]> of 'tensor<?x64xf32>'}}
  %y = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>, attn.shardings = [#attn.sharding<[_, _], partial = [1]>]}
    : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return
}

// -----

// expected-note @below {{the grid @tp is here}}
shard.grid @tp(shape = 4)
// expected-error @below {{expected groups that divide 4 ranks, got #attn.sharding<[_, 0 group 3]> of 'tensor<?x64xf32>'}}
func.func @group(%x: tensor<?x64xf32> {attn.sharding = #attn.sharding<[_, 0 group 3]>}) {
  return
}

// -----

// expected-note @below {{the grid @tp is here}}
shard.grid @tp(shape = 4)
// expected-error @below {{expected dimension 1 to be divisible by 4 ranks, got #attn.sharding<[_, 0]> of 'tensor<?x66xf32>'}}
func.func @indivisible(%x: tensor<?x66xf32>) -> (tensor<?x66xf32> {attn.sharding = #attn.sharding<[_, 0]>}) {
  return %x : tensor<?x66xf32>
}
