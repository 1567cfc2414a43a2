//===- Passes.td - Passes of the attn dialect --------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In pipeline order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_ATTN_TRANSFORMS_PASSES_TD
#define ATTNC_DIALECT_ATTN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def DecomposeBlocksPass : Pass<"attn-decompose-blocks", "::mlir::func::FuncOp"> {
  let summary = "Turn attn.mha and attn.mlp into smaller ops";
  let description = [{
    Input: any `attn` ops. Output: no `attn.mha`, no `attn.mlp`. Biases, activations, gates and residuals
    become operands of `attn.linear`; head views are `attn.split_heads` and `attn.merge_heads`. With caches, keys and values go
    through an `attn.kv_append` each, and rotation and attention are `at` the block's positions. Placement annotations move to the
    op that owns the buffer. Sharding annotations on operands stay where they are.

    ```mlir
    %y = attn.mlp %x, %g, %u, %d norm(%s) {activation = #attn.mlp_activation<silu_gate>, norm = #attn.norm<rms, 1.0e-5>, residual} : …
    ```
    becomes
    ```mlir
    %n = attn.norm %x scale %s {norm = #attn.norm<rms, 1.0e-5>} : …
    %h = attn.linear %n, %g up %u {activation = #attn.activation<silu>} : …
    %y = attn.linear %h, %d residual %x : …
    ```
    Not its job: fusing producers and consumers (`attn-fuse-epilogues`), partitioning.
  }];
  let dependentDialects = ["::attnc::attn::AttnDialect"];
}

def SetGridsPass : Pass<"attn-set-grids", "::mlir::ModuleOp"> {
  let summary = "Give grids the sizes of this compilation";
  let description = [{
    Input: `shard.grid` ops of any declared size. Output: the sizes that `grids` names; a grid that is not named has one rank, with a
    remark. At most one grid has more than one rank. An unknown name, another number of axes and more than 65536 ranks are refused.

    With `grids=tp=4`,
    ```mlir
    shard.grid @tp(shape = 2)
    ```
    becomes
    ```mlir
    shard.grid @tp(shape = 4)
    ```
    Not its job: what is divided.
  }];
  let options = [
    ListOption<"grids", "grids", "std::string",
               "sizes of grids as NAME=4 or NAME=2x4; others have size 1">];
}

def VerifyShardingPass : Pass<"attn-verify-sharding", "::mlir::ModuleOp"> {
  let summary = "Check sharding annotations";
  let description = [{
    Input: `shard.sharding` and `shard.shard` on decomposed ops, grids of compiled sizes. Output: the same. What later passes rely on:

    - an axis is below the grid's rank and divides at most one dimension; a dimension is divided by at most one axis;
    - slices are equal: no halos, no offsets; a static dimension is divisible by the ranks of its axis, if need be by padding that is declared with
      `attn.pad`, and padding ends at the rows of a weight that are padded alike or in an `attn.drop_padding`, never in a result or in a norm;
    - heads are divisible by the ranks; KV heads, those of caches too, are, or divide the ranks, and are then shared by neighbours;
    - no other op of the `shard` dialect.

    Not its job: whether annotations agree with each other, which `attn-propagate-sharding` finds out.
  }];
  let dependentDialects = ["::attnc::attn::AttnDialect"];
}

def PropagateShardingPass : Pass<"attn-propagate-sharding", "::mlir::ModuleOp"> {
  let summary = "Decide how each value is divided among the ranks";
  let description = [{
    Input: verified annotations. Output: none; `attn.sharding` on arguments and results, `attn.shardings` on ops with a divided result, and
    `attn.reshard` where a value changes its sharding. Shapes are still those of the whole tensors. Without a grid of more than one rank annotations are
    only erased.

    The rules are Megatron's (Shoeybi et al., 2019), fixed and local:

    | op | rule |
    |---|---|
    | `attn.linear` | columns of the weight divide the result's features; rows must divide the input's features and give a partial result. A weight that nothing divides takes the rows of its input; up weight and column biases follow the weight |
    | `attn.attention` | one axis divides the heads of query, key, value and caches; a rank has the KV heads that its query heads read; positions are those of its sequences |
    | `attn.embedding` | rows of the table give a partial result |
    | `attn.drop_padding` | features are gathered: what is left of the last slice is shorter than the others |
    | `attn.norm`, `attn.rope`, `attn.argmax`, `attn.epilogue`, `attn.kv_append` | as the input; a norm needs whole features, a rotation whole sequences |
    | arguments | as annotated; sizes of one name (`attn.dims`) are divided alike; the rest as the first use needs it |
    | results | features, and tokens that were divided behind a lookup, are gathered unless annotated; other tokens and heads stay those of the rank |

    A partial value is summed at once: into what an annotation of the value says, else into the sharding of its residual, else whole. Dynamic sizes divide too;
    those that the ranks do not divide are an error of the run. Tokens divided by the axis of
    a weight's columns (sequence parallel) are gathered before the product. **The epilogue of a partial product (bias, activation, gate, residual) moves behind
    its sum**, into an `attn.epilogue`. Nothing else changes a sharding: what does not agree is an error that names both sides.

    ```mlir
    %y = attn.linear %h, %d bias %b residual %x : …              // rows of %d are annotated [[0]]
    ```
    becomes
    ```mlir
    %p = attn.linear %h, %d {attn.shardings = [#attn.sharding<[_, _], partial = [0]>]} : …
    %s = attn.reshard %p from <[_, _], partial = [0]> to <[_, _]> : …
    %y = attn.epilogue %s bias %b residual %x : …
    ```
  }];
  let dependentDialects = ["::attnc::attn::AttnDialect"];
}

