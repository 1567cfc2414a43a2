// RUN: attnc-opt %s --attn-verify-sharding --verify-diagnostics

// Padding that reaches a result would be seen on one rank as on several.
// expected-note @below {{the padding is declared on argument 1}}
func.func @padded_result(%x: tensor<?x64xf32>, %w: tensor<64x132xf32> {attn.pad = [0, 2]}) -> tensor<?x132xf32> {
  %y = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x132xf32>) -> tensor<?x132xf32>
  // expected-error @below {{expected padding that ends at padded rows of a weight or in attn.drop_padding, got 'func.return'}}
  return %y : tensor<?x132xf32>
}
