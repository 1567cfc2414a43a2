// RUN: attnc-opt %s --convert-attn-to-tile --canonicalize --cse --split-input-file | FileCheck %s

// A block multiplies rows of the input with its panels. Rows vary fastest in the grid, so that blocks
// beside each other share a panel. Rows may end early; the columns of panels do not.
// CHECK-LABEL: tile.kernel @blocks
// CHECK-SAME: %[[X:[a-z0-9_]+]]: !tile.buf<?x64xf32, global>
// CHECK-SAME: %[[W:[a-z0-9_]+]]: !tile.buf<4x64x32xf32, global>
// CHECK-SAME: %[[Y:[a-z0-9_]+]]: !tile.buf<?x128xf32, global>
// CHECK: %[[ROWS:.*]] = tile.dim %[[Y]], 0
// CHECK: %[[RB:.*]] = arith.ceildivui %[[ROWS]], %c16
// CHECK: %x, %y = tile.grid %[[RB]], %c2
// CHECK-DAG: %[[M:.*]] = arith.muli %x, %c16
// CHECK-DAG: %[[N:.*]] = arith.muli %y, %c64
// CHECK: tile.slice %[[Y]][%[[M]], %[[N]]] {in_bounds = array<i1: false, true>} : {{.*}} to <16x64xf32, global>
// CHECK: %[[ACC:.*]] = tile.alloc : <16x64xf32, cache>
// CHECK: %[[LHS:.*]] = tile.slice %[[X]][%[[M]], %c0] {in_bounds = array<i1: false, true>}
// CHECK: %[[P:.*]] = arith.muli %y, %c2
// CHECK: %[[RHS:.*]] = tile.slice %[[W]][%[[P]], %c0, %c0] : {{.*}} to <2x64x32xf32, global>
// CHECK: tile.mma %[[LHS]], %[[RHS]], %[[ACC]] {overwrite}
// CHECK-NOT: attn.
tile.kernel @blocks(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<4x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x128xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<4x64x32xf32, global> -> tensor<4x64x32xf32>
  %2 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 64, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<4x64x32xf32>) -> tensor<?x128xf32>
  tile.store %2, %y[] : tensor<?x128xf32>, !tile.buf<?x128xf32, global>
}

// -----

// The epilogue runs on strips of the rows that exist, in this order: bias, activation, gate, residual, one
// rounding.
// CHECK-LABEL: tile.kernel @epilogue
// CHECK: tile.mma %{{.*}}, %{{.*}}, %[[GATE:.*]] {overwrite}
// CHECK: tile.mma %{{.*}}, %{{.*}}, %[[UP:.*]] {overwrite}
// CHECK: %[[ROWS:.*]] = tile.dim %{{.*}}, 0 : <16x32xbf16, global>
// CHECK: scf.for %[[R:.*]] = %c0 to %[[ROWS]] step %c4
// CHECK: %[[G0:.*]] = tile.load %[[GATE]][%[[R]], %c0] : {{.*}} -> tensor<4x32xf32>
// CHECK: tile.load {{.*}} -> tensor<32xf32>
// CHECK: %[[G1:.*]] = arith.addf %[[G0]], %{{.*}}
// CHECK: %[[G2:.*]] = arith.maximumf %[[G1]], %{{.*}}
// CHECK: %[[U0:.*]] = tile.load %[[UP]][%[[R]], %c0]
// CHECK: %[[U1:.*]] = arith.addf %[[U0]], %{{.*}}
// CHECK: %[[P:.*]] = arith.mulf %[[G2]], %[[U1]]
// CHECK: tile.load {{.*}} {in_bounds = array<i1: false, true>} : <?x32xbf16, global> -> tensor<4x32xbf16>
// CHECK: %[[S:.*]] = arith.addf %[[P]], %{{.*}}
// CHECK: %[[T:.*]] = arith.truncf %[[S]] : tensor<4x32xf32> to tensor<4x32xbf16>
// CHECK: tile.store %[[T]], %{{.*}}[%[[R]], %c0] {in_bounds = array<i1: false, true>}
// CHECK-NOT: arith.truncf
tile.kernel @epilogue(%x: !tile.buf<?x64xbf16, global> {tile.access = "read"}, %w: !tile.buf<1x64x32xf32, global> {tile.access = "read"},
                      %b: !tile.buf<32xf32, global> {tile.access = "read"}, %r: !tile.buf<?x32xbf16, global> {tile.access = "read"},
                      %y: !tile.buf<?x32xbf16, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xbf16, global> -> tensor<?x64xbf16>
  %1 = tile.load %w[] : !tile.buf<1x64x32xf32, global> -> tensor<1x64x32xf32>
  %2 = tile.load %b[] : !tile.buf<32xf32, global> -> tensor<32xf32>
  %3 = tile.load %r[] : !tile.buf<?x32xbf16, global> -> tensor<?x32xbf16>
  %4 = attn.linear %0, %1 up %1 bias %2 up_bias %2 residual %3
    {activation = #attn.activation<relu>, plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xbf16>, tensor<1x64x32xf32>, tensor<1x64x32xf32>, tensor<32xf32>, tensor<32xf32>, tensor<?x32xbf16>) -> tensor<?x32xbf16>
  tile.store %4, %y[] : tensor<?x32xbf16>, !tile.buf<?x32xbf16, global>
}

// -----

// 80 columns end within a panel: what is beyond them is neither read nor written.
// CHECK-LABEL: tile.kernel @column_edge
// CHECK: tile.grid %{{.*}}, %c3
// CHECK: tile.slice {{.*}} {in_bounds = array<i1: false, false>} : <?x80xf32, global> to <16x32xf32, global>
// CHECK: tile.load {{.*}} {in_bounds = array<i1: false>} : <80xf32, global> -> tensor<32xf32>
// CHECK: tile.store {{.*}} {in_bounds = array<i1: false, false>}
tile.kernel @column_edge(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<3x64x32xf32, global> {tile.access = "read"},
                    %b: !tile.buf<80xf32, global> {tile.access = "read"}, %y: !tile.buf<?x80xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<3x64x32xf32, global> -> tensor<3x64x32xf32>
  %2 = tile.load %b[] : !tile.buf<80xf32, global> -> tensor<80xf32>
  %3 = attn.linear %0, %1 bias %2 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<3x64x32xf32>, tensor<80xf32>) -> tensor<?x80xf32>
  tile.store %3, %y[] : tensor<?x80xf32>, !tile.buf<?x80xf32, global>
}

