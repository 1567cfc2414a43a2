// RUN: attnc-opt %s --attn-plan=target=sm_90a --split-input-file --verify-diagnostics
// RUN: not attnc-opt %s --attn-plan=target=vax --split-input-file 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: expected the target cpu or sm_90a, got 'vax'

func.func @linear(%x: tensor<?x64xbf16>, %w: tensor<64x128xbf16>) {
  // expected-error @below {{'attn.linear' is not built yet for the sm_90a target}}
  %0 = attn.linear %x, %w : (tensor<?x64xbf16>, tensor<64x128xbf16>) -> tensor<?x128xbf16>
  return
}

// -----

func.func @constant() {
  // expected-error @below {{'arith.constant' is not built yet for the sm_90a target}}
  %0 = arith.constant dense<1.0> : tensor<4xf32>
  return
}
