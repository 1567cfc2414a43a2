// RUN: attnc-opt %s --attn-insert-collectives | FileCheck %s

shard.grid @g(shape = 2x3)

// CHECK-LABEL: func @sum
// CHECK: shard.all_reduce %{{.*}} on @g grid_axes = [1] {attn.algorithm = "default"} : tensor<?x64xf32> -> tensor<?x64xf32>
func.func @sum(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = attn.reshard %x from <[0, _], partial = [1]> to <[0, _]> : tensor<?x64xf32> to tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// The sum of tokens that are divided.
// CHECK-LABEL: func @scatter
// CHECK: shard.reduce_scatter %{{.*}} on @g grid_axes = [1] scatter_axis = 1 {attn.algorithm = "default"} : tensor<?x6x64xf32> -> tensor<?x2x64xf32>
func.func @scatter(%x: tensor<?x6x64xf32>) -> tensor<?x2x64xf32> {
  %y = attn.reshard %x from <[_, _, _], partial = [1]> to <[_, 1, _]> : tensor<?x6x64xf32> to tensor<?x2x64xf32>
  return %y : tensor<?x2x64xf32>
}

// CHECK-LABEL: func @gather
// CHECK: shard.all_gather %{{.*}} on @g grid_axes = [0] gather_axis = 2 {attn.algorithm = "default"} : tensor<?x?x32xf32> -> tensor<?x?x64xf32>
func.func @gather(%x: tensor<?x?x32xf32>) -> tensor<?x?x64xf32> {
  %y = attn.reshard %x from <[1, _, 0]> to <[1, _, _]> : tensor<?x?x32xf32> to tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// A sum over one axis of features divided by another.
// CHECK-LABEL: func @both
// CHECK: %[[S:.*]] = shard.all_reduce %{{.*}} on @g grid_axes = [0]
// CHECK: shard.all_gather %[[S]] on @g grid_axes = [1] gather_axis = 1
func.func @both(%x: tensor<?x32xf32>) -> tensor<?x96xf32> {
  %y = attn.reshard %x from <[_, 1], partial = [0]> to <[_, _]> : tensor<?x32xf32> to tensor<?x96xf32>
  return %y : tensor<?x96xf32>
}
