// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Head views, caches, embedding and argmax.

func.func @rope_heads(%x: tensor<?x4x?x?xf32>) {
  // expected-error @below {{expected input to have a static, positive head count and head dim, got 'tensor<?x4x?x?xf32>'}}
  %y = attn.rope %x {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32>
  return
}

// -----

func.func @rope_positions(%x: tensor<2x4x?x16xf32>, %p: tensor<3xi32>) {
  // expected-error @below {{expected positions to be [batch] = [2], got [3]}}
  %y = attn.rope %x at %p {rope = #attn.rope<theta = 1.0e4>} : (tensor<2x4x?x16xf32>, tensor<3xi32>) ->
    tensor<2x4x?x16xf32>
  return
}

// -----

func.func @rope_odd(%x: tensor<?x4x?x15xf32>) {
  // expected-error @below {{expected an even head dim, got 15}}
  %y = attn.rope %x {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x?x15xf32>) -> tensor<?x4x?x15xf32>
  return
}

// -----

func.func @split_heads(%x: tensor<?x?x64xf32>) {
  // expected-error @below {{expected output to have a static, positive head count and head dim, got 'tensor<?x?x?x16xf32>'}}
  %y = attn.split_heads %x : tensor<?x?x64xf32> to tensor<?x?x?x16xf32>
  return
}

// -----

func.func @split_features(%x: tensor<?x?x48xf32>) {
  // expected-error @below {{expected input to be [batch, length, heads * head dim] = [?, ?, 64], got [?, ?, 48]}}
  %y = attn.split_heads %x : tensor<?x?x48xf32> to tensor<?x4x?x16xf32>
  return
}

// -----

func.func @split_dynamic_features(%x: tensor<?x?x?xf32>) {
  // expected-error @below {{expected input to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.split_heads %x : tensor<?x?x?xf32> to tensor<?x4x?x16xf32>
  return
}

// -----

func.func @split_type(%x: tensor<?x?x64xf16>) {
  // expected-error @below {{expected input to have the element type of output, 'f32', got 'f16'}}
  %y = attn.split_heads %x : tensor<?x?x64xf16> to tensor<?x4x?x16xf32>
  return
}

// -----

func.func @merge_length(%x: tensor<?x4x7x16xf32>) {
  // expected-error @below {{expected output to be [batch, length, heads * head dim] = [?, 7, 64], got [?, 8, 64]}}
  %y = attn.merge_heads %x : tensor<?x4x7x16xf32> to tensor<?x8x64xf32>
  return
}

// -----

func.func @append_cache(%c: tensor<?x?x128x16xf32>, %t: tensor<?x4x?x16xf32>, %p: tensor<?xi32>) {
  // expected-error @below {{expected cache to have a static, positive head count and head dim, got 'tensor<?x?x128x16xf32>'}}
  %y = attn.kv_append %c, %t at %p : (tensor<?x?x128x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>) ->
    tensor<?x?x128x16xf32>
  return
}

// -----

func.func @append_tokens_heads(%c: tensor<?x4x128x16xf32>, %t: tensor<?x?x?x16xf32>, %p: tensor<?xi32>) {
  // expected-error @below {{expected tokens to have a static, positive head count and head dim, got 'tensor<?x?x?x16xf32>'}}
  %y = attn.kv_append %c, %t at %p : (tensor<?x4x128x16xf32>, tensor<?x?x?x16xf32>, tensor<?xi32>) ->
    tensor<?x4x128x16xf32>
  return
}

// -----

func.func @append_tokens(%c: tensor<?x4x128x16xf32>, %t: tensor<?x2x?x16xf32>, %p: tensor<?xi32>) {
  // expected-error @below {{expected tokens to be [batch, kv heads, length, head dim] = [?, 4, ?, 16], got [?, 2, ?, 16]}}
  %y = attn.kv_append %c, %t at %p : (tensor<?x4x128x16xf32>, tensor<?x2x?x16xf32>, tensor<?xi32>) ->
    tensor<?x4x128x16xf32>
  return
}

// -----

func.func @append_type(%c: tensor<?x4x128x16xf32>, %t: tensor<?x4x?x16xf16>, %p: tensor<?xi32>) {
  // expected-error @below {{expected tokens to have the element type of cache, 'f32', got 'f16'}}
  %y = attn.kv_append %c, %t at %p : (tensor<?x4x128x16xf32>, tensor<?x4x?x16xf16>, tensor<?xi32>) ->
    tensor<?x4x128x16xf32>
  return
}

// -----

func.func @append_positions(%c: tensor<2x4x128x16xf32>, %t: tensor<?x4x?x16xf32>, %p: tensor<3xi32>) {
  // expected-error @below {{expected positions to be [batch] = [2], got [3]}}
  %y = attn.kv_append %c, %t at %p : (tensor<2x4x128x16xf32>, tensor<?x4x?x16xf32>, tensor<3xi32>) ->
    tensor<2x4x128x16xf32>
  return
}

// -----

func.func @append_capacity(%c: tensor<?x4x128x16xf32>, %t: tensor<?x4x129x16xf32>, %p: tensor<?xi32>) {
  // expected-error @below {{expected at most as many tokens as the capacity 128, got 129}}
  %y = attn.kv_append %c, %t at %p : (tensor<?x4x128x16xf32>, tensor<?x4x129x16xf32>, tensor<?xi32>) ->
    tensor<?x4x128x16xf32>
  return
}

// -----

func.func @append_result(%c: tensor<?x4x128x16xf32>, %t: tensor<?x4x?x16xf32>, %p: tensor<?xi32>) {
  // expected-error @below {{failed to verify that all of {cache, result} have same type}}
  %y = attn.kv_append %c, %t at %p : (tensor<?x4x128x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>) ->
    tensor<?x4x64x16xf32>
  return
}

// -----

func.func @append_old_value(%c: tensor<?x4x128x16xf32>, %t: tensor<?x4x?x16xf32>, %p: tensor<?xi32>) {
  // expected-error @below {{expected to be the last use of cache, which it overwrites}}
  %0 = attn.kv_append %c, %t at %p
    : (tensor<?x4x128x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>) -> tensor<?x4x128x16xf32>
  // expected-note @below {{also used here}}
  %1 = attn.kv_append %c, %t at %p
    : (tensor<?x4x128x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>) -> tensor<?x4x128x16xf32>
  return
}

// -----

func.func @embedding_table(%i: tensor<?x?xi32>, %t: tensor<?x64xf32>) {
  // expected-error @below {{expected table to have static, positive sizes, got 'tensor<?x64xf32>'}}
  %y = attn.embedding %i, %t : (tensor<?x?xi32>, tensor<?x64xf32>) -> tensor<?x?x64xf32>
  return
}

// -----

func.func @embedding_output(%i: tensor<?x?xi32>, %t: tensor<9x64xf32>) {
  // expected-error @below {{expected output to be [batch, length, features] = [?, ?, 64], got [?, ?, 32]}}
  %y = attn.embedding %i, %t : (tensor<?x?xi32>, tensor<9x64xf32>) -> tensor<?x?x32xf32>
  return
}

// -----

func.func @embedding_features(%i: tensor<?x?xi32>, %t: tensor<9x64xf32>) {
  // expected-error @below {{expected output to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.embedding %i, %t : (tensor<?x?xi32>, tensor<9x64xf32>) -> tensor<?x?x?xf32>
  return
}

// -----

func.func @embedding_type(%i: tensor<?x?xi32>, %t: tensor<9x64xf32>) {
  // expected-error @below {{expected output to have the element type of table, 'f32', got 'f16'}}
  %y = attn.embedding %i, %t : (tensor<?x?xi32>, tensor<9x64xf32>) -> tensor<?x?x64xf16>
  return
}

// -----

func.func @argmax_features(%x: tensor<?x?x?xf32>) {
  // expected-error @below {{expected input to have a static, positive last size, got 'tensor<?x?x?xf32>'}}
  %y = attn.argmax %x : (tensor<?x?x?xf32>) -> tensor<?x?xi32>
  return
}

// -----

func.func @argmax_output(%x: tensor<?x3x9xf32>) {
  // expected-error @below {{expected output to be the shape of input without its last dimension = [?, 3], got [?, 4]}}
  %y = attn.argmax %x : (tensor<?x3x9xf32>) -> tensor<?x4xi32>
  return
}
