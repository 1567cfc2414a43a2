// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each function breaks one rule of attn.mha.

func.func @input_rank(%x: tensor<?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                      %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected input to be [batch, length, hidden], got 'tensor<?x8xf32>'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} : (tensor<?x8xf32>,
    tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @context_rank(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                        %wo: tensor<8x8xf32>, %c: tensor<?x8xf32>) {
  // expected-error @below {{expected context to be [batch, length, hidden], got 'tensor<?x8xf32>'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo context %c {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<?x8xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @heads_of_groups(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                           %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected kv_heads to divide heads, got 3 and 2}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 3 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @odd_rope(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                    %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected an even head_dim for rope, got 3}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 3 : i64, rope =
    #attn.rope<theta = 1.0e4>} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>,
    tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_hidden(%x: tensor<?x?x?xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                          %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected input to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x?xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_context_hidden(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                                  %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>, %c: tensor<?x?x?xf32>) {
  // expected-error @below {{expected context to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo context %c {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<?x?x?xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @context_type(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                        %wo: tensor<8x8xf32>, %c: tensor<?x?x8xbf16>) {
  // expected-error @below {{expected context to have the element type of input, 'f32', got 'bf16'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo context %c {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<?x?x8xbf16>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @context_batch(%x: tensor<3x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                         %wo: tensor<8x8xf32>, %c: tensor<2x?x8xf32>) {
  // expected-error @below {{expected context to be [batch, length, hidden] = [3, ?, ?], got [2, ?, 8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo context %c {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<3x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<2x?x8xf32>) ->
    tensor<3x?x8xf32>
  return
}

// -----

func.func @query_weight(%x: tensor<?x?x8xf32>, %wq: tensor<8x12xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                        %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected query_weight to be [hidden, heads * head_dim] = [8, 8], got [8, 12]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x12xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @query_width_overflow(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                                %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected query_weight to be [hidden, heads * head_dim] = [8, 9223372036854775807], got [8, 8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 9223372036854775807 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_weight(%x: tensor<?x?x8xf32>, %wq: tensor<8x?xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                          %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected query_weight to have static, positive sizes, got 'tensor<8x?xf32>'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x?xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @key_weight(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x8xf32>, %wv: tensor<8x4xf32>,
                      %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected key_weight to be [hidden, kv_heads * head_dim] = [8, 4], got [8, 8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @key_weight_of_context(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                                 %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>, %c: tensor<?x?x6xf32>) {
  // expected-error @below {{expected key_weight to be [hidden, kv_heads * head_dim] = [6, 4], got [8, 4]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo context %c {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<?x?x6xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @value_weight(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x8xf32>,
                        %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected value_weight to be [hidden, kv_heads * head_dim] = [8, 4], got [8, 8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @output_weight(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                         %wo: tensor<4x8xf32>) {
  // expected-error @below {{expected output_weight to be [heads * head_dim, hidden] = [8, 8], got [4, 8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<4x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @weight_types(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                        %wo: tensor<8x8xbf16>) {
  // expected-error @below {{expected output_weight to have the element type of query_weight, 'f32', got 'bf16'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xbf16>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @query_bias(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                      %wo: tensor<8x8xf32>, %bq: tensor<4xf32>) {
  // expected-error @below {{expected query_bias to be [heads * head_dim] = [8], got [4]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo bq(%bq) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<4xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @key_bias(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                    %wo: tensor<8x8xf32>, %bk: tensor<8xf32>) {
  // expected-error @below {{expected key_bias to be [kv_heads * head_dim] = [4], got [8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo bk(%bk) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<8xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @value_bias(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                      %wo: tensor<8x8xf32>, %bv: tensor<8xf32>) {
  // expected-error @below {{expected value_bias to be [kv_heads * head_dim] = [4], got [8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo bv(%bv) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<8xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @output_bias(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                       %wo: tensor<8x8xf32>, %bo: tensor<4xf32>) {
  // expected-error @below {{expected output_bias to be [hidden] = [8], got [4]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo bo(%bo) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<4xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @dynamic_bias(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                        %wo: tensor<8x8xf32>, %bo: tensor<?xf32>) {
  // expected-error @below {{must be static 1D tensor}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo bo(%bo) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<?xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @scale_without_norm(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                              %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>, %g: tensor<8xf32>) {
  // expected-error @below {{expected the attribute norm beside norm_scale}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo norm(%g) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>, tensor<8xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @position_without_norm(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                                 %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected the attribute norm beside norm_position}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, norm_position =
    #attn.norm_position<post>} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>,
    tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @norm_scale(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                      %wo: tensor<8x8xf32>, %g: tensor<4xf32>) {
  // expected-error @below {{expected norm_scale to be [hidden] = [8], got [4]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo norm(%g) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, norm =
    #attn.norm<rms, 1.0e-5>} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>,
    tensor<8x8xf32>, tensor<4xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @norm_bias(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                     %wo: tensor<8x8xf32>, %g: tensor<8xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{expected norm_bias to be [hidden] = [8], got [4]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo norm(%g, %b) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, norm =
    #attn.norm<rms, 1.0e-5>} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>,
    tensor<8x8xf32>, tensor<8xf32>, tensor<4xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @output(%x: tensor<2x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                  %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected output to be the shape of input = [2, ?, 8], got [3, ?, 8]}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<2x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<3x?x8xf32>
  return
}

// -----

func.func @dynamic_output(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                          %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected output to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x?xf32>
  return
}

// -----

func.func @output_type(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                       %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected output to have the element type of input, 'f32', got 'f16'}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf16>
  return
}

// -----

func.func @infinite_scale(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                          %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected a finite scale, got}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, scale =
    0x7FF0000000000000 : f64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>,
    tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @place(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                 %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected place to name query, key, value, scores, weights, output, got hidden}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64, place =
    #attn.place<query = cache, hidden = cache>} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>,
    tensor<8x4xf32>, tensor<8x8xf32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @cache_results(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                         %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf32>, %vc: tensor<?x1x16x4xf32>,
                         %pos: tensor<?xi32>) {
  // expected-error @below {{expected 3 results with a cache, got 1}}
  %y = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x4xf32>, tensor<?xi32>) -> tensor<?x?x8xf32>
  return
}

// -----

func.func @results_without_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                                 %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected 1 result without a cache, got 3}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> (tensor<?x?x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @two_results(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                       %wo: tensor<8x8xf32>) {
  // expected-error @below {{expected 1 result without a cache, got 2}}
  %y:2 = attn.mha %x, %wq, %wk, %wv, %wo {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 : i64} :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>) -> (tensor<?x?x8xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @context_beside_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                                %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>, %c: tensor<?x?x8xf32>,
                                %kc: tensor<?x1x16x4xf32>, %vc: tensor<?x1x16x4xf32>, %pos: tensor<?xi32>) {
  // expected-error @below {{expected no context beside a cache}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo context %c kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64,
    head_dim = 4 : i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x?x8xf32>, tensor<?x1x16x4xf32>, tensor<?x1x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @key_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                     %wo: tensor<8x8xf32>, %kc: tensor<?x2x16x4xf32>, %vc: tensor<?x1x16x4xf32>, %pos: tensor<?xi32>) {
  // expected-error @below {{expected key_cache to be [batch, kv_heads, capacity, head_dim] = [?, 1, 16, 4], got [?, 2, 16, 4]}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x2x16x4xf32>, tensor<?x1x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @value_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                       %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf32>, %vc: tensor<?x1x32x4xf32>,
                       %pos: tensor<?xi32>) {
  // expected-error @below {{expected value_cache to be [batch, kv_heads, capacity, head_dim] = [?, 1, 16, 4], got [?, 1, 32, 4]}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x32x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @dynamic_key_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                             %wo: tensor<8x8xf32>, %kc: tensor<?x?x16x4xf32>, %vc: tensor<?x1x16x4xf32>,
                             %pos: tensor<?xi32>) {
  // expected-error @below {{expected key_cache to have a static, positive head count and head dim, got 'tensor<?x?x16x4xf32>'}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x?x16x4xf32>, tensor<?x1x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @dynamic_value_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>,
                               %wv: tensor<8x4xf32>, %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf32>,
                               %vc: tensor<?x1x16x?xf32>, %pos: tensor<?xi32>) {
  // expected-error @below {{expected value_cache to have a static, positive head count and head dim, got 'tensor<?x1x16x?xf32>'}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x?xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @key_cache_type(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                          %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf16>, %vc: tensor<?x1x16x4xf32>,
                          %pos: tensor<?xi32>) {
  // expected-error @below {{expected key_cache to have the element type of input, 'f32', got 'f16'}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf16>, tensor<?x1x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @value_cache_type(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                            %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf32>, %vc: tensor<?x1x16x4xf16>,
                            %pos: tensor<?xi32>) {
  // expected-error @below {{expected value_cache to have the element type of input, 'f32', got 'f16'}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x4xf16>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @positions(%x: tensor<2x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                     %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf32>, %vc: tensor<?x1x16x4xf32>, %pos: tensor<3xi32>) {
  // expected-error @below {{expected positions to be [batch] = [2], got [3]}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<2x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x4xf32>, tensor<3xi32>) -> (tensor<2x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @new_key_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                         %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf32>, %vc: tensor<?x1x16x4xf32>,
                         %pos: tensor<?xi32>) {
  // expected-error @below {{expected the results to have the types of the caches, 'tensor<?x1x16x4xf32>' and 'tensor<?x1x16x4xf32>', got 'tensor<?x1x8x4xf32>' and 'tensor<?x1x16x4xf32>'}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x8x4xf32>,
    tensor<?x1x16x4xf32>)
  return
}

// -----

func.func @new_value_cache(%x: tensor<?x?x8xf32>, %wq: tensor<8x8xf32>, %wk: tensor<8x4xf32>, %wv: tensor<8x4xf32>,
                           %wo: tensor<8x8xf32>, %kc: tensor<?x1x16x4xf32>, %vc: tensor<?x1x16x4xf32>,
                           %pos: tensor<?xi32>) {
  // expected-error @below {{got 'tensor<?x1x16x4xf32>' and 'tensor<?x1x8x4xf32>'}}
  %y:3 = attn.mha %x, %wq, %wk, %wv, %wo kv(%kc, %vc at %pos) {heads = 2 : i64, kv_heads = 1 : i64, head_dim = 4 :
    i64} : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x8xf32>,
    tensor<?x1x16x4xf32>, tensor<?x1x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x1x16x4xf32>,
    tensor<?x1x8x4xf32>)
  return
}

// -----

// Only the generic form can say this.
func.func @bias_without_scale(%x: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{expected norm_scale beside norm_bias}}
  %y = "attn.mha"(%x, %w, %w, %w, %w, %b) <{head_dim = 4 : i64, heads = 2 : i64, kv_heads = 2 : i64, norm =
    #attn.norm<rms, 1.0e-5>, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0>}> :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @key_cache_alone(%x: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %k: tensor<?x2x16x4xf32>) {
  // expected-error @below {{expected value_cache beside key_cache}}
  %y = "attn.mha"(%x, %w, %w, %w, %w, %k) <{head_dim = 4 : i64, heads = 2 : i64, kv_heads = 2 : i64, norm =
    #attn.norm<rms, 1.0e-5>, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0>}> :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<?x2x16x4xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @value_cache_alone(%x: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %v: tensor<?x2x16x4xf32>) {
  // expected-error @below {{expected key_cache beside value_cache}}
  %y = "attn.mha"(%x, %w, %w, %w, %w, %v) <{head_dim = 4 : i64, heads = 2 : i64, kv_heads = 2 : i64, norm =
    #attn.norm<rms, 1.0e-5>, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0>}> :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<?x2x16x4xf32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

func.func @positions_alone(%x: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %p: tensor<?xi32>) {
  // expected-error @below {{expected key_cache beside positions}}
  %y = "attn.mha"(%x, %w, %w, %w, %w, %p) <{head_dim = 4 : i64, heads = 2 : i64, kv_heads = 2 : i64, norm =
    #attn.norm<rms, 1.0e-5>, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0>}> :
    (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<?xi32>) ->
    tensor<?x?x8xf32>
  return
}

// -----

// One cache cannot hold both.
func.func @one_cache(%x: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %c: tensor<?x2x16x4xf32>, %pos: tensor<?xi32>) {
  // expected-error @+2 {{expected to be the last use of key_cache, which it overwrites}}
  // expected-note @below {{also used here}}
  %y:3 = attn.mha %x, %w, %w, %w, %w kv(%c, %c at %pos) {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64}
    : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<?x2x16x4xf32>,
       tensor<?x2x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x2x16x4xf32>, tensor<?x2x16x4xf32>)
  return
}

// -----

func.func @old_value_cache(%x: tensor<?x?x8xf32>, %w: tensor<8x8xf32>, %k: tensor<?x2x16x4xf32>, %v: tensor<?x2x16x4xf32>,
                           %pos: tensor<?xi32>) -> tensor<?x2x16x4xf32> {
  // expected-error @below {{expected to be the last use of value_cache, which it overwrites}}
  %y:3 = attn.mha %x, %w, %w, %w, %w kv(%k, %v at %pos) {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64}
    : (tensor<?x?x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<?x2x16x4xf32>,
       tensor<?x2x16x4xf32>, tensor<?xi32>) -> (tensor<?x?x8xf32>, tensor<?x2x16x4xf32>, tensor<?x2x16x4xf32>)
  // expected-note @below {{also used here}}
  return %v : tensor<?x2x16x4xf32>
}

// -----

// The keys are all that the cache can hold.
func.func @bias_of_capacity(%x: tensor<?x1x64xf32>, %w: tensor<64x64xf32>, %c: tensor<?x4x8x16xf32>, %d: tensor<?x4x8x16xf32>,
                            %pos: tensor<?xi32>, %t: tensor<1x7xf32>) {
  // expected-error @below {{expected score_bias to broadcast to [batch, heads, query length, key length] = [?, 4, 1, 8], got [1, 7]}}
  %y:3 = attn.mha %x, %w, %w, %w, %w kv(%c, %d at %pos) score_bias %t {heads = 4 : i64, kv_heads = 4 : i64, head_dim = 16 : i64}
    : (tensor<?x1x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>,
       tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>, tensor<?xi32>, tensor<1x7xf32>)
    -> (tensor<?x1x64xf32>, tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>)
  return
}
