// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Masks against the attention that uses them, and the region of a custom mask.

func.func @prefix(%q: tensor<2x4x8x16xf32>, %n: tensor<3xi32>) {
  %m = attn.mask.prefix %n : tensor<3xi32>
  // expected-error @below {{expected prefix to be [batch] = [2], got [3]}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

// A mask is found below a combination.
func.func @lengths(%q: tensor<2x4x8x16xf32>, %n: tensor<3xi32>) {
  %causal = attn.mask.causal
  %lengths = attn.mask.lengths %n : tensor<3xi32>
  %0 = attn.mask.or %causal, %lengths
  %m = attn.mask.and %0, %causal
  // expected-error @below {{expected lengths to be [batch] = [2], got [3]}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @query_document(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x9x16xf32>, %d: tensor<2x9xi32>) {
  %m = attn.mask.document %d, %d : tensor<2x9xi32>, tensor<2x9xi32>
  // expected-error @below {{expected query_document to be [batch, length] = [2, 8], got [2, 9]}}
  %o = attn.attention %q, %k, %k mask %m
    : (tensor<2x4x8x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @key_document(%q: tensor<2x4x8x16xf32>, %k: tensor<2x4x9x16xf32>, %d: tensor<2x8xi32>) {
  %m = attn.mask.document %d, %d : tensor<2x8xi32>, tensor<2x8xi32>
  // expected-error @below {{expected key_document to be [batch, length] = [2, 9], got [2, 8]}}
  %o = attn.attention %q, %k, %k mask %m
    : (tensor<2x4x8x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

// In a block the keys come from the context.
func.func @mha_context(%x: tensor<2x4x8xf32>, %c: tensor<2x6x8xf32>, %w: tensor<8x8xf32>, %d: tensor<2x4xi32>) {
  %m = attn.mask.document %d, %d : tensor<2x4xi32>, tensor<2x4xi32>
  // expected-error @below {{expected key_document to be [batch, length] = [2, 6], got [2, 4]}}
  %y = attn.mha %x, %w, %w, %w, %w context %c mask %m {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64}
    : (tensor<2x4x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<2x6x8xf32>,
       !attn.mask) -> tensor<2x4x8xf32>
  return
}

// -----

// Nine levels are 2^9 - 1 masks once later stages walk them as a tree.
func.func @too_many(%q: tensor<2x4x8x16xf32>) {
  %m0 = attn.mask.causal
  %m1 = attn.mask.and %m0, %m0
  %m2 = attn.mask.and %m1, %m1
  %m3 = attn.mask.and %m2, %m2
  %m4 = attn.mask.and %m3, %m3
  %m5 = attn.mask.and %m4, %m4
  %m6 = attn.mask.and %m5, %m5
  %m7 = attn.mask.and %m6, %m6
  %m8 = attn.mask.and %m7, %m7
  // expected-error @below {{expected a mask of at most 256 combined masks}}
  %o = attn.attention %q, %q, %q mask %m8
    : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @window_left() {
  // expected-error @below {{attribute 'left' failed to satisfy constraint}}
  %m = attn.mask.window 1073741825
  return
}

// -----

func.func @window_right() {
  // expected-error @below {{attribute 'right' failed to satisfy constraint}}
  %m = attn.mask.window 1, -1
  return
}

// -----

func.func @custom_capture(%c: !attn.mask) {
  // expected-error @below {{expected captures to be scalars or ranked tensors of them, got '!attn.mask'}}
  %m = attn.mask.custom(%c) {
  ^bb0(%b: index, %h: index, %i: index, %j: index, %x: !attn.mask):
    %visible = arith.cmpi ule, %j, %i : index
    attn.yield %visible : i1
  } : !attn.mask
  return
}

// -----

func.func @custom_arguments(%c: f32) {
  // expected-error @below {{expected the mask region to take ('index', 'index', 'index', 'index', 'f32'), got ('index', 'index', 'index', 'index')}}
  %m = attn.mask.custom(%c) {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %visible = arith.cmpi ule, %j, %i : index
    attn.yield %visible : i1
  } : f32
  return
}

// -----

func.func @custom_result() {
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    // expected-error @below {{expected to yield ('i1') from the mask region, got ()}}
    attn.yield
  }
  return
}

// -----

func.func @custom_effect(%c: tensor<4xi1>) {
  // expected-error @below {{expected only pure ops in the mask region, got 'func.call'}}
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %visible = scf.execute_region -> i1 {
      // expected-note @below {{has memory effects}}
      %0 = func.call @predicate() : () -> i1
      scf.yield %0 : i1
    }
    attn.yield %visible : i1
  }
  return
}
func.func private @predicate() -> i1

// -----

func.func @tensor_shape(%q: tensor<2x4x8x16xf32>, %t: tensor<2x3x8x8xi1>) {
  %m = attn.mask.tensor %t : tensor<2x3x8x8xi1>
  // expected-error @below {{expected mask to broadcast to [batch, heads, query length, key length] = [2, 4, 8, 8], got [2, 3, 8, 8]}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, !attn.mask) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @tensor_element(%t: tensor<8x8xi8>) {
  // expected-error @below {{operand #0 must be 0D/1D/2D/3D/4D tensor of 1-bit signless integer values, but got 'tensor<8x8xi8>'}}
  %m = attn.mask.tensor %t : tensor<8x8xi8>
  return
}

// -----

func.func @tensor_rank(%t: tensor<1x2x4x8x8xi1>) {
  // expected-error @below {{operand #0 must be 0D/1D/2D/3D/4D tensor of 1-bit signless integer values, but got 'tensor<1x2x4x8x8xi1>'}}
  %m = attn.mask.tensor %t : tensor<1x2x4x8x8xi1>
  return
}

// -----

func.func @bias_shape(%q: tensor<2x4x8x16xf32>, %t: tensor<4x7xf32>) {
  // expected-error @below {{expected score_bias to broadcast to [batch, heads, query length, key length] = [2, 4, 8, 8], got [4, 7]}}
  %o = attn.attention %q, %q, %q score_bias %t
    : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<4x7xf32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @bias_element(%q: tensor<2x4x8x16xf32>, %t: tensor<8x8xi32>) {
  // expected-error @below {{must be 0D/1D/2D/3D/4D tensor of 32-bit float or 16-bit float or bfloat16 type values, but got 'tensor<8x8xi32>'}}
  %o = attn.attention %q, %q, %q score_bias %t
    : (tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<2x4x8x16xf32>, tensor<8x8xi32>) -> tensor<2x4x8x16xf32>
  return
}

// -----

func.func @block_bias_shape(%x: tensor<2x4x8xf32>, %w: tensor<8x8xf32>, %t: tensor<3x4x4xf32>) {
  // expected-error @below {{expected score_bias to broadcast to [batch, heads, query length, key length] = [2, 2, 4, 4], got [3, 4, 4]}}
  %y = attn.mha %x, %w, %w, %w, %w score_bias %t {heads = 2 : i64, kv_heads = 2 : i64, head_dim = 4 : i64}
    : (tensor<2x4x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<3x4x4xf32>) -> tensor<2x4x8xf32>
  return
}
