// RUN: attnc-test-kernel %s | FileCheck %s
// RUN: attnc-test-kernel %s --mcpu=x86-64-v3 | FileCheck %s

// Copies with conversion, zeros beyond the source, transposes, fills; sources and destinations clipped apart.

// CHECK: plain agrees
tile.kernel @plain(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<7x90xf32, global>
  %t = tile.alloc : !tile.buf<7x90xf32, cache>
  tile.copy %s to %t  : !tile.buf<7x90xf32, global> to !tile.buf<7x90xf32, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<7x90xf32, global>
  tile.copy %t to %d : !tile.buf<7x90xf32, cache> to !tile.buf<7x90xf32, global>
}

// CHECK: narrow agrees
tile.kernel @narrow(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %b: !tile.buf<?x?xbf16, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<9x21xf32, global>
  %t = tile.alloc : !tile.buf<9x21xbf16, cache>
  tile.copy %s to %t  : !tile.buf<9x21xf32, global> to !tile.buf<9x21xbf16, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xbf16, global> to !tile.buf<9x21xbf16, global>
  tile.copy %t to %d : !tile.buf<9x21xbf16, cache> to !tile.buf<9x21xbf16, global>
}

// CHECK: widen agrees
tile.kernel @widen(
    %a: !tile.buf<?x?xbf16, global> {tile.access = "read"},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xbf16, global> to !tile.buf<9x21xbf16, global>
  %t = tile.alloc : !tile.buf<9x21xf32, cache>
  tile.copy %s to %t  : !tile.buf<9x21xbf16, global> to !tile.buf<9x21xf32, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<9x21xf32, global>
  tile.copy %t to %d : !tile.buf<9x21xf32, cache> to !tile.buf<9x21xf32, global>
}

// CHECK: half agrees
tile.kernel @half(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %b: !tile.buf<?x?xf16, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<9x21xf32, global>
  %t = tile.alloc : !tile.buf<9x21xf16, cache>
  tile.copy %s to %t  : !tile.buf<9x21xf32, global> to !tile.buf<9x21xf16, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf16, global> to !tile.buf<9x21xf16, global>
  tile.copy %t to %d : !tile.buf<9x21xf16, cache> to !tile.buf<9x21xf16, global>
}

// CHECK: ints agrees
tile.kernel @ints(
    %a: !tile.buf<?x?xi32, global> {tile.access = "read"},
    %b: !tile.buf<?x?xi32, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xi32, global> to !tile.buf<5x70xi32, global>
  %t = tile.alloc : !tile.buf<5x70xi32, cache>
  tile.copy %s to %t  : !tile.buf<5x70xi32, global> to !tile.buf<5x70xi32, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xi32, global> to !tile.buf<5x70xi32, global>
  tile.copy %t to %d : !tile.buf<5x70xi32, cache> to !tile.buf<5x70xi32, global>
}

// CHECK: flags agrees
tile.kernel @flags(
    %a: !tile.buf<?x?xi1, global> {tile.access = "read", test.range = [0.0, 1.0]},
    %b: !tile.buf<?x?xi1, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xi1, global> to !tile.buf<5x33xi1, global>
  %t = tile.alloc : !tile.buf<5x33xi1, cache>
  tile.copy %s to %t  : !tile.buf<5x33xi1, global> to !tile.buf<5x33xi1, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xi1, global> to !tile.buf<5x33xi1, global>
  tile.copy %t to %d : !tile.buf<5x33xi1, cache> to !tile.buf<5x33xi1, global>
}

// CHECK: transposed agrees
tile.kernel @transposed(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<32x64xf32, global>
  %t = tile.alloc : !tile.buf<64x32xf32, cache>
  tile.copy %s to %t {transposed} : !tile.buf<32x64xf32, global> to !tile.buf<64x32xf32, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<64x32xf32, global>
  tile.copy %t to %d : !tile.buf<64x32xf32, cache> to !tile.buf<64x32xf32, global>
}

