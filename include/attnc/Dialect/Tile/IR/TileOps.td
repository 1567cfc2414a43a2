//===- TileOps.td - The tile dialect -----------------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_TILE_IR_TILEOPS_TD
#define ATTNC_DIALECT_TILE_IR_TILEOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinTypeInterfaces.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferIntRangeInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::attnc::tile";
  let summary = "How one core computes it: tiles in explicit memory spaces";
  let description = [{
    A `tile.program` is a straight line of steps over named buffers; a
    `tile.kernel` is what one block of a launch computes. Memory is
    `!tile.buf<shape x type, space>`; values in registers are builtin tensors of
    static shape, so arith, math and scf work on them.

    A global buffer is a strided window of device memory whose innermost stride
    is 1. A `tile.slice` of it that is not known to lie inside reads zeros
    beyond the edge and does not write there. That holds for every access, so a kernel
    touches nothing outside its arguments, whatever their sizes: an
    `in_bounds` flag may be set only for facts that the static types or the kernel's
    own loop bounds prove.

    Created by `attn-outline-kernels` and `convert-attn-to-tile`; consumed by the
    conversion of each target and by `tile-export-package`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

def Tile_Space : I32EnumAttr<"Space", "memory space", [
    I32EnumAttrCase<"Global", 0, "global">,
    I32EnumAttrCase<"Cache", 1, "cache">,
    I32EnumAttrCase<"Register", 2, "register">]> {
  let description = [{
    `global` is device memory; `cache` is the memory close to one core (shared
    memory on a GPU, memory that stays in the L1 or L2 cache on a CPU);
    `register` is the core's register file.
  }];
  let cppNamespace = "::attnc::tile";
  let genSpecializedAttr = 0;
}

def Tile_BufType : TypeDef<Tile_Dialect, "Buf", [ShapedTypeInterface]> {
  let mnemonic = "buf";
  let summary = "a buffer in a memory space";
  let description = [{
    `!tile.buf<?x64xf32, global>`, `!tile.buf<64x64xbf16, cache>`. Only global buffers
    may have dynamic sizes. Strides are not part of the type.

    `!tile.buf<128x128xbf16, cache, 128>` is swizzled as tensor cores read it: columns are cut into panels of 128 bytes, one
    panel after the other, and within a panel the 16-byte pieces of row r are permuted by r mod 8. The last panel may have
    unused columns.
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::mlir::Type":$elementType,
    EnumParameter<Tile_Space>:$space,
    DefaultValuedParameter<"int64_t", "0">:$swizzle);
  let builders = [TypeBuilder<(ins "::llvm::ArrayRef<int64_t>":$shape,
      "::mlir::Type":$elementType, "Space":$space), [{
    return $_get($_ctxt, shape, elementType, space, /*swizzle=*/0);
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool hasRank() const { return true; }
    BufType cloneWith(std::optional<llvm::ArrayRef<int64_t>> shape,
                      ::mlir::Type elementType) const {
      return get(getContext(), shape.value_or(getShape()), elementType,
                 getSpace(), getSwizzle());
    }
  }];
}

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, traits>;

def Tile_Scalar : AnyTypeOf<[AnySignlessInteger, AnyFloat, Index]>;
def Tile_Tensor : StaticShapeTensorOf<[AnyType]>;
def Tile_Flags : OptionalAttr<DenseBoolArrayAttr>;

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

def Tile_ProgramOp : Tile_Op<"program", [FunctionOpInterface,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>,
    IsolatedFromAbove, Symbol, SingleBlock, NoTerminator]> {
  let summary = "the steps of one entry function";
  let description = [{
    Arguments are global buffers, first the inputs and weights of the source function,
    then its results. The body computes sizes with `tile.size` and arith, makes
    workspace with `tile.alloc` (`tile.arena` after `tile-plan-arena`) and views with `tile.view`,
    and lists the steps: `tile.launch`, `tile.memset`, `tile.copy`, `tile.collective`.
    Every size is an expression of the named sizes.

    Argument attributes: `attn.name`, `attn.dims`, `attn.weight`, `attn.alias`, `attn.slice`, `attn.constant` as on the source,
    and `tile.role`: "input", "weight" or "output". A program for several ranks has `tile.ranks`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() {
      return getFunctionType().getInputs();
    }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() {
      return getFunctionType().getResults();
    }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
}

def Tile_SizeOp : Tile_Op<"size", [Pure, HasParent<"ProgramOp">,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "the value of a named size";
  let description = "Example: `%B = tile.size \"B\"`";
  let arguments = (ins StrAttr:$symbol);
  let results = (outs Index:$result);
  let assemblyFormat = "$symbol attr-dict";
}

def Tile_ArenaOp : Tile_Op<"arena", [HasParent<"ProgramOp">,
    MemoryEffects<[MemAlloc]>]> {
  let summary = "a workspace buffer at an offset of the arena";
  let description = [{
    `tile-plan-arena` turns every global `tile.alloc` of a program into this. `offset` counts bytes and is a
    multiple of 64. Buffers whose lifetimes do not meet may share bytes.
  }];
  let arguments = (ins Index:$offset, Variadic<Index>:$sizes);
  let results = (outs Tile_BufType:$result);
  let assemblyFormat = [{
    `at` $offset (`sizes` `(` $sizes^ `)`)? attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_ViewOp : Tile_Op<"view", [Pure, HasParent<"ProgramOp">,
    AttrSizedOperandSegments]> {
  let summary = "another shape of the same memory";
  let description = [{
    Row-major memory of `source` seen with the sizes and element strides given; `sizes` and `strides` list the
    values of the dynamic entries of `type` and of `static_strides`.

    ```mlir
    %q = tile.view %p sizes(%B, %S) strides [%sB, 64, 576, 1]
         : !tile.buf<?x?x576xf32, global> to !tile.buf<?x9x?x64xf32, global>
    ```
  }];
  let arguments = (ins Tile_BufType:$source, Variadic<Index>:$sizes,
                       Variadic<Index>:$strides,
                       DenseI64ArrayAttr:$static_strides);
  let results = (outs Tile_BufType:$result);
  let assemblyFormat = [{
    $source (`sizes` `(` $sizes^ `)`)?
    `strides` custom<DynamicIndexList>($strides, $static_strides)
    attr-dict `:` type($source) `to` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_LaunchOp : Tile_Op<"launch", [HasParent<"ProgramOp">,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a kernel over its grid";
  let description = [{
    The grid is the kernel's own (`tile.grid`), computed from the sizes of the operands.

    ```mlir
    tile.launch @linear_0(%x, %w, %y) : !tile.buf<?x576xf32, global>, …
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel,
                       Variadic<Tile_BufType>:$operands);
  let assemblyFormat = [{
    $kernel `(` $operands `)` attr-dict `:` type($operands)
  }];
}

def Tile_MemsetOp : Tile_Op<"memset", [HasParent<"ProgramOp">]> {
  let summary = "set every byte of a buffer";
  let arguments = (ins Arg<Tile_BufType, "", [MemWrite]>:$destination,
                       I8Attr:$value);
  let assemblyFormat = "$destination `,` $value attr-dict `:` type($destination)";
}

def Tile_RanksAttr : AttrDef<Tile_Dialect, "Ranks"> {
  let mnemonic = "ranks";
  let summary = "the grid of ranks that a program was compiled for";
  let description = [{
    `tile.ranks = #tile.ranks<"tp", [2, 4]>` on a program: every rank of the grid runs it. The coordinates of rank r are the digits of
    r, the last axis fastest. A program without it runs on one rank.
  }];
  let parameters = (ins StringRefParameter<"the grid's name">:$name,
                        ArrayRefParameter<"int64_t">:$shape);
  let assemblyFormat = "`<` $name `,` `[` $shape `]` `>`";
  let genVerifyDecl = 1;
}

def Tile_CollectiveKind : I32EnumAttr<"CollectiveKind", "kind of collective", [
    I32EnumAttrCase<"AllReduce", 0, "all_reduce">,
    I32EnumAttrCase<"ReduceScatter", 1, "reduce_scatter">,
    I32EnumAttrCase<"AllGather", 2, "all_gather">]> {
  let cppNamespace = "::attnc::tile";
  let genSpecializedAttr = 0;
}
def Tile_CollectiveKindAttr
    : EnumAttr<Tile_Dialect, Tile_CollectiveKind, "collective_kind">;

def Tile_CollectiveOp : Tile_Op<"collective", [HasParent<"ProgramOp">]> {
  let summary = "exchange a buffer among ranks";
  let description = [{
    Runs among the ranks that differ in the coordinates of `axes` only; n is their number.

    | kind | destination |
    |---|---|
    | `all_reduce` | the sum of the ranks' sources; may be the source |
    | `reduce_scatter` | this rank's n-th of dimension `dim` of that sum |
    | `all_gather` | the ranks' sources one behind the other along dimension `dim` |

    Buffers are contiguous. Sums are taken in rank order in f32 and rounded once where the runtime owns them. `algorithm` names
    how it is done; "default" is the runtime's choice. The names are those of the `shard` dialect.

    ```mlir
    tile.collective all_reduce %p to %p axes [0] algorithm "default" : !tile.buf<?x?x64xf32, global> to !tile.buf<?x?x64xf32, global>
    ```
  }];
  let arguments = (ins Tile_CollectiveKindAttr:$kind,
                       Arg<Tile_BufType, "", [MemRead]>:$source,
                       Arg<Tile_BufType, "", [MemWrite]>:$destination,
                       DenseI64ArrayAttr:$axes,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>,
                                         "0">:$dim,
                       StrAttr:$algorithm);
  let assemblyFormat = [{
    $kind $source `to` $destination `axes` $axes (`dim` $dim^)?
    `algorithm` $algorithm attr-dict
    `:` type($source) `to` type($destination)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

def Tile_KernelOp : Tile_Op<"kernel", [FunctionOpInterface,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>,
    IsolatedFromAbove, Symbol, SingleBlock, NoTerminator]> {
  let summary = "what one block of a launch computes";
  let description = [{
    Arguments are global buffers; each has the attribute `tile.access`: "read", "write" or "read_write".
    `target` names the target that the tile sizes were planned for. The body holds one `tile.grid`,
    after the ops that compute the grid from `tile.dim` of arguments; what follows it is run once for
    each block.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypeAttrOf<FunctionType>:$function_type,
                       StrAttr:$target,
                       OptionalAttr<DictArrayAttr>:$arg_attrs,
                       OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() {
      return getFunctionType().getInputs();
    }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() {
      return getFunctionType().getResults();
    }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
}

def Tile_GridOp : Tile_Op<"grid", [HasParent<"KernelOp">,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>,
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<InferIntRangeInterface,
                              ["inferResultRanges"]>]> {
  let summary = "the sizes of the grid, and this block's place in it";
  let description = [{
    `%m, %n = tile.grid %gm, %gn` says that the launch has gm × gn blocks; the results are this block's
    coordinates, each below its size. One to three dimensions, the first varies fastest.
  }];
  let arguments = (ins Variadic<Index>:$sizes);
  let results = (outs Variadic<Index>:$ids);
  let assemblyFormat = "$sizes attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = "static constexpr unsigned kMaxRank = 3;";
}

def Tile_DimOp : Tile_Op<"dim", [Pure,
    DeclareOpInterfaceMethods<InferIntRangeInterface,
                              ["inferResultRangesFromOptional"]>]> {
  let summary = "a size of a buffer";
  let description = [{
    Of a slice it is the number of rows or columns that exist: at most the slice's size.
  }];
  let arguments = (ins Tile_BufType:$source, I64Attr:$index);
  let results = (outs Index:$result);
  let assemblyFormat = "$source `,` $index attr-dict `:` type($source)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_AllocOp : Tile_Op<"alloc"> {
  let summary = "a new buffer with arbitrary contents";
  let description = [{
    In a kernel: `tile.alloc : !tile.buf<64x64xf32, cache>`, private to the block. In a program: workspace in global
    memory, `tile.alloc(%B, %S) : !tile.buf<?x?x576xf32, global>`.
    `promote` marks a buffer that the plan places in registers: `tile-promote-registers` makes it a value.
  }];
  let arguments = (ins Variadic<Index>:$sizes, UnitAttr:$promote);
  let results = (outs Res<Tile_BufType, "", [MemAlloc]>:$result);
  let assemblyFormat = "(`(` $sizes^ `)`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_SliceOp : Tile_Op<"slice", [Pure]> {
  let summary = "a window of a buffer";
  let description = [{
    One offset for each dimension of the source. The result has static sizes; where its rank is smaller, the leading
    dimensions of the source are indexed and dropped. A dimension whose flag in `in_bounds` is
    false is clipped: what lies beyond the source's edge reads as zero and is not written, and
    `tile.dim` of the slice is the part that exists. Without the attribute all are in bounds.

    ```mlir
    %t = tile.slice %q[%b, %h, %i, %c0] {in_bounds = array<i1: false, true, false, true>}
         : !tile.buf<?x9x?x64xf32, global> to !tile.buf<64x64xf32, global>
    ```
  }];
  let arguments = (ins Tile_BufType:$source, Variadic<Index>:$offsets,
                       Tile_Flags:$in_bounds);
  let results = (outs Tile_BufType:$result);
  let assemblyFormat = [{
    $source `[` $offsets `]` attr-dict `:` type($source) `to` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    bool isInBounds(unsigned dim) {
      return !getInBounds() || (*getInBounds())[dim];
    }
  }];
}

def Tile_LoadOp : Tile_Op<"load"> {
  let summary = "read a tile into registers";
  let description = [{
    One offset for each dimension of the source (none: the whole buffer); the tensor's rank may be smaller, as for `tile.slice`. A
    scalar result reads one element. A dimension that is not in bounds reads zeros beyond the edge.
  }];
  let arguments = (ins Arg<Tile_BufType, "", [MemRead]>:$source,
                       Variadic<Index>:$offsets, Tile_Flags:$in_bounds);
  let results = (outs AnyTypeOf<[AnyRankedTensor, Tile_Scalar]>:$result);
  let assemblyFormat = [{
    $source `[` $offsets `]` attr-dict `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary = "write a tile from registers";
  let description = "The inverse of `tile.load`; elements beyond the edge are not written.";
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, Tile_Scalar]>:$value,
                       Arg<Tile_BufType, "", [MemWrite]>:$destination,
                       Variadic<Index>:$offsets, Tile_Flags:$in_bounds);
  let assemblyFormat = [{
    $value `,` $destination `[` $offsets `]` attr-dict
    `:` type($value) `,` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_CopyOp : Tile_Op<"copy"> {
  let summary = "copy a buffer, with conversion of the element type";
  let description = [{
    Source and destination have one shape, or with `transposed` reversed shapes of rank 2. What the source lacks is
    written as zero; what the destination lacks is not written. In a program both are global and have one type.
  }];
  let arguments = (ins Arg<Tile_BufType, "", [MemRead]>:$source,
                       Arg<Tile_BufType, "", [MemWrite]>:$destination,
                       UnitAttr:$transposed);
  let assemblyFormat = [{
    $source `to` $destination attr-dict
    `:` type($source) `to` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_FillOp : Tile_Op<"fill"> {
  let summary = "set every element of a buffer";
  let arguments = (ins Tile_Scalar:$value,
                       Arg<Tile_BufType, "", [MemWrite]>:$destination);
  let assemblyFormat = [{
    $value `,` $destination attr-dict `:` type($value) `,` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_MmaOp : Tile_Op<"mma", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "matrix product of two tiles, accumulated in f32";
  let description = [{
    acc (+)= lhs · rhs with lhs [M, K] and acc [M, N] in f32. rhs is [K, N], with `transposed` [N, K], or a panel-major weight
    [N / width, K, width], or [N / width, K / 2, width, 2] for pairs of bf16. lhs and rhs may differ in type; both widen to f32.

    Each of lhs and acc is a buffer or a tensor in registers; rhs is a buffer. A buffer accumulator is updated in
    place; a tensor accumulator gives a new tensor. `overwrite` ignores the accumulator's old value.
    Rows that lhs lacks (`tile.dim`) count as zeros; rows of an overwritten accumulator that lhs lacks hold anything.

    ```mlir
    tile.mma %q, %kt, %s {overwrite} : !tile.buf<64x64xf32, cache>, !tile.buf<64x64xf32, cache>, !tile.buf<64x64xf32, cache>
    %o1 = tile.mma %p, %v, %o : tensor<4x64xf32>, !tile.buf<64x64xf32, global>, tensor<4x64xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[Tile_BufType, Tile_Tensor]>:$lhs,
                       Tile_BufType:$rhs,
                       AnyTypeOf<[Tile_BufType, Tile_Tensor]>:$acc,
                       UnitAttr:$overwrite, UnitAttr:$transposed);
  let results = (outs Optional<Tile_Tensor>:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "reduction", [
    I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Max", 1, "max">,
    I32EnumAttrCase<"Min", 2, "min">]> {
  let cppNamespace = "::attnc::tile";
  let genSpecializedAttr = 0;
}
def Tile_ReduceKindAttr : EnumAttr<Tile_Dialect, Tile_ReduceKind, "reduce_kind">;

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "reduce each row of a tile";
  let description = [{
    `tile.reduce max %s : tensor<4x64xf32> -> tensor<4xf32>`; a vector gives a scalar, `tensor<64xi32> -> i32`. A maximum or
    minimum with a NaN is a NaN. The order of additions is fixed by the target, not by timing.
  }];
  let arguments = (ins Tile_ReduceKindAttr:$kind, Tile_Tensor:$source);
  let results = (outs AnyTypeOf<[Tile_Tensor, Tile_Scalar]>:$result);
  let assemblyFormat = [{
    $kind $source attr-dict `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_BroadcastOp : Tile_Op<"broadcast", [Pure]> {
  let summary = "repeat a vector along a new dimension";
  let description = [{
    `along 1` turns one value a row into a tile, `along 0` one value a column.

    ```mlir
    %t = tile.broadcast %m along 1 : tensor<4xf32> -> tensor<4x64xf32>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source, I64Attr:$dim);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source `along` $dim attr-dict `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "a tile of one scalar";
  let arguments = (ins Tile_Scalar:$source);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Tile_IotaOp : Tile_Op<"iota", [Pure]> {
  let summary = "each element's index in one dimension";
  let arguments = (ins I64Attr:$dim);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_ErrorOp : Tile_Op<"error", [MemoryEffects<[MemWrite]>]> {
  let summary = "set the launch's error word where a condition holds";
  let description = [{
    `code` is one of the ATTNC_ERROR_* values of `attnc_rt/kernel_abi.h`. The block goes on.
  }];
  let arguments = (ins I1:$condition, I32Attr:$code);
  let assemblyFormat = "`if` $condition `,` $code attr-dict";
}

include "attnc/Dialect/Tile/IR/TileAsyncOps.td"

#endif // ATTNC_DIALECT_TILE_IR_TILEOPS_TD
