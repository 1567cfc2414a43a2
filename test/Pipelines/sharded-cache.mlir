// RUN: attnc-opt %s --attnc-sharded-pipeline=grids=tp=2 | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: attnc-opt %s --attnc-sharded-pipeline=grids=tp=8 | FileCheck %s --check-prefixes=CHECK,EIGHT

// One step of decoding. The columns of W_Q are all that is annotated: a rank's caches have the KV heads that its query
// heads read, and the tokens that it appends. At eight ranks pairs of neighbours hold the same KV head. Nothing but the
// sum of W_O's rows leaves a rank: no cache moves.

// CHECK: func @decode
// TWO-SAME: %[[WK:[a-z0-9]*]]: tensor<64x32xf32> {attn.name = "wk", attn.slice = #attn.slice<[_, 0] of [64, 64]>
// EIGHT-SAME: %[[WK:[a-z0-9]*]]: tensor<64x16xf32> {attn.name = "wk", attn.slice = #attn.slice<[_, 0 group 2] of [64, 64]>
// TWO-SAME: %[[K:[a-z0-9]*]]: tensor<?x2x512x16xf32> {attn.name = "k", attn.slice = #attn.slice<[_, 0, _, _] of [?, 4, 512, 16]>}
// TWO-SAME: %[[V:[a-z0-9]*]]: tensor<?x2x512x16xf32> {attn.name = "v", attn.slice = #attn.slice<[_, 0, _, _] of [?, 4, 512, 16]>}
// EIGHT-SAME: %[[K:[a-z0-9]*]]: tensor<?x1x512x16xf32> {attn.name = "k", attn.slice = #attn.slice<[_, 0 group 2, _, _] of [?, 4, 512, 16]>}
// EIGHT-SAME: %[[V:[a-z0-9]*]]: tensor<?x1x512x16xf32> {attn.name = "v", attn.slice = #attn.slice<[_, 0 group 2, _, _] of [?, 4, 512, 16]>}
// TWO-SAME: -> (tensor<?x1x64xf32>, tensor<?x2x512x16xf32> {attn.alias = 5 : i64, attn.slice = #attn.slice<[_, 0, _, _] of [?, 4, 512, 16]>}
// EIGHT-SAME: -> (tensor<?x1x64xf32>, tensor<?x1x512x16xf32> {attn.alias = 5 : i64, attn.slice = #attn.slice<[_, 0 group 2, _, _] of [?, 4, 512, 16]>}
// CHECK-NOT: shard.
// CHECK-DAG: %[[K1:.*]] = attn.kv_append %[[K]],
// CHECK-DAG: %[[V1:.*]] = attn.kv_append %[[V]],
// CHECK-NOT: shard.
// CHECK: attn.attention %{{.*}}, %[[K1]], %[[V1]] mask
// CHECK-NOT: shard.
// CHECK: %[[Y:.*]] = shard.all_reduce
// CHECK-NOT: shard.
// CHECK: return %[[Y]], %[[K1]], %[[V1]]
shard.grid @tp(shape = 2)
func.func @decode(%x: tensor<?x1x64xf32>, %wq: tensor<64x128xf32>, %wk: tensor<64x64xf32> {attn.name = "wk"}, %wv: tensor<64x64xf32>,
                  %wo: tensor<128x64xf32>, %k: tensor<?x4x512x16xf32> {attn.name = "k"}, %v: tensor<?x4x512x16xf32> {attn.name = "v"},
                  %pos: tensor<?xi32>, %lengths: tensor<?xi32>)
    -> (tensor<?x1x64xf32>, tensor<?x4x512x16xf32> {attn.alias = 5 : i64}, tensor<?x4x512x16xf32> {attn.alias = 6 : i64}) {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %wqs = shard.shard %wq to %columns annotate_for_users : tensor<64x128xf32>
  %q0 = attn.linear %x, %wqs : (tensor<?x1x64xf32>, tensor<64x128xf32>) -> tensor<?x1x128xf32>
  %q1 = attn.split_heads %q0 : tensor<?x1x128xf32> to tensor<?x8x1x16xf32>
  %q = attn.rope %q1 at %pos {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x8x1x16xf32>, tensor<?xi32>) -> tensor<?x8x1x16xf32>
  %k0 = attn.linear %x, %wk : (tensor<?x1x64xf32>, tensor<64x64xf32>) -> tensor<?x1x64xf32>
  %k1 = attn.split_heads %k0 : tensor<?x1x64xf32> to tensor<?x4x1x16xf32>
  %k2 = attn.rope %k1 at %pos {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x1x16xf32>, tensor<?xi32>) -> tensor<?x4x1x16xf32>
  %v0 = attn.linear %x, %wv : (tensor<?x1x64xf32>, tensor<64x64xf32>) -> tensor<?x1x64xf32>
  %v1 = attn.split_heads %v0 : tensor<?x1x64xf32> to tensor<?x4x1x16xf32>
  %keys = attn.kv_append %k, %k2 at %pos : (tensor<?x4x512x16xf32>, tensor<?x4x1x16xf32>, tensor<?xi32>) -> tensor<?x4x512x16xf32>
  %values = attn.kv_append %v, %v1 at %pos : (tensor<?x4x512x16xf32>, tensor<?x4x1x16xf32>, tensor<?xi32>) -> tensor<?x4x512x16xf32>
  %mask = attn.mask.lengths %lengths : tensor<?xi32>
  %o0 = attn.attention %q, %keys, %values mask %mask
    : (tensor<?x8x1x16xf32>, tensor<?x4x512x16xf32>, tensor<?x4x512x16xf32>, !attn.mask) -> tensor<?x8x1x16xf32>
  %o1 = attn.merge_heads %o0 : tensor<?x8x1x16xf32> to tensor<?x1x128xf32>
  %y = attn.linear %o1, %wo : (tensor<?x1x128xf32>, tensor<128x64xf32>) -> tensor<?x1x64xf32>
  return %y, %keys, %values : tensor<?x1x64xf32>, tensor<?x4x512x16xf32>, tensor<?x4x512x16xf32>
}
