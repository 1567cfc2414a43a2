// RUN: not attnc-opt %s --attn-partition=grids=tp=2 2>&1 | FileCheck %s --check-prefix=RANKS
// RUN: not attnc-opt %s --attn-partition=grids=dp=1x2 2>&1 | FileCheck %s --check-prefix=RANKS2
// RUN: not attnc-opt %s --attn-partition=grids=dp=2 2>&1 | FileCheck %s --check-prefix=AXES
// RUN: not attnc-opt %s --attn-partition=grids=pp=1 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not attnc-opt %s --attn-partition=grids=tp=1,tp=1 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not attnc-opt %s --attn-partition=grids=tp 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT=tp
// RUN: not attnc-opt %s --attn-partition=grids==1 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT==1
// RUN: not attnc-opt %s --attn-partition=grids=tp=0 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT=tp=0
// RUN: not attnc-opt %s --attn-partition=grids=tp=99999999999 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT=tp=99999999999
// RUN: attnc-opt %s --attn-partition=grids=tp=1,dp=1x1 --split-input-file --verify-diagnostics

// RANKS: error: 'shard.grid' op partitioning over a grid of more than one rank is not built yet: @tp has 2
// RANKS2: error: 'shard.grid' op partitioning over a grid of more than one rank is not built yet: @dp has 1x2
// AXES: error: 'shard.grid' op expected a size of 2 axes for the grid @dp, got 2
// UNKNOWN: error: expected a grid of the module, got @pp
// UNKNOWN: note: has the grid @tp
// UNKNOWN: note: has the grid @dp
// TWICE: error: expected one size for the grid @tp, got two
// FORM: error: expected a grid as NAME=4 or NAME=2x4, got '[[TEXT]]'
module {
  shard.grid @tp(shape = 2)
  shard.grid @dp(shape = 2x2)
}

// -----

module {
  shard.grid @tp(shape = 2)
  shard.grid @dp(shape = 2x2)
  func.func @collective(%x: tensor<4xf32>) -> tensor<4xf32> {
    // expected-error @below {{'shard.all_reduce' op is not built yet: only shard.grid, shard.sharding and shard.shard are}}
    %0 = shard.all_reduce %x on @tp grid_axes = [0] : tensor<4xf32> -> tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}

// -----

module {
  shard.grid @tp(shape = 2)
  shard.grid @dp(shape = 2x2)
  func.func @sharding_value() -> !shard.sharding {
    // expected-error @below {{expected uses by shard.shard only}}
    %0 = shard.sharding @tp split_axes = [[]] : !shard.sharding
    // expected-note @below {{also used here}}
    return %0 : !shard.sharding
  }
}
