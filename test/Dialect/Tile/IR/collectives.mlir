// RUN: attnc-opt %s | attnc-opt | FileCheck %s

// CHECK-LABEL: tile.program @exchange
// CHECK-SAME: tile.ranks = #tile.ranks<"g", [2, 4]>
// CHECK: tile.collective all_reduce %[[X:.*]] to %[[X]] axes [0] algorithm "default" : <?x8x64xf32, global> to <?x8x64xf32, global>
// CHECK: tile.collective reduce_scatter %{{.*}} to %{{.*}} axes [1] dim 1 algorithm "ring" : <?x8x64xf32, global> to <?x2x64xf32, global>
// CHECK: tile.collective all_gather %{{.*}} to %{{.*}} axes [0, 1] dim 2 algorithm "default" : <?x8x64xf32, global> to <?x8x512xf32, global>
tile.program @exchange(%x: !tile.buf<?x8x64xf32, global> {tile.role = "output"}, %s: !tile.buf<?x2x64xf32, global> {tile.role = "output"},
                       %g: !tile.buf<?x8x512xf32, global> {tile.role = "output"}) attributes {tile.ranks = #tile.ranks<"g", [2, 4]>} {
  tile.collective all_reduce %x to %x axes [0] algorithm "default" : !tile.buf<?x8x64xf32, global> to !tile.buf<?x8x64xf32, global>
  tile.collective reduce_scatter %x to %s axes [1] dim 1 algorithm "ring" : !tile.buf<?x8x64xf32, global> to !tile.buf<?x2x64xf32, global>
  tile.collective all_gather %x to %g axes [0, 1] dim 2 algorithm "default" : !tile.buf<?x8x64xf32, global> to !tile.buf<?x8x512xf32, global>
}
