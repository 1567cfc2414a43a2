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
    polynomials in the named sizes, and in parts of those that ranks divide; a buffer reuses the bytes of a dead one only where its size is provably not
    larger for all sizes of at least 1.
  }];
}

def SplitPositionsPass
    : Pass<"tile-split-positions", "::attnc::tile::KernelOp"> {
  let summary = "Compute with rows and columns of positions apart";
  let description = [{
    Of integer tiles that are sums of rows (equal in a row) and ± columns (`tile.iota 1`), in kernels with `tile.warpgroups`: a
    comparison becomes one of columns with rows, a conversion to f32 one of each, a product with a value of rows one of each. A thread
    holds few rows, and columns are constants of its registers: what is left for each element is one instruction.

    ```mlir
    %j = arith.addi %first_key, %columns : …     // splat, tile.iota 1
    %m = arith.cmpi sle, %j, %i : …              // i: one value a row
    ```
    becomes
    ```mlir
    %d = arith.subi %i, %first_key : …
    %m = arith.cmpi sle, %columns, %d : …
    ```
    Positions and their differences fit i32, as `attn.dim_ranges` bounds them; differences from 2²⁴ on convert to f32 in two parts, rounded twice.
  }];
  let dependentDialects = ["::mlir::math::MathDialect"];
}

def DeferRowTermsPass
    : Pass<"tile-defer-row-terms", "::attnc::tile::KernelOp"> {
  let summary = "Add to a row's maximum what is added to all its scores";
  let description = [{
    In kernels with `tile.warpgroups`, of a bias by distance (`tile-split-positions` leaves columns · slope + a term that is one a row):
    the term is added to the row's maximum and to the shift of the exponents instead of to each score. What is left of the bias does not
    change from step to step, and waits in registers: a quarter of the keys of a step, so the pass leaves kernels whose tiles need
    these registers (three warpgroups, head dim 256) as they are. Scores must be used only by maxima and exponents, masked or not.

    ```mlir
    %bias = math.fma %columns, %slope, %term : …            // %term: one value a row
    %s = math.fma %products, %scale, %bias : …
    %max = tile.reduce max %s : …
    %p = math.exp2 (math.fma %s, %factor, broadcast %shift) : …
    ```
    becomes
    ```mlir
    %s = math.fma %products, %scale, %columns * %slope : …
    %max = (tile.reduce max %s) + %row_term : …
    %p = math.exp2 (math.fma %s, %factor, broadcast (math.fma %row_term, %factor, %shift)) : …
    ```
  }];
  let dependentDialects = ["::mlir::math::MathDialect"];
}

def IssueAsyncPass : Pass<"tile-issue-async", "::attnc::tile::KernelOp"> {
  let summary = "Copies and products that run beside code";
  let description = [{
    The first pass to the stage `scheduled`, for kernels with `tile.warpgroups`. Each tile that a copy from global memory fills becomes a
    ring of one stage (tiles of one type and one source share it); the copy is issued and waited for at once, and the stage released behind
    the last product that reads it. A product is issued and waited for at once. Other cache tiles become one slab a warpgroup; a
    copy to global memory is asynchronous.

    ```mlir
    tile.copy %window to %t : …
    %s1 = tile.mma %q, %t, %s {overwrite, transposed} : …
    ```
    becomes
    ```mlir
    %n = tile.next_use %ks : …
    %w = tile.acquire %ks[%n] : …
    tile.load_async %key[%b, %h, %row, %c0] to %w : …
    tile.commit %ks[%n] : …
    %t = tile.wait %ks[%n] : …
    %p = tile.mma_async %q, %t transposed : … -> tensor<64x128xf32>
    %s1 = tile.mma_wait %p but 0 : …
    tile.release %ks[%n] after %s1 : …
    ```
    Refuses a loaded tile that anything but products reads. Not its job: to let anything overlap.
  }];
}

