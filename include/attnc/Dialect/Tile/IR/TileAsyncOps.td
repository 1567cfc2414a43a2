//===- TileAsyncOps.td - The scheduled level of tile -------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a GPU kernel is made of once it is scheduled: roles that run side by side,
// rings of cache tiles between them, products in flight, and a scheduler that
// hands out work. Everything else (loops, arithmetic, masks) is unchanged.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_TILE_IR_TILEASYNCOPS_TD
#define ATTNC_DIALECT_TILE_IR_TILEASYNCOPS_TD

include "mlir/Interfaces/InferTypeOpInterface.td"

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

def Tile_Layout : I32EnumAttr<"Layout", "layout of a register tile", [
    I32EnumAttrCase<"Accumulator", 0, "acc">,
    I32EnumAttrCase<"AFragment", 1, "a_frag">,
    I32EnumAttrCase<"Row", 2, "row">,
    I32EnumAttrCase<"Column", 3, "column">,
    I32EnumAttrCase<"Partial", 4, "partial">]> {
  let cppNamespace = "::attnc::tile";
  let genSpecializedAttr = 0;
}

def Tile_LayoutAttr : AttrDef<Tile_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "how a warpgroup's threads hold a register tile";
  let description = [{
    The encoding of a tensor at the scheduled level. There are five, and no algebra:

    | layout | tile | a thread holds |
    |---|---|---|
    | `acc` | 64 × N | the accumulator of a product: of each 8 columns 2 in a row and 2 eight rows below |
    | `a_frag` | 64 × K, 16-bit | the left operand of a product, packed in pairs; the same elements as `acc` |
    | `row` | 64 | one value for each of its 2 rows; the four threads of a row hold the same |
    | `column` | N | one value for each of its N / 4 columns |
    | `partial` | 64 × 4 | for each of its 2 rows its own share of a sum over the row's four threads |
  }];
  let parameters = (ins EnumParameter<Tile_Layout>:$value);
  let assemblyFormat = "`<` $value `>`";
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

def Tile_RingType : TypeDef<Tile_Dialect, "Ring"> {
  let mnemonic = "ring";
  let summary = "cache tiles that a producer fills and consumers empty in turn";
  let description = [{
    `!tile.ring<2, !tile.buf<128x64xbf16, cache, 128>>` has two stages. Each stage has a barrier that says it is
    full and one that says it is empty. Use number n of the ring is stage n mod stages; both sides count
    uses with an index and wait for the phase that follows from it. `tags` integers travel with each stage.
  }];
  let parameters = (ins "int64_t":$stages, "BufType":$stage,
                        DefaultValuedParameter<"int64_t", "0">:$tags);
  let assemblyFormat = "`<` $stages `,` $stage (`,` `tags` `=` $tags^)? `>`";
  let genVerifyDecl = 1;
}

def Tile_PendingType : TypeDef<Tile_Dialect, "Pending"> {
  let mnemonic = "pending";
  let summary = "a register tile that a product in flight still writes";
  let description = "Only `tile.mma_wait` turns it into a value that can be read.";
  let parameters = (ins "::mlir::RankedTensorType":$tile);
  let assemblyFormat = "`<` $tile `>`";
}

def Tile_BarrierType : TypeDef<Tile_Dialect, "Barrier"> {
  let mnemonic = "barrier";
  let summary = "named barriers, each of a number of threads";
  let parameters = (ins "int64_t":$count, "int64_t":$threads);
  let assemblyFormat = "`<` $count `x` $threads `>`";
  let genVerifyDecl = 1;
}

