// RUN: attnc-opt %s --canonicalize | FileCheck %s

// A mask combined with itself is that mask.
// CHECK-LABEL: func @same_mask
// CHECK-SAME: %[[M:.*]]: !attn.mask
// CHECK-NEXT: return %[[M]], %[[M]]
func.func @same_mask(%m: !attn.mask) -> (!attn.mask, !attn.mask) {
  %0 = attn.mask.and %m, %m
  %1 = attn.mask.or %m, %m
  return %0, %1 : !attn.mask, !attn.mask
}

// CHECK-LABEL: func @split_of_merge
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK-NEXT: return %[[X]]
func.func @split_of_merge(%x: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %0 = attn.merge_heads %x : tensor<?x4x?x16xf32> to tensor<?x?x64xf32>
  %1 = attn.split_heads %0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  return %1 : tensor<?x4x?x16xf32>
}

// CHECK-LABEL: func @merge_of_split
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK-NEXT: return %[[X]]
func.func @merge_of_split(%x: tensor<?x?x64xf32>) -> tensor<?x?x64xf32> {
  %0 = attn.split_heads %x : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  %1 = attn.merge_heads %0 : tensor<?x4x?x16xf32> to tensor<?x?x64xf32>
  return %1 : tensor<?x?x64xf32>
}

// A view with other heads is not the inverse.
// CHECK-LABEL: func @other_heads
// CHECK: attn.merge_heads
// CHECK: attn.split_heads
func.func @other_heads(%x: tensor<?x4x?x16xf32>) -> tensor<?x8x?x8xf32> {
  %0 = attn.merge_heads %x : tensor<?x4x?x16xf32> to tensor<?x?x64xf32>
  %1 = attn.split_heads %0 : tensor<?x?x64xf32> to tensor<?x8x?x8xf32>
  return %1 : tensor<?x8x?x8xf32>
}

// Constants stay in the region that uses them.
// CHECK-LABEL: func @score_constant
// CHECK-NOT: arith.constant
// CHECK: score {
// CHECK: arith.constant
func.func @score_constant(%q: tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32> {
  %o = attn.attention %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = arith.constant 2.0 : f32
    %t = arith.mulf %s, %c : f32
    attn.yield %t : f32
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return %o : tensor<2x4x8x16xf32>
}

// Nothing to drop.
// CHECK-LABEL: func @no_padding
// CHECK-SAME: %[[X:[a-z0-9]*]]:
// CHECK-NEXT: return %[[X]]
func.func @no_padding(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = attn.drop_padding %x : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}
