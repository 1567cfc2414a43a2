// RUN: attnc-opt %s | attnc-opt | FileCheck %s

// Every operand and attribute of a block survives printing and parsing.

// CHECK-LABEL: func @mha
// CHECK: attn.mha %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} {head_dim = 16 : i64, heads = 4 : i64, kv_heads = 2 : i64}
func.func @mha(%x: tensor<?x?x64xbf16>, %wq: tensor<64x64xbf16>,
               %wk: tensor<64x32xbf16>, %wo: tensor<64x64xbf16>,
               %m: !attn.mask) -> tensor<?x?x64xbf16> {
  %y = attn.mha %x, %wq, %wk, %wk, %wo mask %m
    {heads = 4 : i64, kv_heads = 2 : i64, head_dim = 16 : i64}
    : (tensor<?x?x64xbf16>, tensor<64x64xbf16>, tensor<64x32xbf16>,
       tensor<64x32xbf16>, tensor<64x64xbf16>, !attn.mask) -> tensor<?x?x64xbf16>
  return %y : tensor<?x?x64xbf16>
}

// CHECK-LABEL: func @cross_attention
// CHECK: attn.mha {{.*}} bq(%[[B:.*]]) bk(%[[B]]) bv(%[[B]]) bo(%[[B]]) norm(%[[B]], %[[B]]) context %{{.*}} {
// CHECK-SAME: norm = #attn.norm<layer, 1.000000e-05>
// CHECK-SAME: norm_position = #attn.norm_position<post>
// CHECK-SAME: place = #attn.place<query = cache, scores = register, output = global>
// CHECK-SAME: residual
// CHECK-SAME: rope = #attn.rope<theta = 1.000000e+04, interleaved>
// CHECK-SAME: scale = 1.250000e-01 : f64
func.func @cross_attention(%x: tensor<2x?x64xf32>, %c: tensor<2x?x32xf32>,
                           %w: tensor<64x64xf16>, %wk: tensor<32x64xf16>,
                           %b: tensor<64xf32>) -> tensor<2x?x64xf32> {
  %y = attn.mha %x, %w, %wk, %wk, %w bq(%b) bk(%b) bv(%b) bo(%b) norm(%b, %b) context %c
    {heads = 4 : i64, kv_heads = 4 : i64, head_dim = 16 : i64, residual,
     norm = #attn.norm<layer, 1.0e-5>, norm_position = #attn.norm_position<post>,
     rope = #attn.rope<theta = 1.0e4, interleaved>, scale = 0.125 : f64,
     place = #attn.place<query = cache, scores = register, output = global>}
    : (tensor<2x?x64xf32>, tensor<64x64xf16>, tensor<32x64xf16>, tensor<32x64xf16>,
       tensor<64x64xf16>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>,
       tensor<64xf32>, tensor<64xf32>, tensor<2x?x32xf32>) -> tensor<2x?x64xf32>
  return %y : tensor<2x?x64xf32>
}

// CHECK-LABEL: func @cache
// CHECK: %{{.*}}, %{{.*}}, %{{.*}} = attn.mha {{.*}} kv(%{{.*}}, %{{.*}} at %{{.*}}) {
func.func @cache(%x: tensor<?x?x64xf32>, %w: tensor<64x64xf32>,
                 %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x16xf32>, %pos: tensor<?xi32>)
    -> (tensor<?x?x64xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) {
  %y:3 = attn.mha %x, %w, %w, %w, %w kv(%k, %v at %pos)
    {heads = 4 : i64, kv_heads = 4 : i64, head_dim = 16 : i64}
    : (tensor<?x?x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>,
       tensor<64x64xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>)
    -> (tensor<?x?x64xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>)
  return %y#0, %y#1, %y#2 : tensor<?x?x64xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>
}

// CHECK-LABEL: func @mlp
// CHECK: attn.mlp %{{.*}}, %{{.*}}, %{{.*}} {activation = #attn.mlp_activation<gelu_tanh>}
// CHECK: attn.mlp %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} bg(%{{.*}}) bu(%{{.*}}) bd(%{{.*}}) norm(%{{.*}}) {activation = #attn.mlp_activation<silu_gate>
func.func @mlp(%x: tensor<?x64xf32>, %u: tensor<64x96xf32>, %d: tensor<96x64xf32>,
               %b: tensor<96xf32>, %c: tensor<64xf32>) -> tensor<?x64xf32> {
  %y = attn.mlp %x, %u, %d {activation = #attn.mlp_activation<gelu_tanh>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<96x64xf32>) -> tensor<?x64xf32>
  %z = attn.mlp %y, %u, %u, %d bg(%b) bu(%b) bd(%c) norm(%c)
    {activation = #attn.mlp_activation<silu_gate>, norm = #attn.norm<rms, 1.0e-6>, residual,
     place = #attn.place<input = cache, weight = cache, hidden = cache, accumulator = register>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<64x96xf32>, tensor<96x64xf32>, tensor<96xf32>,
       tensor<96xf32>, tensor<64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %z : tensor<?x64xf32>
}
