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
