// RUN: not attnc-opt %s --attn-set-grids=grids=tp=2,dp=1x2 2>&1 | FileCheck %s --check-prefix=TWO
// RUN: not attnc-opt %s --attn-set-grids=grids=dp=2 2>&1 | FileCheck %s --check-prefix=AXES
// RUN: not attnc-opt %s --attn-set-grids=grids=dp=65536x65536 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not attnc-opt %s --attn-set-grids=grids=pp=1 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not attnc-opt %s --attn-set-grids=grids=tp=1,tp=1 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not attnc-opt %s --attn-set-grids=grids=tp 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT=tp
// RUN: not attnc-opt %s --attn-set-grids=grids==1 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT==1
// RUN: not attnc-opt %s --attn-set-grids=grids=tp=0 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT=tp=0
// RUN: not attnc-opt %s --attn-set-grids=grids=tp=99999999999 2>&1 | FileCheck %s --check-prefix=FORM -DTEXT=tp=99999999999

// TWO: error: 'shard.grid' op expected one grid of more than one rank, got @tp and @dp
// TWO: note: has 2 ranks
// AXES: error: 'shard.grid' op expected a size of 2 axes for the grid @dp, got 2
// MANY: error: 'shard.grid' op expected at most 65536 ranks, got 65536x65536
// UNKNOWN: error: expected a grid of the module, got @pp
// UNKNOWN: note: has the grid @tp
// UNKNOWN: note: has the grid @dp
// TWICE: error: expected one size for the grid @tp, got two
// FORM: error: expected a grid as NAME=4 or NAME=2x4, got '[[TEXT]]'
module {
  shard.grid @tp(shape = 2)
  shard.grid @dp(shape = 2x2)
}
