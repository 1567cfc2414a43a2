// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each access to a buffer breaks one rule.

func.func @slice_space(%x: !tile.buf<8x8xf32, global>, %i: index) {
  // expected-error @below {{expected the space of the source, got '!tile.buf<4x8xf32, cache>'}}
  %0 = tile.slice %x[%i, %i] : !tile.buf<8x8xf32, global> to !tile.buf<4x8xf32, cache>
  return
}

// -----

func.func @offsets(%x: !tile.buf<8x8xf32, global>, %i: index) {
  // expected-error @below {{expected 2 offsets for '!tile.buf<8x8xf32, global>', got 1}}
  %0 = tile.slice %x[%i] : !tile.buf<8x8xf32, global> to !tile.buf<4x8xf32, global>
  return
}

// -----

func.func @flags(%x: !tile.buf<8x8xf32, global>, %i: index) {
  // expected-error @below {{expected in_bounds to have 2 flags, got 1}}
  %0 = tile.slice %x[%i, %i] {in_bounds = array<i1: true>} : !tile.buf<8x8xf32, global> to !tile.buf<4x8xf32, global>
  return
}

// -----

func.func @rank(%x: !tile.buf<8xf32, global>, %i: index) {
  // expected-error @below {{expected a rank of at most 1, got 2}}
  %0 = tile.slice %x[%i] : !tile.buf<8xf32, global> to !tile.buf<1x8xf32, global>
  return
}

// -----

func.func @element(%x: !tile.buf<8x8xf32, global>, %i: index) {
  // expected-error @below {{expected the element type 'f32', got 'bf16'}}
  %0 = tile.load %x[%i, %i] : !tile.buf<8x8xf32, global> -> tensor<4x8xbf16>
  return
}

// -----

func.func @scalar(%x: !tile.buf<8x8xf32, global>, %i: index) {
  // expected-error @below {{expected the element type 'f32', got 'i32'}}
  %0 = tile.load %x[%i, %i] : !tile.buf<8x8xf32, global> -> i32
  return
}

// -----

func.func @scalar_without_offsets(%x: !tile.buf<8x8xf32, global>) {
  // expected-error @below {{expected 2 offsets for '!tile.buf<8x8xf32, global>', got 0}}
  %0 = tile.load %x[] : !tile.buf<8x8xf32, global> -> f32
  return
}

// -----

func.func @dynamic(%x: !tile.buf<?x8xf32, global>, %i: index) {
  // expected-error @below {{expected static sizes, got '?'}}
  %0 = tile.slice %x[%i, %i] : !tile.buf<?x8xf32, global> to !tile.buf<?x8xf32, global>
  return
}

// -----

// A clipped dimension may be longer than the whole, one in bounds may not.
func.func @too_large(%x: !tile.buf<8x8xf32, global>, %i: index) {
  %0 = tile.slice %x[%i, %i] {in_bounds = array<i1: true, false>} : !tile.buf<8x8xf32, global> to !tile.buf<8x16xf32, global>
  // expected-error @below {{expected a size of at most 8, got 16}}
  %1 = tile.slice %x[%i, %i] {in_bounds = array<i1: false, true>} : !tile.buf<8x8xf32, global> to !tile.buf<8x16xf32, global>
  return
}

// -----

func.func @whole_shape(%x: !tile.buf<8x8xf32, global>) {
  // expected-error @below {{expected the whole of '!tile.buf<8x8xf32, global>', got 'tensor<8x4xf32>'}}
  %0 = tile.load %x[] : !tile.buf<8x8xf32, global> -> tensor<8x4xf32>
  return
}

// -----

func.func @whole_element(%x: !tile.buf<8x8xf32, global>, %t: tensor<8x8xbf16>) {
  // expected-error @below {{expected the whole of '!tile.buf<8x8xf32, global>', got 'tensor<8x8xbf16>'}}
  tile.store %t, %x[] : tensor<8x8xbf16>, !tile.buf<8x8xf32, global>
  return
}

// -----

func.func @whole_flags(%x: !tile.buf<8x8xf32, global>) {
  // expected-error @below {{expected no in_bounds without offsets}}
  %0 = tile.load %x[] {in_bounds = array<i1: false, true>} : !tile.buf<8x8xf32, global> -> tensor<8x8xf32>
  return
}

// -----

func.func @store(%x: !tile.buf<8x8xf32, global>, %t: tensor<16x8xf32>, %i: index) {
  // expected-error @below {{expected a size of at most 8, got 16}}
  tile.store %t, %x[%i, %i] : tensor<16x8xf32>, !tile.buf<8x8xf32, global>
  return
}

// -----

func.func @dim(%x: !tile.buf<8x8xf32, global>) {
  // expected-error @below {{expected an index below 2, got 2}}
  %0 = tile.dim %x, 2 : !tile.buf<8x8xf32, global>
  return
}

// -----

func.func @negative_dim(%x: !tile.buf<8x8xf32, global>) {
  // expected-error @below {{expected an index below 2, got -1}}
  %0 = tile.dim %x, -1 : !tile.buf<8x8xf32, global>
  return
}

// -----

func.func @copy_rank(%x: !tile.buf<2x8x8xf32, cache>) {
  // expected-error @below {{expected rank 2 to transpose, got '!tile.buf<2x8x8xf32, cache>'}}
  tile.copy %x to %x {transposed} : !tile.buf<2x8x8xf32, cache> to !tile.buf<2x8x8xf32, cache>
  return
}

// -----

func.func @copy_shape(%x: !tile.buf<4x8xf32, cache>, %y: !tile.buf<8x4xf32, cache>) {
  // expected-error @below {{expected equal shapes, got '!tile.buf<4x8xf32, cache>' and '!tile.buf<8x4xf32, cache>'}}
  tile.copy %x to %y : !tile.buf<4x8xf32, cache> to !tile.buf<8x4xf32, cache>
  return
}

// -----

func.func @copy_transposed_shape(%x: !tile.buf<4x8xf32, cache>) {
  // expected-error @below {{expected equal shapes, got '!tile.buf<4x8xf32, cache>' and '!tile.buf<4x8xf32, cache>'}}
  tile.copy %x to %x {transposed} : !tile.buf<4x8xf32, cache> to !tile.buf<4x8xf32, cache>
  return
}

// -----

func.func @copy_element(%x: !tile.buf<8xf32, cache>, %y: !tile.buf<8xi32, cache>) {
  // expected-error @below {{expected float elements to convert, got '!tile.buf<8xf32, cache>' and '!tile.buf<8xi32, cache>'}}
  tile.copy %x to %y : !tile.buf<8xf32, cache> to !tile.buf<8xi32, cache>
  return
}

// -----

tile.program @copy_in_program(%x: !tile.buf<8xf32, global> {tile.role = "input"},
                              %y: !tile.buf<8xbf16, global> {tile.role = "output"}) {
  // expected-error @below {{expected global buffers of one type in a program, got '!tile.buf<8xf32, global>' and '!tile.buf<8xbf16, global>'}}
  tile.copy %x to %y : !tile.buf<8xf32, global> to !tile.buf<8xbf16, global>
}

// -----

func.func @fill(%x: !tile.buf<8xf32, cache>, %v: bf16) {
  // expected-error @below {{expected a value of type 'f32', got 'bf16'}}
  tile.fill %v, %x : bf16, !tile.buf<8xf32, cache>
  return
}
