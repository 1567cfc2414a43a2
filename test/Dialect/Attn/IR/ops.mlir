// RUN: attnc-opt %s | attnc-opt | FileCheck %s

// CHECK-LABEL: func @linear
// CHECK: attn.linear %{{.*}}, %{{.*}} up %{{.*}} bias %{{.*}} up_bias %{{.*}} residual %{{.*}} {activation = #attn.activation<silu>, place = #attn.place<hidden = cache>, plan = #attn.plan<m = 64, n = 32, k = 128, strip = 4, panel = 16, depth = 0>}
// CHECK: attn.linear %{{.*}}, %{{.*}} {transposed} : (tensor<?x?x48xf32>, tensor<32x48xbf16>) -> tensor<?x?x32xf32>
func.func @linear(%x: tensor<?x?x32xf32>, %w: tensor<32x48xbf16>, %b: tensor<48xf32>,
                  %r: tensor<?x?x48xf32>, %t: tensor<32x48xbf16>) -> tensor<?x?x32xf32> {
  %h = attn.linear %x, %w up %w bias %b up_bias %b residual %r
    {activation = #attn.activation<silu>, place = #attn.place<hidden = cache>,
     plan = #attn.plan<m = 64, n = 32, k = 128, strip = 4, panel = 16, depth = 0>}
    : (tensor<?x?x32xf32>, tensor<32x48xbf16>, tensor<32x48xbf16>, tensor<48xf32>, tensor<48xf32>,
       tensor<?x?x48xf32>) -> tensor<?x?x48xf32>
  %y = attn.linear %h, %t {transposed} : (tensor<?x?x48xf32>, tensor<32x48xbf16>) -> tensor<?x?x32xf32>
  return %y : tensor<?x?x32xf32>
}

// CHECK-LABEL: func @packed
// CHECK: attn.pack_weight %{{.*}} {depth = 2 : i64, transposed, width = 8 : i64} : (tensor<16x9xbf16>) -> tensor<2x5x8x2xbf16>
// CHECK: attn.linear %{{.*}}, %{{.*}} up %{{.*}} :
func.func @packed(%x: tensor<?x9xf32>, %w: tensor<16x9xbf16>) -> tensor<?x16xf32> {
  %p = attn.pack_weight %w {width = 8 : i64, depth = 2 : i64, transposed} : (tensor<16x9xbf16>) -> tensor<2x5x8x2xbf16>
  %y = attn.linear %x, %p up %p : (tensor<?x9xf32>, tensor<2x5x8x2xbf16>, tensor<2x5x8x2xbf16>) -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// CHECK-LABEL: func @norm
// CHECK: attn.norm %{{.*}} scale %{{.*}} bias %{{.*}} {norm = #attn.norm<layer, 1.000000e-05>}
// CHECK: attn.norm %{{.*}} {norm = #attn.norm<rms, 1.000000e-05>}
func.func @norm(%x: tensor<?x32xf16>, %s: tensor<32xf32>) -> tensor<?x32xf16> {
  %0 = attn.norm %x scale %s bias %s {norm = #attn.norm<layer, 1.0e-5>}
    : (tensor<?x32xf16>, tensor<32xf32>, tensor<32xf32>) -> tensor<?x32xf16>
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x32xf16>) -> tensor<?x32xf16>
  return %1 : tensor<?x32xf16>
}

// CHECK-LABEL: func @heads
// CHECK: attn.split_heads %{{.*}} : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
// CHECK: attn.rope %{{.*}} {rope = #attn.rope<theta = 5.000000e+05>}
// CHECK: attn.rope %{{.*}} at %{{.*}} {rope = #attn.rope<theta = 5.000000e+05, interleaved>}
// CHECK: attn.merge_heads %{{.*}} : tensor<?x4x?x16xf32> to tensor<?x?x64xf32>
func.func @heads(%x: tensor<?x?x64xf32>, %pos: tensor<?xi32>) -> tensor<?x?x64xf32> {
  %0 = attn.split_heads %x : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  %1 = attn.rope %0 {rope = #attn.rope<theta = 5.0e5, half>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  %2 = attn.rope %1 at %pos {rope = #attn.rope<theta = 5.0e5, interleaved>}
    : (tensor<?x4x?x16xf32>, tensor<?xi32>) -> tensor<?x4x?x16xf32>
  %3 = attn.merge_heads %2 : tensor<?x4x?x16xf32> to tensor<?x?x64xf32>
  return %3 : tensor<?x?x64xf32>
}

// CHECK-LABEL: func @kv_append
// CHECK: attn.kv_append %{{.*}}, %{{.*}} at %{{.*}} : (tensor<2x4x128x16xf32>, tensor<2x4x?x16xf32>, tensor<2xi32>) -> tensor<2x4x128x16xf32>
func.func @kv_append(%c: tensor<2x4x128x16xf32>, %t: tensor<2x4x?x16xf32>, %pos: tensor<2xi32>) -> tensor<2x4x128x16xf32> {
  %0 = attn.kv_append %c, %t at %pos
    : (tensor<2x4x128x16xf32>, tensor<2x4x?x16xf32>, tensor<2xi32>) -> tensor<2x4x128x16xf32>
  return %0 : tensor<2x4x128x16xf32>
}

// CHECK-LABEL: func @attention
// CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} mask %{{.*}} sinks %{{.*}} captures(%{{.*}}, %{{.*}}) score {
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: f32, %{{.*}}: tensor<4xf32>):
// CHECK: attn.yield %{{.*}} : f32
// CHECK-NEXT: } bounds {
// CHECK: attn.yield %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : index, index, index, index
// CHECK-NEXT: } {place = #attn.place<weights = cache>, q_offset = -3 : si64, scale = 2.500000e-01 : f64}
func.func @attention(%q: tensor<?x4x?x16xbf16>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>, %m: !attn.mask,
                     %sinks: tensor<4xf32>, %cap: f32) -> (tensor<?x4x?x8xbf16>, tensor<?x4x?xf32>) {
  %o, %lse = attn.attention %q, %k, %v mask %m sinks %sinks captures(%cap, %sinks) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %c: f32, %slopes: tensor<4xf32>):
    %slope = tensor.extract %slopes[%h] : tensor<4xf32>
    %t = arith.mulf %s, %slope : f32
    attn.yield %t : f32
  } bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    attn.yield %q0, %q0, %nk, %nk : index, index, index, index
  } {scale = 0.25 : f64, q_offset = -3 : si64, place = #attn.place<weights = cache>}
    : (tensor<?x4x?x16xbf16>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>, !attn.mask, tensor<4xf32>, f32, tensor<4xf32>)
    -> (tensor<?x4x?x8xbf16>, tensor<?x4x?xf32>)
  return %o, %lse : tensor<?x4x?x8xbf16>, tensor<?x4x?xf32>
}

