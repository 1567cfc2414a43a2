//===- AttnOps.td - Ops of the attn dialect ----------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_ATTN_IR_ATTNOPS_TD
#define ATTNC_DIALECT_ATTN_IR_ATTNOPS_TD

include "attnc/Dialect/Attn/IR/AttnDialect.td"
include "attnc/Dialect/Attn/IR/AttnInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpBase.td"

class Attn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attn_Dialect, mnemonic, !listconcat([Pure], traits)> {
  let hasVerifier = 1;
}

def Attn_Float : AnyTypeOf<[F32, F16, BF16]>;
class Attn_Tensor<list<int> ranks>
    : TensorRankOf<[Attn_Float], ranks>;
def Attn_Activations : Attn_Tensor<[2, 3]>; // [tokens…, features]
def Attn_Matrix : Attn_Tensor<[2]>;
def Attn_LinearWeight : Attn_Tensor<[2, 3, 4]>; // a matrix, or packed
def Attn_Vector : ConfinedType<Attn_Tensor<[1]>, [HasStaticShapePred],
    "static 1D tensor of f32, f16 or bf16 values">;
def Attn_Heads : Attn_Tensor<[4]>;          // [batch, heads, length, head dim]
class Attn_Ints<list<int> ranks> : TensorRankOf<[I32], ranks>;
def Attn_ScoreBias : Attn_Tensor<[0, 1, 2, 3, 4]>; // broadcasts to all scores

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

