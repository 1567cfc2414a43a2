// RUN: attnc-opt %s --attn-plan=cpu=%cpu --attn-outline-kernels | FileCheck %s

// CHECK-NOT: shard.
shard.grid @tp(shape = 2)

// A sum that nothing else reads is taken in place; the result of a program is summed where it is returned.
// CHECK-LABEL: tile.program @in_place
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buf<?x?x64xf32, global>
// CHECK-SAME: %[[Y:[a-z0-9]*]]: !tile.buf<?x?x64xf32, global> {attn.dims = ["B", "S", ""], attn.name = "result0", tile.role = "output"}
// CHECK-SAME: tile.ranks = #tile.ranks<"tp", [2]>
// CHECK: %[[P:.*]] = tile.alloc
// CHECK: tile.collective all_reduce %[[P]] to %[[P]] axes [0] algorithm "default"
// CHECK: tile.collective all_reduce %[[Y]] to %[[Y]] axes [0] algorithm "ring"
func.func @in_place(%x: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]}) -> tensor<?x?x64xf32> {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %1 = shard.all_reduce %0 on @tp grid_axes = [0] : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  %2 = attn.epilogue %1 residual %x : (tensor<?x?x64xf32>, tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %3 = shard.all_reduce %2 on @tp grid_axes = [0] {attn.algorithm = "ring"} : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  return %3 : tensor<?x?x64xf32>
}

// What others read, and inputs, are not overwritten.
// CHECK-LABEL: tile.program @not_in_place
// CHECK-SAME: %[[X:[a-z0-9]*]]: !tile.buf<4x64xf32, global>
// CHECK: %[[R:.*]] = tile.alloc
// CHECK: tile.collective all_reduce %[[X]] to %[[R]]
func.func @not_in_place(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %0 = shard.all_reduce %x on @tp grid_axes = [0] : tensor<4x64xf32> -> tensor<4x64xf32>
  %1 = attn.epilogue %0 residual %x : (tensor<4x64xf32>, tensor<4x64xf32>) -> tensor<4x64xf32>
  return %1 : tensor<4x64xf32>
}

// Tokens gathered from two ranks are twice as many, and as many again when they are scattered.
// CHECK-LABEL: tile.program @sequence_parallel
// CHECK: %[[S:.*]] = tile.size "S"
// CHECK: %[[ALL:[0-9]+]] = arith.muli %[[S]], %c2
// CHECK: %[[G:[0-9]+]] = tile.alloc(%B, %[[ALL]]) : <?x?x64xf32, global>
// CHECK: tile.collective all_gather %{{.*}} to %[[G]] axes [0] dim 1
// CHECK: tile.collective reduce_scatter %{{.*}} to %[[Y:.*]] axes [0] dim 1
func.func @sequence_parallel(%x: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]}) -> tensor<?x?x64xf32> {
  %0 = shard.all_gather %x on @tp grid_axes = [0] gather_axis = 1 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %2 = shard.reduce_scatter %1 on @tp grid_axes = [0] scatter_axis = 1 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  return %2 : tensor<?x?x64xf32>
}

// Tokens that arguments have whole are divided, and are as many as before when they are gathered.
// CHECK-LABEL: tile.program @scatter_first
// CHECK: %[[S:.*]] = tile.size "S"
// CHECK: %[[PART:[0-9]+]] = arith.divui %[[S]], %c2
// CHECK: %[[R:[0-9]+]] = tile.alloc(%B, %[[PART]]) : <?x?x64xf32, global>
// CHECK: tile.collective reduce_scatter %{{.*}} to %[[R]] axes [0] dim 1
// CHECK: tile.collective all_gather %{{.*}} to %[[Y:.*]] axes [0] dim 1
func.func @scatter_first(%x: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]}) -> tensor<?x?x64xf32> {
  %0 = shard.reduce_scatter %x on @tp grid_axes = [0] scatter_axis = 1 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %2 = shard.all_gather %1 on @tp grid_axes = [0] gather_axis = 1 : tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  return %2 : tensor<?x?x64xf32>
}

// A rank's constant is a weight of the package.
// CHECK-LABEL: tile.program @constant
// CHECK-SAME: !tile.buf<1xi32, global> {attn.constant = dense<[0, 64]> : tensor<2xi32>, attn.slice = #attn.slice<[0] of [2]>, attn.weight = "t.first_row", tile.role = "weight"}
// CHECK: tile.launch @embedding_0
func.func @constant(%ids: tensor<?x?xi32> {attn.dims = ["B", "S"]}, %t: tensor<64x8xf32>,
                    %f: tensor<1xi32> {attn.weight = "t.first_row", attn.bound, attn.constant = dense<[0, 64]> : tensor<2xi32>,
                                       attn.slice = #attn.slice<[0] of [2]>}) -> tensor<?x?x8xf32> {
  %0 = attn.embedding %ids, %t first %f {vocabulary = 128 : i64} : (tensor<?x?xi32>, tensor<64x8xf32>, tensor<1xi32>) -> tensor<?x?x8xf32>
  return %0 : tensor<?x?x8xf32>
}
