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
    Input: any `attn` ops. Output: no `attn.mha` without a cache, no `attn.mlp`. Biases, activations, gates and residuals
    become operands of `attn.linear`; head views are `attn.split_heads` and `attn.merge_heads`. Placement annotations move to the
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
    An `attn.mha` with a cache stays: which keys it sees depends on `positions`, which no mask expresses yet.
    `attn-plan` refuses it.
    Not its job: fusing producers and consumers (`attn-fuse-epilogues`), partitioning.
  }];
  let dependentDialects = ["::attnc::attn::AttnDialect"];
}

def PartitionPass : Pass<"attn-partition", "::mlir::ModuleOp"> {
  let summary = "Derive each rank's program from the annotations";
  let description = [{
    Input: `shard.grid`, `shard.sharding` and `shard.shard` annotations. Output: none of them. A grid of size 1 needs no
    slices: its annotations are removed, with a remark where the command line did not name the grid. A larger
    grid is refused by name.
  }];
  let options = [
    ListOption<"grids", "grids", "std::string",
               "sizes of grids as NAME=4 or NAME=2x4; others have size 1">];
}

def PlanPass : Pass<"attn-plan", "::mlir::func::FuncOp"> {
  let summary = "Choose tile sizes and memory spaces";
  let description = [{
    Input: decomposed ops. Output: each op that becomes a kernel has `plan`, and a complete `place` where it has buffers. Sizes
    come from the target's facts (vector registers, L1 and L2 bytes) and a budget model. A placement of the user's is obeyed, or is
    an error with the bytes or registers needed and available. `overrides` names a JSON file of tile sizes that replace the model's:
    `{"linear 576x1536": {"m": 128, "strip": 2}, "attention": {"n": 32}}`. Forms that no target runs yet are refused here by name. Each decision is an
    analysis remark with the number that bound it.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "CPU to plan for, by LLVM's name">,
    Option<"overrides", "overrides", "std::string", "", "JSON file of tile sizes to pin">];
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
    Gives each masked `attn.attention` a bounds region: for a tile of query rows, the keys that any row sees
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

#endif // ATTNC_DIALECT_ATTN_TRANSFORMS_PASSES_TD
