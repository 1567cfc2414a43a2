// RUN: attnc-test-kernel %s --trials=6 | FileCheck %s
// RUN: attnc-test-kernel %s --trials=6 --mcpu=x86-64-v3 | FileCheck %s
// To time it: attnc-test-kernel %s --bench-gflop=0.268435456 --size=S=1024

// Attention of one head without a mask: tiles of 64 queries × 64 keys in the
// cache, softmax on strips of 4 rows, their statistics in the cache too.
// CHECK: attention agrees
tile.kernel @attention(
    %q: !tile.buf<?x64xf32, global> {tile.access = "read", test.dims = ["S", ""]},
    %k: !tile.buf<?x64xf32, global> {tile.access = "read", test.dims = ["S", ""]},
    %v: !tile.buf<?x64xf32, global> {tile.access = "read", test.dims = ["S", ""]},
    %o: !tile.buf<?x64xf32, global> {tile.access = "write", test.dims = ["S", ""]})
    attributes {target = "cpu", test.max = 200 : i64, test.grid = array<i64: 16>} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %S = tile.dim %q, 0 : !tile.buf<?x64xf32, global>
  %g = arith.ceildivsi %S, %c64 : index
  %x = tile.grid %g
  %i = arith.muli %x, %c64 : index
  %qt = tile.slice %q[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<64x64xf32, global>
  %kt = tile.alloc : !tile.buf<64x64xf32, cache>
  %s = tile.alloc : !tile.buf<64x64xf32, cache>
  %acc = tile.alloc : !tile.buf<64x64xf32, cache>
  %m = tile.alloc : !tile.buf<64xf32, cache>
  %l = tile.alloc : !tile.buf<64xf32, cache>
  tile.fill %zero, %acc : f32, !tile.buf<64x64xf32, cache>
  tile.fill %zero, %l : f32, !tile.buf<64xf32, cache>
  tile.fill %low, %m : f32, !tile.buf<64xf32, cache>
  %scale = arith.constant dense<0.18033688> : tensor<4x64xf32>
  %lows = arith.constant dense<0xFF800000> : tensor<4x64xf32>
  %lowr = arith.constant dense<0xFF800000> : tensor<4xf32>
  %zeror = arith.constant dense<0.0> : tensor<4xf32>
  scf.for %j = %c0 to %S step %c64 {
    %ks = tile.slice %k[%j, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<64x64xf32, global>
    %vs = tile.slice %v[%j, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> to !tile.buf<64x64xf32, global>
    tile.copy %ks to %kt {transposed} : !tile.buf<64x64xf32, global> to !tile.buf<64x64xf32, cache>
    tile.mma %qt, %kt, %s {overwrite} : !tile.buf<64x64xf32, global>, !tile.buf<64x64xf32, cache>, !tile.buf<64x64xf32, cache>
    %rest = arith.subi %S, %j : index
    %full = arith.cmpi sge, %rest, %c64 : index
    %n = tile.dim %ks, 0 : !tile.buf<64x64xf32, global>
    %n32 = arith.index_cast %n : index to i32
    %ns = tile.splat %n32 : i32 -> tensor<4x64xi32>
    %rows = tile.dim %qt, 0 : !tile.buf<64x64xf32, global>
    scf.for %r = %c0 to %rows step %c4 {
      %s0 = tile.load %s[%r, %c0] : !tile.buf<64x64xf32, cache> -> tensor<4x64xf32>
      %s1 = arith.mulf %s0, %scale : tensor<4x64xf32>
      %s2 = scf.if %full -> (tensor<4x64xf32>) {
        scf.yield %s1 : tensor<4x64xf32>
      } else {
        %col = tile.iota 1 : tensor<4x64xi32>
        %in = arith.cmpi slt, %col, %ns : tensor<4x64xi32>
        %masked = arith.select %in, %s1, %lows : tensor<4x64xi1>, tensor<4x64xf32>
        scf.yield %masked : tensor<4x64xf32>
      }
      %m0 = tile.load %m[%r] : !tile.buf<64xf32, cache> -> tensor<4xf32>
      %l0 = tile.load %l[%r] : !tile.buf<64xf32, cache> -> tensor<4xf32>
      %mx = tile.reduce max %s2 : tensor<4x64xf32> -> tensor<4xf32>
      %m1 = arith.maximumf %m0, %mx : tensor<4xf32>
      %none = arith.cmpf oeq, %m1, %lowr : tensor<4xf32>
      %safe = arith.select %none, %zeror, %m1 : tensor<4xi1>, tensor<4xf32>
      %mb = tile.broadcast %safe along 1 : tensor<4xf32> -> tensor<4x64xf32>
      %d = arith.subf %s2, %mb : tensor<4x64xf32>
      %p = math.exp2 %d : tensor<4x64xf32>
      %dm = arith.subf %m0, %safe : tensor<4xf32>
      %alpha = math.exp2 %dm : tensor<4xf32>
      %sum = tile.reduce add %p : tensor<4x64xf32> -> tensor<4xf32>
      %l1 = arith.mulf %l0, %alpha : tensor<4xf32>
      %l2 = arith.addf %l1, %sum : tensor<4xf32>
      tile.store %p, %s[%r, %c0] : tensor<4x64xf32>, !tile.buf<64x64xf32, cache>
      tile.store %m1, %m[%r] : tensor<4xf32>, !tile.buf<64xf32, cache>
      tile.store %l2, %l[%r] : tensor<4xf32>, !tile.buf<64xf32, cache>
      %o0 = tile.load %acc[%r, %c0] : !tile.buf<64x64xf32, cache> -> tensor<4x64xf32>
      %ab = tile.broadcast %alpha along 1 : tensor<4xf32> -> tensor<4x64xf32>
      %o1 = arith.mulf %o0, %ab : tensor<4x64xf32>
      tile.store %o1, %acc[%r, %c0] : tensor<4x64xf32>, !tile.buf<64x64xf32, cache>
    }
    tile.mma %s, %vs, %acc : !tile.buf<64x64xf32, cache>, !tile.buf<64x64xf32, global>, !tile.buf<64x64xf32, cache>
  }
  %rows = tile.dim %qt, 0 : !tile.buf<64x64xf32, global>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  scf.for %r = %c0 to %rows step %c4 {
    %l0 = tile.load %l[%r] : !tile.buf<64xf32, cache> -> tensor<4xf32>
    %inv = arith.divf %one, %l0 : tensor<4xf32>
    %ib = tile.broadcast %inv along 1 : tensor<4xf32> -> tensor<4x64xf32>
    %o0 = tile.load %acc[%r, %c0] : !tile.buf<64x64xf32, cache> -> tensor<4x64xf32>
    %o1 = arith.mulf %o0, %ib : tensor<4x64xf32>
    %at = arith.addi %i, %r : index
    tile.store %o1, %o[%at, %c0] {in_bounds = array<i1: false, true>} : tensor<4x64xf32>, !tile.buf<?x64xf32, global>
  }
}
