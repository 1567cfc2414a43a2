//===- AttnDialect.td - The attn dialect -------------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_ATTN_IR_ATTNDIALECT_TD
#define ATTNC_DIALECT_ATTN_IR_ATTNDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::attnc::attn";
  let summary = "What to compute: attention and MLP blocks on tensors";
  let description = [{
    The `attn` dialect says what the blocks of a transformer compute, on whole
    tensors of one logical device. Front ends create it; `attn-outline-kernels`
    consumes it; no op of it may remain once `convert-attn-to-tile` has run.

    Block ops (`attn.mha`, `attn.mlp`) decompose into smaller ops, each of which
    a user may write directly. Masks are SSA values of type `!attn.mask`, built
    by ops that an analysis can reason about, so that tiles without any visible
    key are found at compile time.

    Shapes: batch, sequence and cache lengths may be dynamic; hidden sizes, head
    dims and weights are static. Data is f32, f16 or bf16; softmax, norms and
    accumulation are f32.

    Attributes on the arguments of an entry function:

    | attribute | on | meaning |
    |---|---|---|
    | `attn.name = "x"` | argument, result | the name users bind (default `argN`, `resultN`) |
    | `attn.dims = ["B", "S", ""]` | argument, result | names each `?`; the same name is the same size |
    | `attn.weight = "layers.0.wq"` | argument | bound by `--weights`, else an input |
    | `attn.bound` | argument | set by the driver on a weight that `--weights` binds |
    | `attn.alias = N` | result | the result is the memory of argument N |
    | `attn.pad = [0, 62]` | argument | trailing elements of each dimension that are padding, zeros in a weight |
    | `attn.sharding = #attn.sharding<…>` | argument, result | how ranks divide it; between `attn-propagate-sharding` and `attn-partition` only |
    | `attn.slice = #attn.slice<…>` | argument, result | it is one rank's slice of a whole tensor; set by `attn-partition` |
    | `attn.constant = dense<…>` | argument with `attn.weight` | the whole tensor's value, in place of a file's; set by `attn-partition` |

    and on the module: `attn.dim_ranges = {S = [1, 32768, 1]}`, the minimum,
    maximum and divisor of a named size.

    On an op between `attn-propagate-sharding` and `attn-partition`, `attn.shardings = [#attn.sharding<…>, …]`
    has one entry for each result. On a collective of the `shard` dialect, `attn.algorithm = "default"` names the algorithm that
    carries it out: "default" leaves the choice to the runtime.

    Ranks: the coordinates of rank r in a grid are the digits of r, the last axis fastest. A dimension that axis a splits
    has size(a) / group slices of equal size, and the ranks at coordinate c of that axis own slice c / group. An input of a partitioned
    function is local too: where the batch is split, each rank binds its own sequences, and `B` counts these.
  }];
  let dependentDialects = ["::attnc::tile::TileDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = "void registerAttributes();";
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Attn_MaskType : TypeDef<Attn_Dialect, "Mask"> {
  let mnemonic = "mask";
  let summary = "which keys each query may see";
  let description = [{
    A predicate over (batch, head, query, key). It has no storage: it is the
    mask ops that define it, and layers may share it. A combination of masks is
    `attn.mask.and` or `attn.mask.or`.
  }];
}

//===----------------------------------------------------------------------===//
// Enums
//===----------------------------------------------------------------------===//

def Attn_NormKind : I32EnumAttr<"NormKind", "kind of normalisation", [
    I32EnumAttrCase<"Rms", 0, "rms">,
    I32EnumAttrCase<"Layer", 1, "layer">]> {
  let cppNamespace = "::attnc::attn";
  let genSpecializedAttr = 0;
}

def Attn_NormPosition : I32EnumAttr<"NormPosition",
    "where a block's norm stands", [
    I32EnumAttrCase<"Pre", 0, "pre">,
    I32EnumAttrCase<"Post", 1, "post">]> {
  let cppNamespace = "::attnc::attn";
  let genSpecializedAttr = 0;
}

def Attn_RopeStyle : I32EnumAttr<"RopeStyle",
    "which elements of a head rotate together", [
    I32EnumAttrCase<"Half", 0, "half">,
    I32EnumAttrCase<"Interleaved", 1, "interleaved">]> {
  let cppNamespace = "::attnc::attn";
  let genSpecializedAttr = 0;
}

/// Activations of a linear layer. `attn.mlp` has the gated forms too.
def Attn_Activation : I32EnumAttr<"Activation", "elementwise activation", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"Gelu", 1, "gelu">,
    I32EnumAttrCase<"GeluTanh", 2, "gelu_tanh">,
    I32EnumAttrCase<"Relu", 3, "relu">,
    I32EnumAttrCase<"Silu", 4, "silu">]> {
  let cppNamespace = "::attnc::attn";
  let genSpecializedAttr = 0;
}

