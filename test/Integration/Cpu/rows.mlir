// RUN: attnc-test-kernel %s | FileCheck %s
// RUN: attnc-test-kernel %s --mcpu=x86-64-v3 | FileCheck %s

// Strips of rows: normalisation, masked softmax, gathers, the error word.

// CHECK: rms_norm agrees
tile.kernel @rms_norm(
    %x: !tile.buf<?x90xf32, global> {tile.access = "read", test.dims = ["M", ""]},
    %w: !tile.buf<90xbf16, global> {tile.access = "read"},
    %y: !tile.buf<?x90xbf16, global> {tile.access = "write", test.dims = ["M", ""]})
    attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %m = tile.dim %x, 0 : !tile.buf<?x90xf32, global>
  %g = arith.ceildivsi %m, %c4 : index
  %b = tile.grid %g
  %i = arith.muli %b, %c4 : index
  %t = tile.load %x[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x90xf32, global> -> tensor<4x90xf32>
  %wt = tile.load %w[%c0] : !tile.buf<90xbf16, global> -> tensor<90xbf16>
  %wf = arith.extf %wt : tensor<90xbf16> to tensor<90xf32>
  %q = arith.mulf %t, %t : tensor<4x90xf32>
  %s = tile.reduce add %q : tensor<4x90xf32> -> tensor<4xf32>
  %n = arith.constant dense<90.0> : tensor<4xf32>
  %eps = arith.constant dense<1.0e-5> : tensor<4xf32>
  %mean = arith.divf %s, %n : tensor<4xf32>
  %e = arith.addf %mean, %eps : tensor<4xf32>
  %r = math.rsqrt %e : tensor<4xf32>
  %rb = tile.broadcast %r along 1 : tensor<4xf32> -> tensor<4x90xf32>
  %wb = tile.broadcast %wf along 0 : tensor<90xf32> -> tensor<4x90xf32>
  %u = arith.mulf %t, %rb : tensor<4x90xf32>
  %v = arith.mulf %u, %wb : tensor<4x90xf32>
  %o = arith.truncf %v : tensor<4x90xf32> to tensor<4x90xbf16>
  tile.store %o, %y[%i, %c0] {in_bounds = array<i1: false, true>} : tensor<4x90xbf16>, !tile.buf<?x90xbf16, global>
}

// Columns beyond the row's length are masked; a row of length 0 gives zeros.
// CHECK: softmax agrees
tile.kernel @softmax(
    %x: !tile.buf<?x?xf32, global> {tile.access = "read", test.dims = ["M", "N"], test.range = [-30.0, 30.0]},
    %len: !tile.buf<?xi32, global> {tile.access = "read", test.dims = ["M"], test.range = [0.0, 50.0]},
    %y: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "N"]})
    attributes {target = "cpu", test.max = 44 : i64} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %m = tile.dim %x, 0 : !tile.buf<?x?xf32, global>
  %g = arith.ceildivsi %m, %c4 : index
  %b = tile.grid %g
  %i = arith.muli %b, %c4 : index
  %s = tile.load %x[%i, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> -> tensor<4x44xf32>
  %n = tile.load %len[%i] {in_bounds = array<i1: false>} : !tile.buf<?xi32, global> -> tensor<4xi32>
  %nb = tile.broadcast %n along 1 : tensor<4xi32> -> tensor<4x44xi32>
  %j = tile.iota 1 : tensor<4x44xi32>
  %in = arith.cmpi slt, %j, %nb : tensor<4x44xi32>
  %low = arith.constant dense<0xFF800000> : tensor<4x44xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %lowr = arith.constant dense<0xFF800000> : tensor<4xf32>
  %t = arith.select %in, %s, %low : tensor<4x44xi1>, tensor<4x44xf32>
  %mx = tile.reduce max %t : tensor<4x44xf32> -> tensor<4xf32>
  %empty = arith.cmpf oeq, %mx, %lowr : tensor<4xf32>
  %ms = arith.select %empty, %zero, %mx : tensor<4xi1>, tensor<4xf32>
  %mb = tile.broadcast %ms along 1 : tensor<4xf32> -> tensor<4x44xf32>
  %d = arith.subf %t, %mb : tensor<4x44xf32>
  %p = math.exp2 %d : tensor<4x44xf32>
  %l = tile.reduce add %p : tensor<4x44xf32> -> tensor<4xf32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %inv = arith.divf %one, %l : tensor<4xf32>
  %is = arith.select %empty, %zero, %inv : tensor<4xi1>, tensor<4xf32>
  %ib = tile.broadcast %is along 1 : tensor<4xf32> -> tensor<4x44xf32>
  %o = arith.mulf %p, %ib : tensor<4x44xf32>
  tile.store %o, %y[%i, %c0] {in_bounds = array<i1: false, false>} : tensor<4x44xf32>, !tile.buf<?x?xf32, global>
}

