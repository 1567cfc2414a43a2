// RUN: attnc-opt %s --attn-classify-tiles --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// The last query row is aligned with the last key. Every row sees the keys up to the first row's position.
// CHECK-LABEL: func @causal
// CHECK: attn.attention {{.*}} bounds {
// CHECK-NEXT: ^bb0(%[[Q0:.*]]: index, %[[Q1:.*]]: index, %[[NQ:.*]]: index, %[[NK:.*]]: index, %{{.*}}: index):
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
// CHECK: %[[OFFSET:.*]] = arith.subi %[[NK]], %[[NQ]]
// CHECK: %[[ROW:.*]] = arith.addi %[[Q0]], %[[OFFSET]]
// CHECK: %[[END:.*]] = arith.addi %[[Q1]], %[[OFFSET]]
// CHECK: %[[A:.*]] = arith.addi %[[ROW]], %[[C1]]
// CHECK: %[[B:.*]] = arith.maxsi %[[A]], %[[C0]]
// CHECK: %[[LAST_FULL:.*]] = arith.minsi %[[B]], %[[NK]]
// CHECK: %[[C:.*]] = arith.maxsi %[[END]], %[[C0]]
// CHECK: %[[LAST:.*]] = arith.minsi %[[C]], %[[NK]]
// CHECK: attn.yield %[[C0]], %[[C0]], %[[LAST_FULL]], %[[LAST]]
func.func @causal(%q: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %m = attn.mask.causal
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// A q_offset of the user's replaces the alignment.
// CHECK-LABEL: func @window_with_offset
// CHECK: ^bb0(%[[Q0:.*]]: index, %[[Q1:.*]]: index, %{{.*}}: index, %[[NK:.*]]: index, %{{.*}}: index):
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[FIRST0:.*]] = arith.constant -15 : index
// CHECK-DAG: %[[LAST0:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[LASTFULL0:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[FIRSTFULL0:.*]] = arith.constant -16 : index
// CHECK: %[[A:.*]] = arith.addi %[[Q0]], %[[FIRST0]]
// CHECK: %[[B:.*]] = arith.maxsi %[[A]], %[[C0]]
// CHECK: %[[FIRST:.*]] = arith.minsi %[[B]], %[[NK]]
// CHECK: %[[C:.*]] = arith.addi %[[Q1]], %[[LAST0]]
// CHECK: %[[D:.*]] = arith.maxsi %[[C]], %[[C0]]
// CHECK: %[[LAST:.*]] = arith.minsi %[[D]], %[[NK]]
// CHECK: %[[E:.*]] = arith.addi %[[Q0]], %[[LASTFULL0]]
// CHECK: %[[F:.*]] = arith.maxsi %[[E]], %[[C0]]
// CHECK: %[[LAST_FULL:.*]] = arith.minsi %[[F]], %[[NK]]
// CHECK: %[[G:.*]] = arith.addi %[[Q1]], %[[FIRSTFULL0]]
// CHECK: %[[H:.*]] = arith.maxsi %[[G]], %[[C0]]
// CHECK: %[[I:.*]] = arith.minsi %[[H]], %[[NK]]
// CHECK: %[[FIRST_FULL:.*]] = arith.minsi %[[I]], %[[LAST_FULL]]
// CHECK: attn.yield %[[FIRST]], %[[FIRST_FULL]], %[[LAST_FULL]], %[[LAST]]
func.func @window_with_offset(%q: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %m = attn.mask.window 16, 2
  %o = attn.attention %q, %q, %q mask %m {q_offset = 1 : si64}
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// The emitted bounds hold no mask: a combination is walked here.
// CHECK-LABEL: func @combination
// CHECK: bounds {
// CHECK-NOT: attn.mask
// CHECK: arith.select
// CHECK-NOT: attn.mask
// CHECK: attn.yield
func.func @combination(%q: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %0 = attn.mask.causal
  %1 = attn.mask.window 4, 4
  %2 = attn.mask.window 8
  %3 = attn.mask.or %1, %2
  %m = attn.mask.and %0, %3
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// Ends come from memory, by batch: the mask's tensors are arguments of the region.
// CHECK-LABEL: func @lengths
// CHECK: bounds {
// CHECK-NEXT: ^bb0(%{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %[[NK:.*]]: index, %[[B:.*]]: index, %[[N:.*]]: tensor<?xi32>):
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK: %[[LENGTH:.*]] = tensor.extract %[[N]][%[[B]]] : tensor<?xi32>
// CHECK: %[[INDEX:.*]] = arith.index_cast %[[LENGTH]] : i32 to index
// CHECK: %[[MAX:.*]] = arith.maxsi %[[INDEX]], %[[C0]]
// CHECK: %[[END:.*]] = arith.minsi %[[MAX]], %[[NK]]
// CHECK: attn.yield %[[C0]], %[[C0]], %[[END]], %[[END]]
func.func @lengths(%q: tensor<?x4x?x16xf32>, %n: tensor<?xi32>) -> tensor<?x4x?x16xf32> {
  %m = attn.mask.lengths %n : tensor<?xi32>
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// One argument for each tensor, however many masks read it; documents bound no range of keys, the others do.
// CHECK-LABEL: func @prefix_and_documents
// CHECK: ^bb0({{.*}}, %[[B:[a-z0-9_]+]]: index, %{{[a-z0-9_]+}}: tensor<?x?xi32>, %[[N:[a-z0-9_]+]]: tensor<?xi32>):
// CHECK-COUNT-2: tensor.extract %[[N]][%[[B]]]
// CHECK-NOT: tensor.extract
// CHECK: attn.yield
func.func @prefix_and_documents(%q: tensor<?x4x?x16xf32>, %n: tensor<?xi32>, %d: tensor<?x?xi32>) -> tensor<?x4x?x16xf32> {
  %0 = attn.mask.prefix %n : tensor<?xi32>
  %1 = attn.mask.lengths %n : tensor<?xi32>
  %2 = attn.mask.document %d, %d : tensor<?x?xi32>, tensor<?x?xi32>
  %3 = attn.mask.and %0, %1
  %m = attn.mask.and %3, %2
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// The causal part still bounds the keys. A region whose elements are in memory tells nothing.
// CHECK-LABEL: func @causal_and_opaque
// CHECK: bounds {
// CHECK: attn.yield
func.func @causal_and_opaque(%q: tensor<?x4x?x16xf32>, %t: tensor<?x?xi1>) -> tensor<?x4x?x16xf32> {
  %0 = attn.mask.causal
  // expected-note @below {{the mask is defined here}}
  %1 = attn.mask.custom(%t) {
  ^bb0(%b: index, %h: index, %i: index, %j: index, %table: tensor<?x?xi1>):
    %v = tensor.extract %table[%i, %j] : tensor<?x?xi1>
    attn.yield %v : i1
  } : tensor<?x?xi1>
  %m = attn.mask.and %0, %1
  // expected-remark @below {{skips no tiles for a mask that tells nothing of them}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// A mask that no op makes is refused elsewhere.
// CHECK-LABEL: func @argument
// CHECK-NOT: bounds
func.func @argument(%q: tensor<?x4x?x16xf32>, %n: !attn.mask) -> tensor<?x4x?x16xf32> {
  %0 = attn.mask.causal
  %m = attn.mask.and %0, %n
  // expected-remark @below {{skips no tiles for a mask that tells nothing of them}}
  // expected-note @-4 {{the mask is defined here}}
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// No mask, or bounds already: nothing to do.
// CHECK-LABEL: func @unchanged
// CHECK-NOT: arith
func.func @unchanged(%q: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %0 = attn.attention %q, %q, %q
    : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  %m = attn.mask.causal
  %1 = attn.attention %0, %q, %q mask %m bounds {
  ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index):
    attn.yield %q0, %q0, %q0, %q0 : index, index, index, index
  } : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %1 : tensor<?x4x?x16xf32>
}

// -----

// Bounds count from one offset for all batches.
// CHECK-LABEL: func @positions
// CHECK-NOT: bounds
func.func @positions(%q: tensor<2x2x3x8xf32>, %pos: tensor<2xi32>) -> tensor<2x2x3x8xf32> {
  %m = attn.mask.causal
  %o = attn.attention %q, %q, %q at %pos mask %m
    : (tensor<2x2x3x8xf32>, tensor<2x2x3x8xf32>, tensor<2x2x3x8xf32>, tensor<2xi32>, !attn.mask) -> tensor<2x2x3x8xf32>
  return %o : tensor<2x2x3x8xf32>
}