// CHECK-LABEL: func @tokens
// CHECK: attn.embedding %{{.*}}, %{{.*}} : (tensor<?x?xi32>, tensor<1000x64xf32>) -> tensor<?x?x64xf32>
// CHECK: attn.argmax %{{.*}} : (tensor<?x?x64xf32>) -> tensor<?x?xi32>
func.func @tokens(%ids: tensor<?x?xi32>, %table: tensor<1000x64xf32>) -> tensor<?x?xi32> {
  %0 = attn.embedding %ids, %table : (tensor<?x?xi32>, tensor<1000x64xf32>) -> tensor<?x?x64xf32>
  %1 = attn.argmax %0 : (tensor<?x?x64xf32>) -> tensor<?x?xi32>
  return %1 : tensor<?x?xi32>
}

// Queries at positions of caches.
// CHECK-LABEL: func @attention_at
// CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} at %{{.*}} mask %{{.*}} : (tensor<?x4x1x16xf32>, tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>, tensor<?xi32>, !attn.mask)
func.func @attention_at(%q: tensor<?x4x1x16xf32>, %k: tensor<?x2x8x16xf32>, %pos: tensor<?xi32>, %m: !attn.mask) -> tensor<?x4x1x16xf32> {
  %o = attn.attention %q, %k, %k at %pos mask %m
    : (tensor<?x4x1x16xf32>, tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>, tensor<?xi32>, !attn.mask) -> tensor<?x4x1x16xf32>
  return %o : tensor<?x4x1x16xf32>
}
