// RUN: attnc-opt %s --attnc-sharded-pipeline --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=SHARDED
// RUN: attnc-opt %s --attnc-tile-pipeline=cpu=%cpu --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=TILE
// RUN: attnc-opt %s --attnc-tile-pipeline="cpu=%cpu disable=attn-classify-tiles,int-range-optimizations,tile-promote-registers" --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=DISABLED
// RUN: attnc-opt %s --attnc-vector-pipeline=cpu=%cpu --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: attnc-opt %s --attnc-tile-pipeline=target=sm_90a --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=HOPPER
// RUN: attnc-opt %s --attnc-scheduled-pipeline --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=SCHEDULED
// DEFINE: %{optional} = attn-classify-tiles,int-range-optimizations,tile-promote-registers,tile-defer-row-terms,tile-pipeline-loads,tile-overlap-products,tile-specialize-warps,tile-schedule-work,tile-balance-work,tile-overlap-work,tile-alternate-warpgroups
// RUN: attnc-opt %s --attnc-tile-pipeline="target=sm_90a disable=%{optional}" --attnc-scheduled-pipeline=disable=%{optional} \
// RUN:   --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: attnc-opt %s --attnc-nvvm-pipeline --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=NVVM

// The passes of each stage, in order.

// SHARDED: builtin.module(
// SHARDED-NEXT: func.func(
// SHARDED-NEXT: attn-decompose-blocks
// SHARDED: attn-set-grids
// SHARDED-NEXT: attn-verify-sharding
// SHARDED-NEXT: attn-propagate-sharding
// SHARDED-NEXT: attn-partition
// SHARDED-NEXT: attn-insert-collectives
// SHARDED-NEXT: canonicalize
// SHARDED-NEXT: cse
// SHARDED-NEXT: func.func(
// SHARDED-NEXT: attn-fuse-collectives
// SHARDED: attn-fuse-masks
// SHARDED: canonicalize
// SHARDED-NEXT: cse
// SHARDED-NEXT: attnc-verify-stage{stage=sharded target=cpu}

// TILE: builtin.module(
// TILE-NEXT: func.func(
// TILE-NEXT: attn-plan{cpu=x86-64-v4{{.*}} target=cpu}
// TILE: attn-pack-weights
// TILE: attn-classify-tiles
// TILE: canonicalize
// TILE-NEXT: cse
// TILE-NEXT: attn-outline-kernels{target=cpu}
// TILE-NEXT: tile.kernel(
// TILE-NEXT: convert-attn-to-tile
// TILE: canonicalize
// TILE-NEXT: cse
// TILE-NEXT: tile.kernel(
// TILE-NEXT: int-range-optimizations
// TILE: canonicalize
// TILE-NEXT: cse
// TILE-NEXT: tile.kernel(
// TILE-NEXT: tile-promote-registers
// TILE: tile.program(
// TILE-NEXT: tile-plan-arena
// TILE: canonicalize
// TILE-NEXT: cse
// TILE-NEXT: attnc-verify-stage{stage=tile target=cpu}

// DISABLED-NOT: attn-classify-tiles
// DISABLED: attn-outline-kernels
// DISABLED-NOT: int-range-optimizations
// DISABLED-NOT: tile-promote-registers
// DISABLED: tile-plan-arena

// VECTOR: builtin.module(
// VECTOR-NEXT: convert-tile-to-vector{cpu=x86-64-v4}
// VECTOR-NEXT: canonicalize
// VECTOR-NEXT: cse
// VECTOR-NEXT: attnc-verify-stage{stage=vector target=cpu}

// Tiles for tensor cores: weights are not packed, and blocks of scores get their classes before attention.

// HOPPER: builtin.module(
// HOPPER-NEXT: func.func(
// HOPPER-NEXT: attn-plan{{{.*}}target=sm_90a}
// HOPPER-NOT: attn-pack-weights
// HOPPER: attn-classify-tiles
// HOPPER: attn-map-blocks
// HOPPER: canonicalize
// HOPPER-NEXT: cse
// HOPPER-NEXT: attn-outline-kernels{target=sm_90a}
// HOPPER-NEXT: tile.kernel(
// HOPPER-NEXT: convert-attn-to-tile
// HOPPER: canonicalize
// HOPPER-NEXT: cse
// HOPPER-NEXT: tile.kernel(
// HOPPER-NEXT: int-range-optimizations
// HOPPER: canonicalize
// HOPPER-NEXT: cse
// HOPPER-NEXT: tile.kernel(
// HOPPER-NEXT: tile-promote-registers
// HOPPER: tile.program(
// HOPPER-NEXT: tile-plan-arena
// HOPPER: canonicalize
// HOPPER-NEXT: cse
// HOPPER-NEXT: attnc-verify-stage{stage=tile target=sm_90a}

// SCHEDULED: builtin.module(
// SCHEDULED-NEXT: tile.kernel(
// SCHEDULED-NEXT: tile-split-positions
// SCHEDULED: canonicalize
// SCHEDULED-NEXT: cse
// SCHEDULED-NEXT: tile.kernel(
// SCHEDULED-NEXT: tile-defer-row-terms
// SCHEDULED: tile-issue-async
// SCHEDULED: tile-pipeline-loads
// SCHEDULED: tile-overlap-products
// SCHEDULED: canonicalize
// SCHEDULED-NEXT: cse
// SCHEDULED-NEXT: tile.kernel(
// SCHEDULED-NEXT: tile-specialize-warps
// SCHEDULED: canonicalize
// SCHEDULED-NEXT: cse
// SCHEDULED-NEXT: tile.kernel(
// SCHEDULED-NEXT: tile-schedule-work
// SCHEDULED: tile-balance-work
// SCHEDULED: tile-overlap-work
// SCHEDULED: tile-alternate-warpgroups
// SCHEDULED: tile-number-stages
// SCHEDULED: canonicalize
// SCHEDULED-NEXT: cse
// SCHEDULED-NEXT: tile.kernel(
// SCHEDULED-NEXT: tile-assign-layouts
// SCHEDULED: canonicalize
// SCHEDULED-NEXT: cse
// SCHEDULED-NEXT: tile.kernel(
// SCHEDULED-NEXT: tile-plan-shared-memory
// SCHEDULED: tile-verify-async
// SCHEDULED: attnc-verify-stage{stage=scheduled target=sm_90a}

// What may be left out, and what a schedule cannot do without.

// PLAIN-NOT: attn-classify-tiles
// PLAIN-NOT: tile-promote-registers
// PLAIN: attnc-verify-stage{stage=tile
// PLAIN-NOT: tile-defer-row-terms
// PLAIN: tile-issue-async
// PLAIN-NOT: tile-pipeline-loads
// PLAIN-NOT: tile-overlap-products
// PLAIN-NOT: tile-specialize-warps
// PLAIN-NOT: tile-schedule-work
// PLAIN-NOT: tile-balance-work
// PLAIN-NOT: tile-overlap-work
// PLAIN-NOT: tile-alternate-warpgroups
// PLAIN: tile-number-stages
// PLAIN: tile-assign-layouts

// NVVM: builtin.module(
// NVVM-NEXT: convert-tile-to-nvvm
// NVVM-NEXT: canonicalize
// NVVM-NEXT: cse
// NVVM-NEXT: convert-scf-to-cf
// NVVM: convert-to-llvm
// NVVM: reconcile-unrealized-casts
// NVVM-NEXT: attnc-verify-stage{stage=llvm target=sm_90a}

module {
}
