// RUN: attnc-opt %s --attn-fuse-masks --canonicalize --split-input-file | FileCheck %s

// A triangle aligned at the first key: nothing else counts rows, so that q_offset says it.
// CHECK-LABEL: func @causal
// CHECK-NOT: tensor.
// CHECK: %[[M:.*]] = attn.mask.causal
// CHECK: attn.attention %{{.*}} mask %[[M]] {q_offset = 0 : si64}
func.func @causal(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "Sq", ""]}, %k: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "Sk", ""]})
    -> tensor<?x4x?x64xf32> {
  %c2 = arith.constant 2 : index
  %lq = tensor.dim %q, %c2 : tensor<?x4x?x64xf32>
  %lk = tensor.dim %k, %c2 : tensor<?x4x?x64xf32>
  %t = tensor.generate %lq, %lk {
  ^bb0(%i: index, %j: index):
    %v = arith.cmpi sle, %j, %i : index
    tensor.yield %v : i1
  } : tensor<?x?xi1>
  %m = attn.mask.tensor %t : tensor<?x?xi1>
  %o = attn.attention %q, %k, %k mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// -----

// Aligned at the last key, additive, in 64-bit positions, and a window: the default q_offset does. The sizes come through the
// ops that keep them.
// CHECK-LABEL: func @window
// CHECK: %[[M:.*]] = attn.mask.window 16
// CHECK: attn.attention %{{.*}} mask %[[M]] :
func.func @window(%x: tensor<?x?x256xf32> {attn.dims = ["B", "Sq", ""]}, %k: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "Sk", ""]})
    -> tensor<?x4x?x64xf32> {
  %q = attn.split_heads %x : tensor<?x?x256xf32> to tensor<?x4x?x64xf32>
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %lq = tensor.dim %x, %c1 : tensor<?x?x256xf32>
  %lk = tensor.dim %k, %c2 : tensor<?x4x?x64xf32>
  %shift = arith.subi %lk, %lq : index
  %inf = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%lq, %lk) : tensor<?x?xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      outs(%e : tensor<?x?xf32>) {
  ^bb0(%unused: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %p = arith.addi %i, %shift : index
    %row = arith.index_cast %p : index to i64
    %key = arith.index_cast %j : index to i64
    %c16 = arith.constant 16 : i64
    %d = arith.subi %row, %key : i64
    %far = arith.cmpi sgt, %d, %c16 : i64
    %later = arith.cmpi sgt, %key, %row : i64
    %hidden = arith.ori %far, %later : i1
    %y = arith.select %hidden, %inf, %zero : f32
    linalg.yield %y : f32
  } -> tensor<?x?xf32>
  %o = attn.attention %q, %k, %k score_bias %t
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x?xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// -----

// An op of the user's counts rows from the last key: a triangle from the first is then no mask op.
// CHECK-LABEL: func @other_offset
// CHECK: %[[C:.*]] = attn.mask.causal
// CHECK: %[[T:.*]] = attn.mask.custom {
// CHECK: arith.cmpi sle
// CHECK: %[[M:.*]] = attn.mask.and %[[C]], %[[T]]
// CHECK: attn.attention %{{.*}} mask %[[M]] :
func.func @other_offset(%q: tensor<1x4x8x64xf32>, %k: tensor<1x4x16x64xf32>) -> tensor<1x4x8x64xf32> {
  %t = tensor.generate {
  ^bb0(%i: index, %j: index):
    %v = arith.cmpi sle, %j, %i : index
    tensor.yield %v : i1
  } : tensor<8x16xi1>
  %0 = attn.mask.causal
  %1 = attn.mask.tensor %t : tensor<8x16xi1>
  %m = attn.mask.and %0, %1
  %o = attn.attention %q, %k, %k mask %m
    : (tensor<1x4x8x64xf32>, tensor<1x4x16x64xf32>, tensor<1x4x16x64xf32>, !attn.mask) -> tensor<1x4x8x64xf32>
  return %o : tensor<1x4x8x64xf32>
}

// -----

// Ids broadcast to whole tensors and compared, within lengths: no tensor of scores is left.
// CHECK-LABEL: func @documents_in_lengths
// CHECK-SAME: %[[IDS:[a-z0-9]+]]: tensor<?x?xi32>{{.*}}, %[[N:[a-z0-9]+]]: tensor<?xi32>
// CHECK-DAG: %[[D:.*]] = attn.mask.document %[[IDS]], %[[IDS]]
// CHECK-DAG: %[[L:.*]] = attn.mask.lengths %[[N]]
// CHECK: %[[M:.*]] = attn.mask.and %{{.*}}, %{{.*}}
// CHECK: attn.attention %{{.*}} mask %[[M]] :
func.func @documents_in_lengths(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "S", ""]}, %ids: tensor<?x?xi32> {attn.dims = ["B", "S"]},
                                %n: tensor<?xi32> {attn.dims = ["B"]}) -> tensor<?x4x?x64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = tensor.dim %ids, %c0 : tensor<?x?xi32>
  %s = tensor.dim %ids, %c1 : tensor<?x?xi32>
  %e = tensor.empty(%b, %s, %s) : tensor<?x?x?xi32>
  %rows = linalg.broadcast ins(%ids : tensor<?x?xi32>) outs(%e : tensor<?x?x?xi32>) dimensions = [2]
  %keys = linalg.broadcast ins(%ids : tensor<?x?xi32>) outs(%e : tensor<?x?x?xi32>) dimensions = [1]
  %same = arith.cmpi eq, %rows, %keys : tensor<?x?x?xi32>
  %4 = tensor.expand_shape %same [[0, 1], [2], [3]] output_shape [%b, 1, %s, %s] : tensor<?x?x?xi1> into tensor<?x1x?x?xi1>
  %inside = tensor.generate %b, %s {
  ^bb0(%x: index, %h: index, %i: index, %j: index):
    %end = tensor.extract %n[%x] : tensor<?xi32>
    %key = arith.index_cast %j : index to i32
    %v = arith.cmpi sgt, %end, %key : i32
    tensor.yield %v : i1
  } : tensor<?x1x1x?xi1>
  %0 = attn.mask.tensor %4 : tensor<?x1x?x?xi1>
  %1 = attn.mask.tensor %inside : tensor<?x1x1x?xi1>
  %m = attn.mask.and %0, %1
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, !attn.mask) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// -----

