// RUN: attnc-opt %s --tile-plan-arena --split-input-file --verify-diagnostics

// The arena's size must be an expression of named sizes that the runtime can evaluate.
tile.program @difference(%x: !tile.buf<?xf32, global> {tile.role = "input", attn.dims = ["S"]}) {
  %s = tile.size "S"
  %c1 = arith.constant 1 : index
  %n = arith.subi %s, %c1 : index
  // expected-error @below {{expected sizes made of tile.size, constants, their quotients, arith.muli and arith.addi, whose product fits 63 bits}}
  %0 = tile.alloc(%n) : !tile.buf<?xf32, global>
}

// -----

tile.program @dim(%x: !tile.buf<?xf32, global> {tile.role = "input", attn.dims = ["S"]}) {
  %n = tile.dim %x, 0 : !tile.buf<?xf32, global>
  // expected-error @below {{expected sizes made of tile.size, constants}}
  %0 = tile.alloc(%n) : !tile.buf<?xf32, global>
}

// -----

tile.program @negative(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %n = arith.constant -8 : index
  // expected-error @below {{expected sizes made of tile.size, constants}}
  %0 = tile.alloc(%n) : !tile.buf<?xf32, global>
}

// -----

// The product of three sizes that each fit does not.
tile.program @overflow(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %n = arith.constant 4294967296 : index
  // expected-error @below {{expected sizes made of tile.size, constants}}
  %0 = tile.alloc(%n, %n) : !tile.buf<?x?xf32, global>
}

// -----

tile.program @sum_overflow(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %n = arith.constant 9223372036854775807 : index
  %m = arith.addi %n, %n : index
  // expected-error @below {{expected sizes made of tile.size, constants}}
  %0 = tile.alloc(%m) : !tile.buf<?xi8, global>
}

// -----

// S to the power 32: repeated squaring must not make a term of exponential length.
tile.program @power(%x: !tile.buf<?xf32, global> {tile.role = "input", attn.dims = ["S"]}) {
  %0 = tile.size "S"
  %1 = arith.muli %0, %0 : index
  %2 = arith.muli %1, %1 : index
  %3 = arith.muli %2, %2 : index
  %4 = arith.muli %3, %3 : index
  %5 = arith.muli %4, %4 : index
  // expected-error @below {{expected sizes made of tile.size, constants}}
  %6 = tile.alloc(%5) : !tile.buf<?xf32, global>
}

// -----

// expected-error @below {{expected divisors of a size whose common multiple fits 63 bits}}
tile.program @divisors(%x: !tile.buf<?xf32, global> {tile.role = "input", attn.dims = ["S"]}) {
  %s = tile.size "S"
  %c0 = arith.constant 2147483647 : index
  %c1 = arith.constant 2147483646 : index
  %c2 = arith.constant 2147483645 : index
  %0 = arith.divui %s, %c0 : index
  %1 = arith.divui %s, %c1 : index
  %2 = arith.divui %s, %c2 : index
  %3 = tile.alloc(%s) : !tile.buf<?xf32, global>
  tile.memset %3, 0 : !tile.buf<?xf32, global>
}
