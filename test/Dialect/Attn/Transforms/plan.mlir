// RUN: attnc-opt %s --attn-plan=cpu=x86-64-v4 --split-input-file | FileCheck %s
// RUN: attnc-opt %s --attn-plan=cpu=x86-64-v3 --split-input-file | FileCheck %s --check-prefix=AVX2
// RUN: attnc-opt %s --attn-plan=cpu=sapphirerapids --split-input-file | FileCheck %s --check-prefix=BF16
// RUN: attnc-opt %s --attn-plan=cpu=x86-64-v4 --split-input-file --remarks-filter=attn-plan 2>&1 | FileCheck %s --check-prefix=REMARK

// A panel is the micro-kernel's two vectors; a block takes four where they divide the columns. The
// whole placement is written back.
// CHECK-LABEL: func @linear
// CHECK: attn.linear {{.*}} {place = #attn.place<input = global, weight = global, hidden = global, accumulator = cache>, plan = #attn.plan<m = 64, n = 128, k = 2048, strip = 2, panel = 32, depth = 1>}
// AVX2-LABEL: func @linear
// AVX2: #attn.plan<m = 64, n = 64, k = 2048, strip = 1, panel = 16, depth = 1>
// REMARK: linear: block 64x128, panels of 32 columns (8x2 accumulators of 32 registers), 32768 bytes of cache of 1048576
func.func @linear(%x: tensor<?x?x576xf32>, %w: tensor<576x1536xf32>) -> tensor<?x?x1536xf32> {
  %0 = attn.linear %x, %w : (tensor<?x?x576xf32>, tensor<576x1536xf32>) -> tensor<?x?x1536xf32>
  return %0 : tensor<?x?x1536xf32>
}

// -----

// 6 panels are divided by two but not by four; 5 and less than one panel by one only.
// CHECK-LABEL: func @panels
// CHECK: plan = #attn.plan<m = 64, n = 64, k = 2048, strip = 4, panel = 32, depth = 1>
// CHECK: plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 8, panel = 32, depth = 1>
// CHECK: plan = #attn.plan<m = 64, n = 32, k = 2048, strip = 8, panel = 32, depth = 1>
func.func @panels(%x: tensor<?x64xf32>, %a: tensor<64x192xf32>, %b: tensor<64x160xf32>, %c: tensor<64x3xf32>) {
  %0 = attn.linear %x, %a : (tensor<?x64xf32>, tensor<64x192xf32>) -> tensor<?x192xf32>
  %1 = attn.linear %x, %b : (tensor<?x64xf32>, tensor<64x160xf32>) -> tensor<?x160xf32>
  %2 = attn.linear %x, %c : (tensor<?x64xf32>, tensor<64x3xf32>) -> tensor<?x3xf32>
  return
}

// -----

// Two products share the registers: the strip is half as high.
// CHECK-LABEL: func @gated
// CHECK: plan = #attn.plan<m = 64, n = 64, k = 2048, strip = 2, panel = 32, depth = 1>
func.func @gated(%x: tensor<?x64xf32>, %w: tensor<64x192xf32>, %u: tensor<64x192xf32>) {
  %0 = attn.linear %x, %w up %u : (tensor<?x64xf32>, tensor<64x192xf32>, tensor<64x192xf32>) -> tensor<?x192xf32>
  return
}

// -----