// CHECK: transposed_odd agrees
tile.kernel @transposed_odd(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<21x37xf32, global>
  %t = tile.alloc : !tile.buf<37x21xf32, cache>
  tile.copy %s to %t {transposed} : !tile.buf<21x37xf32, global> to !tile.buf<37x21xf32, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<37x21xf32, global>
  tile.copy %t to %d : !tile.buf<37x21xf32, cache> to !tile.buf<37x21xf32, global>
}

// CHECK: transposed_bf16 agrees
tile.kernel @transposed_bf16(
    %a: !tile.buf<?x?xbf16, global> {tile.access = "read"},
    %b: !tile.buf<?x?xf32, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xbf16, global> to !tile.buf<32x20xbf16, global>
  %t = tile.alloc : !tile.buf<20x32xf32, cache>
  tile.copy %s to %t {transposed} : !tile.buf<32x20xbf16, global> to !tile.buf<20x32xf32, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<20x32xf32, global>
  tile.copy %t to %d : !tile.buf<20x32xf32, cache> to !tile.buf<20x32xf32, global>
}

// CHECK: transposed_narrow agrees
tile.kernel @transposed_narrow(
    %a: !tile.buf<?x?xf32, global> {tile.access = "read"},
    %b: !tile.buf<?x?xbf16, global> {tile.access = "read_write"})
    attributes {target = "cpu", test.max = 90 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %g = tile.grid %c1
  %s = tile.slice %a[%c0, %c0] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xf32, global> to !tile.buf<19x48xf32, global>
  %t = tile.alloc : !tile.buf<48x19xbf16, cache>
  tile.copy %s to %t {transposed} : !tile.buf<19x48xf32, global> to !tile.buf<48x19xbf16, cache>
  %d = tile.slice %b[%c1, %c1] {in_bounds = array<i1: false, false>} : !tile.buf<?x?xbf16, global> to !tile.buf<48x19xbf16, global>
  tile.copy %t to %d : !tile.buf<48x19xbf16, cache> to !tile.buf<48x19xbf16, global>
}

// CHECK: fill agrees
tile.kernel @fill(%b: !tile.buf<?x?x?xf32, global> {tile.access = "write", test.dims = ["A", "B", "C"]},
                  %c: !tile.buf<?x?x?xf32, global> {tile.access = "read_write", test.dims = ["A", "B", "C"]})
    attributes {target = "cpu", test.max = 20 : i64} {
  %c0 = arith.constant 0 : index
  %f = arith.constant 2.5 : f32
  %a = tile.dim %b, 0 : !tile.buf<?x?x?xf32, global>
  %n = tile.dim %b, 1 : !tile.buf<?x?x?xf32, global>
  %x, %y = tile.grid %a, %n
  %d = tile.slice %b[%x, %y, %c0] {in_bounds = array<i1: false, false, false>} : !tile.buf<?x?x?xf32, global> to !tile.buf<20xf32, global>
  tile.fill %f, %d : f32, !tile.buf<20xf32, global>
  // An index far outside, and one below zero: nothing is written.
  %far = arith.constant 4000000000 : index
  %below = arith.constant -1 : index
  %e = tile.slice %c[%far, %y, %c0] {in_bounds = array<i1: false, false, false>} : !tile.buf<?x?x?xf32, global> to !tile.buf<1x20xf32, global>
  tile.fill %f, %e : f32, !tile.buf<1x20xf32, global>
  %h = tile.slice %c[%x, %below, %c0] {in_bounds = array<i1: false, false, false>} : !tile.buf<?x?x?xf32, global> to !tile.buf<1x20xf32, global>
  tile.fill %f, %h : f32, !tile.buf<1x20xf32, global>
  tile.store %f, %c[%x, %y, %far] {in_bounds = array<i1: false, false, false>} : f32, !tile.buf<?x?x?xf32, global>
}
