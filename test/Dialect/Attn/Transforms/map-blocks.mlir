// A mask that knows more than a range of keys is asked for each block, once for all
// attentions that share it.

// RUN: attnc-opt %s --pass-pipeline='builtin.module(func.func(attn-plan{target=sm_90a},attn-classify-tiles,attn-map-blocks),cse)' | FileCheck %s

// 300 rows are three blocks of 128, 500 keys four: no head sees other blocks.
// CHECK-LABEL: func.func @documents
// CHECK: %[[C:.*]] = attn.block_classes %arg0, %arg1 mask %{{.*}} -> tensor<2x1x3x4xi32>
// CHECK: %[[N:.*]] = attn.block_counts %[[C]] : (tensor<2x1x3x4xi32>) -> tensor<2x1x3xi32>
// CHECK: %[[L:.*]] = attn.block_list %[[C]], %[[N]] : {{.*}} -> tensor<2x1x3x7xi32>
// CHECK-NOT: attn.block_
// CHECK: attn.attention {{.*}} blocks %[[L]]
// CHECK: attn.attention {{.*}} blocks %[[L]]
func.func @documents(%q: tensor<2x4x300x128xbf16>, %k: tensor<2x4x500x128xbf16>, %v: tensor<2x4x500x128xbf16>,
                     %w: tensor<2x4x500x128xbf16>, %rows: tensor<2x300xi32>, %keys: tensor<2x500xi32>)
    -> (tensor<2x4x300x128xbf16>, tensor<2x4x300x128xbf16>) {
  %m = attn.mask.document %rows, %keys : tensor<2x300xi32>, tensor<2x500xi32>
  %o = attn.attention %q, %k, %v mask %m
    : (tensor<2x4x300x128xbf16>, tensor<2x4x500x128xbf16>, tensor<2x4x500x128xbf16>, !attn.mask) -> tensor<2x4x300x128xbf16>
  %p = attn.attention %o, %k, %w mask %m
    : (tensor<2x4x300x128xbf16>, tensor<2x4x500x128xbf16>, tensor<2x4x500x128xbf16>, !attn.mask) -> tensor<2x4x300x128xbf16>
  return %o, %p : tensor<2x4x300x128xbf16>, tensor<2x4x300x128xbf16>
}

// Sizes that are open are the same where their names are; otherwise nothing is shared.
// CHECK-LABEL: func.func @open
// CHECK-COUNT-1: attn.block_list
// CHECK-NOT: attn.block_list
// CHECK: attn.attention
// CHECK: attn.attention
// CHECK: attn.block_list
// CHECK: attn.attention
func.func @open(%q: tensor<?x4x?x128xbf16> {attn.dims = ["B", "", "S", ""]}, %k: tensor<?x4x?x128xbf16> {attn.dims = ["B", "", "C", ""]},
                %j: tensor<?x4x?x128xbf16> {attn.dims = ["B", "", "D", ""]}) -> (tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>) {
  %c = attn.mask.causal
  %w = attn.mask.window 100
  %m = attn.mask.or %c, %w
  %o = attn.attention %q, %k, %k mask %m
    : (tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>, !attn.mask) -> tensor<?x4x?x128xbf16>
  %p = attn.attention %o, %k, %k mask %m
    : (tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>, !attn.mask) -> tensor<?x4x?x128xbf16>
  %r = attn.attention %q, %j, %j mask %m
    : (tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>, !attn.mask) -> tensor<?x4x?x128xbf16>
  return %p, %r : tensor<?x4x?x128xbf16>, tensor<?x4x?x128xbf16>
}

// The region uses the head: a list for each.
// CHECK-LABEL: func.func @heads
// CHECK: attn.block_classes {{.*}} -> tensor<1x4x3x3xi32>
// CHECK: attn.block_list {{.*}} -> tensor<1x4x3x6xi32>
func.func @heads(%q: tensor<1x4x300x128xbf16>, %k: tensor<1x4x300x128xbf16>, %v: tensor<1x4x300x128xbf16>) -> tensor<1x4x300x128xbf16> {
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %end = arith.addi %i, %h : index
    %seen = arith.cmpi sle, %j, %end : index
    attn.yield %seen : i1
  }
  %o = attn.attention %q, %k, %v mask %m
    : (tensor<1x4x300x128xbf16>, tensor<1x4x300x128xbf16>, tensor<1x4x300x128xbf16>, !attn.mask) -> tensor<1x4x300x128xbf16>
  return %o : tensor<1x4x300x128xbf16>
}

// A range of keys says it all.
// CHECK-LABEL: func.func @causal
// CHECK-NOT: attn.block_
func.func @causal(%q: tensor<1x4x300x128xbf16>, %k: tensor<1x4x300x128xbf16>, %v: tensor<1x4x300x128xbf16>) -> tensor<1x4x300x128xbf16> {
  %m = attn.mask.causal
  %o = attn.attention %q, %k, %v mask %m
    : (tensor<1x4x300x128xbf16>, tensor<1x4x300x128xbf16>, tensor<1x4x300x128xbf16>, !attn.mask) -> tensor<1x4x300x128xbf16>
  return %o : tensor<1x4x300x128xbf16>
}
