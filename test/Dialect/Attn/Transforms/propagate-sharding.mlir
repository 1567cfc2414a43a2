// RUN: attnc-opt %s --attn-propagate-sharding --split-input-file | FileCheck %s

// A grid of one rank: annotations say nothing.
// CHECK-LABEL: func @one_rank
// CHECK-NEXT: %[[Y:.*]] = attn.linear %{{.*}}, %{{.*}} bias %{{.*}} residual %{{[a-z0-9]*}} :
// CHECK-NEXT: return %[[Y]]
shard.grid @tp(shape = 1)
func.func @one_rank(%x: tensor<?x64xf32>, %d: tensor<64x64xf32>, %b: tensor<64xf32>) -> tensor<?x64xf32> {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %ds = shard.shard %d to %rows annotate_for_users : tensor<64x64xf32>
  %y = attn.linear %x, %ds bias %b residual %x : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Columns, then rows. Biases of columns are divided with them; the bias and the residual of the partial product move
// behind its sum, so that three ranks do not add them three times. The up weight and the rows follow without annotation.
// CHECK-LABEL: func @mlp
// CHECK-SAME: %[[X:[a-z0-9]*]]: tensor<?x64xf32>, %[[G:[a-z0-9]*]]: tensor<64x96xf32> {attn.sharding = #attn.sharding<[_, 0]>}, %[[U:[a-z0-9]*]]: tensor<64x96xf32> {attn.sharding = #attn.sharding<[_, 0]>}, %[[D:[a-z0-9]*]]: tensor<96x64xf32> {attn.sharding = #attn.sharding<[0, _]>}, %[[BG:[a-z0-9]*]]: tensor<96xf32> {attn.sharding = #attn.sharding<[0]>}, %[[BD:[a-z0-9]*]]: tensor<64xf32>)
// CHECK-SAME: -> tensor<?x64xf32>
// CHECK-NEXT: %[[H:.*]] = attn.linear %[[X]], %[[G]] up %[[U]] bias %[[BG]] {activation = #attn.activation<silu>, attn.shardings = [#attn.sharding<[_, 0]>]}
// CHECK-NEXT: %[[P:.*]] = attn.linear %[[H]], %[[D]] {attn.shardings = [#attn.sharding<[_, _], partial = [0]>]}
// CHECK-NEXT: %[[S:.*]] = attn.reshard %[[P]] from <[_, _], partial = [0]> to <[_, _]>
// CHECK-NEXT: %[[Y:.*]] = attn.epilogue %[[S]] bias %[[BD]] residual %[[X]] :
// CHECK-NEXT: return %[[Y]]
shard.grid @tp(shape = 3)
func.func @mlp(%x: tensor<?x64xf32>, %g: tensor<64x96xf32>, %u: tensor<64x96xf32>, %d: tensor<96x64xf32>,
               %bg: tensor<96xf32>, %bd: tensor<64xf32>) -> tensor<?x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %gs = shard.shard %g to %columns annotate_for_users : tensor<64x96xf32>
  %h = attn.linear %x, %gs up %u bias %bg {activation = #attn.activation<silu>}
    : (tensor<?x64xf32>, tensor<64x96xf32>, tensor<64x96xf32>, tensor<96xf32>) -> tensor<?x96xf32>
  %y = attn.linear %h, %d bias %bd residual %x
    : (tensor<?x96xf32>, tensor<96x64xf32>, tensor<64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// A gate and an activation of partial products wait for both sums. Transposed weights count dimensions the other way.
// CHECK-LABEL: func @gated_rows
// CHECK: %[[P:.*]] = attn.linear %{{.*}}, %[[G:[a-z0-9]*]] {attn.shardings = [#attn.sharding<[_, _], partial = [0]>], transposed}
// CHECK: %[[GS:.*]] = attn.reshard %[[P]]
// CHECK: %[[Q:.*]] = attn.linear
// CHECK: %[[US:.*]] = attn.reshard %[[Q]]
// CHECK: attn.epilogue %[[GS]] up %[[US]] {activation = #attn.activation<relu>}
shard.grid @tp(shape = 2)
func.func @gated_rows(%x: tensor<?x64xf32>, %g: tensor<96x64xf32>, %u: tensor<96x64xf32>) -> tensor<?x96xf32> {
  %rows = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %rows : tensor<?x64xf32>
  %gs = shard.shard %g to %rows annotate_for_users : tensor<96x64xf32>
  %h = attn.linear %xs, %gs up %u {activation = #attn.activation<relu>, transposed}
    : (tensor<?x64xf32>, tensor<96x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
  return %h : tensor<?x96xf32>
}

// -----

// One head axis: an annotation of the query weight divides keys and values too. Two KV heads among four ranks: pairs
// of neighbours share one.
// CHECK-LABEL: func @heads
// CHECK-SAME: tensor<64x64xf32> {attn.sharding = #attn.sharding<[_, 0]>}
// CHECK-SAME: tensor<64x32xf32> {attn.sharding = #attn.sharding<[_, 0 group 2]>}
// CHECK-SAME: tensor<64x64xf32> {attn.sharding = #attn.sharding<[0, _]>}
// CHECK: attn.split_heads {{.*}} {attn.shardings = [#attn.sharding<[_, 0, _, _]>]} : tensor<?x?x64xf32>
// CHECK: attn.split_heads {{.*}} {attn.shardings = [#attn.sharding<[_, 0 group 2, _, _]>]} : tensor<?x?x32xf32>
// CHECK: attn.rope {{.*}} {attn.shardings = [#attn.sharding<[_, 0 group 2, _, _]>]
// CHECK: attn.attention {{.*}} {attn.shardings = [#attn.sharding<[_, 0, _, _]>]}
// CHECK: attn.merge_heads {{.*}} {attn.shardings = [#attn.sharding<[_, _, 0]>]}
// CHECK: attn.reshard {{.*}} from <[_, _, _], partial = [0]> to <[_, _, _]>
shard.grid @tp(shape = 4)
func.func @heads(%x: tensor<?x?x64xf32>, %wq: tensor<64x64xf32>, %wk: tensor<64x32xf32>, %wo: tensor<64x64xf32>) -> tensor<?x?x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %wqs = shard.shard %wq to %columns annotate_for_users : tensor<64x64xf32>
  %q0 = attn.linear %x, %wqs : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %q1 = attn.split_heads %q0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  %k0 = attn.linear %x, %wk : (tensor<?x?x64xf32>, tensor<64x32xf32>) -> tensor<?x?x32xf32>
  %k1 = attn.split_heads %k0 : tensor<?x?x32xf32> to tensor<?x2x?x16xf32>
  %k2 = attn.rope %k1 {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x2x?x16xf32>) -> tensor<?x2x?x16xf32>
  %o0 = attn.attention %q1, %k2, %k1 : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>) -> tensor<?x4x?x16xf32>
  %o1 = attn.merge_heads %o0 : tensor<?x4x?x16xf32> to tensor<?x?x64xf32>
  %y = attn.linear %o1, %wo : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// Caches, sinks and positions of arguments follow the heads and the batch: a cache holds the rank's heads.
// CHECK-LABEL: func @cache
// CHECK-SAME: tensor<?x4x8x16xf32> {attn.sharding = #attn.sharding<[1, 0, _, _]>}
// CHECK-SAME: tensor<?xi32> {attn.sharding = #attn.sharding<[1]>}
// CHECK-SAME: tensor<4xf32> {attn.sharding = #attn.sharding<[0]>}
// CHECK-SAME: tensor<?xi32> {attn.sharding = #attn.sharding<[1]>}
// CHECK-SAME: -> (tensor<?x4x?x16xf32> {attn.sharding = #attn.sharding<[1, 0, _, _]>}, tensor<?x4x?xf32> {attn.sharding = #attn.sharding<[1, 0, _]>}, tensor<?x4x8x16xf32> {attn.alias = 1 : i64, attn.sharding = #attn.sharding<[1, 0, _, _]>})
// CHECK: attn.kv_append {{.*}} {attn.shardings = [#attn.sharding<[1, 0, _, _]>]}
// CHECK: attn.attention {{.*}} {attn.shardings = [#attn.sharding<[1, 0, _, _]>, #attn.sharding<[1, 0, _]>]}
shard.grid @g(shape = 2x2)
func.func @cache(%q: tensor<?x4x?x16xf32>, %c: tensor<?x4x8x16xf32>, %pos: tensor<?xi32>, %sinks: tensor<4xf32>, %n: tensor<?xi32>)
    -> (tensor<?x4x?x16xf32>, tensor<?x4x?xf32>, tensor<?x4x8x16xf32> {attn.alias = 1 : i64}) {
  %heads = shard.sharding @g split_axes = [[1], [0]] : !shard.sharding
  %qs = shard.shard %q to %heads : tensor<?x4x?x16xf32>
  %k = attn.kv_append %c, %qs at %pos : (tensor<?x4x8x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>) -> tensor<?x4x8x16xf32>
  %m = attn.mask.lengths %n : tensor<?xi32>
  %causal = attn.mask.causal
  %both = attn.mask.and %m, %causal
  %o, %lse = attn.attention %qs, %k, %k mask %both sinks %sinks
    : (tensor<?x4x?x16xf32>, tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>, !attn.mask, tensor<4xf32>) -> (tensor<?x4x?x16xf32>, tensor<?x4x?xf32>)
  return %o, %lse, %k : tensor<?x4x?x16xf32>, tensor<?x4x?xf32>, tensor<?x4x8x16xf32>
}

// -----

// Sizes of one name divide a cache's sequences, its heads follow the tokens. The annotation of a cache alone divides the
// heads of all; pairs of ranks share the one KV head of each half.
// CHECK-LABEL: func @annotated_cache
// CHECK-SAME: tensor<64x64xf32> {attn.sharding = #attn.sharding<[_, 0]>}
// CHECK-SAME: tensor<64x32xf32> {attn.sharding = #attn.sharding<[_, 0 group 2]>}
// CHECK-SAME: tensor<?x2x8x16xf32> {attn.dims = ["B", "", "", ""], attn.sharding = #attn.sharding<[1, 0 group 2, _, _]>}
// CHECK-SAME: tensor<?x2x8x16xf32> {attn.dims = ["B", "", "", ""], attn.sharding = #attn.sharding<[1, 0 group 2, _, _]>}
// CHECK-SAME: tensor<?xi32> {attn.dims = ["B"], attn.sharding = #attn.sharding<[1]>}
// CHECK: attn.attention {{.*}} at %{{.*}} {attn.shardings = [#attn.sharding<[1, 0, _, _]>]}
shard.grid @g(shape = 4x2)
func.func @annotated_cache(%x: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]}, %wq: tensor<64x64xf32>, %wk: tensor<64x32xf32>,
                           %keys: tensor<?x2x8x16xf32> {attn.dims = ["B", "", "", ""]},
                           %values: tensor<?x2x8x16xf32> {attn.dims = ["B", "", "", ""]}, %pos: tensor<?xi32> {attn.dims = ["B"]})
    -> tensor<?x4x?x16xf32> {
  %both = shard.sharding @g split_axes = [[1], [0]] : !shard.sharding
  %ks = shard.shard %keys to %both annotate_for_users : tensor<?x2x8x16xf32>
  %q0 = attn.linear %x, %wq : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %q = attn.split_heads %q0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  %k0 = attn.linear %x, %wk : (tensor<?x?x64xf32>, tensor<64x32xf32>) -> tensor<?x?x32xf32>
  %k1 = attn.split_heads %k0 : tensor<?x?x32xf32> to tensor<?x2x?x16xf32>
  %k = attn.kv_append %ks, %k1 at %pos : (tensor<?x2x8x16xf32>, tensor<?x2x?x16xf32>, tensor<?xi32>) -> tensor<?x2x8x16xf32>
  %v = attn.kv_append %values, %k1 at %pos : (tensor<?x2x8x16xf32>, tensor<?x2x?x16xf32>, tensor<?xi32>) -> tensor<?x2x8x16xf32>
  %o = attn.attention %q, %k, %v at %pos
    : (tensor<?x4x?x16xf32>, tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32>, tensor<?xi32>) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// The same where the appended cache is annotated once more, and where one is appended to twice.
// CHECK-LABEL: func @annotated_appends
// CHECK-SAME: tensor<64x64xf32> {attn.sharding = #attn.sharding<[_, 0]>}
// CHECK-SAME: tensor<?x4x1x16xf32> {attn.sharding = #attn.sharding<[_, 0, _, _]>}
// CHECK-SAME: tensor<?x4x8x16xf32> {attn.sharding = #attn.sharding<[_, 0, _, _]>}
// CHECK-COUNT-2: attn.kv_append {{.*}} {attn.shardings = [#attn.sharding<[_, 0, _, _]>]}
shard.grid @tp(shape = 2)
func.func @annotated_appends(%x: tensor<?x1x64xf32>, %wq: tensor<64x64xf32>, %t: tensor<?x4x1x16xf32>, %c: tensor<?x4x8x16xf32>,
                             %p0: tensor<?xi32>, %p1: tensor<?xi32>) -> tensor<?x4x1x16xf32> {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %cs = shard.shard %c to %heads annotate_for_users : tensor<?x4x8x16xf32>
  %q0 = attn.linear %x, %wq : (tensor<?x1x64xf32>, tensor<64x64xf32>) -> tensor<?x1x64xf32>
  %q = attn.split_heads %q0 : tensor<?x1x64xf32> to tensor<?x4x1x16xf32>
  %k0 = attn.kv_append %cs, %t at %p0 : (tensor<?x4x8x16xf32>, tensor<?x4x1x16xf32>, tensor<?xi32>) -> tensor<?x4x8x16xf32>
  %k1 = attn.kv_append %k0, %t at %p1 : (tensor<?x4x8x16xf32>, tensor<?x4x1x16xf32>, tensor<?xi32>) -> tensor<?x4x8x16xf32>
  %k = shard.shard %k1 to %heads : tensor<?x4x8x16xf32>
  %o = attn.attention %q, %k, %k at %p1
    : (tensor<?x4x1x16xf32>, tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>, tensor<?xi32>) -> tensor<?x4x1x16xf32>
  return %o : tensor<?x4x1x16xf32>
}

// -----

// Sequence parallel: the norm and the residual are on the rank's tokens, which are gathered before the columns and
// scattered with the sum. (Upstream gathers the weight.)
// CHECK-LABEL: func @sequence_parallel
// CHECK-SAME: -> (tensor<?x?x64xf32> {attn.sharding = #attn.sharding<[_, 0, _]>})
// CHECK: %[[N:.*]] = attn.norm %[[X:.*]] {attn.shardings = [#attn.sharding<[_, 0, _]>]
// CHECK: %[[T:.*]] = attn.reshard %[[N]] from <[_, 0, _]> to <[_, _, _]>
// CHECK: %[[H:.*]] = attn.linear %[[T]], %{{.*}} {attn.shardings = [#attn.sharding<[_, _, 0]>]}
// CHECK: %[[P:.*]] = attn.linear %[[H]]
// CHECK: %[[S:.*]] = attn.reshard %[[P]] from <[_, _, _], partial = [0]> to <[_, 0, _]>
// CHECK: attn.epilogue %[[S]] residual %[[X]] {attn.shardings = [#attn.sharding<[_, 0, _]>]}
shard.grid @tp(shape = 2)
func.func @sequence_parallel(%x: tensor<?x?x64xf32>, %u: tensor<64x96xf32>, %d: tensor<96x64xf32>) -> tensor<?x?x64xf32> {
  %tokens = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %tokens : tensor<?x?x64xf32>
  %us = shard.shard %u to %tokens annotate_for_users : tensor<64x96xf32>
  %n = attn.norm %xs {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %h = attn.linear %n, %us : (tensor<?x?x64xf32>, tensor<64x96xf32>) -> tensor<?x?x96xf32>
  %y = attn.linear %h, %d residual %xs : (tensor<?x?x96xf32>, tensor<96x64xf32>, tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// An annotation says where a sum goes, and whether a result is gathered.
// CHECK-LABEL: func @annotated_results
// CHECK-SAME: -> (tensor<2x4x64xf32> {attn.sharding = #attn.sharding<[_, 0, _]>}, tensor<2x4x96xf32>, tensor<2x4x96xf32> {attn.sharding = #attn.sharding<[_, _, 0]>})
// CHECK: attn.reshard %{{.*}} from <[_, _, _], partial = [0]> to <[_, 0, _]>
// CHECK: %[[L:.*]] = attn.linear
// CHECK: %[[W:.*]] = attn.reshard %[[L]] from <[_, _, 0]> to <[_, _, _]>
// CHECK: return %{{.*}}, %[[W]], %[[L]]
shard.grid @tp(shape = 2)
func.func @annotated_results(%ids: tensor<2x4xi32>, %table: tensor<128x64xf32>, %x: tensor<2x4x64xf32>, %head: tensor<64x96xf32>)
    -> (tensor<2x4x64xf32>, tensor<2x4x96xf32>, tensor<2x4x96xf32>) {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %features = shard.sharding @tp split_axes = [[], [], [0]] : !shard.sharding
  %ts = shard.shard %table to %rows annotate_for_users : tensor<128x64xf32>
  %hs = shard.shard %head to %columns annotate_for_users : tensor<64x96xf32>
  %e = attn.embedding %ids, %ts : (tensor<2x4xi32>, tensor<128x64xf32>) -> tensor<2x4x64xf32>
  %es = shard.shard %e to %columns : tensor<2x4x64xf32>
  %l = attn.linear %x, %hs : (tensor<2x4x64xf32>, tensor<64x96xf32>) -> tensor<2x4x96xf32>
  %ls = shard.shard %l to %features : tensor<2x4x96xf32>
  %whole = shard.sharding @tp split_axes = [[]] : !shard.sharding
  %lw = shard.shard %ls to %whole annotate_for_users : tensor<2x4x96xf32>
  return %es, %lw, %ls : tensor<2x4x64xf32>, tensor<2x4x96xf32>, tensor<2x4x96xf32>
}

// -----

// Tensor x data: the batch of every argument that names it is divided; only the tensor axis is summed over.
// CHECK-LABEL: func @two_axes
// CHECK-SAME: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""], attn.sharding = #attn.sharding<[1, _, _]>}
// CHECK-SAME: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""], attn.sharding = #attn.sharding<[1, _, _]>}
// CHECK-SAME: -> (tensor<?x?x64xf32> {attn.sharding = #attn.sharding<[1, _, _]>})
// CHECK: attn.linear {{.*}} {attn.shardings = [#attn.sharding<[1, _, 0]>]}
// CHECK: attn.reshard {{.*}} from <[1, _, _], partial = [0]> to <[1, _, _]>
// CHECK: attn.epilogue {{.*}} {attn.shardings = [#attn.sharding<[1, _, _]>]}
shard.grid @g(shape = 2x4)
func.func @two_axes(%x: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]}, %r: tensor<?x?x64xf32> {attn.dims = ["B", "S", ""]},
                    %u: tensor<64x96xf32>, %d: tensor<96x64xf32>) -> tensor<?x?x64xf32> {
  %batch = shard.sharding @g split_axes = [[1]] : !shard.sharding
  %columns = shard.sharding @g split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %batch : tensor<?x?x64xf32>
  %us = shard.shard %u to %columns annotate_for_users : tensor<64x96xf32>
  %h = attn.linear %xs, %us : (tensor<?x?x64xf32>, tensor<64x96xf32>) -> tensor<?x?x96xf32>
  %y = attn.linear %h, %d residual %r : (tensor<?x?x96xf32>, tensor<96x64xf32>, tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// A dynamic number of tokens that each rank has whole is divided where the lookup is summed.
// CHECK-LABEL: func @lookup_to_tokens
// CHECK: %[[E:.*]] = attn.embedding
// CHECK: attn.reshard %[[E]] from <[_, _, _], partial = [0]> to <[_, 0, _]>
shard.grid @tp(shape = 2)
func.func @lookup_to_tokens(%ids: tensor<?x?xi32>, %t: tensor<64x64xf32>) -> tensor<?x?x64xf32> {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %tokens = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %ts = shard.shard %t to %rows : tensor<64x64xf32>
  %y = attn.embedding %ids, %ts : (tensor<?x?xi32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %ys = shard.shard %y to %tokens : tensor<?x?x64xf32>
  return %ys : tensor<?x?x64xf32>
}

// -----

// Tokens that were divided behind a lookup are gathered before the return: callers gave whole ones. Those of an argument that
// ranks divide stay the rank's.
// CHECK-LABEL: func @returned_tokens
// CHECK-SAME: -> (tensor<?x?x64xf32>, tensor<?x?xi32>, tensor<?x?x64xf32> {attn.sharding = #attn.sharding<[_, 0, _]>})
// CHECK: %[[Y:.*]] = attn.norm %{{.*}} {attn.shardings = [#attn.sharding<[_, 0, _]>]
// CHECK: %[[A:.*]] = attn.argmax %[[Y]] {attn.shardings = [#attn.sharding<[_, 0]>]}
// CHECK: %[[N:.*]] = attn.norm
// CHECK-DAG: %[[YW:.*]] = attn.reshard %[[Y]] from <[_, 0, _]> to <[_, _, _]>
// CHECK-DAG: %[[AW:.*]] = attn.reshard %[[A]] from <[_, 0]> to <[_, _]>
// CHECK: return %[[YW]], %[[AW]], %[[N]]
shard.grid @tp(shape = 2)
func.func @returned_tokens(%ids: tensor<?x?xi32>, %t: tensor<64x64xf32>, %x: tensor<?x?x64xf32>)
    -> (tensor<?x?x64xf32>, tensor<?x?xi32>, tensor<?x?x64xf32>) {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %tokens = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %ts = shard.shard %t to %rows : tensor<64x64xf32>
  %xs = shard.shard %x to %tokens : tensor<?x?x64xf32>
  %e = attn.embedding %ids, %ts : (tensor<?x?xi32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %es = shard.shard %e to %tokens : tensor<?x?x64xf32>
  %y = attn.norm %es {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  %a = attn.argmax %y : (tensor<?x?x64xf32>) -> tensor<?x?xi32>
  %n = attn.norm %xs {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x?x64xf32>) -> tensor<?x?x64xf32>
  return %y, %a, %n : tensor<?x?x64xf32>, tensor<?x?xi32>, tensor<?x?x64xf32>
}

// -----

// Columns of a padded LM head are gathered, then the padding is dropped.
// CHECK-LABEL: func @padded_logits
// CHECK-SAME: -> tensor<?x?x129xf32>
// CHECK: %[[L:.*]] = attn.linear {{.*}} {attn.shardings = [#attn.sharding<[_, _, 0]>]}
// CHECK: %[[G:.*]] = attn.reshard %[[L]] from <[_, _, 0]> to <[_, _, _]>
// CHECK: attn.drop_padding %[[G]] :
shard.grid @tp(shape = 2)
func.func @padded_logits(%x: tensor<?x?x64xf32>, %w: tensor<64x130xf32> {attn.pad = [0, 1]}) -> tensor<?x?x129xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %ws = shard.shard %w to %columns annotate_for_users : tensor<64x130xf32>
  %l = attn.linear %x, %ws : (tensor<?x?x64xf32>, tensor<64x130xf32>) -> tensor<?x?x130xf32>
  %y = attn.drop_padding %l : (tensor<?x?x130xf32>) -> tensor<?x?x129xf32>
  return %y : tensor<?x?x129xf32>
}

// -----

// The largest of whole logits; ops without a rule compute the same on every rank.
// CHECK-LABEL: func @whole
// CHECK: attn.argmax
// CHECK: arith.addf
// CHECK-NOT: shard.all
shard.grid @tp(shape = 2)
func.func @whole(%x: tensor<?x?x64xf32>) -> (tensor<?x?xi32>, tensor<?x?x64xf32>) {
  %0 = attn.argmax %x : (tensor<?x?x64xf32>) -> tensor<?x?xi32>
  %1 = arith.addf %x, %x : tensor<?x?x64xf32>
  return %0, %1 : tensor<?x?xi32>, tensor<?x?x64xf32>
}

// -----

// A bias and a mask of tensors follow the heads where they have them.
// CHECK-LABEL: func @score_bias
// CHECK-SAME: tensor<4x?x?xf32> {attn.sharding = #attn.sharding<[0, _, _]>}, %{{.*}}: tensor<?x1x1x?xi1>)
shard.grid @tp(shape = 2)
func.func @score_bias(%q: tensor<?x4x?x8xf32>, %t: tensor<4x?x?xf32>, %seen: tensor<?x1x1x?xi1>) -> tensor<?x4x?x8xf32> {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %qs = shard.shard %q to %heads annotate_for_users : tensor<?x4x?x8xf32>
  %m = attn.mask.tensor %seen : tensor<?x1x1x?xi1>
  %o = attn.attention %qs, %qs, %qs mask %m score_bias %t
    : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, !attn.mask, tensor<4x?x?xf32>) -> tensor<?x4x?x8xf32>
  return %o : tensor<?x4x?x8xf32>
}
