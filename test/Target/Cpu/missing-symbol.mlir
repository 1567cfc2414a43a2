// RUN: not attnc-test-kernel %s 2>&1 | FileCheck %s

// An op without code of its own would be a call of the C library at run time.
// CHECK: error: kernel 'remainder' needs 'fmodf' from a library
tile.kernel @remainder(%a: !tile.buf<4xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
  %t = tile.load %a[%c0] : !tile.buf<4xf32, global> -> f32
  %r = arith.remf %t, %t : f32
  tile.store %r, %a[%c0] : f32, !tile.buf<4xf32, global>
}
