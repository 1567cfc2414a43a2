// RUN: attnc-opt %s --attn-fuse-collectives --remarks-filter=attn-fuse-collectives 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t

// REMARK: residual and norm are one kernel behind the collective
// REMARK: bias and norm are one kernel behind the collective
// REMARK: no norm reads what follows the collective
// REMARK: a gate or an activation stands before the norm
// REMARK: the norm's scale or bias is computed behind the collective

shard.grid @tp(shape = 2)

// The sum has users of its own: the next block's residual.
// CHECK-LABEL: func @residual_and_norm
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<?x64xf32>, %[[B:[a-z0-9]*]]: tensor<64xf32>
// CHECK: %[[R:.*]] = shard.all_reduce
// CHECK-NEXT: %[[N:.*]], %[[S:.*]] = attn.norm %[[R]] input_bias %[[B]] residual %[[X]] scale %[[B]]
// CHECK-NEXT: return %[[N]], %[[S]]
func.func @residual_and_norm(%x: tensor<?x64xf32>, %b: tensor<64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %r = shard.all_reduce %x on @tp grid_axes = [0] : tensor<?x64xf32> -> tensor<?x64xf32>
  %s = attn.epilogue %r bias %b residual %x : (tensor<?x64xf32>, tensor<64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %n = attn.norm %s scale %b {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %n, %s : tensor<?x64xf32>, tensor<?x64xf32>
}

// CHECK-LABEL: func @bias_and_norm
// CHECK: %[[R:.*]] = shard.reduce_scatter
// CHECK-NEXT: attn.norm %[[R]] input_bias
func.func @bias_and_norm(%x: tensor<8x64xf32>, %b: tensor<64xf32>) -> tensor<4x64xf32> {
  %r = shard.reduce_scatter %x on @tp grid_axes = [0] scatter_axis = 0 : tensor<8x64xf32> -> tensor<4x64xf32>
  %s = attn.epilogue %r bias %b : (tensor<4x64xf32>, tensor<64xf32>) -> tensor<4x64xf32>
  %n = attn.norm %s {norm = #attn.norm<rms, 1.0e-5>} : (tensor<4x64xf32>) -> tensor<4x64xf32>
  return %n : tensor<4x64xf32>
}

// CHECK-LABEL: func @no_norm
// CHECK: attn.epilogue
func.func @no_norm(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %r = shard.all_reduce %x on @tp grid_axes = [0] : tensor<?x64xf32> -> tensor<?x64xf32>
  %s = attn.epilogue %r residual %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %s : tensor<?x64xf32>
}

// CHECK-LABEL: func @activation
// CHECK: attn.epilogue
func.func @activation(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %r = shard.all_reduce %x on @tp grid_axes = [0] : tensor<?x64xf32> -> tensor<?x64xf32>
  %s = attn.epilogue %r {activation = #attn.activation<relu>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %n = attn.norm %s {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %n : tensor<?x64xf32>
}

// CHECK-LABEL: func @late_scale
// CHECK: attn.epilogue
func.func @late_scale(%x: tensor<?x64xf32>, %b: tensor<64xf32>) -> tensor<?x64xf32> {
  %r = shard.all_reduce %x on @tp grid_axes = [0] : tensor<?x64xf32> -> tensor<?x64xf32>
  %s = attn.epilogue %r residual %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %scale = arith.addf %b, %b : tensor<64xf32>
  %n = attn.norm %s scale %scale {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %n : tensor<?x64xf32>
}

// What does not follow a collective is left alone.
// CHECK-LABEL: func @no_collective
// CHECK: attn.epilogue
func.func @no_collective(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %s = attn.epilogue %x residual %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  %n = attn.norm %s {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %n : tensor<?x64xf32>
}
