// RUN: attnc-opt %s --convert-tile-to-vector=cpu=znver4 --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,DOT
// RUN: attnc-opt %s --convert-tile-to-vector=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s --check-prefixes=CHECK,WIDEN

// 8 rows × 2 vectors of accumulators in registers with 32 registers, 4 × 2 with 16.
// CHECK-LABEL: func.func @micro_kernel
// DOT: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
// DOT-COUNT-2: vector.load
// DOT-COUNT-8: memref.load
// WIDEN: scf.for {{.*}} iter_args({{.*}}) -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
// CHECK: scf.yield
tile.kernel @micro_kernel(%a: !tile.buf<64x64xf32, global> {tile.access = "read"},
                          %b: !tile.buf<64x64xf32, global> {tile.access = "read"},
                          %c: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  tile.mma %a, %b, %c {overwrite} : !tile.buf<64x64xf32, global>, !tile.buf<64x64xf32, global>, !tile.buf<64x64xf32, global>
}

// Pairs of bf16 use the dot instruction where there is one, and shifts where not.
// Pairs that a caller scattered are not read.
// CHECK-LABEL: func.func @pairs
// CHECK: memref.extract_strided_metadata %arg1
// DOT: x86vector.avx512.dot
// WIDEN: arith.shli
// WIDEN: vector.fma
tile.kernel @pairs(%a: !tile.buf<8x64xbf16, global> {tile.access = "read"},
                   %b: !tile.buf<2x32x32x2xbf16, global> {tile.access = "read"},
                   %c: !tile.buf<8x64xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  tile.mma %a, %b, %c : !tile.buf<8x64xbf16, global>, !tile.buf<2x32x32x2xbf16, global>, !tile.buf<8x64xf32, global>
}

// Few rows that exist: a kernel of 8 rows, then of 4, 2 and 1, chosen when run.
// CHECK-LABEL: func.func @rows
// DOT: arith.andi %{{.*}}, %c-8
// DOT: arith.andi %{{.*}}, %c4
// DOT: arith.andi %{{.*}}, %c2
// DOT: arith.andi %{{.*}}, %c1
tile.kernel @rows(%a: !tile.buf<?x64xf32, global> {tile.access = "read"},
                  %b: !tile.buf<64x64xf32, global> {tile.access = "read"},
                  %c: !tile.buf<64x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<64x64xf32, global>
  tile.mma %s, %b, %c {overwrite} : !tile.buf<64x64xf32, global>, !tile.buf<64x64xf32, global>, !tile.buf<64x64xf32, global>
}
