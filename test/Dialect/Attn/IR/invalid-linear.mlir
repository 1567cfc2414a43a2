// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each function breaks one rule of attn.linear, attn.pack_weight or attn.norm.

func.func @up_bias_alone(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %ub: tensor<16xf32>) {
  // expected-error @below {{expected up_weight beside up_bias}}
  %y = attn.linear %x, %w up_bias %ub : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<16xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @dynamic_features(%x: tensor<?x?x?xf32>, %w: tensor<8x16xf32>) {
  // expected-error @below {{expected input to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.linear %x, %w : (tensor<?x?x?xf32>, tensor<8x16xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @weight(%x: tensor<?x?x8xf32>, %w: tensor<4x16xf32>) {
  // expected-error @below {{expected weight to be [K, N] = [8, 16], got [4, 16]}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<4x16xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @transposed_weight(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>) {
  // expected-error @below {{expected weight to be [N, K] = [8, 8], got [8, 16]}}
  %y = attn.linear %x, %w {transposed} : (tensor<?x?x8xf32>, tensor<8x16xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_weight(%x: tensor<?x?x8xf32>, %w: tensor<8x?xf32>) {
  // expected-error @below {{expected weight to have static, positive sizes, got 'tensor<8x?xf32>'}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x?xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @up_weight(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %u: tensor<16x8xf32>) {
  // expected-error @below {{expected up_weight to be the shape of weight = [8, 16], got [16, 8]}}
  %y = attn.linear %x, %w up %u : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @dynamic_up_weight(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %u: tensor<?x16xf32>) {
  // expected-error @below {{expected up_weight to have static, positive sizes, got 'tensor<?x16xf32>'}}
  %y = attn.linear %x, %w up %u : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<?x16xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @up_weight_type(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %u: tensor<8x16xbf16>) {
  // expected-error @below {{expected up_weight to have the element type of weight, 'f32', got 'bf16'}}
  %y = attn.linear %x, %w up %u : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<8x16xbf16>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @bias(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{expected bias to be [N] = [16], got [8]}}
  %y = attn.linear %x, %w bias %b : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<8xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @up_bias(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %u: tensor<8x16xf32>, %ub: tensor<8xf32>) {
  // expected-error @below {{expected up_bias to be [N] = [16], got [8]}}
  %y = attn.linear %x, %w up %u up_bias %ub : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<8x16xf32>, tensor<8xf32>)
    -> tensor<?x?x16xf32>
  return
}

// -----

func.func @residual(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %r: tensor<?x?x8xf32>) {
  // expected-error @below {{expected residual to be [tokens, N] = [?, ?, 16], got [?, ?, 8]}}
  %y = attn.linear %x, %w residual %r : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<?x?x8xf32>) ->
    tensor<?x?x16xf32>
  return
}

// -----

func.func @residual_type(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>, %r: tensor<?x?x16xbf16>) {
  // expected-error @below {{expected residual to have the element type of input, 'f32', got 'bf16'}}
  %y = attn.linear %x, %w residual %r : (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<?x?x16xbf16>) ->
    tensor<?x?x16xf32>
  return
}

// -----

func.func @output(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>) {
  // expected-error @below {{expected weight to be [K, N] = [8, 8], got [8, 16]}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x16xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @packed_weight(%x: tensor<?x?x8xf32>, %w: tensor<3x8x8xf32>) {
  // expected-error @below {{expected weight to be packed [K, N] = [2, 8, 8], got [3, 8, 8]}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<3x8x8xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @packed_pairs(%x: tensor<?x?x8xf32>, %w: tensor<2x8x8x2xf32>) {
  // expected-error @below {{expected weight to be packed [K, N] = [2, 4, 8, 2], got [2, 8, 8, 2]}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<2x8x8x2xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @packed_beside_matrix(%x: tensor<?x?x8xf32>, %w: tensor<2x8x8xf32>, %u: tensor<8x16xf32>) {
  // expected-error @below {{expected up_weight to be the shape of weight = [2, 8, 8], got [8, 16]}}
  %y = attn.linear %x, %w up %u : (tensor<?x?x8xf32>, tensor<2x8x8xf32>, tensor<8x16xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @packed_transposed(%x: tensor<?x?x8xf32>, %w: tensor<2x8x8xf32>) {
  // expected-error @below {{expected no transposed with a packed weight}}
  %y = attn.linear %x, %w {transposed} : (tensor<?x?x8xf32>, tensor<2x8x8xf32>) -> tensor<?x?x16xf32>
  return
}

// -----

func.func @output_rank(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>) {
  // expected-error @below {{expected output to be [tokens, N] = [?, ?, 16], got [?, 16]}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x16xf32>) -> tensor<?x16xf32>
  return
}

// -----

func.func @dynamic_output(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>) {
  // expected-error @below {{expected output to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x16xf32>) -> tensor<?x?x?xf32>
  return
}

// -----

func.func @output_type(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>) {
  // expected-error @below {{expected output to have the element type of input, 'f32', got 'bf16'}}
  %y = attn.linear %x, %w : (tensor<?x?x8xf32>, tensor<8x16xf32>) -> tensor<?x?x16xbf16>
  return
}

// -----

func.func @place(%x: tensor<?x?x8xf32>, %w: tensor<8x16xf32>) {
  // expected-error @below {{expected place to name input, weight, hidden, accumulator, got key}}
  %y = attn.linear %x, %w {place = #attn.place<key = cache>} : (tensor<?x?x8xf32>, tensor<8x16xf32>) ->
    tensor<?x?x16xf32>
  return
}

// -----

func.func @pack_width(%w: tensor<8x16xf32>) {
  // expected-error @below {{expected a width of at most 1024 and a depth of at most 2, got 2048 and 1}}
  %y = attn.pack_weight %w {width = 2048 : i64, depth = 1 : i64} : (tensor<8x16xf32>) -> tensor<2x8x8xf32>
  return
}

// -----

func.func @pack_depth(%w: tensor<8x16xf32>) {
  // expected-error @below {{expected a width of at most 1024 and a depth of at most 2, got 8 and 4}}
  %y = attn.pack_weight %w {width = 8 : i64, depth = 4 : i64} : (tensor<8x16xf32>) -> tensor<2x8x8xf32>
  return
}

// -----

func.func @pack_dynamic(%w: tensor<8x?xf32>) {
  // expected-error @below {{expected weight to have static, positive sizes, got 'tensor<8x?xf32>'}}
  %y = attn.pack_weight %w {width = 8 : i64, depth = 1 : i64} : (tensor<8x?xf32>) -> tensor<2x8x8xf32>
  return
}

// -----

func.func @pack_result(%w: tensor<8x16xf32>) {
  // expected-error @below {{expected a result of type 'tensor<2x4x8x2xf32>', got 'tensor<2x8x8xf32>'}}
  %y = attn.pack_weight %w {width = 8 : i64, depth = 2 : i64} : (tensor<8x16xf32>) -> tensor<2x8x8xf32>
  return
}

// -----

func.func @norm_features(%x: tensor<?x?x?xf32>) {
  // expected-error @below {{expected input to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return
}

// -----

func.func @norm_scale(%x: tensor<?x?x8xf32>, %s: tensor<4xf32>) {
  // expected-error @below {{expected scale to be [features] = [8], got [4]}}
  %y = attn.norm %x scale %s {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x8xf32>, tensor<4xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @norm_bias(%x: tensor<?x?x8xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{expected bias to be [features] = [8], got [4]}}
  %y = attn.norm %x bias %b {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x8xf32>, tensor<4xf32>) ->
    tensor<?x?x8xf32>
  return
}
