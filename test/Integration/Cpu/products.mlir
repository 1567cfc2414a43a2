// RUN: attnc-test-kernel %s | FileCheck %s
// RUN: attnc-test-kernel %s --mcpu=x86-64-v3 | FileCheck %s

// Every form of rhs, at sizes that divide nothing. Rows of lhs: 0 … 40 in blocks of 17.

// CHECK: row_major agrees
tile.kernel @row_major(
    %a: !tile.buf<?x37xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read", test.dims = ["K", "N"]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 44 : index
  %bp = arith.constant 1 : index
  %m = tile.dim %a, 0 : !tile.buf<?x37xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x37xf32, global> to !tile.buf<17x37xf32, global>
  %bt = tile.slice %b[%c0, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<37x44xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x44xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x37xf32, global>, !tile.buf<37x44xf32, global>, !tile.buf<17x44xf32, global>
}

// CHECK: row_major_add agrees
tile.kernel @row_major_add(
    %a: !tile.buf<?x37xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read", test.dims = ["K", "N"]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "read_write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 44 : index
  %bp = arith.constant 1 : index
  %m = tile.dim %a, 0 : !tile.buf<?x37xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x37xf32, global> to !tile.buf<17x37xf32, global>
  %bt = tile.slice %b[%c0, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<37x44xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x44xf32, global>
  tile.mma %at, %bt, %ct : !tile.buf<17x37xf32, global>, !tile.buf<37x44xf32, global>, !tile.buf<17x44xf32, global>
}

// CHECK: row_major_bf16 agrees
tile.kernel @row_major_bf16(
    %a: !tile.buf<?x37xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x?xbf16, global> {tile.access = "read", test.dims = ["K", "N"]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 44 : index
  %bp = arith.constant 1 : index
  %m = tile.dim %a, 0 : !tile.buf<?x37xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x37xf32, global> to !tile.buf<17x37xf32, global>
  %bt = tile.slice %b[%c0, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xbf16, global> to !tile.buf<37x44xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x44xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x37xf32, global>, !tile.buf<37x44xbf16, global>, !tile.buf<17x44xf32, global>
}

// CHECK: row_major_f16 agrees
tile.kernel @row_major_f16(
    %a: !tile.buf<?x8xf16, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x?xf16, global> {tile.access = "read", test.dims = ["K", "N"]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 21 : index
  %bp = arith.constant 1 : index
  %m = tile.dim %a, 0 : !tile.buf<?x8xf16, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x8xf16, global> to !tile.buf<17x8xf16, global>
  %bt = tile.slice %b[%c0, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf16, global> to !tile.buf<8x21xf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x21xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x8xf16, global>, !tile.buf<8x21xf16, global>, !tile.buf<17x21xf32, global>
}

// CHECK: lhs_bf16 agrees
tile.kernel @lhs_bf16(
    %a: !tile.buf<?x9xbf16, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read", test.dims = ["K", "N"]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 16 : index
  %bp = arith.constant 1 : index
  %m = tile.dim %a, 0 : !tile.buf<?x9xbf16, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x9xbf16, global> to !tile.buf<17x9xbf16, global>
  %bt = tile.slice %b[%c0, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<9x16xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x16xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x9xbf16, global>, !tile.buf<9x16xf32, global>, !tile.buf<17x16xf32, global>
}

// CHECK: panels agrees
tile.kernel @panels(
    %a: !tile.buf<?x37xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x37x32xf32, global> {tile.access = "read", test.dims = ["P", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x37xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x37xf32, global> to !tile.buf<17x37xf32, global>
  %bt = tile.slice %b[%jp, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<?x37x32xf32, global> to !tile.buf<2x37x32xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x37xf32, global>, !tile.buf<2x37x32xf32, global>, !tile.buf<17x64xf32, global>
}

// CHECK: panels_add agrees
tile.kernel @panels_add(
    %a: !tile.buf<?x37xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x37x32xf32, global> {tile.access = "read", test.dims = ["P", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "read_write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x37xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x37xf32, global> to !tile.buf<17x37xf32, global>
  %bt = tile.slice %b[%jp, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<?x37x32xf32, global> to !tile.buf<2x37x32xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct : !tile.buf<17x37xf32, global>, !tile.buf<2x37x32xf32, global>, !tile.buf<17x64xf32, global>
}

// CHECK: panels_narrow agrees
tile.kernel @panels_narrow(
    %a: !tile.buf<?x5xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x5x8xf32, global> {tile.access = "read", test.dims = ["P", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 40 : index
  %bp = arith.constant 5 : index
  %m = tile.dim %a, 0 : !tile.buf<?x5xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x5xf32, global> to !tile.buf<17x5xf32, global>
  %bt = tile.slice %b[%jp, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<?x5x8xf32, global> to !tile.buf<5x5x8xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x40xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x5xf32, global>, !tile.buf<5x5x8xf32, global>, !tile.buf<17x40xf32, global>
}

// CHECK: panels_odd agrees
tile.kernel @panels_odd(
    %a: !tile.buf<?x5xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x5x20xf32, global> {tile.access = "read", test.dims = ["P", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 40 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x5xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x5xf32, global> to !tile.buf<17x5xf32, global>
  %bt = tile.slice %b[%jp, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<?x5x20xf32, global> to !tile.buf<2x5x20xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x40xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x5xf32, global>, !tile.buf<2x5x20xf32, global>, !tile.buf<17x40xf32, global>
}

// CHECK: panels_bf16 agrees
tile.kernel @panels_bf16(
    %a: !tile.buf<?x18xbf16, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x18x16xbf16, global> {tile.access = "read", test.dims = ["P", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 4 : index
  %m = tile.dim %a, 0 : !tile.buf<?x18xbf16, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x18xbf16, global> to !tile.buf<17x18xbf16, global>
  %bt = tile.slice %b[%jp, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<?x18x16xbf16, global> to !tile.buf<4x18x16xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x18xbf16, global>, !tile.buf<4x18x16xbf16, global>, !tile.buf<17x64xf32, global>
}

// CHECK: panels_kclip agrees
tile.kernel @panels_kclip(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x18x32xf32, global> {tile.access = "read", test.dims = ["P", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x?xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x18xf32, global>
  %bt = tile.slice %b[%jp, %c0, %c0] {in_bounds = array<i1: false, true, true>} : !tile.buf<?x18x32xf32, global> to !tile.buf<2x18x32xf32, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x18xf32, global>, !tile.buf<2x18x32xf32, global>, !tile.buf<17x64xf32, global>
}

// CHECK: pairs agrees
tile.kernel @pairs(
    %a: !tile.buf<?x18xbf16, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x9x32x2xbf16, global> {tile.access = "read", test.dims = ["P", "", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64, test.tolerance = 1.0e-4 : f64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x18xbf16, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x18xbf16, global> to !tile.buf<17x18xbf16, global>
  %bt = tile.slice %b[%jp, %c0, %c0, %c0] {in_bounds = array<i1: false, true, true, true>} : !tile.buf<?x9x32x2xbf16, global> to !tile.buf<2x9x32x2xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x18xbf16, global>, !tile.buf<2x9x32x2xbf16, global>, !tile.buf<17x64xf32, global>
}

// CHECK: pairs_add agrees
tile.kernel @pairs_add(
    %a: !tile.buf<?x18xbf16, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x9x16x2xbf16, global> {tile.access = "read", test.dims = ["P", "", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "read_write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64, test.tolerance = 1.0e-4 : f64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 48 : index
  %bp = arith.constant 3 : index
  %m = tile.dim %a, 0 : !tile.buf<?x18xbf16, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x18xbf16, global> to !tile.buf<17x18xbf16, global>
  %bt = tile.slice %b[%jp, %c0, %c0, %c0] {in_bounds = array<i1: false, true, true, true>} : !tile.buf<?x9x16x2xbf16, global> to !tile.buf<3x9x16x2xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x48xf32, global>
  tile.mma %at, %bt, %ct : !tile.buf<17x18xbf16, global>, !tile.buf<3x9x16x2xbf16, global>, !tile.buf<17x48xf32, global>
}

// CHECK: pairs_f32 agrees
tile.kernel @pairs_f32(
    %a: !tile.buf<?x18xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x9x32x2xbf16, global> {tile.access = "read", test.dims = ["P", "", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x18xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x18xf32, global> to !tile.buf<17x18xf32, global>
  %bt = tile.slice %b[%jp, %c0, %c0, %c0] {in_bounds = array<i1: false, true, true, true>} : !tile.buf<?x9x32x2xbf16, global> to !tile.buf<2x9x32x2xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x18xf32, global>, !tile.buf<2x9x32x2xbf16, global>, !tile.buf<17x64xf32, global>
}

// CHECK: pairs_odd agrees
tile.kernel @pairs_odd(
    %a: !tile.buf<?x18xbf16, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x9x22x2xbf16, global> {tile.access = "read", test.dims = ["P", "", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 90 : i64, test.tolerance = 1.0e-4 : f64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 44 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x18xbf16, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x18xbf16, global> to !tile.buf<17x18xbf16, global>
  %bt = tile.slice %b[%jp, %c0, %c0, %c0] {in_bounds = array<i1: false, true, true, true>} : !tile.buf<?x9x22x2xbf16, global> to !tile.buf<2x9x22x2xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x44xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x18xbf16, global>, !tile.buf<2x9x22x2xbf16, global>, !tile.buf<17x44xf32, global>
}

// CHECK: pairs_kclip agrees
tile.kernel @pairs_kclip(
    %a: !tile.buf<?x?xbf16, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x9x32x2xbf16, global> {tile.access = "read", test.dims = ["P", "", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 30 : i64, test.tolerance = 1.0e-4 : f64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x?xbf16, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xbf16, global> to !tile.buf<17x18xbf16, global>
  %bt = tile.slice %b[%jp, %c0, %c0, %c0] {in_bounds = array<i1: false, true, true, true>} : !tile.buf<?x9x32x2xbf16, global> to !tile.buf<2x9x32x2xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x18xbf16, global>, !tile.buf<2x9x32x2xbf16, global>, !tile.buf<17x64xf32, global>
}

// CHECK: pairs_f32_kclip agrees
tile.kernel @pairs_f32_kclip(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read", test.dims = ["M", "Kl"]},
    %b: !tile.buf<?x9x32x2xbf16, global> {tile.access = "read", test.dims = ["P", "", "", ""]},
    %c: !tile.buf<?x?xf32, global> {tile.access = "write", test.dims = ["M", "Nc"]})
    attributes {target = "cpu", test.max = 30 : i64} {
  %c0 = arith.constant 0 : index
  %bm = arith.constant 17 : index
  %bn = arith.constant 64 : index
  %bp = arith.constant 2 : index
  %m = tile.dim %a, 0 : !tile.buf<?x?xf32, global>
  %n = tile.dim %c, 1 : !tile.buf<?x?xf32, global>
  %gm = arith.ceildivsi %m, %bm : index
  %gn = arith.ceildivsi %n, %bn : index
  %x, %y = tile.grid %gm, %gn
  %i = arith.muli %x, %bm : index
  %j = arith.muli %y, %bn : index
  %jp = arith.muli %y, %bp : index
  %at = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x18xf32, global>
  %bt = tile.slice %b[%jp, %c0, %c0, %c0] {in_bounds = array<i1: false, true, true, true>} : !tile.buf<?x9x32x2xbf16, global> to !tile.buf<2x9x32x2xbf16, global>
  %ct = tile.slice %c[%i, %j] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<17x64xf32, global>
  tile.mma %at, %bt, %ct {overwrite} : !tile.buf<17x18xf32, global>, !tile.buf<2x9x32x2xbf16, global>, !tile.buf<17x64xf32, global>
}

// CHECK: registers agrees
tile.kernel @registers(
    %a: !tile.buf<?x24xf32, global> {tile.access = "read", test.dims = ["M", ""]},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %w: !tile.buf<2x24x32xbf16, global> {tile.access = "read"},
    %c: !tile.buf<?x64xf32, global> {tile.access = "read_write", test.dims = ["M", ""]})
    attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %m = tile.dim %a, 0 : !tile.buf<?x24xf32, global>
  %g = arith.ceildivsi %m, %c4 : index
  %x = tile.grid %g
  %i = arith.muli %x, %c4 : index
  %p = tile.load %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x24xf32, global> -> tensor<4x24xf32>
  %s = tile.slice %a[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x24xf32, global> to !tile.buf<4x24xf32, global>
  %v = tile.slice %b[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<24x64xf32, global>
  %o = tile.load %c[%i, %c0] {in_bounds = array<i1: false, true>} : !tile.buf<?x64xf32, global> -> tensor<4x64xf32>
  %o1 = tile.mma %p, %v, %o : tensor<4x24xf32>, !tile.buf<24x64xf32, global>, tensor<4x64xf32>
  %o2 = tile.mma %s, %w, %o1 : !tile.buf<4x24xf32, global>, !tile.buf<2x24x32xbf16, global>, tensor<4x64xf32>
  %o3 = tile.mma %s, %w, %o1 {overwrite} : !tile.buf<4x24xf32, global>, !tile.buf<2x24x32xbf16, global>, tensor<4x64xf32>
  %o4 = arith.addf %o2, %o3 : tensor<4x64xf32>
  tile.store %o4, %c[%i, %c0] {in_bounds = array<i1: false, true>} : tensor<4x64xf32>, !tile.buf<?x64xf32, global>
}
