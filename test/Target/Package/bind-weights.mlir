// RUN: %python %S/Inputs/write_weights.py %t.safetensors
// RUN: attnc-test-package %s --bind --weights=%t.safetensors | FileCheck %s
// RUN: attnc-test-package %s --bind | FileCheck %s --check-prefix=NONE

// Every weight is bound; weights of the file that no argument names do not
// matter. Without a file nothing is bound.
// CHECK: %arg0: tensor<40x48xf32> {attn.bound, attn.weight = "matrix"}
// CHECK-SAME: %arg1: tensor<48xbf16> {attn.bound, attn.weight = "vector"}
// CHECK-SAME: %arg2: tensor<4xf32>)
// NONE-NOT: attn.bound
func.func @f(%w: tensor<40x48xf32> {attn.weight = "matrix"},
             %v: tensor<48xbf16> {attn.weight = "vector"},
             %x: tensor<4xf32>) {
  return
}
