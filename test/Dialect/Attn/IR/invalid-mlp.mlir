// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each function breaks one rule of attn.mlp.

func.func @gated_weights(%x: tensor<?x?x8xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected 3 weights for the activation silu_gate, got 2}}
  %y = attn.mlp %x, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>, tensor<8x16xf32>,
    tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @ungated_weights(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected 2 weights for the activation relu, got 3}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<relu>} : (tensor<?x?x8xf32>, tensor<8x16xf32>,
    tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @ungated_bias(%x: tensor<?x?x8xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>, %bg: tensor<16xf32>) {
  // expected-error @below {{expected no gate_bias for the activation relu}}
  %y = attn.mlp %x, %u, %d bg(%bg) {activation = #attn.mlp_activation<relu>} : (tensor<?x?x8xf32>, tensor<8x16xf32>,
    tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_hidden(%x: tensor<?x?x?xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected input to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x?xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @up_weight(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<4x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected up_weight to be [hidden, ffn] = [8, 16], got [4, 16]}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<4x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @gate_weight(%x: tensor<?x?x8xf32>, %g: tensor<8x32xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected gate_weight to be [hidden, ffn] = [8, 16], got [8, 32]}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x32xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @down_weight(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<8x8xf32>) {
  // expected-error @below {{expected down_weight to be [ffn, hidden] = [16, 8], got [8, 8]}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_up_weight(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x?xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected up_weight to have static, positive sizes, got 'tensor<8x?xf32>'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x?xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @empty_weight(%x: tensor<?x?x8xf32>, %g: tensor<8x0xf32>, %u: tensor<8x0xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected up_weight to have static, positive sizes, got 'tensor<8x0xf32>'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>, tensor<8x0xf32>,
    tensor<8x0xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_gate_weight(%x: tensor<?x?x8xf32>, %g: tensor<8x?xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected gate_weight to have static, positive sizes, got 'tensor<8x?xf32>'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>, tensor<8x?xf32>,
    tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_down_weight(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>,
                               %d: tensor<16x?xf32>) {
  // expected-error @below {{expected down_weight to have static, positive sizes, got 'tensor<16x?xf32>'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x?xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @gate_weight_type(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf16>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected gate_weight to have the element type of up_weight, 'f32', got 'f16'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf16>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @down_weight_type(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf16>) {
  // expected-error @below {{expected down_weight to have the element type of up_weight, 'f32', got 'f16'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf16>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @gate_bias(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>,
                     %bg: tensor<8xf32>) {
  // expected-error @below {{expected gate_bias to be [ffn] = [16], got [8]}}
  %y = attn.mlp %x, %g, %u, %d bg(%bg) {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @up_bias(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>,
                   %bu: tensor<8xf32>) {
  // expected-error @below {{expected up_bias to be [ffn] = [16], got [8]}}
  %y = attn.mlp %x, %g, %u, %d bu(%bu) {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @down_bias(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>,
                     %bd: tensor<16xf32>) {
  // expected-error @below {{expected down_bias to be [hidden] = [8], got [16]}}
  %y = attn.mlp %x, %g, %u, %d bd(%bd) {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>, tensor<16xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @scale_without_norm(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>,
                              %d: tensor<16x8xf32>, %s: tensor<8xf32>) {
  // expected-error @below {{expected the attribute norm beside norm_scale}}
  %y = attn.mlp %x, %g, %u, %d norm(%s) {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>, tensor<8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @output(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected output to be the shape of input = [?, ?, 8], got [?, 8]}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @dynamic_output(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected output to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x?xf32>
  return
}

// -----

func.func @output_type(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected output to have the element type of input, 'f32', got 'f16'}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>} : (tensor<?x?x8xf32>,
    tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf16>
  return
}

// -----

func.func @place(%x: tensor<?x?x8xf32>, %g: tensor<8x16xf32>, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>) {
  // expected-error @below {{expected place to name input, weight, hidden, accumulator, got scores}}
  %y = attn.mlp %x, %g, %u, %d {activation = #attn.mlp_activation<silu_gate>, place = #attn.place<scores =
    register>} : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return
}
