// RUN: attnc-opt %s --attn-insert-collectives --split-input-file --verify-diagnostics

func.func @no_grid(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected a grid of more than one rank}}
  %y = attn.reshard %x from <[_, _], partial = [0]> to <[_, _]> : tensor<?x64xf32> to tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @wrong_type(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected a result of type 'tensor<?x128xf32>', got 'tensor<?x64xf32>'}}
  %y = attn.reshard %x from <[_, 0]> to <[_, _]> : tensor<?x64xf32> to tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @wrong_axis(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected axes below 1, the rank of the grid @tp, got #attn.sharding<[_, _], partial = [1]> and #attn.sharding<[_, _]>}}
  %y = attn.reshard %x from <[_, _], partial = [1]> to <[_, _]> : tensor<?x64xf32> to tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
