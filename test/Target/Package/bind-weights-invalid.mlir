// RUN: python3 %S/Inputs/write_weights.py %t.safetensors
// RUN: attnc-test-package %s --bind --weights=%t.safetensors --verify-diagnostics --split-input-file

// Each weight that does not fit is reported; one that the file lacks stays an
// input.
// expected-warning-re@+3 {{the weight "absent" is not in '{{.*}}' and stays an input}}
// expected-error@+2 {{expected the weight "matrix" to be F32 [48, 40], got F32 [40, 48] in '}}
// expected-error@+1 {{expected the weight "vector" to be F16 [48], got BF16 [48] in '}}
func.func @f(%a: tensor<4xf32> {attn.weight = "absent"},
             %m: tensor<48x40xf32> {attn.weight = "matrix"},
             %v: tensor<48xf16> {attn.weight = "vector"}) {
  return
}

// -----

// expected-error@+1 {{expected the weight "double" to hold f32, bf16, f16 or i32, got 'f64'}}
func.func @f(%a: tensor<2xf64> {attn.weight = "double"}) {
  return
}

// -----

// The file's metadata is no tensor.
// expected-warning-re@+1 {{the weight "__metadata__" is not in '{{.*}}' and stays an input}}
func.func @f(%a: tensor<2xf32> {attn.weight = "__metadata__"}) {
  return
}
