// RUN: attnc-opt %s --tile-promote-registers --split-input-file --verify-diagnostics

// A register has no address: a part of a tile cannot be read.
tile.kernel @part_load(%y: !tile.buf<4x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  // expected-error @below {{expected a register tile to be used as a whole, in scf.for and scf.if only}}
  %b = tile.alloc {promote} : !tile.buf<4x64xf32, cache>
  // expected-note @below {{this use is not}}
  %0 = tile.load %b[%c0, %c0] : !tile.buf<4x64xf32, cache> -> tensor<2x64xf32>
}

// -----

tile.kernel @part_store(%y: !tile.buf<4x64xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %t = arith.constant dense<0.0> : tensor<2x64xf32>
  // expected-error @below {{expected a register tile to be used as a whole, in scf.for and scf.if only}}
  %b = tile.alloc {promote} : !tile.buf<4x64xf32, cache>
  // expected-note @below {{this use is not}}
  tile.store %t, %b[%c0, %c0] : tensor<2x64xf32>, !tile.buf<4x64xf32, cache>
}

// -----

// The right-hand side of a product is read from memory.
tile.kernel @rhs(%y: !tile.buf<4x4xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  // expected-error @below {{expected a register tile to be used as a whole, in scf.for and scf.if only}}
  %b = tile.alloc {promote} : !tile.buf<4x4xf32, cache>
  // expected-note @below {{this use is not}}
  tile.mma %y, %b, %y : !tile.buf<4x4xf32, global>, !tile.buf<4x4xf32, cache>, !tile.buf<4x4xf32, global>
}

// -----

tile.kernel @copy(%y: !tile.buf<4x4xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  // expected-error @below {{expected a register tile to be used as a whole, in scf.for and scf.if only}}
  %b = tile.alloc {promote} : !tile.buf<4x4xf32, cache>
  // expected-note @below {{this use is not}}
  tile.copy %y to %b : !tile.buf<4x4xf32, global> to !tile.buf<4x4xf32, cache>
}

// -----

tile.kernel @use_in_branch(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{expected a register tile to be used as a whole, in scf.for and scf.if only}}
  %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
  scf.index_switch %c0
  default {
    // expected-note @below {{this use is not}}
    tile.fill %zero, %b : f32, !tile.buf<4xf32, cache>
    scf.yield
  }
}

// -----

tile.kernel @alloc_in_branch(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // expected-note @below {{this op is neither}}
  scf.index_switch %c0
  default {
    // expected-error @below {{expected a register tile in scf.for and scf.if only}}
    %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
    tile.fill %zero, %b : f32, !tile.buf<4xf32, cache>
    scf.yield
  }
}

// -----

// A tensor with an encoding is not the tile that a product makes.
tile.kernel @encoding(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  // expected-error @below {{expected a register tile to be used as a whole, in scf.for and scf.if only}}
  %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
  // expected-note @below {{this use is not}}
  %0 = tile.load %b[] : !tile.buf<4xf32, cache> -> tensor<4xf32, "layout">
}

// -----

tile.kernel @carried(%y: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{expected a register tile to be used as a whole, in scf.for and scf.if only}}
  %b = tile.alloc {promote} : !tile.buf<4xf32, cache>
  // expected-note @below {{this use is not}}
  %0 = scf.for %i = %c0 to %c1 step %c1 iter_args(%n = %b) -> !tile.buf<4xf32, cache> {
    scf.yield %n : !tile.buf<4xf32, cache>
  }
}
