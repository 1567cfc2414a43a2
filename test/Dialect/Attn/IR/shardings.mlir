// RUN: attnc-opt %s | attnc-opt | FileCheck %s

// Attributes and ops of the sharding passes, round trip.

// CHECK-LABEL: func @attributes
// CHECK-SAME: attn.sharding = #attn.sharding<[_, 0 group 2]>
// CHECK-SAME: attn.slice = #attn.slice<[_, 1] of [64, 64], pad = [0, 2]>
// CHECK-SAME: attn.constant = dense<[0, 4]> : tensor<2xi32>, attn.slice = #attn.slice<[0] of [2]>
// CHECK-SAME: -> (tensor<?xf32> {attn.slice = #attn.slice<[0] of [?]>})
func.func @attributes(%a: tensor<?x64xf32> {attn.sharding = #attn.sharding<[_, 0 group 2]>},
                      %b: tensor<64x32xf32> {attn.slice = #attn.slice<[_, 1] of [64, 64], pad = [0, 2]>},
                      %c: tensor<1xi32> {attn.weight = "c", attn.constant = dense<[0, 4]> : tensor<2xi32>, attn.slice = #attn.slice<[0] of [2]>},
                      %d: tensor<?xf32>) -> (tensor<?xf32> {attn.slice = #attn.slice<[0] of [?]>}) {
  return %d : tensor<?xf32>
}

// CHECK-LABEL: func @ops
// CHECK: attn.reshard %{{.*}} from <[_, _], partial = [0]> to <[0, _]> : tensor<8x64xf32> to tensor<4x64xf32>
// CHECK: attn.epilogue %{{.*}} up %{{.*}} bias %{{.*}} up_bias %{{.*}} residual %{{.*}} {activation = #attn.activation<silu>}
// CHECK: attn.drop_padding %{{.*}} : (tensor<?x64xf32>) -> tensor<?x62xf32>
// CHECK: attn.norm %{{.*}} input_bias %{{.*}} residual %{{.*}} scale
// CHECK: attn.embedding %{{.*}}, %{{.*}} first %{{.*}} {vocabulary = 256 : i64}
func.func @ops(%x: tensor<8x64xf32>, %y: tensor<?x64xf32>, %b: tensor<64xf32>, %ids: tensor<?x?xi32>, %t: tensor<8x64xf32>, %f: tensor<1xi32>) {
  %0 = attn.reshard %x from <[_, _], partial = [0]> to <[0, _]> : tensor<8x64xf32> to tensor<4x64xf32>
  %1 = attn.epilogue %y up %y bias %b up_bias %b residual %y {activation = #attn.activation<silu>}
    : (tensor<?x64xf32>, tensor<?x64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %p = attn.drop_padding %y : (tensor<?x64xf32>) -> tensor<?x62xf32>
  %2:2 = attn.norm %y input_bias %b residual %y scale %b {norm = #attn.norm<rms, 1.0e-5>}
    : (tensor<?x64xf32>, tensor<64xf32>, tensor<?x64xf32>, tensor<64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>)
  %3 = attn.embedding %ids, %t first %f {vocabulary = 256 : i64} : (tensor<?x?xi32>, tensor<8x64xf32>, tensor<1xi32>) -> tensor<?x?x64xf32>
  return
}
