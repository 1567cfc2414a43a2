// RUN: attnc-opt %s --attn-partition --split-input-file | FileCheck %s

// Values get the shapes of one rank; arguments and results say which slice of what they are. Padding is part of the slice.
// CHECK-LABEL: func @slices
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<?x64xf32>
// CHECK-SAME: tensor<64x33xf32> {attn.slice = #attn.slice<[_, 0] of [64, 132], pad = [0, 2]>, attn.weight = "w"}
// CHECK-SAME: -> (tensor<?x33xf32> {attn.slice = #attn.slice<[_, 0] of [?, 132]>})
// CHECK-NEXT: %[[Y:.*]] = attn.linear %[[X]], %{{.*}} : (tensor<?x64xf32>, tensor<64x33xf32>) -> tensor<?x33xf32>
// CHECK-NEXT: return %[[Y]] : tensor<?x33xf32>
shard.grid @tp(shape = 4)
func.func @slices(%x: tensor<?x64xf32>,
                  %w: tensor<64x132xf32> {attn.weight = "w", attn.pad = [0, 2], attn.sharding = #attn.sharding<[_, 0]>})
    -> (tensor<?x132xf32> {attn.sharding = #attn.sharding<[_, 0]>}) {
  %y = attn.linear %x, %w {attn.shardings = [#attn.sharding<[_, 0]>]} : (tensor<?x64xf32>, tensor<64x132xf32>) -> tensor<?x132xf32>
  return %y : tensor<?x132xf32>
}

// -----

// Two KV heads among four ranks: each rank has one. Dynamic sizes stay dynamic; static ones are those of a rank.
// CHECK-LABEL: func @heads
// CHECK-SAME: tensor<?x?x16xf32> {attn.slice = #attn.slice<[_, _, 0 group 2] of [?, ?, 32]>}
// CHECK-SAME: tensor<4x8x64xf32> {attn.slice = #attn.slice<[1, _, _] of [8, 8, 64]>}
// CHECK: attn.split_heads %{{.*}} : tensor<?x?x16xf32> to tensor<?x1x?x16xf32>
// CHECK: attn.reshard %{{.*}} from <[1, 0, _]> to <[1, _, _]> : tensor<4x2x64xf32> to tensor<4x8x64xf32>
shard.grid @g(shape = 4x2)
func.func @heads(%k: tensor<?x?x32xf32> {attn.sharding = #attn.sharding<[_, _, 0 group 2]>},
                 %x: tensor<8x8x64xf32> {attn.sharding = #attn.sharding<[1, _, _]>},
                 %t: tensor<8x8x64xf32> {attn.sharding = #attn.sharding<[1, 0, _]>}) -> (tensor<?x2x?x16xf32>, tensor<8x8x64xf32>) {
  %h = attn.split_heads %k {attn.shardings = [#attn.sharding<[_, 0 group 2, _, _]>]} : tensor<?x?x32xf32> to tensor<?x2x?x16xf32>
  %y = attn.reshard %t from <[1, 0, _]> to <[1, _, _]> {attn.shardings = [#attn.sharding<[1, _, _]>]}
    : tensor<8x8x64xf32> to tensor<8x8x64xf32>
  return %h, %y : tensor<?x2x?x16xf32>, tensor<8x8x64xf32>
}

// -----

// A slice of a table needs to know its first row: a constant, sliced as the table is. Padding is no vocabulary.
// CHECK-LABEL: func @embedding
// CHECK-SAME: %[[IDS:[a-z0-9]*]]: tensor<?x?xi32>
// CHECK-SAME: %[[T:[a-z0-9]*]]: tensor<44x8xf32> {attn.slice = #attn.slice<[0, _] of [132, 8], pad = [2, 0]>, attn.weight = "t"}
// CHECK-SAME: %[[F:[a-z0-9]*]]: tensor<1xi32> {attn.bound, attn.constant = dense<[0, 44, 88]> : tensor<3xi32>, attn.slice = #attn.slice<[0] of [3]>, attn.weight = "t.first_row"}
// CHECK: attn.embedding %[[IDS]], %[[T]] first %[[F]] {vocabulary = 130 : i64}
// CHECK: attn.embedding %[[IDS]], %[[T]] first %[[F]] {vocabulary = 130 : i64}
shard.grid @tp(shape = 3)
func.func @embedding(%ids: tensor<?x?xi32>, %t: tensor<132x8xf32> {attn.weight = "t", attn.pad = [2, 0], attn.sharding = #attn.sharding<[0, _]>})
    -> (tensor<?x?x8xf32>, tensor<?x?x8xf32>) {
  %0 = attn.embedding %ids, %t {attn.shardings = [#attn.sharding<[_, _, _], partial = [0]>]} : (tensor<?x?xi32>, tensor<132x8xf32>) -> tensor<?x?x8xf32>
  %1 = attn.embedding %ids, %t {attn.shardings = [#attn.sharding<[_, _, _], partial = [0]>]} : (tensor<?x?xi32>, tensor<132x8xf32>) -> tensor<?x?x8xf32>
  return %0, %1 : tensor<?x?x8xf32>, tensor<?x?x8xf32>
}

// -----

// Nothing is left of a grid of one rank.
// CHECK-NOT: shard.grid
// CHECK-LABEL: func @one_rank
shard.grid @tp(shape = 1x1)
func.func @one_rank(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  return %x : tensor<?x64xf32>
}