// A prefix or what came before, which a selection says.
// CHECK-LABEL: func @prefix_lm
// CHECK-DAG: %[[P:.*]] = attn.mask.prefix
// CHECK-DAG: %[[C:.*]] = attn.mask.causal
// CHECK: attn.mask.or %[[P]], %[[C]]
func.func @prefix_lm(%q: tensor<?x4x32x64xf32> {attn.dims = ["B", "", "", ""]}, %p: tensor<?xi32> {attn.dims = ["B"]}) -> tensor<?x4x32x64xf32> {
  %c0 = arith.constant 0 : index
  %b = tensor.dim %p, %c0 : tensor<?xi32>
  %true = arith.constant true
  %t = tensor.generate %b {
  ^bb0(%x: index, %h: index, %i: index, %j: index):
    %end = tensor.extract %p[%x] : tensor<?xi32>
    %e = arith.index_cast %end : i32 to index
    %before = arith.cmpi slt, %j, %e : index
    %causal = arith.cmpi uge, %i, %j : index
    %v = arith.select %before, %true, %causal : i1
    tensor.yield %v : i1
  } : tensor<?x1x32x32xi1>
  %m = attn.mask.tensor %t : tensor<?x1x32x32xi1>
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<?x4x32x64xf32>, tensor<?x4x32x64xf32>, tensor<?x4x32x64xf32>, !attn.mask) -> tensor<?x4x32x64xf32>
  return %o : tensor<?x4x32x64xf32>
}

// -----

