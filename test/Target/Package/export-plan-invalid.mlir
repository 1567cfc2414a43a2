// RUN: attnc-test-package %s -o %t.attnc --split-input-file --verify-diagnostics
// RUN: not ls %t.attnc

// expected-error@+1 {{expected a tile.program, got none}}
module {
}

// -----

tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"}) {
  %S = tile.size "S"
  // expected-error@+1 {{expected tile.arena; run tile-plan-arena first}}
  %a = tile.alloc(%S) : !tile.buf<?xf32, global>
}

// -----

// expected-error@+1 {{expected attn.dims of argument 1 to name dimensions of inputs, got ["T"]}}
tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"},
                %y: !tile.buf<?xf32, global> {attn.name = "y", attn.dims = ["T"], tile.role = "output"}) {
}

// -----

// expected-error@+1 {{expected attn.dims of argument 0 to name dimensions of inputs}}
tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", tile.role = "input"}) {
}

// -----

// expected-error@+1 {{expected argument 0 to have a name of its own}}
tile.program @p(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
}

// -----

// expected-error@+1 {{argument 0: expected a distinct attn.name, got "w"}}
tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "w", tile.role = "input"},
                %y: !tile.buf<4xf32, global> {attn.weight = "w", tile.role = "input"}) {
}

// -----

// expected-error@+1 {{expected argument 0 to have a name of its own, got "\FF"}}
tile.program @p(%x: !tile.buf<4xf32, global> {attn.weight = "\FF", tile.role = "input"}) {
}

// -----

// expected-error@+1 {{expected a name in UTF-8 without control characters, got "a\0A"}}
tile.program @"a\0A"(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
}

// -----

// expected-error@+1 {{expected buffers of f32, bf16, f16, i32, i8 or i1, got 'f64'}}
tile.program @p(%x: !tile.buf<4xf64, global> {attn.name = "x", tile.role = "input"}) {
}

// -----

// expected-error@+1 {{expected argument 0 to hold f32, bf16, f16, i32 or i1, got 'i8'}}
tile.program @p(%x: !tile.buf<4xi8, global> {attn.name = "x", tile.role = "input"}) {
}

// -----

// expected-error@+1 {{attn.alias of argument 1 is not part of the package format yet}}
tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"},
                %y: !tile.buf<4xf32, global> {attn.name = "y", attn.alias = 0 : i64, tile.role = "output"}) {
}

// -----

tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  // expected-error@+1 {{expected a size that names a dimension of an input, got "S"}}
  %S = tile.size "S"
  %a = tile.arena at %S : !tile.buf<4xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"}) {
  %S = tile.size "S"
  %c1 = arith.constant 1 : index
  // expected-error@+1 {{expected a size made of named sizes, tile.dim and integer arithmetic, got 'arith.shli'}}
  %0 = arith.shli %S, %c1 : index
  %1 = arith.addi %0, %c1 : index
  %a = tile.arena at %1 : !tile.buf<4xf32, global>
}

// -----

// A step that is none of the plan's.
tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  %c0 = arith.constant 0 : index
  // expected-error@+1 {{'tile.slice' is no step of a program}}
  %0 = tile.slice %x[%c0] : !tile.buf<4xf32, global> to !tile.buf<2xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  %true = arith.constant true
  // expected-error@+1 {{'arith.select' is no step of a program}}
  %0 = arith.select %true, %x, %x : !tile.buf<4xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"}) {
  %S = tile.size "S"
  %c0 = arith.constant 0 : index
  %0 = arith.divui %S, %c0 : index
  %a = tile.arena at %c0 sizes(%0) : !tile.buf<?xf32, global>
  // expected-error@+1 {{a size of 'tile.memset' divides by zero}}
  tile.memset %a, 0 : !tile.buf<?xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"}) {
  %S = tile.size "S"
  %c0 = arith.constant 0 : index
  %c = arith.constant 4611686018427387904 : index
  %0 = arith.muli %S, %c : index
  %a = tile.arena at %c0 sizes(%0) : !tile.buf<?xf32, global>
  // expected-error@+1 {{a size of 'tile.memset' overflows 64 bits}}
  tile.memset %a, 0 : !tile.buf<?xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"}) {
  %S = tile.size "S"
  %c0 = arith.constant 0 : index
  %c = arith.constant -1 : index
  %0 = arith.muli %S, %c : index
  %a = tile.arena at %c0 sizes(%0) : !tile.buf<?xf32, global>
  // expected-error@+1 {{a size of 'tile.memset' goes below zero}}
  tile.memset %a, 0 : !tile.buf<?xf32, global>
}

// -----

// An expression that no reader accepts.
tile.program @p(%x: !tile.buf<?x?xf32, global> {attn.name = "x", attn.dims = ["S", "T"], tile.role = "input"}) {
  %S = tile.size "S"
  %T = tile.size "T"
  %c0 = arith.constant 0 : index
  %0 = arith.divui %S, %T : index
  %1 = arith.divui %S, %0 : index
  %2 = arith.divui %S, %1 : index
  %3 = arith.divui %S, %2 : index
  %4 = arith.divui %S, %3 : index
  %5 = arith.divui %S, %4 : index
  %6 = arith.divui %S, %5 : index
  %7 = arith.divui %S, %6 : index
  %8 = arith.divui %S, %7 : index
  %9 = arith.divui %S, %8 : index
  %10 = arith.divui %S, %9 : index
  %11 = arith.divui %S, %10 : index
  %12 = arith.divui %S, %11 : index
  %13 = arith.divui %S, %12 : index
  %14 = arith.divui %S, %13 : index
  %15 = arith.divui %S, %14 : index
  %16 = arith.divui %S, %15 : index
  %a = tile.arena at %16 : !tile.buf<4xf32, global>
  // expected-error@+1 {{a size of 'tile.memset' is nested deeper than 16}}
  tile.memset %a, 0 : !tile.buf<4xf32, global>
}

