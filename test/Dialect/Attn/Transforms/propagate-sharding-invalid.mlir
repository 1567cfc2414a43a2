// RUN: attnc-opt %s --attn-propagate-sharding --split-input-file --verify-diagnostics

shard.grid @tp(shape = 2)
func.func @two_annotations(%w: tensor<64x64xf32>, %x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-error @below {{expected one sharding of argument 0, got #attn.sharding<[0, _]> and #attn.sharding<[_, 0]>}}
  %0 = shard.shard %w to %rows : tensor<64x64xf32>
  // expected-note @below {{it is annotated here too}}
  %1 = shard.shard %w to %columns : tensor<64x64xf32>
  %y = attn.linear %x, %1 : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
// expected-note @below {{input is divided as #attn.sharding<[_, _]> here}}
func.func @rows_of_whole_input(%x: tensor<?x64xf32>, %w: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  // expected-note @below {{weight is divided as #attn.sharding<[0, _]> here}}
  %ws = shard.shard %w to %rows : tensor<64x64xf32>
  // expected-error @below {{expected the features of input to be divided as the rows of weight, got #attn.sharding<[_, _]> and #attn.sharding<[0, _]>}}
  %y = attn.linear %x, %ws : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @gate_and_up(%x: tensor<?x64xf32>, %g: tensor<64x64xf32>, %u: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %whole = shard.sharding @tp split_axes = [[]] : !shard.sharding
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-note @below {{what it must agree with is divided as #attn.sharding<[_, 0]> here}}
  %gs = shard.shard %g to %columns : tensor<64x64xf32>
  // expected-note @below {{up_weight is divided as #attn.sharding<[_, _]> here}}
  %us = shard.shard %u to %whole : tensor<64x64xf32>
  // expected-error @below {{expected up_weight to be divided as #attn.sharding<[_, 0]>, got #attn.sharding<[_, _]>}}
  %y = attn.linear %x, %gs up %us : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// A weight that nothing annotates must divide too.
shard.grid @tp(shape = 2)
func.func @shared_bias(%x: tensor<?x64xf32>, %g: tensor<64x64xf32>, %b: tensor<64xf32>) -> tensor<?x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-note @below {{what it must agree with is divided as #attn.sharding<[_, 0]> here}}
  %gs = shard.shard %g to %columns : tensor<64x64xf32>
  // expected-note @below {{bias is divided as #attn.sharding<[_]> here}}
  %n = attn.norm %x bias %b {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  // expected-error @below {{expected bias to be divided as #attn.sharding<[0]>, got #attn.sharding<[_]>}}
  %y = attn.linear %n, %gs bias %b : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @table_columns(%ids: tensor<?x?xi32>, %t: tensor<64x64xf32>) -> tensor<?x?x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-note @below {{table is divided as #attn.sharding<[_, 0]> here}}
  %ts = shard.shard %t to %columns : tensor<64x64xf32>
  // expected-error @below {{expected dimension 1 of table to be whole on each rank, got #attn.sharding<[_, 0]>}}
  %y = attn.embedding %ids, %ts : (tensor<?x?xi32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @ids_and_table(%ids: tensor<?x?xi32>, %t: tensor<64x64xf32>) -> tensor<?x?x64xf32> {
  %first = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  // expected-note @below {{ids is divided as #attn.sharding<[0, _]> here}}
  %is = shard.shard %ids to %first : tensor<?x?xi32>
  // expected-note @below {{table is divided as #attn.sharding<[0, _]> here}}
  %ts = shard.shard %t to %first : tensor<64x64xf32>
  // expected-error @below {{expected ids and rows of table to be divided by two axes, got #attn.sharding<[0, _]> and #attn.sharding<[0, _]>}}
  %y = attn.embedding %is, %ts : (tensor<?x?xi32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @sliced_table(%ids: tensor<?x?xi32>, %t: tensor<64x64xf32>, %f: tensor<1xi32>) -> tensor<?x?x64xf32> {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %ts = shard.shard %t to %rows : tensor<64x64xf32>
  // expected-error @below {{expected a whole table, got a slice of one}}
  %y = attn.embedding %ids, %ts first %f {vocabulary = 128 : i64} : (tensor<?x?xi32>, tensor<64x64xf32>, tensor<1xi32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// Normalising divided features would need another exchange.
shard.grid @tp(shape = 2)
func.func @norm(%x: tensor<?x64xf32>, %g: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %gs = shard.shard %g to %columns : tensor<64x64xf32>
  // expected-note @below {{input is divided as #attn.sharding<[_, 0]> here}}
  %h = attn.linear %x, %gs : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  // expected-error @below {{expected dimension 1 of input to be whole on each rank, got #attn.sharding<[_, 0]>}}
  %y = attn.norm %h {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @sliced_residual(%x: tensor<?x64xf32>, %g: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %gs = shard.shard %g to %columns : tensor<64x64xf32>
  // expected-error @below {{expected residual to be divided as #attn.sharding<[_, 0]>, got #attn.sharding<[_, _]>}}
  // expected-note @-4 {{residual is divided as #attn.sharding<[_, _]> here}}
  // expected-note @below {{what it must agree with is divided as #attn.sharding<[_, 0]> here}}
  %h = attn.linear %x, %gs residual %x : (tensor<?x64xf32>, tensor<64x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
  return %h : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @slicing(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %tokens = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  // expected-note @below {{it is divided as #attn.sharding<[_, _]> here}}
  %y = attn.norm %x {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
  // expected-error @below {{expected a value divided as #attn.sharding<[0, _]>, got #attn.sharding<[_, _]>: a whole value is not sliced; annotate it where it is made}}
  %ys = shard.shard %y to %tokens : tensor<?x64xf32>
  return %ys : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @other_axis(%x: tensor<8x64xf32>, %g: tensor<64x64xf32>) -> tensor<8x64xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %gs = shard.shard %g to %columns : tensor<64x64xf32>
  // expected-note @below {{it is divided as #attn.sharding<[_, 0]> here}}
  %h = attn.linear %x, %gs : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  // expected-error @below {{a whole value is not sliced}}
  %hs = shard.shard %h to %rows : tensor<8x64xf32>
  return %hs : tensor<8x64xf32>
}

// -----

shard.grid @g(shape = 2x2)
func.func @change_axis(%x: tensor<8x64xf32>, %g: tensor<64x64xf32>) -> tensor<8x64xf32> {
  %columns = shard.sharding @g split_axes = [[], [0]] : !shard.sharding
  %other = shard.sharding @g split_axes = [[], [1]] : !shard.sharding
  %gs = shard.shard %g to %columns : tensor<64x64xf32>
  // expected-note @below {{it is divided as #attn.sharding<[_, 0]> here}}
  %h = attn.linear %x, %gs : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  // expected-error @below {{a dimension does not change its axis}}
  %hs = shard.shard %h to %other : tensor<8x64xf32>
  return %hs : tensor<8x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @odd_tokens(%ids: tensor<1x5xi32>, %t: tensor<64x64xf32>) -> tensor<1x5x64xf32> {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %tokens = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %ts = shard.shard %t to %rows : tensor<64x64xf32>
  // expected-note @below {{it is divided as}}
  // expected-error @below {{dimension 1 of size 5 is not divisible by 2 ranks}}
  %y = attn.embedding %ids, %ts : (tensor<1x5xi32>, tensor<64x64xf32>) -> tensor<1x5x64xf32>
  %ys = shard.shard %y to %tokens : tensor<1x5x64xf32>
  return %ys : tensor<1x5x64xf32>
}

// -----

// Columns divide by two, three heads do not.
shard.grid @tp(shape = 2)
func.func @split_heads(%x: tensor<?x?x64xf32>, %w: tensor<64x48xf32>) -> tensor<?x3x?x16xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %ws = shard.shard %w to %columns : tensor<64x48xf32>
  // expected-note @below {{input is divided as #attn.sharding<[_, _, 0]> here}}
  %h = attn.linear %x, %ws : (tensor<?x?x64xf32>, tensor<64x48xf32>) -> tensor<?x?x48xf32>
  // expected-error @below {{expected 3 heads to be divisible by 2 ranks}}
  %q = attn.split_heads %h : tensor<?x?x48xf32> to tensor<?x3x?x16xf32>
  return %q : tensor<?x3x?x16xf32>
}

// -----

shard.grid @tp(shape = 4)
func.func @unannotated_kv_heads(%x: tensor<?x?x64xf32>, %wq: tensor<64x192xf32>, %wk: tensor<64x48xf32>) -> tensor<?x12x?x16xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-note @below {{the heads are divided here}}
  %ws = shard.shard %wq to %columns : tensor<64x192xf32>
  %q0 = attn.linear %x, %ws : (tensor<?x?x64xf32>, tensor<64x192xf32>) -> tensor<?x?x192xf32>
  %q1 = attn.split_heads %q0 : tensor<?x?x192xf32> to tensor<?x12x?x16xf32>
  %k0 = attn.linear %x, %wk : (tensor<?x?x64xf32>, tensor<64x48xf32>) -> tensor<?x?x48xf32>
  %k1 = attn.split_heads %k0 : tensor<?x?x48xf32> to tensor<?x3x?x16xf32>
  // expected-error @below {{expected the 3 heads of key to be divisible by the 4 ranks of axis 0 or to divide them}}
  %o = attn.attention %q1, %k1, %k1 : (tensor<?x12x?x16xf32>, tensor<?x3x?x16xf32>, tensor<?x3x?x16xf32>) -> tensor<?x12x?x16xf32>
  return %o : tensor<?x12x?x16xf32>
}

// -----

shard.grid @g(shape = 2x2)
func.func @two_head_axes(%x: tensor<?x?x64xf32>, %wq: tensor<64x64xf32>, %wk: tensor<64x64xf32>) -> tensor<?x4x?x16xf32> {
  %first = shard.sharding @g split_axes = [[], [0]] : !shard.sharding
  %second = shard.sharding @g split_axes = [[], [1]] : !shard.sharding
  // expected-note @below {{query is divided here}}
  %wqs = shard.shard %wq to %first : tensor<64x64xf32>
  // expected-note @below {{key is divided here}}
  %wks = shard.shard %wk to %second : tensor<64x64xf32>
  %q0 = attn.linear %x, %wqs : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %q1 = attn.split_heads %q0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  %k0 = attn.linear %x, %wks : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %k1 = attn.split_heads %k0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  // expected-error @below {{expected one axis to divide the heads of query, key and value, got 0 and 1}}
  %o = attn.attention %q1, %k1, %k1 : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @whole_keys(%x: tensor<?x?x64xf32>, %wq: tensor<64x64xf32>, %wk: tensor<64x64xf32>) -> tensor<?x4x?x16xf32> {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %whole = shard.sharding @tp split_axes = [[]] : !shard.sharding
  // expected-note @below {{query is divided here}}
  %wqs = shard.shard %wq to %columns : tensor<64x64xf32>
  // expected-note @below {{key is divided here}}
  %wks = shard.shard %wk to %whole : tensor<64x64xf32>
  %q0 = attn.linear %x, %wqs : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %q1 = attn.split_heads %q0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  %k0 = attn.linear %x, %wks : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %k1 = attn.split_heads %k0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  // expected-error @below {{expected the heads of key to be divided as those of query, got #attn.sharding<[_, _]>}}
  %o = attn.attention %q1, %k1, %k1 : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

shard.grid @tp(shape = 4)
func.func @kv_value(%q: tensor<2x12x4x16xf32>) -> tensor<2x12x4x16xf32> {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-note @below {{query is divided as}}
  %qs = shard.shard %q to %heads : tensor<2x12x4x16xf32>
  %k = tensor.empty() : tensor<2x3x4x16xf32>
  // expected-error @below {{expected the KV heads to divide the 4 ranks of axis 0 or to be divisible by them, got 3}}
  %o = attn.attention %qs, %k, %k : (tensor<2x12x4x16xf32>, tensor<2x3x4x16xf32>, tensor<2x3x4x16xf32>) -> tensor<2x12x4x16xf32>
  return %o : tensor<2x12x4x16xf32>
}

// -----

// A rotation counts rows from the start of the sequence.
shard.grid @tp(shape = 2)
func.func @rope(%q: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %tokens = shard.sharding @tp split_axes = [[], [], [0]] : !shard.sharding
  // expected-note @below {{input is divided as}}
  %qs = shard.shard %q to %tokens : tensor<?x4x?x16xf32>
  // expected-error @below {{expected dimension 2 of input to be whole on each rank, got #attn.sharding<[_, _, 0, _]>}}
  %r = attn.rope %qs {rope = #attn.rope<theta = 1.0e4>} : (tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  return %r : tensor<?x4x?x16xf32>
}

// -----

// Regions count the rank's own heads and sequences.
shard.grid @tp(shape = 2)
func.func @score_region(%q: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %qs = shard.shard %q to %heads : tensor<?x4x?x16xf32>
  // expected-error @below {{expected a score region that does not read the batch or the head, which ranks divide}}
  %o = attn.attention %qs, %qs, %qs score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %0 = arith.index_cast %h : index to i32
    %1 = arith.sitofp %0 : i32 to f32
    attn.yield %1 : f32
  } : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @mask_region(%q: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %batch = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %qs = shard.shard %q to %batch : tensor<?x4x?x16xf32>
  // expected-error @below {{expected a region that does not read the batch or the head, which ranks divide}}
  %m = attn.mask.custom {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %0 = arith.cmpi ult, %b, %j : index
    attn.yield %0 : i1
  }
  %o = attn.attention %qs, %qs, %qs mask %m : (tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func @no_rule(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %tokens = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  // expected-note @below {{its operand is divided as #attn.sharding<[0, _]> here}}
  %xs = shard.shard %x to %tokens : tensor<?x64xf32>
  // expected-error @below {{'arith.addf' has no rule for values that ranks divide}}
  %y = arith.addf %xs, %xs : tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
func.func private @callee(tensor<?x64xf32>) -> tensor<?x64xf32>
func.func @call(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  // expected-error @below {{expected no calls in a function compiled for more than one rank}}
  %y = func.call @callee(%x) : (tensor<?x64xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

shard.grid @tp(shape = 2)
// expected-error @below {{expected a function with one block, got 2}}
func.func @blocks(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<?x64xf32>
}

// -----

// Sizes of one name are one size.
shard.grid @tp(shape = 2)
func.func @names(%x: tensor<?x64xf32> {attn.dims = ["T", ""]}, %y: tensor<?x64xf32> {attn.dims = ["T", ""]}) {
  %tokens = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  %whole = shard.sharding @tp split_axes = [[]] : !shard.sharding
  // expected-note @below {{the other is divided here}}
  %xs = shard.shard %x to %tokens : tensor<?x64xf32>
  // expected-error @below {{expected dimension 0 of argument 1 to be divided as that of its name of argument 0, got #attn.sharding<[_, _]> and #attn.sharding<[0, _]>}}
  %ys = shard.shard %y to %whole : tensor<?x64xf32>
  return
}

// -----

// Shared KV heads cannot be gathered: there would be several of each.
shard.grid @tp(shape = 4)
func.func @gather_shared(%x: tensor<?x?x64xf32>, %wq: tensor<64x64xf32>, %wk: tensor<64x32xf32>) -> (tensor<?x4x?x16xf32>, tensor<?x?x32xf32>) {
  %columns = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %ws = shard.shard %wq to %columns : tensor<64x64xf32>
  %q0 = attn.linear %x, %ws : (tensor<?x?x64xf32>, tensor<64x64xf32>) -> tensor<?x?x64xf32>
  %q1 = attn.split_heads %q0 : tensor<?x?x64xf32> to tensor<?x4x?x16xf32>
  // expected-note @below {{it is divided as #attn.sharding<[_, _, 0 group 2]> here}}
  %k0 = attn.linear %x, %wk : (tensor<?x?x64xf32>, tensor<64x32xf32>) -> tensor<?x?x32xf32>
  %k1 = attn.split_heads %k0 : tensor<?x?x32xf32> to tensor<?x2x?x16xf32>
  %o = attn.attention %q1, %k1, %k1 : (tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>) -> tensor<?x4x?x16xf32>
  // expected-error @below {{slices that groups of ranks share are not gathered}}
  return %o, %k0 : tensor<?x4x?x16xf32>, tensor<?x?x32xf32>
}

// -----

shard.grid @tp(shape = 4)
// A last check, for what attn-verify-sharding did not see.
func.func @indivisible(%x: tensor<?x?x64xf32>, %q: tensor<6x4x?x16xf32>, %n: tensor<6xi32>) -> tensor<6x4x?x16xf32> {
  %batch = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  // expected-error @below {{expected dimension 0 of argument 1 to be divisible by 4 ranks, got 6}}
  %qs = shard.shard %q to %batch : tensor<6x4x?x16xf32>
  return %qs : tensor<6x4x?x16xf32>
}

// -----

// expected-error @below {{expected a static size; run attn-set-grids first}}
shard.grid @tp(shape = ?)

// -----

shard.grid @tp(shape = 2)
// expected-error @below {{expected one grid of more than one rank, got @tp and @dp; run attn-set-grids first}}
shard.grid @dp(shape = 2)

// -----

// A rank appends to all of its cache: only heads and sequences divide.
shard.grid @tp(shape = 2)
func.func @cache_capacity(%q: tensor<?x4x?x16xf32>, %c: tensor<?x4x8x16xf32>, %pos: tensor<?xi32>) -> tensor<?x4x8x16xf32> {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %rows = shard.sharding @tp split_axes = [[], [], [0]] : !shard.sharding
  // expected-note @below {{what it must agree with is divided as #attn.sharding<[_, 0, _, _]> here}}
  %qs = shard.shard %q to %heads annotate_for_users : tensor<?x4x?x16xf32>
  // expected-note @below {{cache is divided as #attn.sharding<[_, _, 0, _]> here}}
  %cs = shard.shard %c to %rows annotate_for_users : tensor<?x4x8x16xf32>
  // expected-error @below {{expected cache to be divided as #attn.sharding<[_, 0, _, _]>, got #attn.sharding<[_, _, 0, _]>}}
  %k = attn.kv_append %cs, %qs at %pos : (tensor<?x4x8x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>) -> tensor<?x4x8x16xf32>
  return %k : tensor<?x4x8x16xf32>
}

// -----

shard.grid @g(shape = 2x2)
func.func @cache_axis(%q: tensor<?x4x?x16xf32>, %c: tensor<?x4x8x16xf32>, %pos: tensor<?xi32>) -> tensor<?x4x?x16xf32> {
  %heads = shard.sharding @g split_axes = [[], [0]] : !shard.sharding
  %other = shard.sharding @g split_axes = [[], [1]] : !shard.sharding
  // expected-note @below {{value is divided here}}
  %qs = shard.shard %q to %heads annotate_for_users : tensor<?x4x?x16xf32>
  // expected-note @below {{key cache is divided here}}
  %cs = shard.shard %c to %other annotate_for_users : tensor<?x4x8x16xf32>
  %k = attn.kv_append %cs, %qs at %pos : (tensor<?x4x8x16xf32>, tensor<?x4x?x16xf32>, tensor<?xi32>) -> tensor<?x4x8x16xf32>
  // expected-error @below {{expected one axis to divide the heads of query, key and value, got 0 and 1}}
  %o = attn.attention %qs, %k, %k at %pos
    : (tensor<?x4x?x16xf32>, tensor<?x4x8x16xf32>, tensor<?x4x8x16xf32>, tensor<?xi32>) -> tensor<?x4x?x16xf32>
  return %o : tensor<?x4x?x16xf32>
}

// -----

// Positions are those of the rank's sequences.
shard.grid @g(shape = 2x2)
func.func @positions(%q: tensor<4x4x1x16xf32>, %c: tensor<4x4x8x16xf32>, %pos: tensor<4xi32>) -> tensor<4x4x1x16xf32> {
  %both = shard.sharding @g split_axes = [[1], [0]] : !shard.sharding
  %whole = shard.sharding @g split_axes = [[]] : !shard.sharding
  // expected-note @below {{what it must agree with is divided as #attn.sharding<[1, 0, _, _]> here}}
  %qs = shard.shard %q to %both annotate_for_users : tensor<4x4x1x16xf32>
  %cs = shard.shard %c to %both annotate_for_users : tensor<4x4x8x16xf32>
  // expected-note @below {{positions is divided as #attn.sharding<[_]> here}}
  %ps = shard.shard %pos to %whole annotate_for_users : tensor<4xi32>
  // expected-error @below {{expected positions to be divided as #attn.sharding<[1]>, got #attn.sharding<[_]>}}
  %o = attn.attention %qs, %cs, %cs at %ps
    : (tensor<4x4x1x16xf32>, tensor<4x4x8x16xf32>, tensor<4x4x8x16xf32>, tensor<4xi32>) -> tensor<4x4x1x16xf32>
  return %o : tensor<4x4x1x16xf32>
}

// -----

// What is computed for all heads is not that of a rank's.
shard.grid @tp(shape = 2)
func.func @computed_bias(%q: tensor<1x4x3x8xf32>) -> tensor<1x4x3x8xf32> {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  // expected-note @below {{what it must agree with is divided as #attn.sharding<[_, 0, _, _]> here}}
  %qs = shard.shard %q to %heads annotate_for_users : tensor<1x4x3x8xf32>
  // expected-note @below {{score_bias is divided as #attn.sharding<[_, _, _]> here}}
  %t = tensor.generate {
  ^bb0(%h: index, %i: index, %j: index):
    %n = arith.index_cast %h : index to i32
    %x = arith.sitofp %n : i32 to f32
    tensor.yield %x : f32
  } : tensor<4x3x3xf32>
  // expected-error @below {{expected score_bias to be divided as #attn.sharding<[0, _, _]>, got #attn.sharding<[_, _, _]>}}
  %o = attn.attention %qs, %qs, %qs score_bias %t
    : (tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>, tensor<4x3x3xf32>) -> tensor<1x4x3x8xf32>
  return %o : tensor<1x4x3x8xf32>
}

// -----

// Upstream's interface lacks it too.
shard.grid @tp(shape = 2)
func.func @softmax(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %rows = shard.sharding @tp split_axes = [[0]] : !shard.sharding
  // expected-note @below {{its operand is divided as #attn.sharding<[0, _]> here}}
  %xs = shard.shard %x to %rows annotate_for_users : tensor<4x64xf32>
  %e = tensor.empty() : tensor<4x64xf32>
  // expected-error @below {{'linalg.softmax' has no rule for values that ranks divide}}
  %y = linalg.softmax dimension(1) ins(%xs : tensor<4x64xf32>) outs(%e : tensor<4x64xf32>) -> tensor<4x64xf32>
  return %y : tensor<4x64xf32>
}