// -----

// A K of 600 is two steps of 256 and a tail of 88, added to a zeroed accumulator.
// CHECK-LABEL: tile.kernel @tail
// CHECK: tile.fill %{{.*}}, %[[ACC:.*]] : f32
// CHECK: scf.for %[[K:.*]] = %c0 to %c512 step %c256 {
// CHECK: tile.slice %{{.*}}[%{{.*}}, %[[K]]] {{.*}} to <16x256xf32, global>
// CHECK: tile.slice %{{.*}}[%{{.*}}, %[[K]], %c0] : {{.*}} to <1x256x32xf32, global>
// CHECK: tile.mma %{{.*}}, %{{.*}}, %[[ACC]] : !tile
// CHECK: }
// CHECK: tile.slice %{{.*}}[%{{.*}}, %c512] {{.*}} to <16x88xf32, global>
// CHECK: tile.slice %{{.*}}[%{{.*}}, %c512, %c0] : {{.*}} to <1x88x32xf32, global>
// CHECK: tile.mma %{{.*}}, %{{.*}}, %[[ACC]] : !tile
tile.kernel @tail(%x: !tile.buf<?x600xf32, global> {tile.access = "read"}, %w: !tile.buf<1x600x32xf32, global> {tile.access = "read"},
                  %y: !tile.buf<?x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x600xf32, global> -> tensor<?x600xf32>
  %1 = tile.load %w[] : !tile.buf<1x600x32xf32, global> -> tensor<1x600x32xf32>
  %2 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x600xf32>, tensor<1x600x32xf32>) -> tensor<?x32xf32>
  tile.store %2, %y[] : tensor<?x32xf32>, !tile.buf<?x32xf32, global>
}

// -----

// A K of whole steps has no tail.
// CHECK-LABEL: tile.kernel @no_tail
// CHECK: scf.for %{{.*}} = %c0 to %c512 step %c256
// CHECK: tile.mma
// CHECK-NOT: tile.mma
tile.kernel @no_tail(%x: !tile.buf<?x512xf32, global> {tile.access = "read"}, %w: !tile.buf<1x512x32xf32, global> {tile.access = "read"},
                  %y: !tile.buf<?x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x512xf32, global> -> tensor<?x512xf32>
  %1 = tile.load %w[] : !tile.buf<1x512x32xf32, global> -> tensor<1x512x32xf32>
  %2 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x512xf32>, tensor<1x512x32xf32>) -> tensor<?x32xf32>
  tile.store %2, %y[] : tensor<?x32xf32>, !tile.buf<?x32xf32, global>
}

// -----

