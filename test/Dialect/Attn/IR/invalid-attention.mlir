// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each function breaks one rule of attn.attention.

func.func @query_heads(%q: tensor<?x?x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected query to have a static, positive head count and head dim, got 'tensor<?x?x?x16xf32>'}}
  %o = attn.attention %q, %k, %v : (tensor<?x?x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) ->
    tensor<?x4x?x8xf32>
  return
}

// -----

func.func @key_heads(%q: tensor<?x4x?x16xf32>, %k: tensor<?x0x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected key to have a static, positive head count and head dim, got 'tensor<?x0x?x16xf32>'}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x0x?x16xf32>, tensor<?x2x?x8xf32>) ->
    tensor<?x4x?x8xf32>
  return
}

// -----

func.func @value_heads(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x?xf32>) {
  // expected-error @below {{expected value to have a static, positive head count and head dim, got 'tensor<?x2x?x?xf32>'}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x?xf32>) ->
    tensor<?x4x?x8xf32>
  return
}

// -----

func.func @output_heads(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected output to have a static, positive head count and head dim, got 'tensor<?x4x?x?xf32>'}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) ->
    tensor<?x4x?x?xf32>
  return
}

// -----

func.func @head_groups(%q: tensor<?x4x?x16xf32>, %k: tensor<?x3x?x16xf32>, %v: tensor<?x3x?x8xf32>) {
  // expected-error @below {{expected the heads of key to divide those of query, got 3 and 4}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x3x?x16xf32>, tensor<?x3x?x8xf32>) ->
    tensor<?x4x?x8xf32>
  return
}

// -----

func.func @key(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected key to be [batch, kv heads, key length, head dim] = [?, ?, ?, 16], got [?, 2, ?, 8]}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>) ->
    tensor<?x4x?x8xf32>
  return
}

// -----

func.func @value(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x32x16xf32>, %v: tensor<?x2x33x8xf32>) {
  // expected-error @below {{expected value to be [batch, kv heads, key length, value head dim] = [?, 2, 32, ?], got [?, 2, 33, 8]}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x32x16xf32>, tensor<?x2x33x8xf32>) ->
    tensor<?x4x?x8xf32>
  return
}

// -----

func.func @value_type(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf16>) {
  // expected-error @below {{expected value to have the element type of key, 'f32', got 'f16'}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf16>) ->
    tensor<?x4x?x8xf32>
  return
}

// -----

func.func @output(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected output to be [batch, heads, query length, value head dim] = [?, 4, ?, 8], got [?, 4, ?, 16]}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) ->
    tensor<?x4x?x16xf32>
  return
}

// -----

func.func @output_type(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected output to have the element type of query, 'f32', got 'f16'}}
  %o = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) ->
    tensor<?x4x?x8xf16>
  return
}

// -----

func.func @lse(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected lse to be [batch, heads, query length] = [?, 4, ?], got [?, 2, ?]}}
  %o:2 = attn.attention %q, %k, %v : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) ->
    (tensor<?x4x?x8xf32>, tensor<?x2x?xf32>)
  return
}

// -----

func.func @sinks(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>, %sinks: tensor<2xf32>) {
  // expected-error @below {{expected sinks to be [heads] = [4], got [2]}}
  %o = attn.attention %q, %k, %v sinks %sinks : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>,
    tensor<2xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @infinite_scale(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected a finite scale, got}}
  %o = attn.attention %q, %k, %v {scale = 0x7FF0000000000000 : f64} : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>,
    tensor<?x2x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @place(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected place to name query, key, value, scores, weights, output, got accumulator}}
  %o = attn.attention %q, %k, %v {place = #attn.place<accumulator = register>} : (tensor<?x4x?x16xf32>,
    tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @q_offset_positive(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected q_offset of at most 1073741824 either way, got 1073741825}}
  %o = attn.attention %q, %k, %v {q_offset = 1073741825 : si64} : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>,
    tensor<?x2x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @q_offset_negative(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>) {
  // expected-error @below {{expected q_offset of at most 1073741824 either way, got -1073741825}}
  %o = attn.attention %q, %k, %v {q_offset = -1073741825 : si64} : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>,
    tensor<?x2x?x8xf32>) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @captures_alone(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>, %c: f32) {
  // expected-error @below {{expected a score region beside captures}}
  %o = attn.attention %q, %k, %v captures(%c) : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>,
    f32) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @capture_type(%q: tensor<?x4x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x8xf32>, %c: !attn.mask) {
  // expected-error @below {{expected captures to be scalars or ranked tensors of them, got '!attn.mask'}}
  %o = attn.attention %q, %k, %v captures(%c) : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x8xf32>,
    !attn.mask) -> tensor<?x4x?x8xf32>
  return
}

