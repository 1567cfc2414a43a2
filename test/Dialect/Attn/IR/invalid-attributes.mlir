// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected rms or layer, got 'batch'}}
#a = #attn.norm<batch, 1.0e-5>

// -----

// expected-error @below {{expected a positive, finite epsilon, got 0.000000e+00}}
#a = #attn.norm<rms, 0.0>

// -----

// expected-error @below {{expected a positive, finite epsilon, got -1.000000e+00}}
#a = #attn.norm<rms, -1.0>

// -----

// expected-error @below {{expected a positive, finite theta, got}}
#a = #attn.rope<theta = 1.0e999>

// -----

// expected-error @below {{expected half or interleaved, got 'quarter'}}
#a = #attn.rope<theta = 1.0e4, quarter>

// -----

// expected-error @below {{expected global, cache or register, got 'disk'}}
#a = #attn.place<query = disk>

// -----

// expected-error @below {{expected one space for each buffer, got two for query}}
#a = #attn.place<query = cache, key = cache, query = register>

// -----

// expected-error @below {{expected positive m, n and strip, got 0, 64 and 4}}
#a = #attn.plan<m = 0, n = 64, k = 0, strip = 4, panel = 0, depth = 0>

// -----

// expected-error @below {{expected non-negative k, panel and depth, got 0, -1 and 0}}
#a = #attn.plan<m = 64, n = 64, k = 0, strip = 4, panel = -1, depth = 0>