// What is nobody's mask stays a region; the causal part of it is found, also in a custom mask of the user's.
// CHECK-LABEL: func @congruent
// CHECK: %[[C:.*]] = attn.mask.causal
// CHECK: %[[R:.*]] = attn.mask.custom {
// CHECK-NEXT: ^bb0(%{{.*}}: index, %{{.*}}: index, %[[I:.*]]: index, %[[J:.*]]: index):
// CHECK-NOT: arith.cmpi sle
// CHECK: arith.remui
// CHECK: attn.mask.and %[[C]], %[[R]]
func.func @congruent(%q: tensor<1x4x32x64xf32>) -> tensor<1x4x32x64xf32> {
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %c5 = arith.constant 5 : index
    %c7 = arith.constant 7 : index
    %c0 = arith.constant 0 : index
    %x = arith.muli %i, %c7 : index
    %y = arith.addi %x, %j : index
    %r = arith.remui %y, %c5 : index
    %other = arith.cmpi ne, %r, %c0 : index
    %causal = arith.cmpi sle, %j, %i : index
    %v = arith.andi %causal, %other : i1
    attn.yield %v : i1
  }
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<1x4x32x64xf32>, tensor<1x4x32x64xf32>, tensor<1x4x32x64xf32>, !attn.mask) -> tensor<1x4x32x64xf32>
  return %o : tensor<1x4x32x64xf32>
}

// -----

// A mask that shows all keys is none.
// CHECK-LABEL: func @all
// CHECK-NOT: mask
func.func @all(%q: tensor<1x4x32x64xf32>) -> tensor<1x4x32x64xf32> {
  %t = arith.constant dense<true> : tensor<32x32xi1>
  %m = attn.mask.tensor %t : tensor<32x32xi1>
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<1x4x32x64xf32>, tensor<1x4x32x64xf32>, tensor<1x4x32x64xf32>, !attn.mask) -> tensor<1x4x32x64xf32>
  return %o : tensor<1x4x32x64xf32>
}

// -----