def PartitionPass : Pass<"attn-partition", "::mlir::ModuleOp"> {
  let summary = "Derive one rank's program";
  let description = [{
    Input: a sharding for each divided value. Output: values of one rank's shapes, `attn.slice` on arguments and results that are slices, no sharding but on
    `attn.reshard`. Every rank runs this program; only the slices differ. A lookup in a slice of a table gets the number of the slice's first row
    as a constant weight that is sliced too. Grids of one rank are erased.

    ```mlir
    func.func @f(%w: tensor<64x96xf32> {attn.weight = "w", attn.sharding = #attn.sharding<[_, 0]>}, …
    ```
    becomes, at two ranks,
    ```mlir
    func.func @f(%w: tensor<64x48xf32> {attn.weight = "w", attn.slice = #attn.slice<[_, 0] of [64, 96]>}, …
    ```
    Not its job: moving data between ranks.
  }];
}

def InsertCollectivesPass : Pass<"attn-insert-collectives", "::mlir::ModuleOp"> {
  let summary = "Turn resharded values into collectives";
  let description = [{
    Input: `attn.reshard` on one rank's shapes. Output: none. A partial value becomes whole by `shard.all_reduce`, or divided by
    `shard.reduce_scatter`; a divided one becomes whole by `shard.all_gather`. A Megatron block has two AllReduces. Each collective has
    `attn.algorithm = "default"`.

    ```mlir
    %s = attn.reshard %p from <[_, _], partial = [0]> to <[_, _]> : tensor<?x64xf32> to tensor<?x64xf32>
    ```
    becomes
    ```mlir
    %s = shard.all_reduce %p on @tp grid_axes = [0] {attn.algorithm = "default"} : tensor<?x64xf32> -> tensor<?x64xf32>
    ```
  }];
  let dependentDialects = ["::mlir::shard::ShardDialect"];
}

def FuseCollectivesPass : Pass<"attn-fuse-collectives", "::mlir::func::FuncOp"> {
  let summary = "Fuse residual and norm behind a collective";
  let description = [{
    Input: an `attn.epilogue` of the result of `shard.all_reduce` or `shard.reduce_scatter`, without gate and activation, that an `attn.norm`
    reads. Output: one `attn.norm` that adds bias and residual and returns the sum too; a remark names the fusion, or why there is none.

    ```mlir
    %y = attn.epilogue %s residual %x : …
    %n = attn.norm %y scale %g {norm = #attn.norm<rms, 1.0e-5>} : …
    ```
    becomes
    ```mlir
    %n, %y = attn.norm %s residual %x scale %g {norm = #attn.norm<rms, 1.0e-5>} : …
    ```
  }];
  let dependentDialects = ["::attnc::attn::AttnDialect"];
}