// What the user places is obeyed. An accumulator in registers makes the block as small as they are.
// CHECK-LABEL: func @linear_placed
// CHECK: place = #attn.place<input = cache, weight = cache, hidden = global, accumulator = register>, plan = #attn.plan<m = 8, n = 32, k = 2048, strip = 8, panel = 32, depth = 1>
func.func @linear_placed(%x: tensor<?x64xf32>, %w: tensor<64x128xf32>) {
  %0 = attn.linear %x, %w {place = #attn.place<accumulator = register, weight = cache, input = cache>}
    : (tensor<?x64xf32>, tensor<64x128xf32>) -> tensor<?x128xf32>
  return
}

// -----

// Pairs of bf16 need a CPU that has the product, and a weight that the package stores packed.
// CHECK-LABEL: func @pairs
// CHECK-COUNT-2: depth = 1>
// BF16-LABEL: func @pairs
// BF16: attn.linear {{.*}} depth = 2>
// BF16: attn.linear {{.*}} depth = 1>
func.func @pairs(%x: tensor<?x64xbf16>, %w: tensor<64x128xbf16> {attn.weight = "w", attn.bound}, %u: tensor<64x128xbf16>) {
  %0 = attn.linear %x, %w : (tensor<?x64xbf16>, tensor<64x128xbf16>) -> tensor<?x128xbf16>
  %1 = attn.linear %x, %u : (tensor<?x64xbf16>, tensor<64x128xbf16>) -> tensor<?x128xbf16>
  return
}

// -----

// CHECK-LABEL: func @attention
// CHECK: place = #attn.place<query = global, key = cache, value = global, scores = cache, weights = cache, output = cache>, plan = #attn.plan<m = 64, n = 64, k = 0, strip = 4, panel = 0, depth = 0>
// AVX2-LABEL: func @attention
// AVX2: plan = #attn.plan<m = 64, n = 32, k = 0, strip = 1, panel = 0, depth = 0>
// REMARK: attention: 64 query rows by 64 keys, strips of 4 rows (32 registers of 16 f32), 49664 bytes of cache of 1048576
func.func @attention(%q: tensor<?x4x?x64xf32>) {
  %0 = attn.attention %q, %q, %q : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

// bf16 widens once, into the cache.
// CHECK-LABEL: func @attention_bf16
// CHECK: place = #attn.place<query = cache, key = cache, value = cache, scores = cache, weights = cache, output = cache>
func.func @attention_bf16(%q: tensor<?x4x?x64xbf16>) {
  %0 = attn.attention %q, %q, %q : (tensor<?x4x?x64xbf16>, tensor<?x4x?x64xbf16>, tensor<?x4x?x64xbf16>) -> tensor<?x4x?x64xbf16>
  return
}

// -----

// Scores and output in registers: 4 × (64 + 64) f32 are all 32 registers of AVX-512. AVX2 holds one row of 32 + 64.
// CHECK-LABEL: func @attention_in_registers
// CHECK: scores = register, weights = register, output = register>, plan = #attn.plan<m = 4, n = 64, k = 0, strip = 4, panel = 0, depth = 0>
// AVX2-LABEL: func @attention_in_registers
// AVX2: plan = #attn.plan<m = 1, n = 32, k = 0, strip = 1, panel = 0, depth = 0>
func.func @attention_in_registers(%q: tensor<?x4x?x64xf32>) {
  %0 = attn.attention %q, %q, %q {place = #attn.place<output = register, scores = register, weights = register>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  return
}

// -----

// CHECK-LABEL: func @rowwise
// CHECK: attn.norm {{.*}} plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>
// CHECK: attn.embedding {{.*}} {plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>
func.func @rowwise(%x: tensor<?x64xf32>, %ids: tensor<?x?xi32>, %table: tensor<100x64xf32>) {
  %0 = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  %1 = attn.embedding %ids, %table : (tensor<?x?xi32>, tensor<100x64xf32>) -> tensor<?x?x64xf32>
  return
}

// -----

// A step of rope covers half the head dim, up to two vectors.
// CHECK-LABEL: func @rope
// CHECK: plan = #attn.plan<m = 32, n = 32, k = 0, strip = 2, panel = 0, depth = 0>
// CHECK: plan = #attn.plan<m = 32, n = 32, k = 0, strip = 2, panel = 0, depth = 0>
// CHECK: plan = #attn.plan<m = 32, n = 4, k = 0, strip = 4, panel = 0, depth = 0>
func.func @rope(%a: tensor<?x4x?x64xf32>, %b: tensor<?x4x?x80xf32>, %c: tensor<?x4x?x6xf32>) {
  %0 = attn.rope %a {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  %1 = attn.rope %b {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x?x80xf32>) -> tensor<?x4x?x80xf32>
  %2 = attn.rope %c {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x?x6xf32>) -> tensor<?x4x?x6xf32>
  return
}

// -----

// Views, masks and packs need no plan.
// CHECK-LABEL: func @unplanned
// CHECK-NOT: plan
// CHECK: return
func.func @unplanned(%x: tensor<?x?x64xf32>, %w: tensor<64x64xf32>) {
  %m = attn.mask.causal
  %0 = attn.split_heads %x : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  %1 = attn.merge_heads %0 : tensor<?x4x?x16xf32> to tensor<?x?x64xf32>
  %2 = attn.pack_weight %w {width = 32, depth = 1} : (tensor<64x64xf32>) -> tensor<2x64x32xf32>
  return
}