def Attn_MhaOp : Attn_Op<"mha", [AttrSizedOperandSegments,
    SameVariadicResultSize]> {
  let summary = "multi-head attention block";
  let description = [{
    With `h = norm(x)` (pre-norm; x itself without a norm):

        q = rope(h · wq + bq)   k = rope(c · wk + bk)   v = c · wv + bv
        y = [x +] attention(q, k, v, mask) · wo + bo

    where c is `context` for cross-attention and h otherwise. With `norm_position =
    post` the norm comes last, after the residual.

    Shapes: x [B, S, hidden]; wq [hidden, heads · head_dim]; wk, wv [hidden of c, kv_heads ·
    head_dim]; wo [heads · head_dim, hidden]. Query head h uses KV head h / (heads / kv_heads).
    With `kv(%k, %v at %pos)` the new keys and values are appended to the caches [B, kv_heads,
    capacity, head_dim] at `pos` [B], attention runs over the cache up to the appended tokens, and the
    op also returns the caches, in place. Positions for RoPE start at `pos`, else at 0. `score_bias` is as in
    `attn.attention`.

    Created by front ends; `attn-decompose-blocks` consumes it.

    ```mlir
    %y = attn.mha %x, %wq, %wk, %wv, %wo norm(%g) mask %m
      {heads = 9 : i64, kv_heads = 3 : i64, head_dim = 64 : i64, rope = #attn.rope<theta = 1.0e5>,
       norm = #attn.norm<rms, 1.0e-5>, residual} : (…) -> tensor<?x?x576xf32>
    ```
  }];
  let arguments = (ins
    Attn_Activations:$input,
    Attn_Matrix:$query_weight, Attn_Matrix:$key_weight,
    Attn_Matrix:$value_weight, Attn_Matrix:$output_weight,
    Optional<Attn_Vector>:$query_bias, Optional<Attn_Vector>:$key_bias,
    Optional<Attn_Vector>:$value_bias, Optional<Attn_Vector>:$output_bias,
    Optional<Attn_Vector>:$norm_scale, Optional<Attn_Vector>:$norm_bias,
    Optional<Attn_Activations>:$context_input,
    Optional<Attn_Heads>:$key_cache, Optional<Attn_Heads>:$value_cache,
    Optional<Attn_Ints<[1]>>:$positions,
    Optional<Attn_MaskType>:$mask, Optional<Attn_ScoreBias>:$score_bias,
    ConfinedAttr<I64Attr, [IntPositive]>:$heads,
    ConfinedAttr<I64Attr, [IntPositive]>:$kv_heads,
    ConfinedAttr<I64Attr, [IntPositive]>:$head_dim,
    OptionalAttr<Attn_RopeAttr>:$rope,
    OptionalAttr<Attn_NormAttr>:$norm,
    DefaultValuedAttr<Attn_NormPositionAttr,
                      "::attnc::attn::NormPosition::Pre">:$norm_position,
    OptionalAttr<F64Attr>:$scale,
    UnitAttr:$residual,
    OptionalAttr<Attn_PlaceAttr>:$place);
  let results = (outs Attn_Activations:$output,
                      Optional<Attn_Heads>:$new_key_cache,
                      Optional<Attn_Heads>:$new_value_cache);
  let assemblyFormat = [{
    $input `,` $query_weight `,` $key_weight `,` $value_weight `,` $output_weight
    (`bq` `(` $query_bias^ `)`)? (`bk` `(` $key_bias^ `)`)?
    (`bv` `(` $value_bias^ `)`)? (`bo` `(` $output_bias^ `)`)?
    (`norm` `(` $norm_scale^ (`,` $norm_bias^)? `)`)?
    (`context` $context_input^)?
    (`kv` `(` $key_cache^ `,` $value_cache `at` $positions `)`)?
    (`mask` $mask^)? (`score_bias` $score_bias^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Attn_MlpOp : Attn_Op<"mlp", [AttrSizedOperandSegments]> {
  let summary = "MLP block";
  let description = [{
    With `h = norm(x)` (pre-norm; x itself without a norm) and a gated activation f:

        y = [x +] (f(h · gate_weight + gate_bias) ⊙ (h · up_weight + up_bias)) · down_weight + down_bias

    An ungated activation has no gate weight: `y = [x +] f(h · up_weight + up_bias) · down_weight + down_bias`.

    Shapes: x [B, S, hidden]; up and gate weights [hidden, ffn]; down weight [ffn, hidden].
    `attn.mlp %x, %gate, %up, %down` is gated, `attn.mlp %x, %up, %down` is not.

    Created by front ends; `attn-decompose-blocks` consumes it.
  }];
  let arguments = (ins
    Attn_Activations:$input,
    Variadic<Attn_Matrix>:$weights,
    Optional<Attn_Vector>:$gate_bias, Optional<Attn_Vector>:$up_bias,
    Optional<Attn_Vector>:$down_bias,
    Optional<Attn_Vector>:$norm_scale, Optional<Attn_Vector>:$norm_bias,
    Attn_MlpActivationAttr:$activation,
    OptionalAttr<Attn_NormAttr>:$norm,
    DefaultValuedAttr<Attn_NormPositionAttr,
                      "::attnc::attn::NormPosition::Pre">:$norm_position,
    UnitAttr:$residual,
    OptionalAttr<Attn_PlaceAttr>:$place);
  let results = (outs Attn_Activations:$output);
  let assemblyFormat = [{
    $input `,` $weights
    (`bg` `(` $gate_bias^ `)`)? (`bu` `(` $up_bias^ `)`)?
    (`bd` `(` $down_bias^ `)`)?
    (`norm` `(` $norm_scale^ (`,` $norm_bias^)? `)`)?
    attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    bool isGated() { return getActivation() >= MlpActivation::GeluGate; }
    /// Null where the activation is not gated.
    ::mlir::Value getGateWeight() {
      return isGated() ? getWeights()[0] : ::mlir::Value();
    }
    ::mlir::Value getUpWeight() { return getWeights()[isGated() ? 1 : 0]; }
    ::mlir::Value getDownWeight() { return getWeights()[isGated() ? 2 : 1]; }
    /// The activation without its gate.
    Activation getUngatedActivation();
  }];
}

//===----------------------------------------------------------------------===//
// Smaller ops
//===----------------------------------------------------------------------===//

def Attn_LinearOp : Attn_Op<"linear", [AttrSizedOperandSegments]> {
  let summary = "matrix product with a fused epilogue";
  let description = [{
        y = f(x · weight + bias) [⊙ (x · up_weight + up_bias)] [+ residual]

    Shapes: x [tokens…, K]; weight, up_weight [K, N], or [N, K] with `transposed`, or as `attn.pack_weight` gives them;
    biases [N]; residual and y [tokens…, N]. Products accumulate in f32; the epilogue is f32;
    y is rounded once.

    ```mlir
    %h = attn.linear %x, %wg up %wu {activation = #attn.activation<silu>} : (…) -> tensor<?x?x1536xf32>
    %y = attn.linear %h, %wd residual %x : (…) -> tensor<?x?x576xf32>
    ```
  }];
  let arguments = (ins
    Attn_Activations:$input, Attn_LinearWeight:$weight,
    Optional<Attn_LinearWeight>:$up_weight,
    Optional<Attn_Vector>:$bias, Optional<Attn_Vector>:$up_bias,
    Optional<Attn_Activations>:$residual,
    DefaultValuedAttr<Attn_ActivationAttr,
                      "::attnc::attn::Activation::None">:$activation,
    UnitAttr:$transposed,
    OptionalAttr<Attn_PlaceAttr>:$place, OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Activations:$output);
  let assemblyFormat = [{
    $input `,` $weight (`up` $up_weight^)? (`bias` $bias^)?
    (`up_bias` $up_bias^)? (`residual` $residual^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Attn_PackWeightOp : Attn_Op<"pack_weight"> {
  let summary = "a weight in the order in which a micro-kernel reads it";
  let description = [{
    [K, N] (with `transposed` [N, K]) as panels [ceil(N / width), K, width] or, at depth 2, [ceil(N / width), ceil(K / 2), width, 2],
    padded with zeros. `attn-pack-weights` creates it; a weight bound at compile time is stored so in the package, another is
    packed by a kernel on each run.

    ```mlir
    %p = attn.pack_weight %w {width = 32, depth = 1} : (tensor<576x1536xf32>) -> tensor<48x576x32xf32>
    ```
  }];
  let arguments = (ins Attn_Matrix:$weight,
                       ConfinedAttr<I64Attr, [IntPositive]>:$width,
                       ConfinedAttr<I64Attr, [IntPositive]>:$depth,
                       UnitAttr:$transposed);
  let results = (outs Attn_Tensor<[3, 4]>:$result);
  let assemblyFormat = [{
    $weight attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    /// The type of a packed `weight`.
    static ::mlir::RankedTensorType
    getPackedType(::mlir::RankedTensorType weight, int64_t width,
                  int64_t depth, bool transposed);
  }];
}

def Attn_NormOp : Attn_Op<"norm", [AttrSizedOperandSegments,
    AllTypesMatch<["input", "output"]>]> {
  let summary = "normalisation over the last dimension";
  let description = [{
        s = x [+ input_bias] [+ residual]
        y = normalise(s) [⊙ scale] [+ bias]

    Vectors are [features]. Statistics are f32, and so is s before it is rounded into the second result, which is there if
    input_bias or residual is: `attn-fuse-collectives` makes that form of what follows a collective.

    ```mlir
    %y, %s = attn.norm %x residual %r scale %g {norm = #attn.norm<rms, 1.0e-5>} : (…) -> (tensor<?x?x64xf32>, tensor<?x?x64xf32>)
    ```
  }];
  let arguments = (ins
    Attn_Activations:$input, Optional<Attn_Vector>:$input_bias,
    Optional<Attn_Activations>:$residual,
    Optional<Attn_Vector>:$scale, Optional<Attn_Vector>:$bias,
    Attn_NormAttr:$norm, OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Activations:$output,
                      Optional<Attn_Activations>:$sum);
  let assemblyFormat = [{
    $input (`input_bias` $input_bias^)? (`residual` $residual^)?
    (`scale` $scale^)? (`bias` $bias^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let builders = [
    /// A norm of the input itself.
    OpBuilder<(ins "::mlir::Type":$output, "::mlir::Value":$input,
                   "::mlir::Value":$scale, "::mlir::Value":$bias,
                   "NormAttr":$norm, "PlanAttr":$plan), [{
      build($_builder, $_state, output, /*sum=*/::mlir::Type(), input,
            /*input_bias=*/::mlir::Value(), /*residual=*/::mlir::Value(),
            scale, bias, norm, plan);
    }]>];
}

def Attn_EpilogueOp : Attn_Op<"epilogue", [AttrSizedOperandSegments,
    AllTypesMatch<["input", "output"]>]> {
  let summary = "the epilogue of a linear layer, apart from its product";
  let description = [{
        y = f(x + bias) [⊙ (up + up_bias)] [+ residual]

    What `attn.linear` does to its products, for products that had to be summed over ranks first. x, up, residual and y are
    [tokens…, N], biases [N]. It is computed in f32 and rounded once.

    Created by `attn-propagate-sharding`; `attn-fuse-collectives` folds it into the norm behind it.

    ```mlir
    %y = attn.epilogue %x bias %b residual %r : (…) -> tensor<?x?x64xf32>
    ```
  }];
  let arguments = (ins
    Attn_Activations:$input, Optional<Attn_Activations>:$up,
    Optional<Attn_Vector>:$bias, Optional<Attn_Vector>:$up_bias,
    Optional<Attn_Activations>:$residual,
    DefaultValuedAttr<Attn_ActivationAttr,
                      "::attnc::attn::Activation::None">:$activation,
    OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Activations:$output);
  let assemblyFormat = [{
    $input (`up` $up^)? (`bias` $bias^)? (`up_bias` $up_bias^)?
    (`residual` $residual^)?
    attr-dict `:` functional-type(operands, results)
  }];
}

def Attn_DropPaddingOp : Attn_Op<"drop_padding"> {
  let summary = "the leading features, without those behind them";
  let description = [{
    [tokens…, M] → [tokens…, N], N ≤ M. What is dropped are the products of a weight's declared padding (`attn.pad`):
    the logits of a vocabulary that the ranks do not divide.

    ```mlir
    %y = attn.drop_padding %x : (tensor<?x?x130xf32>) -> tensor<?x?x129xf32>
    ```
  }];
  let arguments = (ins Attn_Activations:$input,
                       OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Activations:$output);
  let hasFolder = 1;
  let hasVerifier = 1;
  let assemblyFormat = [{
    $input attr-dict `:` functional-type(operands, results)
  }];
}

def Attn_ReshardOp : Attn_Op<"reshard"> {
  let summary = "the same value, divided among the ranks in another way";
  let description = [{
    `from` is how the operand is divided, `to` how the result is. Before `attn-partition` both have the type of the
    whole tensor, after it that of their slices.

    Created by `attn-propagate-sharding`; `attn-insert-collectives` turns it into collectives, and none may remain.

    ```mlir
    %y = attn.reshard %x from <[_, _], partial = [0]> to <[_, _]> : tensor<?x64xf32> to tensor<?x64xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input,
                       Attn_ShardingAttr:$from, Attn_ShardingAttr:$to);
  let results = (outs AnyRankedTensor:$output);
  let assemblyFormat = [{
    $input `from` $from `to` $to attr-dict
    `:` type($input) `to` type($output)
  }];
}

def Attn_RopeOp : Attn_Op<"rope", [AllTypesMatch<["input", "output"]>]> {
  let summary = "rotary position embedding";
  let description = [{
    Rotates [batch, heads, length, head dim]. Row i of batch b has the position `positions[b] + i`,
    or i without positions. Angles are reduced in f64.
  }];
  let arguments = (ins
    Attn_Heads:$input, Optional<Attn_Ints<[1]>>:$positions,
    Attn_RopeAttr:$rope, OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Heads:$output);
  let assemblyFormat = [{
    $input (`at` $positions^)? attr-dict `:` functional-type(operands, results)
  }];
}

def Attn_SplitHeadsOp : Attn_Op<"split_heads"> {
  let summary = "view of [B, S, H · D] as [B, H, S, D]";
  let description = [{
    No data moves: the result is a strided view of the operand's memory.
  }];
  let arguments = (ins Attn_Tensor<[3]>:$input);
  let results = (outs Attn_Heads:$output);
  let hasFolder = 1;
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($output)";
}

def Attn_MergeHeadsOp : Attn_Op<"merge_heads"> {
  let summary = "[B, H, S, D] as [B, S, H · D]";
  let description = [{
    The inverse of `attn.split_heads`. No data moves: the op that defines the operand
    writes its result in this order.
  }];
  let arguments = (ins Attn_Heads:$input);
  let results = (outs Attn_Tensor<[3]>:$output);
  let hasFolder = 1;
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($output)";
}

def Attn_KvAppendOp : Attn_Op<"kv_append", [
    AllTypesMatch<["cache", "result"]>]> {
  let summary = "append new keys or values to a cache, in place";
  let description = [{
    Row i of `tokens` [B, kv heads, T, D] becomes row `positions[b] + i` of the cache [B,
    kv heads, capacity, D]. The result is the cache's memory; a use of `cache` after the append
    is an error. A row past the capacity is not written and sets the error word.
  }];
  let arguments = (ins Attn_Heads:$cache, Attn_Heads:$tokens,
                       Attn_Ints<[1]>:$positions);
  let results = (outs Attn_Heads:$result);
  let assemblyFormat = [{
    $cache `,` $tokens `at` $positions attr-dict
    `:` functional-type(operands, results)
  }];
}

def Attn_AttentionOp : Attn_Op<"attention", [AttrSizedOperandSegments,
    IsolatedFromAbove]> {
  let summary = "scaled dot-product attention";
  let description = [{
        s = scale · q · kᵀ;  s = score region(s) + score_bias;  s = mask ? s : −inf
        o = softmax(s) · v;  lse = log Σ exp(s) (+ exp(sink))

    Shapes: q [B, H, Sq, D], k [B, Hkv, Sk, D], v [B, Hkv, Sk, Dv], o [B, H, Sq, Dv], lse [B, H, Sq] in f32.
    Query head h uses KV head h / (H / Hkv). `scale` is 1 / sqrt(D) unless given. Query row i stands at
    position i + q_offset among the keys; `q_offset` is Sk − Sq unless given. `at positions` [B] stands for a q_offset of
    each batch, and ends its keys with the last query: j < positions[b] + Sq, as what a cache holds behind that is nothing
    yet. `sinks` [H] add exp(sink[h]) to the denominator. A row that sees no key gives o = 0 and lse = −inf. A NaN propagates.

    The score region takes (score : f32, b, h, i, j : index) and yields an f32. It may change values only.
    Values defined outside of it that it reads must be listed in `captures`, and come as further
    arguments. What it may hold is what a region of `attn.mask.custom` may.

    `score_bias` is a tensor that broadcasts to [B, H, Sq, Sk] as in `attn.mask.tensor`; −inf in it hides a key. `attn-fuse-masks`
    turns it into a score region and a mask; later passes refuse it.

    `attn-map-blocks` adds the block list, an `attn.block_list` of the mask.

    `attn-classify-tiles` adds the bounds region, which takes (q0, q1, query length, key length, b : index), then each tensor
    that the mask's ops take, and yields four indices: first, first full, last full and last key (see MaskOpInterface).
    Without it every tile is masked.

    ```mlir
    %o = attn.attention %q, %k, %v mask %m : (…) -> tensor<?x9x?x64xf32>
    %o = attn.attention %q, %keys, %values at %pos mask %m : (…) -> tensor<?x9x1x64xf32>  // caches
    ```
  }];
  let arguments = (ins
    Attn_Heads:$query, Attn_Heads:$key, Attn_Heads:$value,
    Optional<Attn_Ints<[1]>>:$positions, Optional<Attn_MaskType>:$mask, Optional<Attn_Vector>:$sinks,
    Variadic<AnyType>:$captures, Optional<Attn_ScoreBias>:$score_bias,
    Optional<Attn_Ints<[4]>>:$block_list,
    OptionalAttr<F64Attr>:$scale, OptionalAttr<SI64Attr>:$q_offset,
    OptionalAttr<Attn_PlaceAttr>:$place, OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Heads:$output,
                      Optional<TensorRankOf<[F32], [3]>>:$lse);
  let regions = (region MaxSizedRegion<1>:$score, MaxSizedRegion<1>:$bounds);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`at` $positions^)? (`mask` $mask^)?
    (`sinks` $sinks^)?
    (`captures` `(` $captures^ `)`)? (`score_bias` $score_bias^)?
    (`blocks` $block_list^)? (`score` $score^)? (`bounds` $bounds^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let hasRegionVerifier = 1;
  let builders = [
    /// Without positions, a score bias and a block list.
    OpBuilder<(ins "::mlir::Type":$output, "::mlir::Type":$lse,
                   "::mlir::Value":$query, "::mlir::Value":$key,
                   "::mlir::Value":$value, "::mlir::Value":$mask,
                   "::mlir::Value":$sinks, "::mlir::ValueRange":$captures,
                   "::mlir::FloatAttr":$scale, "::mlir::IntegerAttr":$q_offset,
                   "PlaceAttr":$place, "PlanAttr":$plan), [{
      build($_builder, $_state, output, lse, query, key, value,
            /*positions=*/::mlir::Value(), mask, sinks, captures, /*score_bias=*/::mlir::Value(),
            /*block_list=*/::mlir::Value(), scale, q_offset, place, plan);
    }]>];
  let extraClassDeclaration = [{
    /// 1 / sqrt(D) unless given.
    double getSoftmaxScale();
  }];
}

def Attn_BlockClassesOp : Attn_Op<"block_classes"> {
  let summary = "what a mask does to each block of scores";
  let description = [{
    y[b, h, m, n] is 0 where no score of query rows [m · M, (m + 1) · M) by keys [n · N, (n + 1) · N) is visible, 2 where all
    are, else 1; M and N are those of the plan. Shapes: q [B, H, Sq, D] and k [B, Hkv, Sk, D], of which only the sizes count;
    y [B, H or 1, ceil(Sq / M), ceil(Sk / N)], with 1 where the classes are the same for all heads.

    Created by `attn-map-blocks`.
  }];
  let arguments = (ins Attn_Heads:$query, Attn_Heads:$key,
                       Attn_MaskType:$mask, OptionalAttr<SI64Attr>:$q_offset,
                       Attn_PlanAttr:$plan);
  let results = (outs Attn_Ints<[4]>:$classes);
  let assemblyFormat = [{
    $query `,` $key `mask` $mask attr-dict `:` functional-type(operands, results)
  }];
}

def Attn_BlockCountsOp : Attn_Op<"block_counts"> {
  let summary = "how many blocks of scores have something visible";
  let description = [{
    From classes [B, H, M, N] the counts y [B, H, M] of those that are not 0.

    Created by `attn-map-blocks`.
  }];
  let arguments = (ins Attn_Ints<[4]>:$classes);
  let results = (outs Attn_Ints<[3]>:$counts);
  let assemblyFormat = "$classes attr-dict `:` functional-type(operands, results)";
}

def Attn_BlockListOp : Attn_Op<"block_list"> {
  let summary = "the blocks of scores that have something visible";
  let description = [{
    From classes [B, H, M, N] and their counts [B, H, M] the list y [B, H, M, N + 3], the row of blocks with the most work first, so that
    work that is handed out in this order ends together; equal ones from the last row to the first. Of each row: the number of steps
    through the mask (at least one), the number of all steps, the number of the row, then the blocks: first those of class 1, then
    those of class 2. Where there is none of class 1, the first of class 2 goes through the mask, and where there is none at all,
    block 0 does.

    Created by `attn-map-blocks`.
  }];
  let arguments = (ins Attn_Ints<[4]>:$classes, Attn_Ints<[3]>:$counts);
  let results = (outs Attn_Ints<[4]>:$list);
  let assemblyFormat = "$classes `,` $counts attr-dict `:` functional-type(operands, results)";
}

def Attn_YieldOp : Op<Attn_Dialect, "yield", [Pure, Terminator,
    ParentOneOf<["AttentionOp", "MaskCustomOp"]>]> {
  let summary = "end of a score, bounds or mask region";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [
    OpBuilder<(ins), "build($_builder, $_state, ::mlir::ValueRange());">];
}

def Attn_EmbeddingOp : Attn_Op<"embedding"> {
  let summary = "rows of a table";
  let description = [{
    `y[…] = table[ids[…]]`: ids [B, S] in i32, table [vocabulary, features], y [B, S, features]. An id
    outside the table gives a row of zeros and sets the error word.

    With `first` the table is one rank's slice of the rows of a table of `vocabulary` rows, and `first` [1] is the number of
    its first row. An id of another rank's slice gives a row of zeros, so that the sum over the ranks is the lookup; only an id
    outside the whole table sets the error word.

    ```mlir
    %y = attn.embedding %ids, %table first %first {vocabulary = 256 : i64} : (…) -> tensor<?x?x64xf32>
    ```
  }];
  let arguments = (ins Attn_Ints<[2]>:$ids, Attn_Matrix:$table,
                       Optional<Attn_Ints<[1]>>:$first,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive,
                           IntMaxValue<2147483647>]>>:$vocabulary,
                       OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Tensor<[3]>:$output);
  let assemblyFormat = [{
    $ids `,` $table (`first` $first^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Attn_ArgmaxOp : Attn_Op<"argmax"> {
  let summary = "index of the largest element of the last dimension";
  let description = [{
    The first of equal maxima; a NaN counts as the largest.
  }];
  let arguments = (ins Attn_Activations:$input,
                       OptionalAttr<Attn_PlanAttr>:$plan);
  let results = (outs Attn_Ints<[1, 2]>:$output);
  let assemblyFormat = [{
    $input attr-dict `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// `described` lists the methods of the interface that the op has of its own,
/// beside emitVisible.
class Attn_MaskOp<string mnemonic, list<string> described,
                  list<Trait> traits = []>
    : Op<Attn_Dialect, "mask." # mnemonic, !listconcat([Pure,
          DeclareOpInterfaceMethods<Attn_MaskOpInterface, described>],
          traits)> {
  let results = (outs Attn_MaskType:$result);
}

def Attn_MaskCausalOp : Attn_MaskOp<"causal", ["emitBounds"]> {
  let summary = "key j ≤ i + q_offset";
  let assemblyFormat = "attr-dict";
}

/// At most kMaxPosition.
def Attn_Distance
    : ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<1073741824>]>;

def Attn_MaskWindowOp : Attn_MaskOp<"window", ["emitBounds"]> {
  let summary = "i' − left ≤ j ≤ i' + right, with i' = i + q_offset";
  let description = [{
    `attn.mask.window 4096` has right = 0; `attn.mask.window 128, 128` is symmetric.
  }];
  let arguments = (ins
    Attn_Distance:$left, DefaultValuedAttr<Attn_Distance, "0">:$right);
  let assemblyFormat = "$left (`,` $right^)? attr-dict";
}

def Attn_MaskPrefixOp : Attn_MaskOp<"prefix", ["emitBounds"]> {
  let summary = "j < prefix[b]";
  let arguments = (ins Attn_Ints<[1]>:$prefix);
  let assemblyFormat = "$prefix attr-dict `:` type($prefix)";
}

def Attn_MaskDocumentOp : Attn_MaskOp<"document",
                                        ["hasClass", "emitClass"]> {
  let summary = "query_document[b, i] = key_document[b, j]";
  let description = [{
    The ids need no order. A block of scores is skipped where the smallest and the largest id of its rows lie apart from those of
    its keys, and needs no mask where all its ids are one.
  }];
  let arguments = (ins Attn_Ints<[2]>:$query_document,
                       Attn_Ints<[2]>:$key_document);
  let assemblyFormat = [{
    $query_document `,` $key_document attr-dict
    `:` type($query_document) `,` type($key_document)
  }];
}

def Attn_MaskLengthsOp : Attn_MaskOp<"lengths", ["emitBounds"]> {
  let summary = "j < length[b]";
  let arguments = (ins Attn_Ints<[1]>:$lengths);
  let assemblyFormat = "$lengths attr-dict `:` type($lengths)";
}

def Attn_MaskCustomOp : Attn_MaskOp<"custom", ["hasClass", "emitClass"], [
    IsolatedFromAbove, SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a predicate of the user's";
  let description = [{
    The region takes (b, h, i, j : index), with q_offset not added, then one argument for each
    operand, and yields an i1. It holds pure ops only.

    Kernels compute it on whole tiles: elementwise `arith` ops, `math` ops of f32 that need no library, and `tensor.extract`
    from operands, at indices that are equal for all scores of a tile but for the last two, `[…, i + c, j + c]`, or the last one,
    `[…, i + c]` or `[…, j + c]`. Index arithmetic that depends on i or j wraps at 32 bits. A read outside of a tensor gives zero;
    so may a division by zero.

    Interval arithmetic over the region's integer ops tells which blocks of scores are empty or full.

    ```mlir
    %m = attn.mask.custom(%block) {
    ^bb0(%b: index, %h: index, %i: index, %j: index, %block_of: tensor<?xi32>):
      %q = tensor.extract %block_of[%i] : tensor<?xi32>
      %k = tensor.extract %block_of[%j] : tensor<?xi32>
      %visible = arith.cmpi sle, %k, %q : i32
      attn.yield %visible : i1
    } : tensor<?xi32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$captures);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`(` $captures^ `)`)? $body attr-dict (`:` type($captures)^)?
  }];
  let hasRegionVerifier = 1;
}

def Attn_MaskTensorOp : Op<Attn_Dialect, "mask.tensor", [Pure]> {
  let summary = "a tensor of conditions: query i sees key j where it is true";
  let description = [{
    The tensor broadcasts to [B, H, Sq, Sk] of the attention: its dimensions stand for the last ones, and one that is missing or
    has the static size 1 holds for all. A dynamic size is the attention's own, never 1 in its place.

    Created by front ends; `attn-fuse-masks` turns it into mask ops, and later passes refuse it.

    ```mlir
    %m = attn.mask.tensor %visible : tensor<?x1x1x?xi1>
    ```
  }];
  let arguments = (ins TensorRankOf<[I1], [0, 1, 2, 3, 4]>:$tensor);
  let results = (outs Attn_MaskType:$result);
  let assemblyFormat = "$tensor attr-dict `:` type($tensor)";
}

class Attn_MaskCombineOp<string mnemonic>
    : Attn_MaskOp<mnemonic, ["emitBounds", "hasClass", "emitClass"]> {
  let arguments = (ins Attn_MaskType:$lhs, Attn_MaskType:$rhs);
  let assemblyFormat = "$lhs `,` $rhs attr-dict";
  let hasFolder = 1;
}

def Attn_MaskAndOp : Attn_MaskCombineOp<"and"> {
  let summary = "keys that both masks show";
}

def Attn_MaskOrOp : Attn_MaskCombineOp<"or"> {
  let summary = "keys that either mask shows";
}

#endif // ATTNC_DIALECT_ATTN_IR_ATTNOPS_TD