// ALiBi, causal by addition: the −inf is a mask, the rest goes into the score region, and the slopes are a constant that the kernel reads.
// CHECK-LABEL: func @alibi
// CHECK-SAME: %[[S:[a-z0-9]+]]: tensor<4xf32> {attn.bound, attn.constant = dense<[5.000000e-01, 2.500000e-01, 1.000000e-01, 6.250000e-02]> : tensor<4xf32>, attn.weight = "alibi.constant0"}
// CHECK: %[[M:.*]] = attn.mask.causal
// CHECK: attn.attention %{{.*}} mask %[[M]] captures(%[[S]]) score {
// CHECK-NEXT: ^bb0(%[[SCORE:.*]]: f32, %{{.*}}: index, %[[H:.*]]: index, %[[I:.*]]: index, %[[J:.*]]: index, %[[T:.*]]: tensor<4xf32>):
// CHECK: %[[SLOPE:.*]] = tensor.extract %[[T]][%[[H]]]
// CHECK: arith.subi %[[J]], %[[I]]
// CHECK: %[[BIAS:.*]] = arith.mulf %{{.*}}, %[[SLOPE]]
// CHECK: %[[SUM:.*]] = arith.addf %[[SCORE]], %[[BIAS]]
// CHECK-NEXT: attn.yield %[[SUM]]
func.func @alibi(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "S", ""]}) -> tensor<?x4x?x64xf32> {
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<?x4x?x64xf32>
  %inf = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %slopes = arith.constant dense<[0.5, 0.25, 0.1, 0.0625]> : tensor<4xf32>
  %e2 = tensor.empty(%s, %s) : tensor<?x?xf32>
  %full = linalg.fill ins(%inf : f32) outs(%e2 : tensor<?x?xf32>) -> tensor<?x?xf32>
  %triangle = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%full : tensor<?x?xf32>) outs(%e2 : tensor<?x?xf32>) {
  ^bb0(%x: f32, %unused: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %later = arith.cmpi sgt, %j, %i : index
    %y = arith.select %later, %x, %zero : f32
    linalg.yield %y : f32
  } -> tensor<?x?xf32>
  %e3 = tensor.empty(%s, %s) : tensor<4x?x?xf32>
  %bias = linalg.generic {indexing_maps = [affine_map<(h, i, j) -> (h)>, affine_map<(h, i, j) -> (i, j)>, affine_map<(h, i, j) -> (h, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%slopes, %triangle : tensor<4xf32>, tensor<?x?xf32>) outs(%e3 : tensor<4x?x?xf32>) {
  ^bb0(%slope: f32, %added: f32, %unused: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %d = arith.subi %j, %i : index
    %d32 = arith.index_cast %d : index to i32
    %f = arith.sitofp %d32 : i32 to f32
    %x = arith.mulf %f, %slope : f32
    %y = arith.addf %x, %added : f32
    linalg.yield %y : f32
  } -> tensor<4x?x?xf32>
  %o = attn.attention %q, %q, %q score_bias %bias
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<4x?x?xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// -----

// A bias in memory behind a score region of the user's. A trailing size of 1 goes; narrow floats are widened.
// CHECK-LABEL: func @memory
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<?x1x?x1xbf16>
// CHECK: %[[V:.*]] = tensor.collapse_shape %[[A]] {{\[}}[0], [1], [2, 3]{{\]}} : tensor<?x1x?x1xbf16> into tensor<?x1x?xbf16>
// CHECK: captures(%[[V]]) score {
// CHECK-NEXT: ^bb0(%[[SCORE:.*]]: f32, %[[B:.*]]: index, %{{.*}}: index, %[[I:.*]]: index, %{{.*}}: index, %[[T:.*]]: tensor<?x1x?xbf16>):
// CHECK: %[[CAPPED:.*]] = math.tanh %[[SCORE]]
// CHECK: %[[X:.*]] = tensor.extract %[[T]][%[[B]], %c0, %[[I]]]
// CHECK: %[[WIDE:.*]] = arith.extf %[[X]] : bf16 to f32
// CHECK: arith.addf %[[CAPPED]], %[[WIDE]]
func.func @memory(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "S", ""]}, %t: tensor<?x1x?x1xbf16> {attn.dims = ["B", "", "S", ""]})
    -> tensor<?x4x?x64xf32> {
  %o = attn.attention %q, %q, %q score_bias %t score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %x = math.tanh %s : f32
    attn.yield %x : f32
  } : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x1x?x1xbf16>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// -----

// torch's masked_fill of a bias with −inf: the condition is a mask in memory.
// CHECK-LABEL: func @masked_fill
// CHECK-SAME: %[[SEEN:[a-z0-9]+]]: tensor<?x?xi1>{{.*}}, %[[T:[a-z0-9]+]]: tensor<?x?xf32>
// CHECK: %[[M:.*]] = attn.mask.custom(%[[SEEN]]) {
// CHECK-NEXT: ^bb0(%{{.*}}: index, %{{.*}}: index, %[[I:.*]]: index, %[[J:.*]]: index, %[[C:.*]]: tensor<?x?xi1>):
// CHECK-NEXT: %[[X:.*]] = tensor.extract %[[C]][%[[I]], %[[J]]]
// CHECK-NEXT: attn.yield %[[X]]
// CHECK: attn.attention %{{.*}} mask %[[M]] captures(%[[T]]) score
func.func @masked_fill(%q: tensor<?x4x?x64xf32> {attn.dims = ["B", "", "S", ""]}, %seen: tensor<?x?xi1> {attn.dims = ["S", "S"]},
                       %t: tensor<?x?xf32> {attn.dims = ["S", "S"]}) -> tensor<?x4x?x64xf32> {
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<?x4x?x64xf32>
  %inf = arith.constant 0xFF800000 : f32
  %hidden = tensor.splat %inf[%s, %s] : tensor<?x?xf32>
  %bias = arith.select %seen, %t, %hidden : tensor<?x?xi1>, tensor<?x?xf32>
  %o = attn.attention %q, %q, %q score_bias %bias
    : (tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>, tensor<?x?xf32>) -> tensor<?x4x?x64xf32>
  return %o : tensor<?x4x?x64xf32>
}

// -----

// Constants: a triangle of 0 and −inf, and positions that are counted, follow from the indices.
// CHECK-LABEL: func @constants
// CHECK-NOT: attn.constant
// CHECK-DAG: %[[C:.*]] = attn.mask.causal
// CHECK-DAG: %[[W:.*]] = attn.mask.window 1, 1073741824
// CHECK: attn.attention %{{.*}} mask %{{.*}} :
func.func @constants(%q: tensor<1x2x3x8xf32>) -> tensor<1x2x3x8xf32> {
  %t = arith.constant dense<[[0.0, 0xFF800000, 0xFF800000], [0.0, 0.0, 0xFF800000], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %rows = arith.constant dense<[[0], [1], [2]]> : tensor<3x1xi64>
  %keys = arith.constant dense<[[1, 2, 3]]> : tensor<1x3xi64>
  %e = tensor.empty() : tensor<3x3xi1>
  %near = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%rows, %keys : tensor<3x1xi64>, tensor<1x3xi64>) outs(%e : tensor<3x3xi1>) {
  ^bb0(%i: i64, %j: i64, %unused: i1):
    %v = arith.cmpi sge, %j, %i : i64
    linalg.yield %v : i1
  } -> tensor<3x3xi1>
  %m = attn.mask.tensor %near : tensor<3x3xi1>
  %o = attn.attention %q, %q, %q mask %m score_bias %t
    : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, !attn.mask, tensor<3x3xf32>) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

// Any other constant becomes a weight, once however often it is used; 64-bit integers that fit become i32.
// CHECK-LABEL: func @stored
// CHECK-SAME: %[[T:[a-z0-9]+]]: tensor<3xi32> {attn.bound, attn.constant = dense<[4, 0, 9]> : tensor<3xi32>, attn.weight = "stored.constant0"})
// CHECK: attn.mask.custom(%[[T]])
// CHECK: %[[X:.*]] = tensor.extract %{{.*}}[%{{.*}}] : tensor<3xi32>
// CHECK: arith.extsi %[[X]] : i32 to i64
func.func @stored(%q: tensor<1x2x3x8xf32>) -> tensor<1x2x3x8xf32> {
  %t = arith.constant dense<[4, 0, 9]> : tensor<3xi64>
  %g = tensor.generate {
  ^bb0(%i: index, %j: index):
    %x = tensor.extract %t[%i] : tensor<3xi64>
    %y = tensor.extract %t[%j] : tensor<3xi64>
    %v = arith.cmpi sle, %x, %y : i64
    tensor.yield %v : i1
  } : tensor<3x3xi1>
  %m = attn.mask.tensor %g : tensor<3x3xi1>
  %o = attn.attention %q, %q, %q mask %m
    : (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, !attn.mask) -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

// Slices, transposes and other shapes are arithmetic on indices; a size in it is read from the tensor that has it.
// CHECK-LABEL: func @shapes
// CHECK-SAME: %[[T:[a-z0-9]+]]: tensor<?xf32>
// CHECK: captures(%{{.*}}, %{{.*}}) score {
// CHECK: ^bb0(%{{.*}}: f32, %{{.*}}: index, %{{.*}}: index, %[[I:.*]]: index, %[[J:.*]]: index,
// CHECK-DAG: %[[SIZE:.*]] = tensor.dim
// CHECK-DAG: %[[ROW:.*]] = arith.muli %[[I]], %[[SIZE]]
// CHECK-DAG: arith.addi %[[ROW]], %[[J]]
func.func @shapes(%q: tensor<?x2x?x8xf32> {attn.dims = ["B", "", "S", ""]}, %t: tensor<?xf32> {attn.dims = ["N"]}) -> tensor<?x2x?x8xf32> {
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<?x2x?x8xf32>
  %square = tensor.expand_shape %t [[0, 1]] output_shape [%s, %s] : tensor<?xf32> into tensor<?x?xf32>
  %o = attn.attention %q, %q, %q score_bias %square
    : (tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x?xf32>) -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}

// -----

// Where each batch has its own offset a band of rows and keys is none of i' and j: it stays a predicate, and no q_offset is set.
// CHECK-LABEL: func @positions
// CHECK: attn.mask.custom
// CHECK: arith.cmpi
// CHECK: attn.attention %{{.*}} at %{{.*}} mask %{{[0-9a-z]+}} :
func.func @positions(%q: tensor<2x2x3x8xf32>, %k: tensor<2x2x5x8xf32>, %pos: tensor<2xi32>) -> tensor<2x2x3x8xf32> {
  %g = tensor.generate {
  ^bb0(%i: index, %j: index):
    %v = arith.cmpi sle, %j, %i : index
    tensor.yield %v : i1
  } : tensor<3x5xi1>
  %m = attn.mask.tensor %g : tensor<3x5xi1>
  %o = attn.attention %q, %k, %k at %pos mask %m
    : (tensor<2x2x3x8xf32>, tensor<2x2x5x8xf32>, tensor<2x2x5x8xf32>, tensor<2xi32>, !attn.mask) -> tensor<2x2x3x8xf32>
  return %o : tensor<2x2x3x8xf32>
}
