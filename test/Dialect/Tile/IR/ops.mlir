// RUN: attnc-opt %s | attnc-opt | FileCheck %s

// A program: sizes, workspace, views and steps.
// CHECK-LABEL: tile.program @program
// CHECK-SAME: %{{.*}}: !tile.buf<?x64xf32, global> {attn.dims = ["S", ""], attn.name = "x", tile.role = "input"}
// CHECK-SAME: %{{.*}}: !tile.buf<64x64xbf16, global> {tile.role = "weight"}
// CHECK-SAME: %{{.*}}: !tile.buf<?x64xf32, global> {attn.dims = ["S", ""], tile.role = "output"}
// CHECK: %[[S:.*]] = tile.size "S"
// CHECK: tile.alloc(%[[S]]) : <?x64xf32, global>
// CHECK: tile.alloc : <8x64xf32, global>
// CHECK: tile.arena at %{{.*}} sizes(%[[S]]) : <?x64xf32, global>
// CHECK: tile.arena at %{{.*}} : <64xf32, global>
// CHECK: tile.view %{{.*}} sizes(%[[S]]) strides [16, %[[S]], 1] : <?x64xf32, global> to <4x?x16xf32, global>
// CHECK: tile.view %{{.*}} strides [1] : <8x64xf32, global> to <512xf32, global>
// CHECK: tile.launch @kernel(%{{.*}}, %{{.*}}, %{{.*}}) : !tile.buf<?x64xf32, global>, !tile.buf<64x64xbf16, global>, !tile.buf<?x64xf32, global>
// CHECK: tile.memset %{{.*}}, 7 : <?x64xf32, global>
// CHECK: tile.copy %{{.*}} to %{{.*}} : <?x64xf32, global> to <?x64xf32, global>
tile.program @program(%x: !tile.buf<?x64xf32, global> {attn.name = "x", attn.dims = ["S", ""], tile.role = "input"},
                      %w: !tile.buf<64x64xbf16, global> {tile.role = "weight"},
                      %y: !tile.buf<?x64xf32, global> {attn.dims = ["S", ""], tile.role = "output"}) {
  %s = tile.size "S"
  %0 = tile.alloc(%s) : !tile.buf<?x64xf32, global>
  %1 = tile.alloc : !tile.buf<8x64xf32, global>
  %2 = tile.arena at %s sizes(%s) : !tile.buf<?x64xf32, global>
  %3 = tile.arena at %s : !tile.buf<64xf32, global>
  %4 = tile.view %0 sizes(%s) strides [16, %s, 1] : !tile.buf<?x64xf32, global> to !tile.buf<4x?x16xf32, global>
  %5 = tile.view %1 strides [1] : !tile.buf<8x64xf32, global> to !tile.buf<512xf32, global>
  tile.launch @kernel(%x, %w, %0) : !tile.buf<?x64xf32, global>, !tile.buf<64x64xbf16, global>, !tile.buf<?x64xf32, global>
  tile.memset %2, 7 : !tile.buf<?x64xf32, global>
  tile.copy %0 to %y : !tile.buf<?x64xf32, global> to !tile.buf<?x64xf32, global>
}

// A kernel: its grid, its windows and the three spaces.
// CHECK-LABEL: tile.kernel @kernel
// CHECK-SAME: %{{.*}}: !tile.buf<?x64xf32, global> {tile.access = "read"}
// CHECK-SAME: %{{.*}}: !tile.buf<64x64xbf16, global> {tile.access = "read_write"}
// CHECK-SAME: %{{.*}}: !tile.buf<?x64xf32, global> {tile.access = "write"}
// CHECK-SAME: attributes {target = "cpu"}
// CHECK: tile.dim %{{.*}}, 0 : <?x64xf32, global>
// CHECK: %x, %y = tile.grid %{{.*}}, %{{.*}}
// CHECK: tile.alloc {promote} : <4x64xf32, cache>
// CHECK: tile.alloc : <4x64xf32, register>
// CHECK: tile.slice %{{.*}}[%{{.*}}, %{{.*}}] {in_bounds = array<i1: false, true>} : <?x64xf32, global> to <4x64xf32, global>
// CHECK: tile.slice %{{.*}}[%{{.*}}, %{{.*}}] : <64x64xbf16, global> to <64xbf16, global>
tile.kernel @kernel(%x: !tile.buf<?x64xf32, global> {tile.access = "read"},
                    %w: !tile.buf<64x64xbf16, global> {tile.access = "read_write"},
                    %y: !tile.buf<?x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %rows = tile.dim %x, 0 : !tile.buf<?x64xf32, global>
  %m, %n = tile.grid %rows, %rows
  %0 = tile.alloc {promote} : !tile.buf<4x64xf32, cache>
  %1 = tile.alloc : !tile.buf<4x64xf32, register>
  %2 = tile.slice %x[%m, %n] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<4x64xf32, global>
  %3 = tile.slice %w[%m, %n] : !tile.buf<64x64xbf16, global> to !tile.buf<64xbf16, global>
}

