// A package that the whole compiler writes: the runtime reads it, every hash is
// right, and the weights are bound.
// RUN: %python %S/Inputs/write_weights.py %t.safetensors
// RUN: attnc %s --mcpu=%cpu --weights=%t.safetensors -o %t.attnc
// RUN: attnc-run %t.attnc --verify
// RUN: attnc-run %t.attnc --inspect | FileCheck %s

// CHECK:      entry linear
// CHECK-NEXT: symbol {{ *}}B: 1 ... 2147483647, a multiple of 1
// CHECK-NEXT: symbol {{ *}}S: 4 ... 64, a multiple of 4
// CHECK-NEXT: input {{ *}}x {{ *}}F32 {{ *}}[B, S, 40]
// CHECK-NEXT: output {{ *}}y {{ *}}F32 {{ *}}[B, S, 48]
// CHECK:      weight {{.*}} bytes matrix@panels
// CHECK:      launch linear_0, grid [
// CHECK:      weights 1,
// CHECK-NEXT: matrix@panels{{.*}} F32 {{ *}}[40, 48]
module attributes {attn.dim_ranges = {S = [4, 64, 4]}} {
func.func @linear(
    %x: tensor<?x?x40xf32> {attn.name = "x", attn.dims = ["B", "S", ""]},
    %w: tensor<40x48xf32> {attn.weight = "matrix"})
    -> (tensor<?x?x48xf32> {attn.name = "y", attn.dims = ["B", "S", ""]}) {
  %y = attn.linear %x, %w : (tensor<?x?x40xf32>, tensor<40x48xf32>) -> tensor<?x?x48xf32>
  return %y : tensor<?x?x48xf32>
}
}
