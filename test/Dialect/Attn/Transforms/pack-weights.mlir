// RUN: attnc-opt %s --attn-pack-weights --split-input-file --verify-diagnostics | FileCheck %s

// The last panel is padded to its width.
// CHECK-LABEL: func @panels
// CHECK-SAME: %[[X:.*]]: tensor<?x64xf32>, %[[W:.*]]: tensor<64x80xf32>
// CHECK: %[[P:.*]] = attn.pack_weight %[[W]] {depth = 1 : i64, width = 32 : i64} : (tensor<64x80xf32>) -> tensor<3x64x32xf32>
// CHECK: attn.linear %[[X]], %[[P]] {{.*}} : (tensor<?x64xf32>, tensor<3x64x32xf32>) -> tensor<?x80xf32>
func.func @panels(%x: tensor<?x64xf32>, %w: tensor<64x80xf32>) -> tensor<?x80xf32> {
  %0 = attn.linear %x, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<64x80xf32>) -> tensor<?x80xf32>
  return %0 : tensor<?x80xf32>
}

// -----

// Pairs of rows at depth 2.
// CHECK-LABEL: func @pairs
// CHECK: attn.pack_weight %{{.*}} {depth = 2 : i64, width = 32 : i64} : (tensor<64x32xbf16>) -> tensor<1x32x32x2xbf16>
func.func @pairs(%x: tensor<?x64xbf16>, %w: tensor<64x32xbf16>) -> tensor<?x32xbf16> {
  %0 = attn.linear %x, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 2>}
    : (tensor<?x64xbf16>, tensor<64x32xbf16>) -> tensor<?x32xbf16>
  return %0 : tensor<?x32xbf16>
}

// -----

// The pack transposes, the product does not any more.
// CHECK-LABEL: func @transposed
// CHECK: attn.pack_weight %{{.*}} {depth = 1 : i64, transposed, width = 32 : i64} : (tensor<32x64xf32>) -> tensor<1x64x32xf32>
// CHECK-NOT: transposed
// CHECK: return
func.func @transposed(%x: tensor<?x64xf32>, %w: tensor<32x64xf32>) -> tensor<?x32xf32> {
  %0 = attn.linear %x, %w {transposed, plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// -----

// A weight of two layers is packed once a layout: twice here.
// CHECK-LABEL: func @shared
// CHECK: %[[P:.*]] = attn.pack_weight {{.*}} width = 32
// CHECK: attn.linear %{{.*}}, %[[P]] up %[[P]]
// CHECK-NOT: attn.pack_weight
// CHECK: attn.linear %{{.*}}, %[[P]]
// CHECK: %[[Q:.*]] = attn.pack_weight {{.*}} width = 16
// CHECK: attn.linear %{{.*}}, %[[Q]]
// CHECK-NOT: attn.pack_weight
func.func @shared(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %0 = attn.linear %x, %w up %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %1 = attn.linear %0, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %2 = attn.linear %1, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 16, depth = 1>}
    : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %2 : tensor<?x64xf32>
}

// -----

// A weight that is packed already stays.
// CHECK-LABEL: func @packed
// CHECK-NOT: attn.pack_weight
func.func @packed(%x: tensor<?x64xf32>, %w: tensor<2x64x32xf32>) -> tensor<?x64xf32> {
  %0 = attn.linear %x, %w : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// A pack serves the block it is in: it need not dominate the others.
// CHECK-LABEL: func @blocks
// CHECK-COUNT-2: attn.pack_weight
func.func @blocks(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>, %c: i1) -> tensor<?x64xf32> {
  cf.cond_br %c, ^bb1, ^bb2
^bb1:
  %0 = attn.linear %x, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
^bb2:
  %1 = attn.linear %x, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}

// -----

func.func @no_plan(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected a plan; run attn-plan first}}
  %0 = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

func.func @no_panel(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected a plan with a panel of 1 to 1024 columns and a depth of 1 or 2, got 0 and 1}}
  %0 = attn.linear %x, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 0, depth = 1>}
    : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

func.func @depth(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected a plan with a panel of 1 to 1024 columns and a depth of 1 or 2, got 32 and 3}}
  %0 = attn.linear %x, %w {plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 4, panel = 32, depth = 3>}
    : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}
