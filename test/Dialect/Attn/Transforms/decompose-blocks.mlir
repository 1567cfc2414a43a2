// RUN: attnc-opt %s --attn-decompose-blocks --split-input-file | FileCheck %s

// Pre-norm, RoPE and residual: the residual is the block's input.
// CHECK-LABEL: func @mha
// CHECK-SAME: %[[X:.*]]: tensor<?x?x64xbf16>, %[[WQ:.*]]: tensor<64x64xbf16>, %[[WK:.*]]: tensor<64x32xbf16>, %[[WV:.*]]: tensor<64x32xbf16>, %[[WO:.*]]: tensor<64x64xbf16>, %[[G:.*]]: tensor<64xbf16>
// CHECK: %[[M:.*]] = attn.mask.causal
// CHECK: %[[N:.*]] = attn.norm %[[X]] scale %[[G]] {norm = #attn.norm<rms, 1.000000e-05>}
// CHECK: %[[Q0:.*]] = attn.linear %[[N]], %[[WQ]] : {{.*}} -> tensor<?x?x64xbf16>
// CHECK: %[[Q1:.*]] = attn.split_heads %[[Q0]] : tensor<?x?x64xbf16> to tensor<?x4x?x16xbf16>
// CHECK: %[[Q2:.*]] = attn.rope %[[Q1]] {rope = #attn.rope<theta = 1.000000e+04>}
// CHECK: %[[K0:.*]] = attn.linear %[[N]], %[[WK]] : {{.*}} -> tensor<?x?x32xbf16>
// CHECK: %[[K1:.*]] = attn.split_heads %[[K0]] : tensor<?x?x32xbf16> to tensor<?x2x?x16xbf16>
// CHECK: %[[K2:.*]] = attn.rope %[[K1]]
// CHECK: %[[V0:.*]] = attn.linear %[[N]], %[[WV]] :
// CHECK: %[[V1:.*]] = attn.split_heads %[[V0]]
// CHECK: %[[O:.*]] = attn.attention %[[Q2]], %[[K2]], %[[V1]] mask %[[M]] {place = #attn.place<query = cache, scores = register>, scale = 5.000000e-01 : f64}
// CHECK: %[[F:.*]] = attn.merge_heads %[[O]] : tensor<?x4x?x16xbf16> to tensor<?x?x64xbf16>
// CHECK: %[[Y:.*]] = attn.linear %[[F]], %[[WO]] residual %[[X]]
// CHECK: return %[[Y]]
func.func @mha(%x: tensor<?x?x64xbf16>, %wq: tensor<64x64xbf16>, %wk: tensor<64x32xbf16>, %wv: tensor<64x32xbf16>,
               %wo: tensor<64x64xbf16>, %g: tensor<64xbf16>) -> tensor<?x?x64xbf16> {
  %m = attn.mask.causal
  %y = attn.mha %x, %wq, %wk, %wv, %wo norm(%g) mask %m
    {heads = 4 : i64, kv_heads = 2 : i64, head_dim = 16 : i64, rope = #attn.rope<theta = 1.0e4>,
     norm = #attn.norm<rms, 1.0e-5>, residual, scale = 0.5 : f64,
     place = #attn.place<query = cache, scores = register>}
    : (tensor<?x?x64xbf16>, tensor<64x64xbf16>, tensor<64x32xbf16>, tensor<64x32xbf16>, tensor<64x64xbf16>,
       tensor<64xbf16>, !attn.mask) -> tensor<?x?x64xbf16>
  return %y : tensor<?x?x64xbf16>
}

// -----

// Keys and values come from the context, which is not normed; biases follow their weights; the post-norm comes last.
// CHECK-LABEL: func @cross_attention
// CHECK-SAME: %[[X:.*]]: tensor<2x?x64xf32>, %[[C:.*]]: tensor<2x?x32xf32>, %[[W:.*]]: tensor<64x64xf32>, %[[WC:.*]]: tensor<32x64xf32>, %[[BQ:.*]]: tensor<64xf32>, %[[BK:.*]]: tensor<64xf32>, %[[BV:.*]]: tensor<64xf32>, %[[BO:.*]]: tensor<64xf32>
// CHECK-NOT: attn.norm
// CHECK: attn.linear %[[X]], %[[W]] bias %[[BQ]]
// CHECK: attn.linear %[[C]], %[[WC]] bias %[[BK]]
// CHECK: attn.linear %[[C]], %[[WC]] bias %[[BV]]
// CHECK: %[[L:.*]] = attn.linear %{{.*}}, %[[W]] bias %[[BO]] residual %[[X]]
// CHECK: %[[Y:.*]] = attn.norm %[[L]] scale %[[BQ]] bias %[[BK]] {norm = #attn.norm<layer
// CHECK: return %[[Y]]
func.func @cross_attention(%x: tensor<2x?x64xf32>, %c: tensor<2x?x32xf32>, %w: tensor<64x64xf32>, %wc: tensor<32x64xf32>,
                           %bq: tensor<64xf32>, %bk: tensor<64xf32>, %bv: tensor<64xf32>,
                           %bo: tensor<64xf32>) -> tensor<2x?x64xf32> {
  %y = attn.mha %x, %w, %wc, %wc, %w bq(%bq) bk(%bk) bv(%bv) bo(%bo) norm(%bq, %bk) context %c
    {heads = 4 : i64, kv_heads = 4 : i64, head_dim = 16 : i64, norm = #attn.norm<layer, 1.0e-5>,
     norm_position = #attn.norm_position<post>, residual}
    : (tensor<2x?x64xf32>, tensor<64x64xf32>, tensor<32x64xf32>, tensor<32x64xf32>, tensor<64x64xf32>,
       tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>,
       tensor<2x?x32xf32>) -> tensor<2x?x64xf32>
  return %y : tensor<2x?x64xf32>
}

// -----

// With caches the new keys and values are appended, and queries and keys stand at the positions.
// CHECK-LABEL: func @cache
// CHECK-SAME: %[[X:.*]]: tensor<?x1x64xf32>, %[[W:.*]]: tensor<64x64xf32>, %[[K:.*]]: tensor<?x4x8x16xf32>, %[[V:.*]]: tensor<?x4x8x16xf32>, %[[P:.*]]: tensor<?xi32>)
// CHECK: %[[Q1:.*]] = attn.rope %{{.*}} at %[[P]] {{.*}} : (tensor<?x4x1x16xf32>, tensor<?xi32>)
// CHECK: %[[K1:.*]] = attn.rope %{{.*}} at %[[P]] {{.*}} : (tensor<?x4x1x16xf32>, tensor<?xi32>)
// CHECK: %[[V1:.*]] = attn.split_heads
// CHECK: %[[K2:.*]] = attn.kv_append %[[K]], %[[K1]] at %[[P]]
// CHECK: %[[V2:.*]] = attn.kv_append %[[V]], %[[V1]] at %[[P]]
// CHECK: attn.attention %[[Q1]], %[[K2]], %[[V2]] at %[[P]] mask %{{.*}} : (tensor<?x4x1x16xf32>, tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>, tensor<?xi32>, !attn.mask)
// CHECK: %[[Y:.*]] = attn.linear %{{.*}} residual %[[X]]
// CHECK: return %[[Y]], %[[K2]], %[[V2]]
func.func @cache(%x: tensor<?x1x64xf32>, %w: tensor<64x64xf32>, %k: tensor<?x4x8x16xf32>, %v: tensor<?x4x8x16xf32>, %pos: tensor<?xi32>)
    -> (tensor<?x1x64xf32>, tensor<?x4x8x16xf32> {attn.alias = 2 : i64}, tensor<?x4x8x16xf32> {attn.alias = 3 : i64}) {
  %m = attn.mask.causal
  %y:3 = attn.mha %x, %w, %w, %w, %w kv(%k, %v at %pos) mask %m
    {heads = 4 : i64, kv_heads = 4 : i64, head_dim = 16 : i64, rope = #attn.rope<theta = 1.0e4>, residual}
    : (tensor<?x1x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>,
       tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>, tensor<?xi32>, !attn.mask)
    -> (tensor<?x1x64xf32>, tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>)
  return %y#0, %y#1, %y#2 : tensor<?x1x64xf32>, tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>
}

// -----

// A gated MLP: the gate's weight is the activated one. The hidden buffer belongs to the first layer.
// CHECK-LABEL: func @gated_mlp
// CHECK-SAME: %[[X:.*]]: tensor<?x?x64xf32>, %[[G:.*]]: tensor<64x96xf32>, %[[U:.*]]: tensor<64x96xf32>, %[[D:.*]]: tensor<96x64xf32>, %[[BG:.*]]: tensor<96xf32>, %[[BU:.*]]: tensor<96xf32>, %[[BD:.*]]: tensor<64xf32>
// CHECK: %[[N:.*]] = attn.norm %[[X]] {norm
// CHECK: %[[H:.*]] = attn.linear %[[N]], %[[G]] up %[[U]] bias %[[BG]] up_bias %[[BU]] {activation = #attn.activation<silu>, place = #attn.place<input = cache, hidden = cache>} : {{.*}} -> tensor<?x?x96xf32>
// CHECK: %[[Y:.*]] = attn.linear %[[H]], %[[D]] bias %[[BD]] residual %[[X]] {place = #attn.place<input = cache>}
// CHECK: return %[[Y]]
func.func @gated_mlp(%x: tensor<?x?x64xf32>, %g: tensor<64x96xf32>, %u: tensor<64x96xf32>, %d: tensor<96x64xf32>,
                     %bg: tensor<96xf32>, %bu: tensor<96xf32>, %bd: tensor<64xf32>) -> tensor<?x?x64xf32> {
  %y = attn.mlp %x, %g, %u, %d bg(%bg) bu(%bu) bd(%bd)
    {activation = #attn.mlp_activation<silu_gate>, norm = #attn.norm<rms, 1.0e-5>, residual,
     place = #attn.place<input = cache, hidden = cache>}
    : (tensor<?x?x64xf32>, tensor<64x96xf32>, tensor<64x96xf32>, tensor<96x64xf32>, tensor<96xf32>,
       tensor<96xf32>, tensor<64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// An ungated MLP: the up weight is the activated one. No place is left for the second layer.
// CHECK-LABEL: func @mlp
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>, %[[U:.*]]: tensor<64x96xf32>, %[[D:.*]]: tensor<96x64xf32>, %[[BU:.*]]: tensor<96xf32>
// CHECK: %[[H:.*]] = attn.linear %[[X]], %[[U]] bias %[[BU]] {activation = #attn.activation<gelu_tanh>, place
// CHECK: %[[L:.*]] = attn.linear %[[H]], %[[D]] : (tensor<?x96xf32>
// CHECK: %[[Y:.*]] = attn.norm %[[L]]
// CHECK: return %[[Y]]
func.func @mlp(%x: tensor<?x64xf32>, %u: tensor<64x96xf32>, %d: tensor<96x64xf32>, %bu: tensor<96xf32>) -> tensor<?x64xf32> {
  %y = attn.mlp %x, %u, %d bu(%bu)
    {activation = #attn.mlp_activation<gelu_tanh>, norm = #attn.norm<rms, 1.0e-5>,
     norm_position = #attn.norm_position<post>, place = #attn.place<hidden = cache>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<96x64xf32>, tensor<96xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Each activation without its gate.
// CHECK-LABEL: func @activations
// CHECK: activation<gelu>
// CHECK: activation<gelu_tanh>
// CHECK: activation<relu>
// CHECK: activation<relu>
// CHECK: activation<silu>
// CHECK: activation<gelu>
func.func @activations(%x: tensor<?x64xf32>, %u: tensor<64x96xf32>, %d: tensor<96x64xf32>) -> tensor<?x64xf32> {
  %0 = attn.mlp %x, %u, %u, %d {activation = #attn.mlp_activation<gelu_gate>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  %1 = attn.mlp %0, %u, %u, %d {activation = #attn.mlp_activation<gelu_tanh_gate>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  %2 = attn.mlp %1, %u, %u, %d {activation = #attn.mlp_activation<relu_gate>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  %3 = attn.mlp %2, %u, %d {activation = #attn.mlp_activation<relu>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  %4 = attn.mlp %3, %u, %d {activation = #attn.mlp_activation<silu>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  %5 = attn.mlp %4, %u, %d {activation = #attn.mlp_activation<gelu>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  return %5 : tensor<?x64xf32>
}

// -----

// Annotations on weights stay on the operands of the new ops, those on the result behind the last one.
shard.grid @tp(shape = 2)
// CHECK-LABEL: func @sharding
// CHECK: %[[U:.*]] = shard.shard %{{.*}} to %{{.*}} annotate_for_users : tensor<64x96xf32>
// CHECK: %[[D:.*]] = shard.shard %{{.*}} to %{{.*}} annotate_for_users : tensor<96x64xf32>
// CHECK: %[[H:.*]] = attn.linear %{{.*}}, %[[U]]
// CHECK: %[[Y:.*]] = attn.linear %[[H]], %[[D]]
// CHECK: %[[S:.*]] = shard.shard %[[Y]] to
// CHECK: return %[[S]]
func.func @sharding(%x: tensor<?x64xf32>, %u: tensor<64x96xf32>, %d: tensor<96x64xf32>) -> tensor<?x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %all = shard.sharding @tp split_axes = [[]] : !shard.sharding
  %su = shard.shard %u to %columns annotate_for_users : tensor<64x96xf32>
  %sd = shard.shard %d to %rows annotate_for_users : tensor<96x64xf32>
  %y = attn.mlp %x, %su, %sd {activation = #attn.mlp_activation<gelu>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  %sy = shard.shard %y to %all : tensor<?x64xf32>
  return %sy : tensor<?x64xf32>
}

// -----

// A bias of the scores goes to the attention.
// CHECK-LABEL: func @score_bias
// CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} score_bias %{{.*}} :
func.func @score_bias(%x: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %t: tensor<2x?x?xf32>) -> tensor<?x?x8xf32> {
  %y = attn.mha %x, %w, %w, %w, %w score_bias %t {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64}
    : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<2x?x?xf32>) -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}
