// RUN: attnc-test-package %s -o %t.attnc --print | FileCheck %s

module attributes {attn.dim_ranges = {S = [2, 128, 2]}} {

tile.kernel @tokens(%x: !tile.buf<?x40xf32, global> {tile.access = "read"},
                    %y: !tile.buf<?x40xf32, global> {tile.access = "write"})
    attributes {target = "cpu"} {
  %rows = tile.dim %x, 0 : !tile.buf<?x40xf32, global>
  %c64 = arith.constant 64 : index
  %m = arith.ceildivui %rows, %c64 : index
  %c2 = arith.constant 2 : index
  %i, %j = tile.grid %c2, %m
}
tile.kernel @heads(%x: !tile.buf<?x4x?x10xf32, global> {tile.access = "read_write"})
    attributes {target = "cpu"} {
  %b = tile.dim %x, 0 : !tile.buf<?x4x?x10xf32, global>
  %s = tile.dim %x, 2 : !tile.buf<?x4x?x10xf32, global>
  // Not part of the grid's slice.
  %scratch = tile.alloc : !tile.buf<4x4xf32, cache>
  %h = tile.dim %x, 1 : !tile.buf<?x4x?x10xf32, global>
  %i, %j, %k = tile.grid %s, %h, %b
}

// A symbol has the range of attn.dim_ranges or the default one; arguments are
// buffers in their order, workspace comes last.
// CHECK-LABEL: entry steps
// CHECK-NEXT:  buffers {"bytes":["*","B","S",160],"kind":"input"}
// CHECK-NEXT:  buffers {"bytes":["*","B","S",160],"kind":"output"}
// CHECK-NEXT:  buffers {"bytes":["*",["ceildiv",["+",["*","B","S",160],["*",["ceildiv",["*","B","S",160],64],64]],64],64],"kind":"workspace"}
// CHECK-NOT:   buffers
// CHECK:       inputs {"buffer":0,"dtype":"F32","name":"x","shape":["B","S",40]}
// CHECK:       outputs {"buffer":1,"dtype":"F32","name":"y","shape":["B","S",40]}
tile.program @steps(
    %x: !tile.buf<?x?x40xf32, global> {attn.name = "x", attn.dims = ["B", "S", ""], tile.role = "input"},
    %y: !tile.buf<?x?x40xf32, global> {attn.name = "y", attn.dims = ["B", "S", ""], tile.role = "output"}) {
  %B = tile.size "B"
  %S = tile.size "S"
  %t = arith.muli %S, %B : index
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %c160 = arith.constant 160 : index
  %bytes = arith.muli %t, %c160 : index
  %lines = arith.ceildivui %bytes, %c64 : index
  %end = arith.muli %lines, %c64 : index
  %a0 = tile.arena at %c0 sizes(%B, %S) : !tile.buf<?x?x40xf32, global>
  %a1 = tile.arena at %end sizes(%B, %S) : !tile.buf<?x?x40xf32, global>
  %xv = tile.view %x sizes(%t) strides [40, 1] : !tile.buf<?x?x40xf32, global> to !tile.buf<?x40xf32, global>
  %a0v = tile.view %a0 sizes(%t) strides [40, 1] : !tile.buf<?x?x40xf32, global> to !tile.buf<?x40xf32, global>
  %c40 = arith.constant 40 : index
  %row = arith.muli %S, %c40 : index
  %h = tile.view %a1 sizes(%B, %S) strides [%row, 10, 40, 1] : !tile.buf<?x?x40xf32, global> to !tile.buf<?x4x?x10xf32, global>

  // CHECK: steps {"buffer":2,"bytes":["*","B","S",160],"offset":["*",["ceildiv",["*","B","S",160],64],64],"op":"memset","value":255}
  tile.memset %a1, -1 : !tile.buf<?x?x40xf32, global>

  // The grid's operands are what the kernel computes from its arguments.
  // CHECK{LITERAL}: steps {"args":[{"buffer":0,"dtype":"F32","offset":0,"sizes":[["*","B","S"],40],"strides":[40,1]},
  // CHECK-SAME{LITERAL}: {"buffer":2,"dtype":"F32","offset":0,"sizes":[["*","B","S"],40],"strides":[40,1]}],
  // CHECK-SAME: "grid":[2,["ceildiv",["*","B","S"],64],1],"kernel":"tokens","op":"launch","target":"cpu"}
  tile.launch @tokens(%xv, %a0v) : !tile.buf<?x40xf32, global>, !tile.buf<?x40xf32, global>

  // CHECK{LITERAL}: "sizes":["B",4,"S",10],"strides":[["*","S",40],10,40,1]}],"grid":["S",4,"B"],"kernel":"heads"
  tile.launch @heads(%h) : !tile.buf<?x4x?x10xf32, global>

  // CHECK: steps {"bytes":["*","B","S",160],"from":{"buffer":2,"offset":0},"op":"copy","to":{"buffer":1,"offset":0}}
  tile.copy %a0 to %y : !tile.buf<?x?x40xf32, global> to !tile.buf<?x?x40xf32, global>
}
// CHECK:      symbols {"max":2147483647,"min":1,"multiple":1,"name":"B"}
// CHECK-NEXT: symbols {"max":128,"min":2,"multiple":2,"name":"S"}

// A weight that is not bound is an input with the weight's name; without
// tile.arena there is no workspace.
// CHECK-LABEL: entry unbound
// CHECK-NEXT:  buffers {"bytes":12,"kind":"input"}
// CHECK-NEXT:  inputs {"buffer":0,"dtype":"I32","name":"layers.0.w","shape":[3]}
// CHECK-NOT:   workspace
tile.program @unbound(%w: !tile.buf<3xi32, global> {attn.weight = "layers.0.w", tile.role = "input"}) {
}
}