// Pairs of rows: a step of 64 columns starts at row 32 of the packed weight.
// CHECK-LABEL: tile.kernel @pairs
// CHECK: scf.for %[[K:.*]] = %c0 to %c128 step %c64
// CHECK: %[[HALF:.*]] = arith.divui %[[K]], %c2
// CHECK: tile.slice %{{.*}}[%{{.*}}, %[[HALF]], %c0, %c0] : {{.*}} to <1x32x32x2xbf16, global>
tile.kernel @pairs(%x: !tile.buf<?x128xbf16, global> {tile.access = "read"}, %w: !tile.buf<1x64x32x2xbf16, global> {tile.access = "read"},
                  %y: !tile.buf<?x32xbf16, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x128xbf16, global> -> tensor<?x128xbf16>
  %1 = tile.load %w[] : !tile.buf<1x64x32x2xbf16, global> -> tensor<1x64x32x2xbf16>
  %2 = attn.linear %0, %1 {plan = #attn.plan<m = 16, n = 32, k = 64, strip = 4, panel = 32, depth = 2>}
    : (tensor<?x128xbf16>, tensor<1x64x32x2xbf16>) -> tensor<?x32xbf16>
  tile.store %2, %y[] : tensor<?x32xbf16>, !tile.buf<?x32xbf16, global>
}

// -----

// Placed in the cache, tiles of the input and each panel of the weight are copied there first.
// CHECK-LABEL: tile.kernel @operands_in_cache
// CHECK: tile.copy %{{.*}} to %[[X:.*]] : <16x64xf32, global> to <16x64xf32, cache>
// CHECK: %[[W:.*]] = tile.alloc : <2x64x32xf32, cache>
// CHECK: tile.copy %{{.*}} to %{{.*}} : <64x32xf32, global> to <64x32xf32, cache>
// CHECK: tile.copy %{{.*}} to %{{.*}} : <64x32xf32, global> to <64x32xf32, cache>
// CHECK: tile.mma %[[X]], %[[W]]
tile.kernel @operands_in_cache(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<2x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<2x64x32xf32, global> -> tensor<2x64x32xf32>
  %2 = attn.linear %0, %1 {place = #attn.place<input = cache, weight = cache>, plan = #attn.plan<m = 16, n = 64, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<2x64x32xf32>) -> tensor<?x64xf32>
  tile.store %2, %y[] : tensor<?x64xf32>, !tile.buf<?x64xf32, global>
}

// -----

// An accumulator in registers is marked, and the epilogue takes it as a whole.
// CHECK-LABEL: tile.kernel @accumulator_in_registers
// CHECK: %[[ACC:.*]] = tile.alloc {promote} : <8x32xf32, cache>
// CHECK-NOT: scf.for
// CHECK: tile.load %[[ACC]][] : {{.*}} -> tensor<8x32xf32>
tile.kernel @accumulator_in_registers(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<1x64x32xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<1x64x32xf32, global> -> tensor<1x64x32xf32>
  %2 = attn.linear %0, %1 {place = #attn.place<accumulator = register>, plan = #attn.plan<m = 8, n = 32, k = 256, strip = 8, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<1x64x32xf32>) -> tensor<?x32xf32>
  tile.store %2, %y[] : tensor<?x32xf32>, !tile.buf<?x32xf32, global>
}

// -----

// Activations are made of 2^x, and of erf for the exact gelu.
// CHECK-LABEL: tile.kernel @silu
// CHECK: math.exp2
// CHECK: arith.divf
tile.kernel @silu(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<1x64x32xf32, global> {tile.access = "read"},
                  %y: !tile.buf<?x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<1x64x32xf32, global> -> tensor<1x64x32xf32>
  %2 = attn.linear %0, %1 {activation = #attn.activation<silu>, plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<1x64x32xf32>) -> tensor<?x32xf32>
  tile.store %2, %y[] : tensor<?x32xf32>, !tile.buf<?x32xf32, global>
}

// -----

// CHECK-LABEL: tile.kernel @gelu
// CHECK: math.erf
// CHECK-NOT: math.exp2
tile.kernel @gelu(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<1x64x32xf32, global> {tile.access = "read"},
                  %y: !tile.buf<?x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<1x64x32xf32, global> -> tensor<1x64x32xf32>
  %2 = attn.linear %0, %1 {activation = #attn.activation<gelu>, plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<1x64x32xf32>) -> tensor<?x32xf32>
  tile.store %2, %y[] : tensor<?x32xf32>, !tile.buf<?x32xf32, global>
}

// -----

// CHECK-LABEL: tile.kernel @gelu_tanh
// CHECK: math.exp2
// CHECK-NOT: math.tanh
tile.kernel @gelu_tanh(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}, %w: !tile.buf<1x64x32xf32, global> {tile.access = "read"},
                  %y: !tile.buf<?x32xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %0 = tile.load %x[] : !tile.buf<?x64xf32, global> -> tensor<?x64xf32>
  %1 = tile.load %w[] : !tile.buf<1x64x32xf32, global> -> tensor<1x64x32xf32>
  %2 = attn.linear %0, %1 {activation = #attn.activation<gelu_tanh>, plan = #attn.plan<m = 16, n = 32, k = 256, strip = 4, panel = 32, depth = 1>}
    : (tensor<?x64xf32>, tensor<1x64x32xf32>) -> tensor<?x32xf32>
  tile.store %2, %y[] : tensor<?x32xf32>, !tile.buf<?x32xf32, global>
}