// A maximum with a NaN is a NaN, wherever it lies; sqrt makes them.
// CHECK: nan_maximum agrees
tile.kernel @nan_maximum(
    %x: !tile.buf<?x37xf32, global> {tile.access = "read", test.dims = ["M", ""], test.range = [-0.02, 1.0]},
    %y: !tile.buf<?xf32, global> {tile.access = "write", test.dims = ["M"]})
    attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %m = tile.dim %x, 0 : !tile.buf<?x37xf32, global>
  %g = arith.ceildivsi %m, %c2 : index
  %b = tile.grid %g
  %i = arith.muli %b, %c2 : index
  %s = tile.load %x[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x37xf32, global> -> tensor<2x37xf32>
  %r = math.sqrt %s : tensor<2x37xf32>
  %mx = tile.reduce max %r : tensor<2x37xf32> -> tensor<2xf32>
  tile.store %mx, %y[%i] {in_bounds = array<i1: false>} : tensor<2xf32>, !tile.buf<?xf32, global>
}

// Rows of a table at gathered indices; one outside sets the error word.
// CHECK: gather agrees
tile.kernel @gather(
    %table: !tile.buf<?x20xbf16, global> {tile.access = "read", test.dims = ["V", ""]},
    %ids: !tile.buf<?xi32, global> {tile.access = "read", test.dims = ["M"], test.range = [-1.0, 39.0]},
    %y: !tile.buf<?x20xf32, global> {tile.access = "write", test.dims = ["M", ""]})
    attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %m = tile.dim %ids, 0 : !tile.buf<?xi32, global>
  %v = tile.dim %table, 0 : !tile.buf<?x20xbf16, global>
  %i = tile.grid %m
  %id = tile.load %ids[%i] {in_bounds = array<i1: false>} : !tile.buf<?xi32, global> -> i32
  %at = arith.index_cast %id : i32 to index
  %bad = arith.cmpi uge, %at, %v : index
  tile.error if %bad, 1
  %row = tile.load %table[%at, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x20xbf16, global> -> tensor<20xbf16>
  %f = arith.extf %row : tensor<20xbf16> to tensor<20xf32>
  tile.store %f, %y[%i, %c0] {in_bounds = array<i1: false, true>} : tensor<20xf32>, !tile.buf<?x20xf32, global>
}

