// RUN: attnc-opt %s --split-input-file --verify-diagnostics

// Each program or kernel breaks one rule.

// expected-error @below {{expected no results, got 1}}
tile.program @results(%x: !tile.buf<4xf32, global> {tile.role = "input"}) -> f32 {
}

// -----

// expected-error @below {{expected at least one argument}}
tile.kernel @no_arguments() attributes {target = "cpu"} {
  %0 = arith.constant 0 : index
}

// -----

// expected-error @below {{expected argument 0 to be a global buffer, got 'tensor<4xf32>'}}
tile.program @tensor(%x: tensor<4xf32> {tile.role = "input"}) {
}

// -----

// expected-error @below {{expected argument 0 to be a global buffer, got '!tile.buf<4xf32, cache>'}}
tile.kernel @cache(%x: !tile.buf<4xf32, cache> {tile.access = "read"}) attributes {target = "cpu"} {
}

// -----

// expected-error @below {{expected argument 1 to have tile.role set to one of "input", "weight", "output"}}
tile.program @no_role(%x: !tile.buf<4xf32, global> {tile.role = "input"}, %y: !tile.buf<4xf32, global>) {
}

// -----

// expected-error @below {{expected argument 0 to have tile.access set to one of "read", "write", "read_write"}}
tile.kernel @access(%x: !tile.buf<4xf32, global> {tile.access = "input"}) attributes {target = "cpu"} {
}

// -----

// expected-error @below {{requires attribute 'target'}}
tile.kernel @target(%x: !tile.buf<4xf32, global> {tile.access = "read"}) {
}

// -----

// expected-error @below {{expected at most one tile.grid, got 2}}
tile.kernel @two_grids(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %0 = tile.grid %c1
  %1 = tile.grid %c1
}

// -----

tile.kernel @no_sizes(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  // expected-error @below {{expected 1 to 3 sizes, got 0}}
  "tile.grid"() : () -> ()
}

// -----

tile.kernel @four_sizes(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  // expected-error @below {{expected 1 to 3 sizes, got 4}}
  %0:4 = tile.grid %c1, %c1, %c1, %c1
}

// -----

func.func @grid(%n: index) {
  // expected-error @below {{expects parent op 'tile.kernel'}}
  %0 = tile.grid %n
  return
}

// -----

func.func @size() {
  // expected-error @below {{expects parent op 'tile.program'}}
  %0 = tile.size "S"
  return
}

// -----

tile.program @arena_space(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{expected a global buffer, got '!tile.buf<4xf32, cache>'}}
  %0 = tile.arena at %c0 : !tile.buf<4xf32, cache>
}

// -----

tile.program @arena_sizes(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{expected 1 sizes for '!tile.buf<?x4xf32, global>', got 2}}
  %0 = tile.arena at %c0 sizes(%c0, %c0) : !tile.buf<?x4xf32, global>
}

// -----

tile.program @alloc_in_program(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected a global buffer in a program, got '!tile.buf<4xf32, cache>'}}
  %0 = tile.alloc : !tile.buf<4xf32, cache>
}

// -----

tile.kernel @alloc_in_kernel(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  // expected-error @below {{expected a cache or register buffer in a kernel, got '!tile.buf<4xf32, global>'}}
  %0 = tile.alloc : !tile.buf<4xf32, global>
}

// -----

tile.program @alloc_sizes(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected 1 sizes for '!tile.buf<?x4xf32, global>', got 0}}
  %0 = tile.alloc : !tile.buf<?x4xf32, global>
}

// -----

tile.program @view_source(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected a global buffer, got '!tile.buf<4xf32, cache>'}}
  %0 = "tile.view"(%1) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_strides = array<i64: 1>}>
    : (!tile.buf<4xf32, cache>) -> !tile.buf<4xf32, global>
  %1 = builtin.unrealized_conversion_cast to !tile.buf<4xf32, cache>
}

// -----