def FuseMasksPass : Pass<"attn-fuse-masks", "::mlir::func::FuncOp"> {
  let summary = "Fold what makes masks and score biases";
  let description = [{
    Input: attentions with `attn.mask.tensor` in their masks and `score_bias` beside them, and the tensor-level ops that make those
    tensors. Output: neither, and no tensor-level op: masks are mask ops, biases are in the score region. No tensor of scores exists.

    Folded: `tensor.generate`, `tensor.splat`, `linalg` ops without reduction (`generic`, `map`, `fill`, `broadcast`, `transpose`, … with
    `linalg.index`), elementwise `arith` and `math` on tensors, `expand_shape`, `collapse_shape`, `extract_slice`, `cast`, `dim` and
    constants. Of a bias, constants of −inf, selected or added, become a mask. The parts of a predicate, also of a custom mask of the user's, that have
    an op become that op, with exact bounds:

    | predicate | mask |
    |---|---|
    | j ≤ i + c, j ≥ i − d, both | `causal`, `window`; `q_offset` is set where no op of the user's needs it |
    | j < n[b] | `lengths`, or `prefix` within an "or" |
    | q[b, i] = k[b, j] | `document` |
    | p and q, p or q, not p, select | `and`, `or` of their parts |
    | any other | one `attn.mask.custom` |

    A constant that is causal, a window or a counted range is known as such; any other becomes a weight with `attn.constant`. A tensor in memory
    is captured and read at each score; a remark tells how many bytes that is. −inf in memory hides a key, but skips no tile.

    ```mlir
    %m = tensor.generate %lq, %lk {
    ^bb0(%i: index, %j: index):
      %visible = arith.cmpi sle, %j, %i : index
      tensor.yield %visible : i1
    } : tensor<?x?xi1>
    %mask = attn.mask.tensor %m : tensor<?x?xi1>
    %o = attn.attention %q, %k, %v mask %mask score_bias %bias : … // %bias: tensor<4x?x?xf32>
    ```
    becomes
    ```mlir
    %mask = attn.mask.causal
    %o = attn.attention %q, %k, %v mask %mask captures(%bias) score {
    ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index, %t: tensor<4x?x?xf32>):
      %x = tensor.extract %t[%h, %i, %j] : tensor<4x?x?xf32>
      %y = arith.addf %s, %x : f32
      attn.yield %y : f32
    } {q_offset = 0 : si64} : …
    ```
    An op that cannot be folded is refused by name, and so is a tensor-level op that makes anything else. Not its job: tensors that attentions
    do not read; bounds and classes of tiles (`attn-classify-tiles`). It cannot be left out: later passes know no `linalg`.
  }];
  let dependentDialects = ["::attnc::attn::AttnDialect", "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def PlanPass : Pass<"attn-plan", "::mlir::func::FuncOp"> {
  let summary = "Choose tile sizes and memory spaces";
  let description = [{
    Input: decomposed ops. Output: each op that becomes a kernel has `plan`, and a complete `place` where it has buffers. Sizes
    come from the facts of `target` (vector registers, L1 and L2 bytes) and a budget model. A placement of the user's is obeyed, or is
    an error with the bytes or registers needed and available. `overrides` names a JSON file of tile sizes that replace the model's:
    `{"linear 576x1536": {"m": 128, "strip": 2}, "attention": {"n": 32}}`. Forms that no target runs yet are refused here by name. Each decision is an
    analysis remark with the number that bound it.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"", "target to plan for: cpu or sm_90a">,
    Option<"cpu", "cpu", "std::string", "\"native\"", "CPU to plan for, by LLVM's name">,
    Option<"overrides", "overrides", "std::string", "", "JSON file of tile sizes to pin">,
    Option<"registers", "registers", "bool", "true", "whether tiles may be placed in registers (sm_90a)">];
}

def PackWeightsPass : Pass<"attn-pack-weights", "::mlir::func::FuncOp"> {
  let summary = "Give linear layers their weights in panels";
  let description = [{
    Input: planned `attn.linear` ops with [K, N] or [N, K] weights. Output: each weight goes through an `attn.pack_weight` of the plan's
    panel width and depth; equal ones are one.
  }];
}

def ClassifyTilesPass : Pass<"attn-classify-tiles", "::mlir::func::FuncOp"> {
  let summary = "Turn masks into key bounds";
  let description = [{
    Gives each masked `attn.attention` that is not at positions a bounds region: for a tile of query rows, the keys that any row sees
    and the keys that every row sees, as index IR from the mask ops (MaskOpInterface). The tiling then skips empty tiles,
    computes full ones without mask code and masks the rest. A mask that knows more of a block of scores than a range of
    keys (documents, custom regions, unions) is then also asked for the class of each block, in the kernel. Without this pass
    every tile is visited and masked.
    An attention without a mask needs no bounds. A part of a mask that tells nothing is named by a remark.

    ```mlir
    %m = attn.mask.lengths %n : tensor<?xi32>
    %o = attn.attention %q, %k, %v mask %m : …
    // becomes
    %o = attn.attention %q, %k, %v mask %m bounds {
    ^bb0(%q0: index, %q1: index, %nq: index, %nk: index, %b: index, %lengths: tensor<?xi32>):
      %0 = tensor.extract %lengths[%b] : tensor<?xi32>
      … // %end = the length between 0 and %nk
      attn.yield %c0, %c0, %end, %end : index, index, index, index
    } : …
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def MapBlocksPass : Pass<"attn-map-blocks", "::mlir::func::FuncOp"> {
  let summary = "List the blocks of scores that a mask leaves";
  let description = [{
    For tensor cores, behind `attn-classify-tiles`. A mask that knows more of a block of scores than a range of keys (documents, custom
    regions, unions) is asked for the class of each block by a small kernel, `attn.block_classes`; two others, `attn.block_counts` and
    `attn.block_list`, gather the blocks that each tile of query rows has to visit, the longest list first. Attention takes the list
    instead of bounds: who loads knows ahead what to load, and no long work is left for the end (on documents of 128 to 4,096 tokens a
    sixth of the multiprocessors' time, measured). A mask that several attentions of the same sizes
    share is mapped once.

    ```mlir
    %o = attn.attention %q, %k, %v mask %m bounds { … }
    ```
    becomes
    ```mlir
    %c = attn.block_classes %q, %k mask %m {plan = …} : …
    %n = attn.block_counts %c : …
    %l = attn.block_list %c, %n : …
    %o = attn.attention %q, %k, %v mask %m blocks %l …
    ```
  }];
}

#endif // ATTNC_DIALECT_ATTN_TRANSFORMS_PASSES_TD