def Attn_MlpActivation : I32EnumAttr<"MlpActivation",
    "activation of an MLP, gated or not", [
    I32EnumAttrCase<"Gelu", 1, "gelu">,
    I32EnumAttrCase<"GeluTanh", 2, "gelu_tanh">,
    I32EnumAttrCase<"Relu", 3, "relu">,
    I32EnumAttrCase<"Silu", 4, "silu">,
    I32EnumAttrCase<"GeluGate", 5, "gelu_gate">,
    I32EnumAttrCase<"GeluTanhGate", 6, "gelu_tanh_gate">,
    I32EnumAttrCase<"ReluGate", 7, "relu_gate">,
    I32EnumAttrCase<"SiluGate", 8, "silu_gate">]> {
  let cppNamespace = "::attnc::attn";
  let genSpecializedAttr = 0;
}

def Attn_ActivationAttr
    : EnumAttr<Attn_Dialect, Attn_Activation, "activation"> {
  let assemblyFormat = "`<` $value `>`";
}
def Attn_MlpActivationAttr
    : EnumAttr<Attn_Dialect, Attn_MlpActivation, "mlp_activation"> {
  let assemblyFormat = "`<` $value `>`";
}
def Attn_NormPositionAttr
    : EnumAttr<Attn_Dialect, Attn_NormPosition, "norm_position"> {
  let assemblyFormat = "`<` $value `>`";
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Attn_Attr<string name, string attrMnemonic>
    : AttrDef<Attn_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Attn_NormAttr : Attn_Attr<"Norm", "norm"> {
  let summary = "a normalisation over the last dimension";
  let description = [{
    `rms`: x / sqrt(mean(x²) + epsilon); `layer`: (x − mean) / sqrt(var + epsilon).
    The scale and the bias are operands of the op that carries the attribute.

    Example: `#attn.norm<rms, 1.0e-5>`
  }];
  let parameters = (ins
    EnumParameter<Attn_NormKind>:$kind,
    APFloatParameter<"">:$epsilon);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Attn_RopeAttr : Attn_Attr<"Rope", "rope"> {
  let summary = "rotary position embedding";
  let description = [{
    Rotates pair i of a head of dimension D at position p by the angle
    p · theta^(−2i / D) (Su et al., 2021, RoFormer). `half` pairs element i with
    i + D/2 (the layout of Llama's published weights), `interleaved` pairs 2i with
    2i + 1.

    Example: `#attn.rope<theta = 5.0e5>`, `#attn.rope<theta = 1.0e4, interleaved>`
  }];
  let parameters = (ins
    APFloatParameter<"">:$theta,
    EnumParameter<Attn_RopeStyle>:$style);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

/// Copies the names too: an attribute owns what it says.
def Attn_Placements : ArrayRefParameter<"::attnc::attn::Placement"> {
  let allocator = [{
    ::llvm::SmallVector<::attnc::attn::Placement> owned($_self);
    for (::attnc::attn::Placement &placement : owned)
      placement.buffer = $_allocator.copyInto(placement.buffer);
    $_dst = $_allocator.copyInto(::llvm::ArrayRef(owned));
  }];
}

def Attn_PlaceAttr : Attn_Attr<"Place", "place"> {
  let summary = "the memory space of each buffer of a block";
  let description = [{
    A list of `buffer = space`. `attn.mha` and `attn.attention` have the buffers
    query, key, value, scores, weights and output; `attn.mlp` and `attn.linear` have input,
    weight, hidden and accumulator. A placement is obeyed, or refused with the bytes or
    registers that do not fit. What is unsaid is the plan's choice, and
    `attn-plan` writes it back.

    Example: `#attn.place<scores = register, output = register>`
  }];
  let parameters = (ins Attn_Placements:$placements);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The space asked for `buffer`, or none where the plan may choose.
    std::optional<::attnc::tile::Space> get(llvm::StringRef buffer) const;
  }];
}

def Attn_PlanAttr : Attn_Attr<"Plan", "plan"> {
  let summary = "how one op is tiled on one target";
  let description = [{
    Set by `attn-plan`, read by `attn-classify-tiles` and `convert-attn-to-tile`.

    | parameter | attention | linear | row-wise ops |
    |---|---|---|---|
    | `blockM` | query rows a block | token rows a block | rows a block |
    | `blockN` | keys a step | output columns a block | columns a step |
    | `blockK` | 0 | input columns a step | 0 |
    | `strip` | rows that elementwise code holds in registers at a time | the same | the same |
    | `panel` | 0 | columns of a weight panel | 0 |
    | `depth` | 0 | rows that lie together in a panel | 0 |

    A plan for tensor cores has also `warpgroups`, which share the rows of a block, `stages`, the cache tiles of keys and
    of values that are loaded ahead, `query_stages`, the cache tiles of queries: with one, the output goes to its place. `turns` is 1, or 0 where warpgroups do not take
    turns at the tensor cores.

    Examples: `#attn.plan<m = 64, n = 64, k = 0, strip = 4, panel = 0, depth = 0>`,
    `#attn.plan<m = 128, n = 128, k = 0, strip = 64, panel = 0, depth = 0, warpgroups = 2, stages = 2, query_stages = 2>`
  }];
  let parameters = (ins
    "int64_t":$blockM, "int64_t":$blockN, "int64_t":$blockK,
    "int64_t":$strip, "int64_t":$panel, "int64_t":$depth,
    DefaultValuedParameter<"int64_t", "0">:$warpgroups,
    DefaultValuedParameter<"int64_t", "0">:$stages,
    DefaultValuedParameter<"int64_t", "0">:$queryStages,
    DefaultValuedParameter<"int64_t", "1">:$turns);
  let builders = [AttrBuilder<(ins "int64_t":$blockM, "int64_t":$blockN,
      "int64_t":$blockK, "int64_t":$strip, "int64_t":$panel,
      "int64_t":$depth), [{
    return $_get($_ctxt, blockM, blockN, blockK, strip, panel, depth,
                 /*warpgroups=*/0, /*stages=*/0, /*queryStages=*/0, /*turns=*/1);
  }]>];
  let assemblyFormat = [{
    `<` `m` `=` $blockM `,` `n` `=` $blockN `,` `k` `=` $blockK `,`
        `strip` `=` $strip `,` `panel` `=` $panel `,` `depth` `=` $depth
        (`,` `warpgroups` `=` $warpgroups^ `,` `stages` `=` $stages `,`
         `query_stages` `=` $queryStages)? (`,` `turns` `=` $turns^)? `>`
  }];
  let genVerifyDecl = 1;
}

/// One `DimSplit` for each dimension.
def Attn_DimSplits : ArrayRefParameter<"::attnc::attn::DimSplit">;

def Attn_ShardingAttr : Attn_Attr<"Sharding", "sharding"> {
  let summary = "how the ranks of the grid divide one value";
  let description = [{
    One entry for each dimension: `_` is whole on every rank, `A` is split by grid axis A, `A group G` is split so that G
    neighbours along axis A own the same slice. `partial` lists the axes over which the value still has to be summed.

    | written | meaning at a grid of 4 |
    |---|---|
    | `#attn.sharding<[_, 0]>` | rank r owns the columns of quarter r |
    | `#attn.sharding<[_, 0 group 2]>` | rank r owns the columns of half r / 2 |
    | `#attn.sharding<[_, _], partial = [0]>` | the value is the sum of the four ranks' values |

    No axis occurs twice.
  }];
  let parameters = (ins Attn_DimSplits:$dims,
                        OptionalArrayRefParameter<"int64_t">:$partial);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Every dimension whole, nothing to sum.
    static ShardingAttr getWhole(::mlir::MLIRContext *context, int64_t rank);
    bool isWhole() const;
    /// This sharding with another split of one dimension.
    ShardingAttr withDim(int64_t dim, DimSplit split) const;
    /// This sharding with these partial axes.
    ShardingAttr withPartial(llvm::ArrayRef<int64_t> axes) const;
    /// The slices of a dimension in a grid of these sizes.
    int64_t getNumSlices(int64_t dim, llvm::ArrayRef<int64_t> grid) const;
    /// The type of one rank's slice; sizes are divisible.
    ::mlir::RankedTensorType getLocalType(::mlir::RankedTensorType whole,
                                          llvm::ArrayRef<int64_t> grid) const;
  }];
}

def Attn_SliceAttr : Attn_Attr<"Slice", "slice"> {
  let summary = "which slice of a whole tensor an argument or a result is";
  let description = [{
    The split of each dimension, as in `#attn.sharding`, and the shape of the whole tensor. `pad` counts the
    trailing elements of each dimension of the whole that are padding: zeros, which the file of weights lacks.

    The ranks' slices tile the whole: along each dimension the slices 0 … size(axis) / group − 1 lie one behind the other.

    Example: `#attn.slice<[_, 0 group 2] of [576, 192]>`, `#attn.slice<[0, _] of [132, 64], pad = [2, 0]>`
  }];
  let parameters = (ins Attn_DimSplits:$dims,
                        ArrayRefParameter<"int64_t">:$shape,
                        OptionalArrayRefParameter<"int64_t">:$pad);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif // ATTNC_DIALECT_ATTN_IR_ATTNDIALECT_TD