tile.program @view_result(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected a global buffer, got '!tile.buf<4xf32, cache>'}}
  %0 = tile.view %x strides [1] : !tile.buf<4xf32, global> to !tile.buf<4xf32, cache>
}

// -----

tile.program @view_sizes(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected 1 sizes for '!tile.buf<?xf32, global>', got 0}}
  %0 = tile.view %x strides [1] : !tile.buf<4xf32, global> to !tile.buf<?xf32, global>
}

// -----

tile.program @view_element(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected the element type 'f32', got 'i32'}}
  %0 = tile.view %x strides [1] : !tile.buf<4xf32, global> to !tile.buf<4xi32, global>
}

// -----

tile.program @view_strides(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected 1 strides, got 2}}
  %0 = tile.view %x strides [4, 1] : !tile.buf<4xf32, global> to !tile.buf<4xf32, global>
}

// -----

tile.program @view_stride_values(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected a value for each dynamic stride, got 0}}
  %0 = "tile.view"(%x) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_strides = array<i64: -9223372036854775808, 1>}>
    : (!tile.buf<4xf32, global>) -> !tile.buf<2x2xf32, global>
}

// -----

tile.program @view_innermost(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected an innermost stride of 1, got 2}}
  %0 = tile.view %x strides [2] : !tile.buf<4xf32, global> to !tile.buf<2xf32, global>
}

// -----

tile.program @view_innermost_value(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %c1 = arith.constant 1 : index
  // expected-error @below {{expected an innermost stride of 1, got a value}}
  %0 = tile.view %x strides [%c1] : !tile.buf<4xf32, global> to !tile.buf<4xf32, global>
}

// -----

tile.program @view_negative(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected strides of at least 0, got -2}}
  %0 = tile.view %x strides [-2, 1] : !tile.buf<4xf32, global> to !tile.buf<2x2xf32, global>
}

// -----

tile.program @launch_unknown(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected a tile.kernel named @nothing}}
  tile.launch @nothing(%x) : !tile.buf<4xf32, global>
}

// -----

tile.program @launch_program(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected a tile.kernel named @launch_program}}
  tile.launch @launch_program(%x) : !tile.buf<4xf32, global>
}

// -----

tile.program @launch_count(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected 1 operands, got 2}}
  tile.launch @kernel(%x, %x) : !tile.buf<4xf32, global>, !tile.buf<4xf32, global>
}
// expected-note @below {{the kernel is here}}
tile.kernel @kernel(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
}

// -----

// A dynamic size of the kernel takes any size; a static one takes itself only.
tile.program @launch_shape(%x: !tile.buf<4x4xf32, global> {tile.role = "input"}) {
  tile.launch @rows(%x) : !tile.buf<4x4xf32, global>
  // expected-error @below {{expected operand 0 to be '!tile.buf<4x8xf32, global>', got '!tile.buf<4x4xf32, global>'}}
  tile.launch @columns(%x) : !tile.buf<4x4xf32, global>
}
tile.kernel @rows(%x: !tile.buf<?x4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
}
// expected-note @below {{the kernel is here}}
tile.kernel @columns(%x: !tile.buf<4x8xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
}

// -----

tile.program @launch_element(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected operand 0 to be '!tile.buf<4xbf16, global>', got '!tile.buf<4xf32, global>'}}
  tile.launch @kernel(%x) : !tile.buf<4xf32, global>
}
// expected-note @below {{the kernel is here}}
tile.kernel @kernel(%x: !tile.buf<4xbf16, global> {tile.access = "read"}) attributes {target = "cpu"} {
}

// -----

tile.program @launch_rank(%x: !tile.buf<4x4xf32, global> {tile.role = "input"}) {
  // expected-error @below {{expected operand 0 to be '!tile.buf<4xf32, global>', got '!tile.buf<4x4xf32, global>'}}
  tile.launch @kernel(%x) : !tile.buf<4x4xf32, global>
}
// expected-note @below {{the kernel is here}}
tile.kernel @kernel(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
}
