// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// A block normalises 16 rows, two at a time, and visits the columns once for the squares and once for the
// result. The last rows of the last block may not exist.
// CHECK-LABEL: tile.kernel @rms
// CHECK-SAME: %[[X:[a-z0-9_]+]]: !tile.buf<?x128xf32, global>
// CHECK: %[[ROWS:.*]] = tile.dim %{{.*}}, 0
// CHECK: %[[BLOCKS:.*]] = arith.ceildivui %[[ROWS]], %c16
// CHECK: tile.grid %[[BLOCKS]]
// CHECK: %[[END:.*]] = arith.minsi %{{.*}}
// CHECK: scf.for %[[R:.*]] = %{{.*}} to %[[END]] step %c2
// CHECK: %[[SQUARES:.*]] = scf.for %[[C:.*]] = %c0 to %c128 step %c64 iter_args
// CHECK: %[[V:.*]] = tile.load %[[X]][%[[R]], %[[C]]] {in_bounds = array<i1: false, true>} : {{.*}} -> tensor<2x64xf32>
// CHECK: arith.mulf %[[V]], %[[V]]
// CHECK: tile.reduce add %[[SQUARES]] : tensor<2x64xf32> -> tensor<2xf32>
// CHECK: math.sqrt
// CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64 {
// CHECK-NOT: arith.subf
// CHECK: tile.store {{.*}} {in_bounds = array<i1: false, true>}
// CHECK-NOT: attn.
tile.kernel @rms(%x: !tile.buf<?x128xf32, global> {tile.access = "read"}, %y: !tile.buf<?x128xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x128xf32, global> -> tensor<?x128xf32>
  %1 = attn.norm %0 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x128xf32>) -> tensor<?x128xf32>
  tile.store %1, %y[] : tensor<?x128xf32>, !tile.buf<?x128xf32, global>
}

// -----

// Layer norm takes the mean first, and the squares of what is left.
// CHECK-LABEL: tile.kernel @layer
// CHECK: %[[SUM:.*]] = scf.for
// CHECK: %[[S:.*]] = tile.reduce add %[[SUM]]
// CHECK: %[[M:.*]] = arith.mulf %[[S]], %{{.*}}
// CHECK: %[[MEAN:.*]] = tile.broadcast %[[M]] along 1
// CHECK: scf.for
// CHECK: %[[D:.*]] = arith.subf %{{.*}}, %[[MEAN]]
// CHECK-NEXT: arith.mulf %[[D]], %[[D]]
tile.kernel @layer(%x: !tile.buf<?x128xf32, global> {tile.access = "read"}, %y: !tile.buf<?x128xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x128xf32, global> -> tensor<?x128xf32>
  %1 = attn.norm %0 {norm = #attn.norm<layer, 1.0e-5>, plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x128xf32>) -> tensor<?x128xf32>
  tile.store %1, %y[] : tensor<?x128xf32>, !tile.buf<?x128xf32, global>
}

// -----

// Columns beyond the edge read as zero and would count as -mean: they are masked.
// CHECK-LABEL: tile.kernel @layer_edge
// CHECK: %[[D:.*]] = arith.subf
// CHECK: %[[EXISTS:.*]] = arith.cmpi slt
// CHECK: %[[C:.*]] = arith.select %[[EXISTS]], %[[D]], %{{.*}}
// CHECK: arith.mulf %[[C]], %[[C]]
// CHECK: tile.store {{.*}} {in_bounds = array<i1: false, false>}
tile.kernel @layer_edge(%x: !tile.buf<?x100xf32, global> {tile.access = "read"}, %y: !tile.buf<?x100xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x100xf32, global> -> tensor<?x100xf32>
  %1 = attn.norm %0 {norm = #attn.norm<layer, 1.0e-5>, plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x100xf32>) -> tensor<?x100xf32>
  tile.store %1, %y[] : tensor<?x100xf32>, !tile.buf<?x100xf32, global>
}

// -----

// Scale, then bias; bf16 is widened on load and rounded once.
// CHECK-LABEL: tile.kernel @scale_and_bias
// CHECK: math.sqrt
// CHECK: scf.for
// CHECK: arith.extf {{.*}} : tensor<2x64xbf16> to tensor<2x64xf32>
// CHECK: %[[N:.*]] = arith.mulf
// CHECK: %[[G:.*]] = tile.load {{.*}} -> tensor<64xf32>
// CHECK: %[[S:.*]] = arith.mulf %[[N]], %{{.*}}
// CHECK: %[[T:.*]] = arith.addf %[[S]], %{{.*}}
// CHECK: arith.truncf %[[T]] : tensor<2x64xf32> to tensor<2x64xbf16>
tile.kernel @scale_and_bias(%x: !tile.buf<?x128xbf16, global> {tile.access = "read"}, %g: !tile.buf<128xf32, global> {tile.access = "read"},
                            %b: !tile.buf<128xf32, global> {tile.access = "read"}, %y: !tile.buf<?x128xbf16, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x128xbf16, global> -> tensor<?x128xbf16>
  %1 = tile.load %g[] : !tile.buf<128xf32, global> -> tensor<128xf32>
  %2 = tile.load %b[] : !tile.buf<128xf32, global> -> tensor<128xf32>
  %3 = attn.norm %0 scale %1 bias %2 {norm = #attn.norm<rms, 1.0e-5>, plan = #attn.plan<m = 16, n = 64, k = 0, strip = 2, panel = 0, depth = 0>}
    : (tensor<?x128xbf16>, tensor<128xf32>, tensor<128xf32>) -> tensor<?x128xbf16>
  tile.store %3, %y[] : tensor<?x128xbf16>, !tile.buf<?x128xbf16, global>
}