def PipelineLoadsPass : Pass<"tile-pipeline-loads", "::attnc::tile::KernelOp"> {
  let summary = "Load tiles of the next steps ahead";
  let description = [{
    Rings that loops use get as many stages as the plan says (`tile.stages`), so that a producer is so many loads ahead. Without it
    a load begins when the product that reads the tile before is done.
  }];
}

def OverlapProductsPass
    : Pass<"tile-overlap-products", "::attnc::tile::KernelOp"> {
  let summary = "Issue a step's scores before the last step's output";
  let description = [{
    A step of attention computes scores S, then weights P from them, and ends with O += P · V. Each step's end moves behind the issue of
    the next step's scores: tensor cores work on it while other units compute the softmax.

    ```mlir
    S(0), P(0), O(0);  loop { S(j), P(j), O(j) }
    ```
    becomes
    ```mlir
    S(0), P(0);  loop { issue S(j), issue O(j-1), wait S(j), P(j), wait O(j-1) };  O(last)
    ```
    Weights are converted to the operand's type after the wait for O: while a product is in flight nothing may write its registers.
    Loads of V move along. Leaves kernels of another form as they are.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def SpecializeWarpsPass
    : Pass<"tile-specialize-warps", "::attnc::tile::KernelOp"> {
  let summary = "A producer that loads beside consumers that compute";
  let description = [{
    Everything behind `tile.grid` is divided into the two regions of `tile.roles`: acquires, loads and commits with what they need to the
    producer; waits, releases, products and stores with what they need to the consumers. Loops that both need are in both, each with the
    values that it carries for its role. Scalars that both need are computed before they part. `tile.warpgroup_id` becomes the
    argument of the consumers' region. Without it every warpgroup waits for the loads that one thread issues.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def ScheduleWorkPass : Pass<"tile-schedule-work", "::attnc::tile::KernelOp"> {
  let summary = "Blocks that stay and take work after work";
  let description = [{
    `tile.grid` becomes a `tile.scheduler`, which hands out its points in their order: the launch has as many blocks as the device runs at
    once. The producer takes work and computes its scalars; the first ring of a work (the queries') carries, as tags, those that
    consumers cannot compute from each other by plain arithmetic, such as the place in the grid. A stage with negative tags ends the
    consumers' loop. Needs `tile.roles`; without it a launch has one block for each work.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def BalanceWorkPass : Pass<"tile-balance-work", "::attnc::tile::KernelOp"> {
  let summary = "Hand out work when a block asks for it";
  let description = [{
    Makes the scheduler dynamic: the next work comes from a counter. Where the first index of a work says how long it is (a causal
    mask), works are ordered longest first within groups of heads whose keys and values fit the L2 cache together; where all are
    equal, heads follow one another. Without it work w goes to block w mod the number of blocks.
  }];
}

def OverlapWorkPass : Pass<"tile-overlap-work", "::attnc::tile::KernelOp"> {
  let summary = "Issue the next work's first product before this one's end";
  let description = [{
    The consumers' loop over works is turned: behind the issue of a work's last product they wait for the next work's queries and first keys,
    issue its first scores, and then finish this work. The queries' ring has two stages. At the end the producer commits empty stages,
    whose product nobody reads. Needs `tile.query_stages = 2`, which the plan sets where there is room in shared memory.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def AlternateWarpgroupsPass
    : Pass<"tile-alternate-warpgroups", "::attnc::tile::KernelOp"> {
  let summary = "Warpgroups take turns at the tensor cores";
  let description = [{
    In loops that issue two products side by side, a warpgroup waits for its turn before the first and passes it on after the second ("ping-pong"):
    one computes its softmax while the products of another run. A kernel with `tile.turns = false` is left as it is.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def NumberStagesPass : Pass<"tile-number-stages", "::attnc::tile::KernelOp"> {
  let summary = "Count the uses of rings";
  let description = [{
    Replaces each `tile.next_use` by a counter of its ring that the role carries through its loops and branches, from zero.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
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
