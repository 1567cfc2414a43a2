// RUN: %python %S/Inputs/write_weights.py %t.safetensors
// RUN: attnc-test-package %s --bind --weights=%t.safetensors --verify-diagnostics --split-input-file

// Each weight that does not fit is reported.
// expected-error@+2 {{expected the weight "matrix" to be F32 [48, 40], got F32 [40, 48] in '}}
// expected-error@+1 {{expected the weight "vector" to be F16 [48], got BF16 [48] in '}}
func.func @f(%m: tensor<48x40xf32> {attn.weight = "matrix"},
             %v: tensor<48xf16> {attn.weight = "vector"}) {
  return
}

// -----

// expected-error@+1 {{expected the weight "double" to hold f32, bf16, f16 or i32, got 'f64'}}
func.func @f(%a: tensor<2xf64> {attn.weight = "double"}) {
  return
}

// -----

// What the file lacks stays an input; its metadata is no tensor.
// expected-warning@+2 {{the weight "absent" is not in '}}
// expected-warning@+1 {{the weight "__metadata__" is not in '}}
func.func @f(%a: tensor<4xf32> {attn.weight = "absent"},
             %b: tensor<2xf32> {attn.weight = "__metadata__"}) {
  return
}
