// RUN: attnc %examples/01-block.mlir --grid tp=2 --emit=sharded | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: attnc-opt %examples/01-block.mlir --attnc-sharded-pipeline=grids=tp=4 | FileCheck %s --check-prefixes=CHECK,FOUR
// RUN: attnc-opt %examples/01-block.mlir --attnc-sharded-pipeline | FileCheck %s --check-prefix=ONE
// RUN: attnc-opt %examples/01-block.mlir --attnc-sharded-pipeline=grids=tp=2 --attnc-tile-pipeline=cpu=%cpu | FileCheck %s --check-prefix=TILE
// RUN: not attnc-opt %examples/01-block.mlir --attnc-sharded-pipeline=grids=tp=3 2>&1 | FileCheck %s --check-prefix=THREE

// One block among ranks: two AllReduces and nothing else between them, behind each the residual, fused with the norm
// of what follows. At four ranks pairs of neighbours share one of two KV heads.

// TWO: shard.grid @tp(shape = 2)
// FOUR: shard.grid @tp(shape = 4)
// CHECK: func @block(%[[X:[a-z0-9]*]]: tensor<?x?x256xf32> {attn.dims = ["B", "S", ""], attn.name = "x"}
// TWO-SAME: tensor<256x64xf32> {attn.name = "wk", attn.slice = #attn.slice<[_, 0] of [256, 128]>
// FOUR-SAME: tensor<256x64xf32> {attn.name = "wk", attn.slice = #attn.slice<[_, 0 group 2] of [256, 128]>
// TWO-SAME: tensor<128x256xf32> {attn.name = "wo", attn.slice = #attn.slice<[0, _] of [256, 256]>
// CHECK-NOT: shard
// CHECK: attn.attention
// CHECK-NOT: shard
// CHECK: %[[P:.*]] = attn.linear %{{.*}}, %{{[a-z0-9]*}} :
// CHECK-NEXT: %[[R:.*]] = shard.all_reduce %[[P]] on @tp grid_axes = [0] {attn.algorithm = "default"}
// CHECK-NEXT: %[[N:.*]], %[[S:.*]] = attn.norm %[[R]] residual %[[X]] scale
// CHECK-NOT: shard
// CHECK: %[[R2:.*]] = shard.all_reduce
// CHECK-NEXT: %[[Y:.*]] = attn.epilogue %[[R2]] residual %[[S]]
// CHECK-NEXT: return %[[Y]]
// CHECK-NOT: shard

// ONE-NOT: shard
// ONE: func @block
// ONE-NOT: shard
// ONE-COUNT-2: residual
// ONE-NOT: shard

// TILE: tile.program @block
// TILE-SAME: tile.ranks = #tile.ranks<"tp", [2]>
// TILE-COUNT-2: tile.collective all_reduce %[[B:.*]] to %{{.*}} axes [0] algorithm "default"
// TILE-NOT: tile.collective
// TILE-NOT: shard

// THREE: error: 'shard.shard' op expected the heads to be divisible by the 3 ranks of axis 0, got 4
