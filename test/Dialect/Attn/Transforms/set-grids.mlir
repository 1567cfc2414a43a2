// RUN: attnc-opt %s --attn-set-grids=grids=tp=4,dp=1x1 --verify-diagnostics | FileCheck %s

// A grid has the size that the command line names; another has one rank.

// CHECK: shard.grid @tp(shape = 4)
// CHECK: shard.grid @dp(shape = 1x1)
// CHECK: shard.grid @pp(shape = 1x1)
module {
  shard.grid @tp(shape = 2)
  shard.grid @dp(shape = 4x?)
  // expected-remark @below {{compiled for one rank: the grid @pp, declared as ?x2, was not given a size}}
  shard.grid @pp(shape = ?x2)
}
