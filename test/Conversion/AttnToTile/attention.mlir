// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// A block computes 16 query rows of one head of one sequence; the last rows come first. Query head h uses KV
// head h / 2.
// CHECK-LABEL: tile.kernel @grid
// CHECK-SAME: %[[Q:[a-z0-9_]+]]: !tile.buf<?x4x?x64xf32, global>
// CHECK-SAME: %[[K:[a-z0-9_]+]]: !tile.buf<?x2x?x64xf32, global>
// CHECK-SAME: %[[O:[a-z0-9_]+]]: !tile.buf<?x4x?x64xf32, global>
// CHECK-DAG: %[[NQ:.*]] = tile.dim %[[O]], 2
// CHECK-DAG: %[[NB:.*]] = tile.dim %[[O]], 0
// CHECK-DAG: %[[BLOCKS:.*]] = arith.ceildivui %[[NQ]], %c16
// CHECK: %x, %y, %z = tile.grid %[[BLOCKS]], %c4, %[[NB]]
// CHECK: %[[REV:.*]] = arith.subi %[[BLOCKS]], %x
// CHECK: %[[BLOCK:.*]] = arith.subi %[[REV]], %c1
// CHECK: %[[ROW:.*]] = arith.muli %[[BLOCK]], %c16
// CHECK: %[[KV:.*]] = arith.divui %y, %c2
// CHECK: tile.slice %[[Q]][%z, %y, %[[ROW]], %c0] {in_bounds = array<i1: false, true, false, true>}
// CHECK: tile.slice %[[K]][%z, %[[KV]], %{{.*}}, %c0]
// CHECK-NOT: attn.
tile.kernel @grid(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %2 = attn.attention %0, %1, %1
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// As many KV heads as heads: no division.
// CHECK-LABEL: tile.kernel @multi_head
// CHECK: %x, %y, %z = tile.grid
// CHECK: tile.slice %{{.*}}[%z, %y, %{{.*}}, %c0] {{.*}} to <32x64xf32, global>
tile.kernel @multi_head(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %2 = attn.attention %0, %1, %1
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// One step of the online softmax: scores, their maximum, the correction of what was summed before, weights, output.
// CHECK-LABEL: tile.kernel @step
// CHECK: tile.fill %{{.*}}, %[[ACC:.*]] : f32, <16x64xf32, cache>
// CHECK: tile.fill %{{.*}}, %[[MAX:.*]] : f32, <16xf32, cache>
// CHECK: tile.fill %{{.*}}, %[[SUM:.*]] : f32, <16xf32, cache>
// CHECK: scf.for
// CHECK: %[[S:.*]] = tile.alloc : <16x32xf32, cache>
// CHECK: tile.copy %{{.*}} to %[[KT:.*]] {transposed} : <32x64xf32, global> to <64x32xf32, cache>
// CHECK: tile.mma %{{.*}}, %[[KT]], %[[S]] {overwrite}
// CHECK: scf.for %[[R:.*]] = %c0
// CHECK: tile.load %[[S]][%[[R]], %c0] : {{.*}} -> tensor<4x32xf32>
// CHECK: %[[OLD:.*]] = tile.load %[[MAX]][%[[R]]]
// CHECK: %[[M:.*]] = tile.reduce max
// CHECK: %[[NEW:.*]] = arith.maximumf %[[OLD]], %[[M]]
// CHECK: %[[D:.*]] = arith.subf %[[OLD]], %[[NEW]]
// CHECK: %[[CORRECTION:.*]] = math.exp2 %[[D]]
// CHECK: %[[P:.*]] = math.exp2 %{{.*}} : tensor<4x32xf32>
// CHECK: tile.reduce add %[[P]]
// CHECK: tile.store %[[P]], %[[S]]
// CHECK: tile.store %[[NEW]], %[[MAX]]
// CHECK: tile.store %{{.*}}, %[[SUM]]
// CHECK: tile.load %[[ACC]][%[[R]], %c0]
// CHECK: tile.broadcast %[[CORRECTION]] along 1
// CHECK: tile.store %{{.*}}, %[[ACC]]
// CHECK: tile.mma %[[S]], %{{.*}}, %[[ACC]] : !tile
tile.kernel @step(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %2 = attn.attention %0, %1, %1
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Without a mask all whole tiles are full: one loop without masks, one for the tile at the edge.
// CHECK-LABEL: tile.kernel @no_mask
// CHECK: %[[NK:.*]] = tile.dim %{{.*}}, 2 : <?x2x?x64xf32, global>
// CHECK: %[[TILES:.*]] = arith.divui %[[NK]], %c32
// CHECK: arith.muli %[[TILES]], %c32
// CHECK: scf.for %{{.*}} = %c0 to %[[FULL:.*]] step %c32 {
// CHECK: tile.slice {{.*}} {in_bounds = array<i1: false, true, true, true>}
// CHECK-NOT: arith.cmpi
// CHECK: scf.for %{{.*}} = %[[FULL]] to %[[NK]] step %c32 {
// CHECK: tile.slice {{.*}} {in_bounds = array<i1: false, true, false, true>}
// CHECK: arith.cmpi slt
// CHECK: arith.select
tile.kernel @no_mask(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %2 = attn.attention %0, %1, %1
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// With bounds the keys past the last are never visited, full tiles have no mask code, and the tiles between are
// masked. A first full key of 0 leaves nothing before the full tiles: two loops.
// CHECK-LABEL: tile.kernel @causal
// CHECK: %[[NK:.*]] = tile.dim %{{.*}}, 2 : <?x2x?x64xf32, global>
// CHECK: %[[LAST_FULL:.*]] = arith.minsi %{{.*}}, %[[NK]]
// CHECK: %[[LAST:.*]] = arith.minsi %{{.*}}, %[[NK]]
// CHECK: scf.for %{{.*}} = %c0 to %[[FULL_END:.*]] step %c32 {
// CHECK-NOT: arith.cmpi
// CHECK: scf.for %{{.*}} = %[[FULL_END]] to %[[LAST]] step %c32 {
// CHECK: arith.cmpi slt
// CHECK: arith.cmpi sle
// CHECK: arith.select
// CHECK-NOT: step %c32
tile.kernel @causal(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %m = attn.mask.causal
  %2 = attn.attention %0, %1, %1 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    %c0 = arith.constant 0 : index
    attn.yield %c0, %c0, %q0, %q1 : index, index, index, index
  }
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// A window has masked tiles before the full ones too: three loops.
// CHECK-LABEL: tile.kernel @window
// CHECK: step %c32 {
// CHECK: arith.cmpi
// CHECK: step %c32 {
// CHECK: in_bounds = array<i1: false, true, true, true>
// CHECK-NOT: arith.cmpi
// CHECK: step %c32 {
// CHECK: arith.cmpi
tile.kernel @window(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %m = attn.mask.window 8
  %2 = attn.attention %0, %1, %1 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    attn.yield %q0, %q1, %nq, %nk : index, index, index, index
  }
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Without bounds (attn-classify-tiles switched off) every tile is visited and masked.
// CHECK-LABEL: tile.kernel @unclassified
// CHECK: %[[NK:.*]] = tile.dim %{{.*}}, 2 : <?x2x?x64xf32, global>
// CHECK: scf.for %{{.*}} = %c0 to %[[NK]] step %c32 {
// CHECK-NOT: in_bounds = array<i1: false, true, true, true>
// CHECK: arith.cmpi
// CHECK-NOT: step %c32
tile.kernel @unclassified(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %m = attn.mask.causal
  %2 = attn.attention %0, %1, %1 mask %m
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// A user's bounds prove nothing: they are clamped to the keys that exist.
// CHECK-LABEL: tile.kernel @bounds_of_the_user
// CHECK: %[[NK:.*]] = tile.dim %{{.*}}, 2 : <?x2x?x64xf32, global>
// CHECK: arith.minsi %[[NK]], %c1000000
// CHECK: step %c32
tile.kernel @bounds_of_the_user(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %m = attn.mask.causal
  %2 = attn.attention %0, %1, %1 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    %c-64 = arith.constant -64 : index
    %c1000000 = arith.constant 1000000 : index
    attn.yield %c-64, %c-64, %c1000000, %c1000000 : index, index, index, index
  }
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// A row that has seen no key yet has a maximum of -inf, which a masked tile must not subtract from itself.
// CHECK-LABEL: tile.kernel @unseen_rows
// CHECK: arith.select
// CHECK: %[[NEW:.*]] = arith.maximumf
// CHECK: %[[UNSEEN:.*]] = arith.cmpf oeq, %[[NEW]], %{{.*}}
// CHECK: %[[REF:.*]] = arith.select %[[UNSEEN]], %{{.*}}, %[[NEW]]
// CHECK: arith.subf %{{.*}}, %[[REF]]
tile.kernel @unseen_rows(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %m = attn.mask.causal
  %2 = attn.attention %0, %1, %1 mask %m
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Rows stand at Sk - Sq + i among the keys.
// CHECK-LABEL: tile.kernel @row_positions
// CHECK-DAG: %[[NQ:.*]] = tile.dim %{{.*}}, 2 : <?x4x?x64xf32, global>
// CHECK-DAG: %[[NK:.*]] = tile.dim %{{.*}}, 2 : <?x2x?x64xf32, global>
// CHECK: arith.subi %[[NK]], %[[NQ]]
tile.kernel @row_positions(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %m = attn.mask.causal
  %2 = attn.attention %0, %1, %1 mask %m
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// A given q_offset replaces that.
// CHECK-LABEL: tile.kernel @q_offset
// CHECK-DAG: %[[NQ:.*]] = tile.dim %{{.*}}, 2 : <?x4x?x64xf32, global>
// CHECK-DAG: %[[NK:.*]] = tile.dim %{{.*}}, 2 : <?x2x?x64xf32, global>
// CHECK-NOT: arith.subi %[[NK]], %[[NQ]]
// CHECK: arith.addi %{{.*}}, %c5
tile.kernel @q_offset(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %m = attn.mask.causal
  %2 = attn.attention %0, %1, %1 mask %m
    {q_offset = 5 : si64, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Scores and weights in registers are marked, as is the output with its row statistics; softmax takes them whole.
// CHECK-LABEL: tile.kernel @in_registers
// CHECK: tile.alloc {promote} : <4x64xf32, cache>
// CHECK: tile.alloc {promote} : <4xf32, cache>
// CHECK: tile.alloc {promote} : <4xf32, cache>
// CHECK: %[[S:.*]] = tile.alloc {promote} : <4x32xf32, cache>
// CHECK: tile.load %[[S]][] : {{.*}} -> tensor<4x32xf32>
// CHECK: tile.store %{{.*}}, %[[S]][]
tile.kernel @in_registers(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %2 = attn.attention %0, %1, %1
    {place = #attn.place<scores = register, weights = register, output = register>, plan = #attn.plan<m = 4, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Scores in registers and weights in the cache are two buffers.
// CHECK-LABEL: tile.kernel @weights_in_cache
// CHECK: %[[S:.*]] = tile.alloc {promote} : <4x32xf32, cache>
// CHECK: %[[P:.*]] = tile.alloc : <4x32xf32, cache>
// CHECK: tile.mma %{{.*}}, %{{.*}}, %[[S]] {overwrite}
// CHECK: tile.store %{{.*}}, %[[P]][]
// CHECK: tile.mma %[[P]]
tile.kernel @weights_in_cache(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %2 = attn.attention %0, %1, %1
    {place = #attn.place<scores = register>, plan = #attn.plan<m = 4, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// bf16 operands placed in the cache widen as they are copied: the query once a block, the value once a step.
// CHECK-LABEL: tile.kernel @operands_in_cache
// CHECK: tile.copy %{{.*}} to %[[Q:.*]] : <16x64xbf16, global> to <16x64xf32, cache>
// CHECK: scf.for
// CHECK: tile.mma %[[Q]], %{{.*}}, %[[S:.*]] {overwrite}
// CHECK: tile.copy %{{.*}} to %[[V:.*]] : <32x64xbf16, global> to <32x64xf32, cache>
// CHECK: tile.mma %[[S]], %[[V]]
tile.kernel @operands_in_cache(%q: !tile.buf<?x4x?x64xbf16, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xbf16, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xbf16, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xbf16, global> -> tensor<?x4x?x64xbf16>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xbf16, global> -> tensor<?x2x?x64xbf16>
  %2 = attn.attention %0, %1, %1
    {place = #attn.place<query = cache, value = cache>, plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x4x?x64xbf16>
  tile.store %2, %o[] : tensor<?x4x?x64xbf16>, !tile.buf<?x4x?x64xbf16, global>
}

// -----

// Without a placement everything of the step is in the cache.
// CHECK-LABEL: tile.kernel @no_place
// CHECK-NOT: promote
tile.kernel @no_place(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %2 = attn.attention %0, %1, %1
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// A row that saw no key gives zeros, and a log-sum-exp of -inf.
// CHECK-LABEL: tile.kernel @log_sum_exp
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c32
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c32
// CHECK: tile.slice {{.*}} : <?x4x?x64xf32, global> to
// CHECK: %[[SUM:.*]] = tile.load {{.*}} -> tensor<4xf32>
// CHECK-NEXT: %[[EMPTY:.*]] = arith.cmpf oeq, %[[SUM]], %{{.*}}
// CHECK: arith.select %[[EMPTY]]
// CHECK: tile.store %{{.*}} {in_bounds = array<i1: false, true>}
// CHECK: math.log2 %[[SUM]]
// CHECK: %[[LSE:.*]] = arith.select %[[EMPTY]]
// CHECK: tile.store %[[LSE]], %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] {in_bounds = array<i1: false, true, false>} : tensor<4xf32>, <?x4x?xf32, global>
tile.kernel @log_sum_exp(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %k: !tile.buf<?x2x?x64xf32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"},
                    %l: !tile.buf<?x4x?xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %k[] : !tile.buf<?x2x?x64xf32, global> -> tensor<?x2x?x64xf32>
  %2, %3 = attn.attention %0, %1, %1
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x64xf32>) -> (tensor<?x4x?x64xf32>, tensor<?x4x?xf32>)
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
  tile.store %3, %l[] : tensor<?x4x?xf32>, !tile.buf<?x4x?xf32, global>
}

// -----

// Fewer keys than a tile has: no tile is full.
// CHECK-LABEL: tile.kernel @few_keys
// CHECK-NOT: in_bounds = array<i1: false, true, true, true>
// CHECK: arith.select
tile.kernel @few_keys(%q: !tile.buf<1x4x16x64xf32, global> {tile.access = "read"}, %o: !tile.buf<1x4x16x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<1x4x16x64xf32, global> -> tensor<1x4x16x64xf32>
  %m = attn.mask.window 2
  %1 = attn.attention %0, %0, %0 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    attn.yield %q0, %q0, %q1, %nk : index, index, index, index
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<1x4x16x64xf32>, tensor<1x4x16x64xf32>, tensor<1x4x16x64xf32>, !attn.mask) -> tensor<1x4x16x64xf32>
  tile.store %1, %o[] : tensor<1x4x16x64xf32>, !tile.buf<1x4x16x64xf32, global>
}