// Range reduction of an angle in f64, as RoPE does, and a running row index.
// CHECK: angles agrees
tile.kernel @angles(
    %pos: !tile.buf<?xi32, global> {tile.access = "read", test.dims = ["M"], test.range = [0.0, 100000.0]},
    %f: !tile.buf<44xf32, global> {tile.access = "read", test.range = [0.0, 1.0]},
    %y: !tile.buf<?x2x44xf32, global> {tile.access = "write", test.dims = ["M", "", ""]})
    attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tile.dim %pos, 0 : !tile.buf<?xi32, global>
  %i = tile.grid %m
  %p = tile.load %pos[%i] {in_bounds = array<i1: false>} : !tile.buf<?xi32, global> -> i32
  %pd = arith.sitofp %p : i32 to f64
  %ps = tile.splat %pd : f64 -> tensor<44xf64>
  %fr = tile.load %f[%c0] : !tile.buf<44xf32, global> -> tensor<44xf32>
  %fd = arith.extf %fr : tensor<44xf32> to tensor<44xf64>
  %a = arith.mulf %ps, %fd : tensor<44xf64>
  %inv = arith.constant dense<0.15915494309189535> : tensor<44xf64>
  %tau = arith.constant dense<6.283185307179586> : tensor<44xf64>
  %turns = arith.mulf %a, %inv : tensor<44xf64>
  %whole = math.roundeven %turns : tensor<44xf64>
  %back = arith.mulf %whole, %tau : tensor<44xf64>
  %r = arith.subf %a, %back : tensor<44xf64>
  %r32 = arith.truncf %r : tensor<44xf64> to tensor<44xf32>
  %s = math.sin %r32 : tensor<44xf32>
  %c = math.cos %r32 : tensor<44xf32>
  tile.store %s, %y[%i, %c0, %c0] {in_bounds = array<i1: false, true, true>} : tensor<44xf32>, !tile.buf<?x2x44xf32, global>
  tile.store %c, %y[%i, %c1, %c0] {in_bounds = array<i1: false, true, true>} : tensor<44xf32>, !tile.buf<?x2x44xf32, global>
}

// Tiles and scalars carried by loops and branches; the sum of all columns.
// CHECK: carried agrees
tile.kernel @carried(
    %x: !tile.buf<?x?xf32, global> {tile.access = "read", test.dims = ["M", "N"]},
    %y: !tile.buf<?x20xf32, global> {tile.access = "write", test.dims = ["M", ""]})
    attributes {target = "cpu", test.max = 70 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c20 = arith.constant 20 : index
  %m = tile.dim %x, 0 : !tile.buf<?x?xf32, global>
  %n = tile.dim %x, 1 : !tile.buf<?x?xf32, global>
  %i = tile.grid %m
  %z = arith.constant dense<0.0> : tensor<1x20xf32>
  %sum, %count = scf.for %j = %c0 to %n step %c20 iter_args(%acc = %z, %k = %c0) -> (tensor<1x20xf32>, index) {
    %t = tile.load %x[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> -> tensor<1x20xf32>
    %odd = arith.remui %k, %c20 : index
    %first = arith.cmpi eq, %odd, %c0 : index
    %u = scf.if %first -> (tensor<1x20xf32>) {
      scf.yield %t : tensor<1x20xf32>
    } else {
      %v = arith.addf %t, %t : tensor<1x20xf32>
      scf.yield %v : tensor<1x20xf32>
    }
    %a = arith.addf %acc, %u : tensor<1x20xf32>
    %k1 = arith.addi %k, %c1 : index
    scf.yield %a, %k1 : tensor<1x20xf32>, index
  }
  tile.store %sum, %y[%i, %c0] {in_bounds = array<i1: false, true>} : tensor<1x20xf32>, !tile.buf<?x20xf32, global>
}

// Minima of rows, and of the rows' minima as a scalar; what lies beyond the edge is 0.
// CHECK: minima agrees
tile.kernel @minima(
    %x: !tile.buf<?x37xf32, global> {tile.access = "read", test.dims = ["M", ""]},
    %y: !tile.buf<?xf32, global> {tile.access = "write", test.dims = ["M"]})
    attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %m = tile.dim %x, 0 : !tile.buf<?x37xf32, global>
  %g = arith.ceildivsi %m, %c4 : index
  %b = tile.grid %g
  %i = arith.muli %b, %c4 : index
  %t = tile.load %x[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x37xf32, global> -> tensor<4x37xf32>
  %rows = tile.reduce min %t : tensor<4x37xf32> -> tensor<4xf32>
  %all = tile.reduce min %rows : tensor<4xf32> -> f32
  %s = tile.splat %all : f32 -> tensor<4xf32>
  %r = arith.addf %rows, %s : tensor<4xf32>
  tile.store %r, %y[%i] {in_bounds = array<i1: false>} : tensor<4xf32>, !tile.buf<?xf32, global>
}
