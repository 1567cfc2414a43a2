// RUN: attnc %s --emit=sharded --grid g=2x1 | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: attnc %s --emit=sharded --grid g=3x2 | FileCheck %s --check-prefixes=CHECK,THREE
// RUN: attnc %s --emit=sharded --grid g=12x1 | FileCheck %s --check-prefixes=CHECK,TWELVE
// RUN: attnc %s --emit=sharded | FileCheck %s --check-prefix=ONE
// RUN: not attnc %s --emit=sharded --grid g=4x1 2>&1 | FileCheck %s --check-prefix=FOUR
// RUN: not attnc %s -o %t.attnc 2>&1 | FileCheck %s --check-prefix=KERNELS

// One step of decoding. The columns of W_Q and the sequences of the tokens are all that is annotated: a rank's caches have the
// KV heads that its query heads read and the sequences that it has tokens of, and its positions are those of its sequences. At
// twelve ranks pairs of neighbours hold the same KV head. Nothing but the sum of W_O's rows leaves a rank: no cache moves.

// CHECK: func @decode
// TWO-SAME: tensor<64x48xf32> {attn.name = "wk", attn.slice = #attn.slice<[_, 0] of [64, 96]>}
// TWO-SAME: %[[K:[a-z0-9]*]]: tensor<?x3x512x16xf32> {attn.dims = ["B", "", "", ""], attn.name = "k", attn.slice = #attn.slice<[_, 0, _, _] of [?, 6, 512, 16]>}
// TWO-SAME: %[[V:[a-z0-9]*]]: tensor<?x3x512x16xf32> {attn.dims = ["B", "", "", ""], attn.name = "v", attn.slice = #attn.slice<[_, 0, _, _] of [?, 6, 512, 16]>}
// TWO-SAME: %[[POS:[a-z0-9]*]]: tensor<?xi32> {attn.dims = ["B"], attn.name = "pos"}) -> (tensor<?x1x64xf32>, tensor<?x3x512x16xf32> {attn.alias = 5 : i64, attn.slice = #attn.slice<[_, 0, _, _] of [?, 6, 512, 16]>}
// THREE-SAME: %[[K:[a-z0-9]*]]: tensor<?x2x512x16xf32> {attn.dims = ["B", "", "", ""], attn.name = "k", attn.slice = #attn.slice<[1, 0, _, _] of [?, 6, 512, 16]>}
// THREE-SAME: %[[V:[a-z0-9]*]]: tensor<?x2x512x16xf32> {attn.dims = ["B", "", "", ""], attn.name = "v", attn.slice = #attn.slice<[1, 0, _, _] of [?, 6, 512, 16]>}
// THREE-SAME: %[[POS:[a-z0-9]*]]: tensor<?xi32> {attn.dims = ["B"], attn.name = "pos", attn.slice = #attn.slice<[1] of [?]>}) -> (tensor<?x1x64xf32> {attn.slice = #attn.slice<[1, _, _] of [?, 1, 64]>}, tensor<?x2x512x16xf32> {attn.alias = 5 : i64, attn.slice = #attn.slice<[1, 0, _, _] of [?, 6, 512, 16]>}
// TWELVE-SAME: tensor<64x16xf32> {attn.name = "wk", attn.slice = #attn.slice<[_, 0 group 2] of [64, 96]>}
// TWELVE-SAME: %[[K:[a-z0-9]*]]: tensor<?x1x512x16xf32> {attn.dims = ["B", "", "", ""], attn.name = "k", attn.slice = #attn.slice<[_, 0 group 2, _, _] of [?, 6, 512, 16]>}
// TWELVE-SAME: %[[V:[a-z0-9]*]]: tensor<?x1x512x16xf32> {attn.dims = ["B", "", "", ""], attn.name = "v", attn.slice = #attn.slice<[_, 0 group 2, _, _] of [?, 6, 512, 16]>}
// TWELVE-SAME: %[[POS:[a-z0-9]*]]: tensor<?xi32> {attn.dims = ["B"], attn.name = "pos"}) -> (tensor<?x1x64xf32>, tensor<?x1x512x16xf32> {attn.alias = 5 : i64, attn.slice = #attn.slice<[_, 0 group 2, _, _] of [?, 6, 512, 16]>}
// CHECK-NOT: shard.
// CHECK: %[[K1:.*]] = attn.kv_append %[[K]], %{{.*}} at %[[POS]]
// CHECK: %[[V1:.*]] = attn.kv_append %[[V]], %{{.*}} at %[[POS]]
// CHECK: attn.attention %{{.*}}, %[[K1]], %[[V1]] at %[[POS]] mask
// CHECK-NOT: shard.
// CHECK: %[[S:.*]] = shard.all_reduce
// CHECK-NEXT: %[[Y:.*]] = attn.epilogue %[[S]] residual
// CHECK-NOT: shard.
// CHECK: return %[[Y]], %[[K1]], %[[V1]]

// ONE-NOT: shard
// ONE: %[[K1:.*]] = attn.kv_append %{{.*}} : (tensor<?x6x512x16xf32>, tensor<?x6x1x16xf32>, tensor<?xi32>)
// ONE-NOT: shard

// FOUR: error: 'attn.attention' op expected the 6 heads of key to be divisible by the 4 ranks of axis 0 or to divide them
// KERNELS: error: 'attn.kv_append' is not built yet for the cpu target
shard.grid @g(shape = 1x1)
func.func @decode(%x: tensor<?x1x64xf32> {attn.dims = ["B", "", ""]}, %wq: tensor<64x192xf32>, %wk: tensor<64x96xf32> {attn.name = "wk"},
                  %wv: tensor<64x96xf32>, %wo: tensor<192x64xf32>, %k: tensor<?x6x512x16xf32> {attn.name = "k", attn.dims = ["B", "", "", ""]},
                  %v: tensor<?x6x512x16xf32> {attn.name = "v", attn.dims = ["B", "", "", ""]}, %pos: tensor<?xi32> {attn.name = "pos", attn.dims = ["B"]})
    -> (tensor<?x1x64xf32>, tensor<?x6x512x16xf32> {attn.alias = 5 : i64}, tensor<?x6x512x16xf32> {attn.alias = 6 : i64}) {
  %columns = shard.sharding @g split_axes = [[], [0]] : !shard.sharding
  %sequences = shard.sharding @g split_axes = [[1]] : !shard.sharding
  %xs = shard.shard %x to %sequences : tensor<?x1x64xf32>
  %wqs = shard.shard %wq to %columns annotate_for_users : tensor<64x192xf32>
  %mask = attn.mask.causal
  %y, %k1, %v1 = attn.mha %xs, %wqs, %wk, %wv, %wo kv(%k, %v at %pos) mask %mask
    {heads = 12 : i64, kv_heads = 6 : i64, head_dim = 16 : i64, rope = #attn.rope<theta = 1.0e4>, residual}
    : (tensor<?x1x64xf32>, tensor<64x192xf32>, tensor<64x96xf32>, tensor<64x96xf32>, tensor<192x64xf32>, tensor<?x6x512x16xf32>,
       tensor<?x6x512x16xf32>, tensor<?xi32>, !attn.mask) -> (tensor<?x1x64xf32>, tensor<?x6x512x16xf32>, tensor<?x6x512x16xf32>)
  return %y, %k1, %v1 : tensor<?x1x64xf32>, tensor<?x6x512x16xf32>, tensor<?x6x512x16xf32>
}
