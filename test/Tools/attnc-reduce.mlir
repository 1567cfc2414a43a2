// attnc-reduce keeps the function that a script finds interesting.
// RUN: attnc-reduce %s -reduction-tree='traversal-mode=0 test=%S/Inputs/has-norm.sh' | FileCheck %s

// CHECK-NOT: @plain
// CHECK: @normalised
// CHECK: attn.norm
func.func @plain(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  return %x : tensor<4x8xf32>
}
func.func @normalised(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
