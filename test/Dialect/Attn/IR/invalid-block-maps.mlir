// RUN: attnc-opt %s --split-input-file --verify-diagnostics

func.func @heads(%q: tensor<2x4x300x64xbf16>, %k: tensor<2x4x300x64xbf16>) -> tensor<2x3x3x3xi32> {
  %m = attn.mask.causal
  // expected-error @below {{expected the classes of one head or of all 4, got 3}}
  %c = attn.block_classes %q, %k mask %m {plan = #attn.plan<m = 128, n = 128, k = 0, strip = 64, panel = 0, depth = 0>}
    : (tensor<2x4x300x64xbf16>, tensor<2x4x300x64xbf16>, !attn.mask) -> tensor<2x3x3x3xi32>
  return %c : tensor<2x3x3x3xi32>
}

// -----

func.func @rows(%q: tensor<2x4x300x64xbf16>, %k: tensor<2x4x?x64xbf16>) -> tensor<2x1x2x?xi32> {
  %m = attn.mask.causal
  // expected-error @below {{expected dimension 2 of the result to be 3, got 2}}
  %c = attn.block_classes %q, %k mask %m {plan = #attn.plan<m = 128, n = 128, k = 0, strip = 64, panel = 0, depth = 0>}
    : (tensor<2x4x300x64xbf16>, tensor<2x4x?x64xbf16>, !attn.mask) -> tensor<2x1x2x?xi32>
  return %c : tensor<2x1x2x?xi32>
}

// -----

func.func @counts(%c: tensor<2x1x3x4xi32>) -> tensor<2x1x4xi32> {
  // expected-error @below {{expected dimension 2 of the result to be 3, got 4}}
  %n = attn.block_counts %c : (tensor<2x1x3x4xi32>) -> tensor<2x1x4xi32>
  return %n : tensor<2x1x4xi32>
}

// -----

func.func @counts_of_others(%c: tensor<2x1x3x4xi32>, %n: tensor<2x4x3xi32>) -> tensor<2x1x3x7xi32> {
  // expected-error-re @below {{expected a count for each row of {{.*}}tensor<2x1x3x4xi32>{{.*}}, got {{.*}}tensor<2x4x3xi32>}}
  %l = attn.block_list %c, %n : (tensor<2x1x3x4xi32>, tensor<2x4x3xi32>) -> tensor<2x1x3x7xi32>
  return %l : tensor<2x1x3x7xi32>
}

// -----

func.func @header(%c: tensor<2x1x3x4xi32>, %n: tensor<2x1x3xi32>) -> tensor<2x1x3x4xi32> {
  // expected-error @below {{expected dimension 3 of the result to be 7, got 4}}
  %l = attn.block_list %c, %n : (tensor<2x1x3x4xi32>, tensor<2x1x3xi32>) -> tensor<2x1x3x4xi32>
  return %l : tensor<2x1x3x4xi32>
}
