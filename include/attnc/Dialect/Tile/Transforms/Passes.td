//===- Passes.td - Passes of the tile dialect --------------*- tablegen -*-===//
//
// Part of attnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In pipeline order.
//
//===----------------------------------------------------------------------===//

#ifndef ATTNC_DIALECT_TILE_TRANSFORMS_PASSES_TD
#define ATTNC_DIALECT_TILE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def PromoteRegistersPass
    : Pass<"tile-promote-registers", "::attnc::tile::KernelOp"> {
  let summary = "Move tiles from the cache to registers";
  let description = [{
    A cache buffer that is only read and written as a whole becomes a register tile: a tensor value, carried
    through the loops that update it. The plan made its tile small enough; a buffer that is sliced, or that is the
    right-hand side of a product, stays in the cache.

    ```mlir
    %o = tile.alloc : !tile.buf<4x64xf32, cache>
    tile.fill %zero, %o : …
    scf.for %j = … { …  tile.mma %p, %v, %o : … }
    %r = tile.load %o[] : … -> tensor<4x64xf32>
    ```
    becomes
    ```mlir
    %z = arith.constant dense<0.0> : tensor<4x64xf32>
    %r = scf.for %j = … iter_args(%o = %z) { …  %o1 = tile.mma %p, %v, %o : …  scf.yield %o1 }
    ```
    Not its job: choosing what fits (`attn-plan` sizes the tiles, and marks with `tile.space = "register"` what the placement asks for).
  }];
}

def PlanArenaPass : Pass<"tile-plan-arena", "::attnc::tile::ProgramOp"> {
  let summary = "Give every workspace buffer an offset";
  let description = [{
    Turns each `tile.alloc` of a program into `tile.arena at %offset`. Buffers whose lifetimes meet never overlap. Sizes are
    polynomials in the named sizes; a buffer reuses the bytes of a dead one only where its size is provably not
    larger for all sizes of at least 1.
  }];
}

def AssignLayoutsPass
    : Pass<"tile-assign-layouts", "::attnc::tile::KernelOp"> {
  let summary = "Say how threads hold each register tile";
  let description = [{
    Input: a scheduled kernel whose tiles have no layout (those that have one keep it). Output: `acc` for tiles of rank 2, `row` for
    vectors that a reduction makes or a broadcast repeats along 1, `column` for those repeated along 0 or reduced to a number; what
    elementwise ops, loops and cache tiles connect has one layout. Constants, positions and loads have a copy for each use. A vector that
    is only stored is a `row` if it has 64 elements. A product's left operand in registers goes through `tile.convert_layout`. Scalar
    kernels are left alone.

    ```mlir
    %m = tile.reduce max %s : tensor<64x128xf32> -> tensor<64xf32>
    ```
    becomes
    ```mlir
    %m = tile.reduce max %s : tensor<64x128xf32, #acc> -> tensor<64xf32, #row>
    ```
    Refuses a vector that is both row and column, and one that is neither.
  }];
}

def PlanSharedMemoryPass
    : Pass<"tile-plan-shared-memory", "::attnc::tile::KernelOp"> {
  let summary = "Give every ring and cache tile a place in shared memory";
  let description = [{
    Input: a scheduled kernel. Output: `tile.offset` on each `tile.ring` and `tile.alloc`, `tile.barriers` on each ring, and
    `tile.shared_bytes` on the kernel. The block's tiles come first, in the order of the kernel, and live as long as it. Then each warpgroup has
    a frame of the allocations that register tiles are stored to as a whole, `tile.warpgroup_bytes` apart; these live to the end of their block, and
    those that follow may have the same bytes (`tile.shares_bytes`), but for those that are copied to global memory. Barriers and tags come last.
    More than a block may have is an error that lists what asks for it. A scalar kernel needs none.
  }];
}

def VerifyAsyncPass : Pass<"tile-verify-async", "::attnc::tile::KernelOp"> {
  let summary = "Check that a scheduled kernel waits for what it reads";
  let description = [{
    Errors, each with the ops concerned:
    - a product in flight is waited for exactly once, in the block that issued it;
    - a `tile.mma_wait` leaves no older or equal group in flight: of the groups issued since, at most as many as it allows;
    - no register tile that becomes a product's left operand is computed while a product is in flight (ptxas would serialise: C7513);
    - a stage that products read is released only `after` values that come from the last of them;
    - the producer issues no product and holds no register tile, and consumers fill no stage;
    - a tile that is copied to global memory is written again, and a stage that is copied from released, after a `tile.store_wait` only.
  }];
}

#endif // ATTNC_DIALECT_TILE_TRANSFORMS_PASSES_TD