// -----

// An expression that doubles with each use.
tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"}) {
  %S = tile.size "S"
  %c0 = arith.constant 0 : index
  %0 = arith.muli %S, %S : index
  %1 = arith.muli %0, %0 : index
  %2 = arith.muli %1, %1 : index
  %3 = arith.muli %2, %2 : index
  %4 = arith.muli %3, %3 : index
  %5 = arith.muli %4, %4 : index
  %6 = arith.muli %5, %5 : index
  %7 = arith.muli %6, %6 : index
  %8 = arith.muli %7, %7 : index
  %9 = arith.muli %8, %8 : index
  %10 = arith.muli %9, %9 : index
  %11 = arith.muli %10, %10 : index
  %12 = arith.muli %11, %11 : index
  %a = tile.arena at %12 : !tile.buf<4xf32, global>
  // expected-error@+1 {{a size of 'tile.memset' has more than 4096 parts}}
  tile.memset %a, 0 : !tile.buf<4xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  %c = arith.constant 4611686018427387904 : index
  %d = arith.muli %c, %c : index
  %a = tile.arena at %d : !tile.buf<4xf32, global>
  // expected-error@+1 {{a size of 'tile.memset' overflows 64 bits}}
  tile.memset %a, 0 : !tile.buf<4xf32, global>
}

// -----

// expected-note@+1 {{the kernel is here}}
tile.kernel @k(%x: !tile.buf<4xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %i = tile.grid %c1
}
tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  // expected-error@+1 {{expected operand 0, which the kernel writes, to be an output or workspace}}
  tile.launch @k(%x) : !tile.buf<4xf32, global>
}

// -----

// expected-error@+1 {{expected a tile.grid; run convert-attn-to-tile first}}
tile.kernel @k(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
}
tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  tile.launch @k(%x) : !tile.buf<4xf32, global>
}

// -----

// expected-error@+1 {{expected a kernel for the target cpu, got "sm_90a"}}
tile.kernel @k(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "sm_90a"} {
  %c1 = arith.constant 1 : index
  %i = tile.grid %c1
}
tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  tile.launch @k(%x) : !tile.buf<4xf32, global>
}

// -----

// A grid may depend on nothing but sizes.
tile.kernel @k(%x: !tile.buf<4xi32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c0 = arith.constant 0 : index
  %v = tile.load %x[%c0] : !tile.buf<4xi32, global> -> i32
  // expected-error@+1 {{got 'arith.index_cast'}}
  %n = arith.index_cast %v : i32 to index
  %i = tile.grid %n
}
tile.program @p(%x: !tile.buf<4xi32, global> {attn.name = "x", tile.role = "input"}) {
  tile.launch @k(%x) : !tile.buf<4xi32, global>
}

// -----

// Of a slice, tile.dim is the part that exists, which no plan knows.
tile.kernel @k(%x: !tile.buf<4xi32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c3 = arith.constant 3 : index
  %s = tile.slice %x[%c3] {in_bounds = array<i1: false>} : !tile.buf<4xi32, global> to !tile.buf<2xi32, global>
  // expected-error@+1 {{expected the size of an argument or a view, whose sizes a plan knows}}
  %n = tile.dim %s, 0 : !tile.buf<2xi32, global>
  %i = tile.grid %n
}
tile.program @p(%x: !tile.buf<4xi32, global> {attn.name = "x", tile.role = "input"}) {
  tile.launch @k(%x) : !tile.buf<4xi32, global>
}

// -----

// expected-error@+1 {{expected a name in UTF-8 without control characters, got "\FF"}}
tile.kernel @"\FF"(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %i = tile.grid %c1
}
tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  tile.launch @"\FF"(%x) : !tile.buf<4xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<4x4xf32, global> {attn.name = "x", tile.role = "input"},
                %y: !tile.buf<4x4xf32, global> {attn.name = "y", tile.role = "output"}) {
  %v = tile.view %x strides [5, 1] : !tile.buf<4x4xf32, global> to !tile.buf<4x4xf32, global>
  // expected-error@+1 {{expected buffers that are row-major without gaps}}
  tile.copy %v to %y : !tile.buf<4x4xf32, global> to !tile.buf<4x4xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"},
                %y: !tile.buf<4xf32, global> {attn.name = "y", tile.role = "output"}) {
  // expected-error@+1 {{expected the destination to be an output or workspace}}
  tile.copy %y to %x : !tile.buf<4xf32, global> to !tile.buf<4xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<?xf32, global> {attn.name = "x", attn.dims = ["S"], tile.role = "input"},
                %z: !tile.buf<?xf32, global> {attn.name = "z", attn.dims = ["T"], tile.role = "input"},
                %y: !tile.buf<?xf32, global> {attn.name = "y", attn.dims = ["T"], tile.role = "output"}) {
  // expected-error@+1 {{expected source and destination of one type and one size in a program}}
  tile.copy %x to %y : !tile.buf<?xf32, global> to !tile.buf<?xf32, global>
}

// -----

tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  // expected-error@+1 {{expected an output or workspace, row-major without gaps}}
  tile.memset %x, 0 : !tile.buf<4xf32, global>
}
