// RUN: attnc-opt %s | attnc-opt | FileCheck %s

// CHECK-LABEL: func @masks
// CHECK: attn.mask.causal
// CHECK: attn.mask.window 4096
// CHECK-NOT: ,
// CHECK: attn.mask.window 128, 64
// CHECK: attn.mask.prefix %{{.*}} : tensor<?xi32>
// CHECK: attn.mask.lengths %{{.*}} : tensor<?xi32>
// CHECK: attn.mask.document %{{.*}}, %{{.*}} : tensor<?x?xi32>, tensor<?x?xi32>
// CHECK: attn.mask.or
// CHECK: attn.mask.and
func.func @masks(%n: tensor<?xi32>, %doc: tensor<?x?xi32>) -> !attn.mask {
  %causal = attn.mask.causal
  %sliding = attn.mask.window 4096
  %window = attn.mask.window 128, 64
  %prefix = attn.mask.prefix %n : tensor<?xi32>
  %lengths = attn.mask.lengths %n : tensor<?xi32>
  %document = attn.mask.document %doc, %doc : tensor<?x?xi32>, tensor<?x?xi32>
  %0 = attn.mask.or %causal, %prefix
  %1 = attn.mask.and %0, %document
  return %1 : !attn.mask
}

// CHECK-LABEL: func @custom
// CHECK: attn.mask.custom(%{{.*}}) {
// CHECK-NEXT: ^bb0(%{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: attn.yield %{{.*}} : i1
// CHECK-NEXT: } : index
// CHECK: attn.mask.custom {
func.func @custom(%n: index) -> (!attn.mask, !attn.mask) {
  %0 = attn.mask.custom(%n) {
  ^bb0(%b: index, %h: index, %i: index, %j: index, %stride: index):
    %r = arith.remui %j, %stride : index
    %visible = arith.cmpi ult, %r, %i : index
    attn.yield %visible : i1
  } : index
  %1 = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %visible = scf.execute_region -> i1 {
      %c = arith.cmpi ule, %j, %i : index
      scf.yield %c : i1
    }
    attn.yield %visible : i1
  }
  return %0, %1 : !attn.mask, !attn.mask
}

// Tensors of conditions and biases, until attn-fuse-masks.
// CHECK-LABEL: func @tensors
// CHECK: %[[M:.*]] = attn.mask.tensor %{{.*}} : tensor<?x1x1x?xi1>
// CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} mask %[[M]] captures(%{{.*}}) score_bias %{{.*}} score {
// CHECK: attn.mha {{.*}} mask %[[M]] score_bias %{{.*}} {head_dim
func.func @tensors(%q: tensor<?x4x?x16xf32>, %seen: tensor<?x1x1x?xi1>, %bias: tensor<4x?x?xbf16>, %c: tensor<4xf32>, %x: tensor<?x?x64xf32>,
                   %w: tensor<64x64xf32>) {
  %m = attn.mask.tensor %seen : tensor<?x1x1x?xi1>
  %o = attn.attention %q, %q, %q mask %m captures(%c) score_bias %bias score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %caps: tensor<4xf32>):
    attn.yield %s : f32
  } : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask, tensor<4xf32>, tensor<4x?x?xbf16>) -> tensor<?x4x?x16xf32>
  %y = attn.mha %x, %w, %w, %w, %w mask %m score_bias %bias {heads = 4 : i64, kv_heads = 4 : i64, head_dim = 16 : i64}
    : (tensor<?x?x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, !attn.mask, tensor<4x?x?xbf16>) -> tensor<?x?x64xf32>
  return
}