// -----

func.func @score_arguments(%q: tensor<2x4x8x16xf32>) {
  // expected-error @below {{expected the score region to take ('f32', 'index', 'index', 'index', 'index'), got ('f32', 'index', 'index')}}
  %o = attn.attention %q, %q, %q score {
  ^bb0(%s: f32, %i: index, %j: index):
    attn.yield %s : f32
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @score_result(%q: tensor<2x4x8x16xf32>) {
  %o = attn.attention %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-error @below {{expected to yield ('f32') from the score region, got ('index')}}
    attn.yield %b : index
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @score_effect(%q: tensor<2x4x8x16xf32>, %m: tensor<4xf32>) {
  // expected-error @below {{expected only pure ops in the score region, got 'memref.alloc'}}
  %o = attn.attention %q, %q, %q captures(%m) score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %c: tensor<4xf32>):
    // expected-note @below {{has memory effects}}
    %0 = memref.alloc() : memref<f32>
    attn.yield %s : f32
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<4xf32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @score_end(%q: tensor<2x4x8x16xf32>) {
  // expected-error @below {{expected the score region to end with attn.yield, got 'llvm.unreachable'}}
  %o = attn.attention %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    llvm.unreachable
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @score_outside(%q: tensor<2x4x8x16xf32>, %c: f32) {
  %o = attn.attention %q, %q, %q score {
  // expected-note @above {{required by region isolation constraints}}
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-error @below {{using value defined outside the region}}
    attn.yield %c : f32
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @bounds_alone(%q: tensor<2x4x8x16xf32>) {
  // expected-error @below {{expected a mask beside the bounds region}}
  %o = attn.attention %q, %q, %q bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    attn.yield %q0, %q0, %q0, %q0 : index, index, index, index
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @bounds_arguments(%q: tensor<2x4x8x16xf32>, %m: !attn.mask) {
  // expected-error @below {{expected the bounds region to take ('index', 'index', 'index', 'index', 'index'), got ('index')}}
  %o = attn.attention %q, %q, %q mask %m bounds {
  ^bb0(%q0: index):
    attn.yield %q0, %q0, %q0, %q0 : index, index, index, index
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @bounds_results(%q: tensor<2x4x8x16xf32>, %m: !attn.mask) {
  %o = attn.attention %q, %q, %q mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    // expected-error @below {{expected to yield ('index', 'index', 'index', 'index') from the bounds region, got ('index')}}
    attn.yield %q0 : index
  } : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @yield_outside(%x: f32) {
  // expected-error @below {{expects parent op to be one of 'attn.attention, attn.mask.custom'}}
  attn.yield %x : f32
}

// -----

func.func @positions(%q: tensor<2x4x?x16xf32>, %pos: tensor<3xi32>) {
  // expected-error @below {{expected positions to be [batch] = [2], got [3]}}
  %o = attn.attention %q, %q, %q at %pos : (tensor<2x4x?x16xf32>, tensor<2x4x?x16xf32>, tensor<2x4x?x16xf32>, tensor<3xi32>) ->
    tensor<2x4x?x16xf32>
  return
}

// -----

func.func @two_offsets(%q: tensor<2x4x?x16xf32>, %pos: tensor<2xi32>) {
  // expected-error @below {{expected no q_offset beside positions, got 7}}
  %o = attn.attention %q, %q, %q at %pos {q_offset = 7 : si64}
    : (tensor<2x4x?x16xf32>, tensor<2x4x?x16xf32>, tensor<2x4x?x16xf32>, tensor<2xi32>) -> tensor<2x4x?x16xf32>
  return
}
