// A file pins tile sizes; what it does not name is planned.
// RUN: echo '{"linear": {"m": 8, "strip": 2}, "linear 64x32": {"n": 32, "k": 16}, "attention 16": {"m": 32, "n": 16}}' > %t.json
// RUN: attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.json" | FileCheck %s

// Bad files and sizes that the tilings cannot take are errors.
// RUN: echo '{"linear": {"m": 8, "strip": 3}}' > %t.strip.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.strip.json" 2>&1 | FileCheck %s --check-prefix=STRIP
// RUN: echo '{"linear": {"n": 20}}' > %t.n.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.n.json" 2>&1 | FileCheck %s --check-prefix=COLUMNS
// RUN: echo '{"linear": {"n": 96}}' > %t.blocks.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.blocks.json" 2>&1 | FileCheck %s --check-prefix=BLOCKS
// RUN: echo '{"attention": {"m": 64000}}' > %t.cache.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.cache.json" 2>&1 | FileCheck %s --check-prefix=CACHE
// RUN: echo '{"linear": {"rows": 8}}' > %t.member.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.member.json" 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: echo '{"mlp": {}}' > %t.kind.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.kind.json" 2>&1 | FileCheck %s --check-prefix=KIND
// RUN: echo '[' > %t.json.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.json.json" 2>&1 | FileCheck %s --check-prefix=JSON
// RUN: echo '[]' > %t.list.json
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.list.json" 2>&1 | FileCheck %s --check-prefix=OBJECT
// RUN: not attnc-opt %s --attn-plan="cpu=x86-64-v4 overrides=%t.absent" 2>&1 | FileCheck %s --check-prefix=ABSENT

// STRIP: error: expected m to be a multiple of strip, got 8 and 3
// COLUMNS: error: expected n to be a multiple of 32, got 20
// BLOCKS: error: expected n to divide 64 columns and k to be a multiple of 1, got 96 and 2048
// CACHE: error: expected the tiles of a block to fit the cache, needed {{[0-9]+}} bytes, available {{[0-9]+}}
// MEMBER: error: expected m, n, k, strip from 1 to 1048576 in "linear" of '{{.*}}', got "rows"
// KIND: error: expected '{{.*}}' to map linear, attention, norm, rope, embedding or attention@sm_90a to an object, got "mlp"
// JSON: error: expected JSON in '{{.*}}', got
// OBJECT: error: expected an object in
// ABSENT: error: cannot read '{{.*}}': No such file or directory

// CHECK-LABEL: func @pinned
func.func @pinned(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>, %v: tensor<64x32xf32>,
                  %q: tensor<1x2x?x16xf32>, %r: tensor<1x2x?x32xf32>) {
  // CHECK: attn.linear {{.*}}plan = #attn.plan<m = 8, n = 64, k = 2048, strip = 2, panel = 32, depth = 1>
  %0 = attn.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  // CHECK: attn.linear {{.*}}plan = #attn.plan<m = 64, n = 32, k = 16, strip = 8, panel = 32, depth = 1>
  %1 = attn.linear %x, %v : (tensor<?x64xf32>, tensor<64x32xf32>) -> tensor<?x32xf32>
  // CHECK: attn.attention {{.*}}plan = #attn.plan<m = 32, n = 16,
  %2 = attn.attention %q, %q, %q : (tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>) -> tensor<1x2x?x16xf32>
  // CHECK: attn.attention {{.*}}plan = #attn.plan<m = 64, n = 64,
  %3 = attn.attention %r, %r, %r : (tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>) -> tensor<1x2x?x32xf32>
  return
}