// CHECK-LABEL: tile.kernel @accesses
// CHECK: tile.load %{{.*}}[] : <4x64xf32, cache> -> tensor<4x64xf32>
// CHECK: tile.load %{{.*}}[%{{.*}}, %{{.*}}] {in_bounds = array<i1: false, true>} : <?x64xf32, global> -> tensor<4x64xf32>
// CHECK: tile.load %{{.*}}[%{{.*}}, %{{.*}}] : <?x64xf32, global> -> f32
// CHECK: tile.store %{{.*}}, %{{.*}}[] : tensor<4x64xf32>, <4x64xf32, cache>
// CHECK: tile.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}] {in_bounds = array<i1: false, true>} : f32, <?x64xf32, global>
// CHECK: tile.fill %{{.*}}, %{{.*}} : f32, <4x64xf32, cache>
// CHECK: tile.copy %{{.*}} to %{{.*}} : <4x64xf32, cache> to <4x64xbf16, cache>
// CHECK: tile.copy %{{.*}} to %{{.*}} {transposed} : <4x64xf32, cache> to <64x4xf32, cache>
tile.kernel @accesses(%x: !tile.buf<?x64xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %a = tile.alloc : !tile.buf<4x64xf32, cache>
  %b = tile.alloc : !tile.buf<4x64xbf16, cache>
  %t = tile.alloc : !tile.buf<64x4xf32, cache>
  %0 = tile.load %a[] : !tile.buf<4x64xf32, cache> -> tensor<4x64xf32>
  %1 = tile.load %x[%c0, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> -> tensor<4x64xf32>
  %2 = tile.load %x[%c0, %c0] : !tile.buf<?x64xf32, global> -> f32
  tile.store %1, %a[] : tensor<4x64xf32>, !tile.buf<4x64xf32, cache>
  tile.store %2, %x[%c0, %c0] {in_bounds = array<i1: false, true>} : f32, !tile.buf<?x64xf32, global>
  tile.fill %2, %a : f32, !tile.buf<4x64xf32, cache>
  tile.copy %a to %b : !tile.buf<4x64xf32, cache> to !tile.buf<4x64xbf16, cache>
  tile.copy %a to %t {transposed} : !tile.buf<4x64xf32, cache> to !tile.buf<64x4xf32, cache>
}

// Products of buffers and of register tiles, with plain, panel-major and paired right-hand sides.
// CHECK-LABEL: tile.kernel @products
// CHECK: tile.mma %{{.*}}, %{{.*}}, %{{.*}} {overwrite} : !tile.buf<4x64xf32, cache>, !tile.buf<64x32xf32, cache>, !tile.buf<4x32xf32, cache>
// CHECK: tile.mma %{{.*}}, %{{.*}}, %{{.*}} : !tile.buf<4x64xf32, cache>, !tile.buf<2x64x16xbf16, cache>, !tile.buf<4x32xf32, cache>
// CHECK: tile.mma %{{.*}}, %{{.*}}, %{{.*}} : !tile.buf<4x64xf32, cache>, !tile.buf<2x32x16x2xbf16, cache>, !tile.buf<4x32xf32, cache>
// CHECK: %{{.*}} = tile.mma %{{.*}}, %{{.*}}, %{{.*}} : tensor<4x64xf32>, !tile.buf<64x32xf32, cache>, tensor<4x32xf32>
tile.kernel @products(%x: !tile.buf<?x64xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %lhs = tile.alloc : !tile.buf<4x64xf32, cache>
  %rhs = tile.alloc : !tile.buf<64x32xf32, cache>
  %panels = tile.alloc : !tile.buf<2x64x16xbf16, cache>
  %pairs = tile.alloc : !tile.buf<2x32x16x2xbf16, cache>
  %acc = tile.alloc : !tile.buf<4x32xf32, cache>
  tile.mma %lhs, %rhs, %acc {overwrite} : !tile.buf<4x64xf32, cache>, !tile.buf<64x32xf32, cache>, !tile.buf<4x32xf32, cache>
  tile.mma %lhs, %panels, %acc : !tile.buf<4x64xf32, cache>, !tile.buf<2x64x16xbf16, cache>, !tile.buf<4x32xf32, cache>
  tile.mma %lhs, %pairs, %acc : !tile.buf<4x64xf32, cache>, !tile.buf<2x32x16x2xbf16, cache>, !tile.buf<4x32xf32, cache>
  %a = tile.load %lhs[] : !tile.buf<4x64xf32, cache> -> tensor<4x64xf32>
  %c = tile.load %acc[] : !tile.buf<4x32xf32, cache> -> tensor<4x32xf32>
  %d = tile.mma %a, %rhs, %c : tensor<4x64xf32>, !tile.buf<64x32xf32, cache>, tensor<4x32xf32>
}

// CHECK-LABEL: func @register_tiles
// CHECK: tile.reduce add %{{.*}} : tensor<4x64xf32> -> tensor<4xf32>
// CHECK: tile.reduce max %{{.*}} : tensor<4x64xf32> -> tensor<4xf32>
// CHECK: tile.broadcast %{{.*}} along 1 : tensor<4xf32> -> tensor<4x64xf32>
// CHECK: tile.broadcast %{{.*}} along 0 : tensor<64xf32> -> tensor<4x64xf32>
// CHECK: tile.splat %{{.*}} : f32 -> tensor<4x64xf32>
// CHECK: tile.iota 1 : tensor<4x64xi32>
// CHECK: tile.error if %{{.*}}, 1
func.func @register_tiles(%t: tensor<4x64xf32>, %v: tensor<64xf32>, %s: f32, %wrong: i1) {
  %0 = tile.reduce add %t : tensor<4x64xf32> -> tensor<4xf32>
  %1 = tile.reduce max %t : tensor<4x64xf32> -> tensor<4xf32>
  %2 = tile.broadcast %0 along 1 : tensor<4xf32> -> tensor<4x64xf32>
  %3 = tile.broadcast %v along 0 : tensor<64xf32> -> tensor<4x64xf32>
  %4 = tile.splat %s : f32 -> tensor<4x64xf32>
  %5 = tile.iota 1 : tensor<4x64xi32>
  tile.error if %wrong, 1
  return
}

// Attributes of the dialect by their long names.
// CHECK-LABEL: func private @attributes
// CHECK-SAME: a = #tile<reduce_kind max>
func.func private @attributes() attributes {a = #tile<reduce_kind max>}