def Tile_SchedulerType : TypeDef<Tile_Dialect, "Scheduler"> {
  let mnemonic = "scheduler";
  let summary = "hands out the blocks of a grid";
  let parameters = (ins "int64_t":$rank);
  let assemblyFormat = "`<` $rank `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

def Tile_RolesOp : Tile_Op<"roles", [HasParent<"KernelOp">, NoTerminator,
    SingleBlock, RecursiveMemoryEffects]> {
  let summary = "what the warpgroups of a block do side by side";
  let description = [{
    One thread runs the producer's region. Each of `warpgroups` consumer warpgroups runs the other with its
    number; register tiles in it are the warpgroup's own. `registers` is what a thread of the role may use.
    The last op of a kernel.

    ```mlir
    tile.roles producer registers 24 { … } consumers(%wg) 2 registers 240 { … }
    ```
  }];
  let arguments = (ins I64Attr:$warpgroups, I64Attr:$producer_registers,
                       I64Attr:$consumer_registers);
  let regions = (region SizedRegion<1>:$producer, SizedRegion<1>:$consumers);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Tile_WarpgroupIdOp : Tile_Op<"warpgroup_id", [Pure]> {
  let summary = "the number of this warpgroup among those that compute";
  let description = [{
    A kernel with the attribute `tile.warpgroups` shares the rows of a block among so many warpgroups: its cache tiles are the
    block's, its register tiles each warpgroup's own. In `tile.roles` the consumers' region has the number as its argument.

    ```mlir
    %wg = tile.warpgroup_id
    ```
  }];
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict";
}

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

def Tile_RingOp : Tile_Op<"ring", [HasParent<"KernelOp">,
    MemoryEffects<[MemAlloc]>]> {
  let summary = "make a ring with all stages empty";
  let description = [{
    `tile-plan-shared-memory` adds `tile.offset`, the bytes from the start of shared memory to the first stage, and
    `tile.barriers`, to its barriers.
  }];
  let results = (outs Tile_RingType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Tile_NextUseOp : Tile_Op<"next_use", [
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "the number of a role's next use of a ring";
  let description = [{
    Each role counts its uses of a ring, in the order in which it comes to these ops. `tile-number-stages` replaces them by counters; until
    then passes may move uses across loops without counting.

    ```mlir
    %n = tile.next_use %ks : !tile.ring<2, !tile.buf<128x128xbf16, cache, 128>>
    ```
  }];
  let arguments = (ins Tile_RingType:$ring);
  let results = (outs Index:$number);
  let assemblyFormat = "$ring attr-dict `:` type($ring)";
}

class Tile_StageOp<string mnemonic> : Tile_Op<mnemonic, [
    MemoryEffects<[MemRead, MemWrite]>,
    TypesMatchWith<"the result is a stage", "ring", "stage",
                   "::llvm::cast<RingType>($_self).getStage()">]>;

def Tile_AcquireOp : Tile_StageOp<"acquire"> {
  let summary = "wait until a stage is empty";
  let description = "For the producer: the stage of use `number`, which it may fill now.";
  let arguments = (ins Tile_RingType:$ring, Index:$number);
  let results = (outs Tile_BufType:$stage);
  let assemblyFormat = "$ring `[` $number `]` attr-dict `:` type($ring)";
}

def Tile_LoadAsyncOp : Tile_Op<"load_async"> {
  let summary = "start to copy a window of global memory to a stage";
  let description = [{
    One offset for each dimension of the source; the stage is a window of the last two. What lies beyond the edge
    arrives as zeros. The stage comes from a `tile.acquire`, and is full when the copies before its
    `tile.commit` have arrived.
  }];
  let arguments = (ins Arg<Tile_BufType, "", [MemRead]>:$source,
                       Variadic<Index>:$offsets,
                       Arg<Tile_BufType, "", [MemWrite]>:$stage);
  let assemblyFormat = [{
    $source `[` $offsets `]` `to` $stage attr-dict
    `:` type($source) `to` type($stage)
  }];
  let hasVerifier = 1;
}

def Tile_CommitOp : Tile_Op<"commit", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "say that a stage has all its copies";
  let description = [{
    Consumers that wait for use `number` go on when the copies have arrived. Without copies the stage is full
    at once: so ends a ring that consumers read ahead.
  }];
  let arguments = (ins Tile_RingType:$ring, Index:$number,
                       Variadic<Index>:$tags);
  let assemblyFormat = [{
    $ring `[` $number `]` (`tags` `(` $tags^ `)`)? attr-dict `:` type($ring)
  }];
  let hasVerifier = 1;
}

def Tile_WaitOp : Tile_StageOp<"wait"> {
  let summary = "wait until a stage is full";
  let description = "For consumers: the stage of use `number`, and its tags.";
  let arguments = (ins Tile_RingType:$ring, Index:$number);
  let results = (outs Tile_BufType:$stage, Variadic<Index>:$tags);
  let assemblyFormat = [{
    $ring `[` $number `]` (`tags` `(` type($tags)^ `)`)? attr-dict
    `:` type($ring)
  }];
  let hasVerifier = 1;
}

def Tile_StageOfOp : Tile_Op<"stage", [Pure,
    TypesMatchWith<"the result is a stage", "ring", "stage",
                   "::llvm::cast<RingType>($_self).getStage()">]> {
  let summary = "a stage that was waited for before";
  let arguments = (ins Tile_RingType:$ring, Index:$number);
  let results = (outs Tile_BufType:$stage);
  let assemblyFormat = "$ring `[` $number `]` attr-dict `:` type($ring)";
}

def Tile_ReleaseOp : Tile_Op<"release", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "say that a consumer needs a stage no longer";
  let description = [{
    `after` are values that cannot exist before everything that this warpgroup reads of the stage has been read:
    `tile-verify-async` checks that they come from its products. Products inside a loop or branch before need none: they are waited for there.
  }];
  let arguments = (ins Tile_RingType:$ring, Index:$number,
                       Variadic<Tile_Tensor>:$after);
  let assemblyFormat = [{
    $ring `[` $number `]` (`after` $after^)? attr-dict
    `:` type($ring) (`,` type($after)^)?
  }];
}

//===----------------------------------------------------------------------===//
// Products in flight
//===----------------------------------------------------------------------===//

def Tile_MmaAsyncOp : Tile_Op<"mma_async", [
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "issue a product of a warpgroup";
  let description = [{
    One group of tensor core instructions: acc + lhs · rhs, or without `into` lhs · rhs; `transposed`: lhs · rhsᵀ. lhs
    [64, K] is a cache tile or an `a_frag` tile; rhs [K, N] (transposed [N, K]) is a cache tile. Groups of a
    warpgroup finish in the order of issue. The registers of lhs and acc must not be written before the group is done.

    ```mlir
    %s = tile.mma_async %q, %k transposed : !tile.buf<64x128xbf16, cache, 128>, !tile.buf<128x128xbf16, cache, 128> -> tensor<64x128xf32, #acc>
    %o1 = tile.mma_async %p, %v into %o : tensor<64x128xbf16, #a_frag>, !tile.buf<128x128xbf16, cache, 128> -> tensor<64x128xf32, #acc>
    ```
  }];
  let arguments = (ins AnyTypeOf<[Tile_BufType, Tile_Tensor]>:$lhs,
                       Tile_BufType:$rhs, Optional<Tile_Tensor>:$acc,
                       UnitAttr:$transposed);
  let results = (outs Tile_PendingType:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Tile_MmaWaitOp : Tile_Op<"mma_wait", [MemoryEffects<[MemRead, MemWrite]>,
    TypesMatchWith<"the result is the tile", "pending", "result",
                   "::llvm::cast<PendingType>($_self).getTile()">]> {
  let summary = "wait for a product";
  let description = [{
    Gives the product's value when at most `groups` of the groups that this warpgroup issued are in flight.

    ```mlir
    %s = tile.mma_wait %s0 but 1 : !tile.pending<tensor<64x128xf32, #acc>>
    ```
  }];
  let arguments = (ins Tile_PendingType:$pending, I64Attr:$groups);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$pending `but` $groups attr-dict `:` type($pending)";
}

def Tile_ConvertLayoutOp : Tile_Op<"convert_layout", [Pure]> {
  let summary = "the same tile in another layout";
  let description = [{
    `acc` to `a_frag` of 16-bit elements, which moves nothing between threads.
  }];
  let arguments = (ins Tile_Tensor:$source);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_StoreAsyncOp : Tile_Op<"store_async"> {
  let summary = "start to copy a cache tile to a window of global memory";
  let description = [{
    All threads of the warpgroup that wrote the tile take part. What lies beyond the edge is not written. The tile must not be written
    again before a `tile.store_wait`.
  }];
  let arguments = (ins Arg<Tile_BufType, "", [MemRead]>:$source,
                       Arg<Tile_BufType, "", [MemWrite]>:$destination,
                       Variadic<Index>:$offsets);
  let assemblyFormat = [{
    $source `to` $destination `[` $offsets `]` attr-dict
    `:` type($source) `to` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_StoreWaitOp : Tile_Op<"store_wait", [
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "wait until this warpgroup's asynchronous stores have read their tiles";
  let assemblyFormat = "attr-dict";
}

//===----------------------------------------------------------------------===//
// Named barriers
//===----------------------------------------------------------------------===//

def Tile_BarrierOp : Tile_Op<"barrier", [HasParent<"KernelOp">,
    MemoryEffects<[MemAlloc]>]> {
  let summary = "make named barriers";
  let results = (outs Tile_BarrierType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Tile_SyncOp : Tile_Op<"sync", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "arrive at a named barrier and wait for its other threads";
  let arguments = (ins Tile_BarrierType:$barrier, Index:$number);
  let assemblyFormat = "$barrier `[` $number `]` attr-dict `:` type($barrier)";
}

def Tile_ArriveOp : Tile_Op<"arrive", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "arrive at a named barrier and go on";
  let arguments = (ins Tile_BarrierType:$barrier, Index:$number);
  let assemblyFormat = "$barrier `[` $number `]` attr-dict `:` type($barrier)";
}

//===----------------------------------------------------------------------===//
// The tile scheduler
//===----------------------------------------------------------------------===//

def Tile_SchedulerOp : Tile_Op<"scheduler", [HasParent<"KernelOp">,
    MemoryEffects<[MemAlloc]>]> {
  let summary = "replaces a grid: resident blocks take its work one after another";
  let description = [{
    The launch has as many blocks as the device runs at once. Work is numbered so that the indices after the first
    form groups of `group`; within a group the first index varies slowest. So the longest work
    should have the lowest first index, and a group should fit in the L2 cache.
    `dynamic`: the next number comes from a counter in global memory; else it is the last plus the number of blocks.

    ```mlir
    %s = tile.scheduler %blocks, %heads, %batch group %g dynamic : !tile.scheduler<3>
    ```
  }];
  let arguments = (ins Variadic<Index>:$sizes, Index:$group,
                       UnitAttr:$dynamic);
  let results = (outs Tile_SchedulerType:$result);
  let assemblyFormat = [{
    $sizes `group` $group (`dynamic` $dynamic^)? attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_TakeWorkOp : Tile_Op<"take_work", [
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "the number of the first or next work of this block";
  let arguments = (ins Tile_SchedulerType:$scheduler, Optional<Index>:$last);
  let results = (outs Index:$work);
  let assemblyFormat = "$scheduler (`after` $last^)? attr-dict `:` type($scheduler)";
}

def Tile_WorkIdsOp : Tile_Op<"work_ids", [Pure]> {
  let summary = "whether a work exists, and its indices";
  let arguments = (ins Tile_SchedulerType:$scheduler, Index:$work);
  let results = (outs I1:$exists, Variadic<Index>:$ids);
  let assemblyFormat = [{
    $scheduler `[` $work `]` attr-dict `:` type($scheduler) `->` type($ids)
  }];
  let hasVerifier = 1;
}

def Tile_FinishWorkOp : Tile_Op<"finish_work", [
    MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "leave the scheduler's counter as the next launch needs it";
  let arguments = (ins Tile_SchedulerType:$scheduler);
  let assemblyFormat = "$scheduler attr-dict `:` type($scheduler)";
}

#endif // ATTNC_DIALECT_TILE_IR_TILEASYNCOPS_TD
