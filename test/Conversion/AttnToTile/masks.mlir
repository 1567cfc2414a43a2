// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// Bounds of a mask with an operand in memory are read there; the mask itself compares with the same length.
// CHECK-LABEL: tile.kernel @lengths
// CHECK-SAME: %[[N:[a-z0-9_]+]]: !tile.buf<?xi32, global>
// CHECK: %[[LENGTH:.*]] = tile.load %[[N]][%{{.*}}] {in_bounds = array<i1: false>} : <?xi32, global> -> i32
// CHECK: %[[END:.*]] = arith.index_cast %[[LENGTH]]
// CHECK: scf.for
// CHECK-NOT: arith.cmpi
// CHECK: scf.for
// CHECK: %[[AGAIN:.*]] = tile.load %[[N]]
// CHECK: arith.index_cast %[[AGAIN]]
// CHECK: %[[LIMIT:.*]] = tile.splat %{{.*}} : i32 -> tensor<4x32xi32>
// CHECK: arith.cmpi slt, %{{.*}}, %[[LIMIT]] : tensor<4x32xi32>
// CHECK: arith.select
tile.kernel @lengths(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %n: !tile.buf<?xi32, global> {tile.access = "read"},
                     %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %n[] : !tile.buf<?xi32, global> -> tensor<?xi32>
  %m = attn.mask.lengths %1 : tensor<?xi32>
  %2 = attn.attention %0, %0, %0 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index, %lengths: tensor<?xi32>):
    %c0 = arith.constant 0 : index
    %length = tensor.extract %lengths[%b] : tensor<?xi32>
    %end = arith.index_cast %length : i32 to index
    attn.yield %c0, %c0, %end, %end : index, index, index, index
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Documents: one loop that asks each block for its class. Blocks with no common id are skipped, blocks of one id have no
// mask code, the others compare a column of row ids with a row of key ids.
// CHECK-LABEL: tile.kernel @documents
// CHECK: scf.for %[[KEY:.*]] = %c0 to
// CHECK: tile.load %{{.*}}[%{{.*}}, %{{.*}}] {{.*}} -> tensor<16xi32>
// CHECK: %[[QMIN:.*]] = tile.reduce min %{{.*}} : tensor<16xi32> -> i32
// CHECK: %[[QMAX:.*]] = tile.reduce max %{{.*}} : tensor<16xi32> -> i32
// CHECK: tile.load %{{.*}}[%{{.*}}, %[[KEY]]] {{.*}} -> tensor<32xi32>
// CHECK: %[[KMIN:.*]] = tile.reduce min %{{.*}} : tensor<32xi32> -> i32
// CHECK: %[[KMAX:.*]] = tile.reduce max %{{.*}} : tensor<32xi32> -> i32
// CHECK: arith.cmpi slt, %[[QMAX]], %[[KMIN]]
// CHECK: arith.cmpi slt, %[[KMAX]], %[[QMIN]]
// CHECK: scf.if
// CHECK: scf.if
// CHECK-NOT: arith.cmpi
// CHECK: } else {
// CHECK: tile.broadcast %{{.*}} along 1 : tensor<4xi32> -> tensor<4x32xi32>
// CHECK: tile.broadcast %{{.*}} along 0 : tensor<32xi32> -> tensor<4x32xi32>
// CHECK: arith.cmpi eq
// CHECK-NOT: step %c32
tile.kernel @documents(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %d: !tile.buf<?x?xi32, global> {tile.access = "read"},
                       %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %d[] : !tile.buf<?x?xi32, global> -> tensor<?x?xi32>
  %m = attn.mask.document %1, %1 : tensor<?x?xi32>, tensor<?x?xi32>
  %2 = attn.attention %0, %0, %0 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index, %ids: tensor<?x?xi32>):
    %c0 = arith.constant 0 : index
    attn.yield %c0, %c0, %c0, %nk : index, index, index, index
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Without a bounds region there are no classes either: every block is masked.
// CHECK-LABEL: tile.kernel @documents_without_classes
// CHECK-NOT: tile.reduce min
// CHECK-NOT: scf.if
tile.kernel @documents_without_classes(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %d: !tile.buf<?x?xi32, global> {tile.access = "read"},
                       %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %d[] : !tile.buf<?x?xi32, global> -> tensor<?x?xi32>
  %m = attn.mask.document %1, %1 : tensor<?x?xi32>, tensor<?x?xi32>
  %2 = attn.attention %0, %0, %0 mask %m
    {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// A custom region: intervals of its integers on the loop's scalars, its ops on tiles; a divisor from memory cannot trap.
// CHECK-LABEL: tile.kernel @custom
// CHECK: scf.for
// CHECK: arith.divsi %{{.*}} : index
// CHECK: scf.if
// CHECK: scf.if
// CHECK: } else {
// CHECK: %[[DIVISOR:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x32xi1>, tensor<4x32xi32>
// CHECK: arith.divui %{{.*}}, %[[DIVISOR]] : tensor<4x32xi32>
// CHECK: arith.cmpi eq, %{{.*}} : tensor<4x32xi32>
tile.kernel @custom(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %n: !tile.buf<?xi32, global> {tile.access = "read"},
                    %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %n[] : !tile.buf<?xi32, global> -> tensor<?xi32>
  %m = attn.mask.custom(%1) {
  ^bb0(%b: index, %h: index, %i: index, %j: index, %sizes: tensor<?xi32>):
    %size = tensor.extract %sizes[%b] : tensor<?xi32>
    %d = arith.index_cast %size : i32 to index
    %x = arith.divui %i, %d : index
    %y = arith.divui %j, %d : index
    %visible = arith.cmpi eq, %x, %y : index
    attn.yield %visible : i1
  } : tensor<?xi32>
  %2 = attn.attention %0, %0, %0 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index, %sizes: tensor<?xi32>):
    %c0 = arith.constant 0 : index
    attn.yield %c0, %c0, %c0, %nk : index, index, index, index
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %2, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// The scale comes before the score region, log₂ e after it. A bias is a tile load; sinks start the row's statistics.
// CHECK-LABEL: tile.kernel @score
// CHECK: %[[SINK:.*]] = tile.load %{{.*}}[%{{.*}}] {in_bounds = array<i1: false>} : <4xf32, global> -> f32
// CHECK: %[[SCALED:.*]] = arith.mulf %[[SINK]], %{{.*}} : f32
// CHECK: tile.fill %[[SCALED]]
// CHECK: tile.fill %cst{{.*}}
// CHECK: tile.mma
// CHECK: %[[S:.*]] = arith.mulf %{{.*}} : tensor<4x32xf32>
// CHECK: %[[BIAS:.*]] = tile.load %{{.*}}[%{{.*}}, %{{.*}}] {in_bounds = array<i1: false, false>} : <?x?xf32, global> -> tensor<4x32xf32>
// CHECK: %[[SUM:.*]] = arith.addf %[[S]], %[[BIAS]] : tensor<4x32xf32>
// CHECK: arith.mulf %[[SUM]], %{{.*}} : tensor<4x32xf32>
tile.kernel @score(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %s: !tile.buf<4xf32, global> {tile.access = "read"},
                   %t: !tile.buf<?x?xf32, global> {tile.access = "read"}, %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %s[] : !tile.buf<4xf32, global> -> tensor<4xf32>
  %2 = tile.load %t[] : !tile.buf<?x?xf32, global> -> tensor<?x?xf32>
  %3 = attn.attention %0, %0, %0 sinks %1 captures(%2) score {
  ^bb0(%score: f32, %b: index, %h: index, %i: index, %j: index, %bias: tensor<?x?xf32>):
    %x = tensor.extract %bias[%i, %j] : tensor<?x?xf32>
    %y = arith.addf %score, %x : f32
    attn.yield %y : f32
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<4xf32>, tensor<?x?xf32>) -> tensor<?x4x?x64xf32>
  tile.store %3, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}

// -----

// Ids that a region reads along rows and keys have the range from their least to their greatest; conditions count as 0 and 1.
// CHECK-LABEL: tile.kernel @vectors
// CHECK: scf.for
// CHECK: tile.load %{{.*}} -> tensor<16xi32>
// CHECK: tile.reduce min %{{.*}} : tensor<16xi32> -> i32
// CHECK: tile.load %{{.*}} -> tensor<32xi32>
// CHECK: tile.reduce max %{{.*}} : tensor<32xi32> -> i32
// CHECK: %[[SEEN:.*]] = tile.load %{{.*}} -> tensor<32xi1>
// CHECK: %[[BYTES:.*]] = arith.extui %[[SEEN]] : tensor<32xi1> to tensor<32xi32>
// CHECK: tile.reduce max %[[BYTES]]
// CHECK: scf.if
// CHECK: tile.mma
tile.kernel @vectors(%q: !tile.buf<?x4x?x64xf32, global> {tile.access = "read"}, %d: !tile.buf<?xi32, global> {tile.access = "read"},
                     %s: !tile.buf<?x?xi1, global> {tile.access = "read"}, %o: !tile.buf<?x4x?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %q[] : !tile.buf<?x4x?x64xf32, global> -> tensor<?x4x?x64xf32>
  %1 = tile.load %d[] : !tile.buf<?xi32, global> -> tensor<?xi32>
  %2 = tile.load %s[] : !tile.buf<?x?xi1, global> -> tensor<?x?xi1>
  %m = attn.mask.custom(%1, %2) {
  ^bb0(%b: index, %h: index, %i: index, %j: index, %ids: tensor<?xi32>, %seen: tensor<?x?xi1>):
    %x = tensor.extract %ids[%i] : tensor<?xi32>
    %y = tensor.extract %ids[%j] : tensor<?xi32>
    %z = tensor.extract %seen[%b, %j] : tensor<?x?xi1>
    %same = arith.cmpi eq, %x, %y : i32
    %v = arith.andi %same, %z : i1
    attn.yield %v : i1
  } : tensor<?xi32>, tensor<?x?xi1>
  %3 = attn.attention %0, %0, %0 mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index, %ids: tensor<?xi32>, %seen: tensor<?x?xi1>):
    %c0 = arith.constant 0 : index
    attn.yield %c0, %c0, %c0, %nk : index, index, index, index
  } {plan = #attn.plan<m = 16, n = 32, k = 0, strip = 4, panel = 0, depth = 0>}
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  tile.store %3, %o[] : tensor<?x4x?x64xf32>, !tile.buf<?x4x?x64xf32, global>
}
