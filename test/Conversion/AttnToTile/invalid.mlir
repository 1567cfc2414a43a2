// RUN: attnc-opt %s --convert-attn-to-tile --split-input-file --verify-diagnostics

// Kernels and plans that no pass makes, but a user may write.

// A kernel without an attn op is left alone.
tile.kernel @nothing(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
}

// -----

tile.kernel @no_plan(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  // expected-error @below {{expected a plan; run attn-plan first}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  tile.store %1, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// The first of two ops would be lost.
tile.kernel @two_ops(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  // expected-note @below {{this op is in it too}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  tile.store %1, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
  // expected-error @below {{expected one attn op a kernel}}
  %2 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
}

// -----

tile.kernel @no_load(%y: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = arith.constant dense<0.0> : tensor<64x64xf32>
  // expected-error @below {{expected operands loaded from the kernel's arguments}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<64x64xf32>) -> tensor<64x64xf32>
  tile.store %1, %y[] : tensor<64x64xf32>, !tile.buf<64x64xf32, global>
}

// -----

// A part of an argument is not the argument.
tile.kernel @part(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<8x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %0 = tile.load %x[%c0, %c0] : !tile.buf<?x64xf32, global> -> tensor<8x64xf32>
  // expected-error @below {{expected operands loaded from the kernel's arguments}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<8x64xf32>) -> tensor<8x64xf32>
  tile.store %1, %y[] : tensor<8x64xf32>, !tile.buf<8x64xf32, global>
}

// -----

tile.kernel @no_store(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  // expected-error @below {{expected each result stored once, to an argument of the kernel}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
}

// -----

tile.kernel @two_stores(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  // expected-error @below {{expected each result stored once, to an argument of the kernel}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  tile.store %1, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
  tile.store %1, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @large(%x: !tile.buf<?x4294967296xf32, global> {tile.access = "read"}, %y: !tile.buf<?x4294967296xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x4294967296xf32, global> -> tensor<?x4294967296xf32>
  // expected-error @below {{expected sizes of at most 2147483647, got 4294967296}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x4294967296xf32>) -> tensor<?x4294967296xf32>
  tile.store %1, %y[] : tensor<?x4294967296xf32>, !tile.buf<?x4294967296xf32, global>
}

// -----

tile.kernel @absurd(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  // expected-error @below {{expected a plan with m, n and k of at most 65536, got #attn.plan<m = 16, n = 4611686018427387904, k = 0, strip = 4, panel = 0, depth = 0>}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 4611686018427387904, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  tile.store %1, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// The second strip would reach beyond the tile.
tile.kernel @strip(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  // expected-error @below {{expected a plan with m a multiple of strip, got #attn.plan<m = 16, n = 32, k = 0, strip = 6, panel = 0, depth = 0>}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 6, panel = 0, depth = 0>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  tile.store %1, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @rank(%x: !tile.buf<?x?x64xf32, global> {tile.access = "read"}, %y: !tile.buf<?x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x?x64xf32, global> -> tensor<?x?x64xf32>
  // expected-error @below {{expected tokens in one dimension, got 'tensor<?x?x64xf32>'}}
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  tile.store %1, %y[] : tensor<?x?x64xf32>, !tile.buf<?x?x64xf32, global>
}

// -----

tile.kernel @plain_weight(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<64x64xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<64x64xf32, global> -> tensor<64x64xf32>
  // expected-error @below {{expected a packed weight; run attn-pack-weights first}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>} : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @panel(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<2x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<2x64x32xf32, global> -> tensor<2x64x32xf32>
  // expected-error @below {{expected a plan with the panel and the depth of the weight, 32 and 1, got #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 16, depth = 1>}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 16, depth = 1>} : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @depth(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<2x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<2x64x32xf32, global> -> tensor<2x64x32xf32>
  // expected-error @below {{expected a plan with the panel and the depth of the weight, 32 and 1, got #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 2>}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 2>} : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @part_of_panel(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<2x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<2x64x32xf32, global> -> tensor<2x64x32xf32>
  // expected-error @below {{expected a plan whose n is panels of 32 columns that divide the 2 of the weight}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 48, k = 256, strip = 4, panel = 32, depth = 1>} : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// A block of two panels would read beyond the third.
tile.kernel @too_many_panels(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<3x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x96xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<3x64x32xf32, global> -> tensor<3x64x32xf32>
  // expected-error @below {{expected a plan whose n is panels of 32 columns that divide the 3 of the weight}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 64, k = 256, strip = 4, panel = 32, depth = 1>} : (tensor<?x64xf32>, tensor<3x64x32xf32>) -> tensor<?x96xf32>
  tile.store %3, %y[] : tensor<?x96xf32>, !tile.buf<?x96xf32, global>
}

// -----

tile.kernel @no_k(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<2x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<2x64x32xf32, global> -> tensor<2x64x32xf32>
  // expected-error @below {{expected a plan with k a positive multiple of the depth}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 32, depth = 1>} : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @odd_k(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<2x32x32x2xbf16, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<2x32x32x2xbf16, global> -> tensor<2x32x32x2xbf16>
  // expected-error @below {{expected a plan with k a positive multiple of the depth}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 33, strip = 4, panel = 32, depth = 2>} : (tensor<?x64xf32>, tensor<2x32x32x2xbf16>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @pairs_of_f32(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<2x32x32x2xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<2x32x32x2xf32, global> -> tensor<2x32x32x2xf32>
  // expected-error @below {{expected a depth of more than 1 for pairs of bf16 only, got 'tensor<2x32x32x2xf32>' for 64 features}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 2>} : (tensor<?x64xf32>, tensor<2x32x32x2xf32>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @odd_features(%x: !tile.buf<?x63xf32, global> {tile.access = "read"}, %w: !tile.buf<2x32x32x2xbf16, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x63xf32, global> -> tensor<?x63xf32>
  %1 = tile.load %w[] : !tile.buf<2x32x32x2xbf16, global> -> tensor<2x32x32x2xbf16>
  // expected-error @below {{expected a depth of more than 1 for pairs of bf16 only, got 'tensor<2x32x32x2xbf16>' for 63 features}}
  %3 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 2>} : (tensor<?x63xf32>, tensor<2x32x32x2xbf16>) -> tensor<?x64xf32>
  tile.store %3, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

tile.kernel @bounds(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %n: !tile.buf<?xi32, global> {tile.access = "read"}, %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %n[] : !tile.buf<?xi32, global> -> tensor<?xi32>
  %m = attn.mask.lengths %1 : tensor<?xi32>
  %2 = attn.attention %0, %0, %0 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index, %lengths: tensor<?xi32>):
    // expected-error @below {{'tensor.dim' in a bounds region is not built yet for the cpu target}}
    %d = tensor.dim %lengths, %q0 : tensor<?xi32>
    attn.yield %q0, %q0, %d, %nk : index, index, index, index
  }
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

tile.kernel @score(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %2 = attn.attention %0, %0, %0 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    // expected-error @below {{'math.powf' in a mask or score region is not built yet for the cpu target}}
    %t = math.powf %s, %s : f32
    attn.yield %t : f32
  }
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Also what a mask reads is an argument.
tile.kernel @mask(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = arith.constant dense<3> : tensor<1xi32>
  %m = attn.mask.lengths %1 : tensor<1xi32>
  // expected-error @below {{expected operands loaded from the kernel's arguments}}
  %2 = attn.attention %0, %0, %0 mask %m
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

tile.kernel @attention_plan(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  // expected-error @below {{expected a plan; run attn-plan first}}
  %2 = attn.attention %0, %0, %0
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

tile.kernel @rope_plan(%x: !tile.buf<?x4x?x48xf32, global> {tile.access = "read"}, %y: !tile.buf<?x4x?x48xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x4x?x48xf32, global> -> tensor<?x4x?x48xf32>
  // expected-error @below {{expected a plan; run attn-plan first}}
  %1 = attn.rope %0 {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x?x48xf32>) -> tensor<?x4x?x48xf32>
  tile.store %1, %y[] : tensor<?x4x?x48xf32>, !tile.buf<?x4x?x48xf32, global>
}

// -----

tile.kernel @chunks(%x: !tile.buf<?x4x?x16384xf32, global> {tile.access = "read"}, %y: !tile.buf<?x4x?x16384xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x4x?x16384xf32, global> -> tensor<?x4x?x16384xf32>
  // expected-error @below {{expected a plan with at most 4096 steps of n in half the head dim, 8192, got}}
  %1 = attn.rope %0 {rope = #attn.rope<theta = 1.0e4>, plan = #attn.plan<m = 16, n = 1, k = 0, strip = 4, panel = 0, depth = 0>} : (tensor<?x4x?x16384xf32>) -> tensor<?x4x?x16384xf32>
  tile.store %1, %y[] : tensor<?x4x?x16384xf32>, !tile.buf<?x4x?x16384xf32, global>
}

// -----

tile.kernel @embedding_plan(%ids: !tile.buf<?x?xi32, global> {tile.access = "read"}, %t: !tile.buf<1000x64xf32, global> {tile.access = "read"},
                            %y: !tile.buf<?x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %ids[] : !tile.buf<?x?xi32, global> -> tensor<?x?xi32>
  %1 = tile.load %t[] : !tile.buf<1000x64xf32, global> -> tensor<1000x64xf32>
  // expected-error @below {{expected a plan; run attn-plan first}}
  %2 = attn.embedding %0, %1 : (tensor<?x?xi32>, tensor<1000x64xf32>) -> tensor<?x?x64xf32>
  tile.store %2, %y[] : tensor<?x?x64xf32>, !tile.buf<?x?x64xf32, global>
}

// -----

tile.kernel @pairs_at_run_time(%w: !tile.buf<64x32xbf16, global> {tile.access = "read"}, %p: !tile.buf<1x32x32x2xbf16, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %w[] : !tile.buf<64x32xbf16, global> -> tensor<64x32xbf16>
  // expected-error @below {{packing at run time at a depth of 2 is not built yet for the cpu target}}
  %1 = attn.pack_weight %0 {width = 32, depth = 2} : (tensor<64x32xbf16>) -> tensor<1x32x32x2xbf16>
  tile.store %1, %p[] : tensor<1x32x32x2xbf16>, !tile.buf<1x32x32x2xbf16, global>
}

// -----

tile.kernel @kv_append(%c: !tile.buf<2x4x128x16xf32, global> {tile.access = "read"}, %t: !tile.buf<2x4x1x16xf32, global> {tile.access = "read"},
                       %p: !tile.buf<2xi32, global> {tile.access = "read"}, %y: !tile.buf<2x4x128x16xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %c[] : !tile.buf<2x4x128x16xf32, global> -> tensor<2x4x128x16xf32>
  %1 = tile.load %t[] : !tile.buf<2x4x1x16xf32, global> -> tensor<2x4x1x16xf32>
  %2 = tile.load %p[] : !tile.buf<2xi32, global> -> tensor<2xi32>
  // expected-error @below {{'attn.kv_append' is not built yet for the cpu target}}
  %3 = attn.kv_append %0, %1 at %2 : (tensor<2x4x128x16xf32>, tensor<2x4x1x16xf32>, tensor<2xi32>) -> tensor<2x4x128x16xf32>
  tile.store %3, %y[] : tensor<2x4x128x16xf32>, !tile.buf<2x4x128x16xf32, global>
}
