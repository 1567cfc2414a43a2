// RUN: attnc-opt %s --attn-partition=grids=tp=1,dp=1x1 --verify-diagnostics | FileCheck %s

// Annotations of grids with one rank are removed; a grid that was not given a size has one rank.

// CHECK-NOT: shard.
module {
  shard.grid @tp(shape = 2)
  shard.grid @dp(shape = 4x?)
  // expected-remark @below {{compiled for one rank: the grid @pp, declared as ?x2, was not given a size}}
  shard.grid @pp(shape = ?x2)

  // CHECK: func @annotated(%[[X:.*]]: tensor<?x64xf32>
  // CHECK-NEXT: %[[Y:.*]] = attn.norm %[[X]]
  // CHECK-NEXT: return %[[Y]]
  func.func @annotated(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
    %0 = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
    %1 = shard.sharding @pp split_axes = [[]] : !shard.sharding
    %2 = shard.shard %x to %0 : tensor<?x64xf32>
    %3 = shard.shard %2 to %1 annotate_for_users : tensor<?x64xf32>
    %4 = attn.norm %3 {norm = #attn.norm<rms, 1.0e-5>} : (tensor<?x64xf32>) -> tensor<?x64xf32>
    %5 = shard.shard %4 to %0 : tensor<?x64xf32>
    return %5 : tensor<?x64xf32>
  }
}
