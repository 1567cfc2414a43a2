// RUN: attnc-test-package %s -o %t.attnc --print | FileCheck %s

// Each memset shows one expression as its size: an i8 buffer of that many bytes.
tile.program @sizes(%x: !tile.buf<?x?xf32, global> {attn.name = "x", attn.dims = ["S", "B"], tile.role = "input"},
                    %y: !tile.buf<?x?xf32, global> {attn.name = "y", attn.dims = ["S", "B"], tile.role = "output"}) {
  %B = tile.size "B"
  %S = tile.size "S"
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c5 = arith.constant 5 : index
  %c64 = arith.constant 64 : index
  %m2 = arith.constant -2 : index

  // Constants fold; nested sums and products are one, in a fixed order.
  // CHECK: "bytes":["+","B","S",8]
  %0 = arith.addi %S, %c5 : index
  %1 = arith.addi %c3, %B : index
  %2 = arith.addi %0, %1 : index
  %b2 = tile.arena at %c0 sizes(%2) : !tile.buf<?xi8, global>
  tile.memset %b2, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":["*","B","S",15]
  %3 = arith.muli %S, %c5 : index
  %4 = arith.muli %c3, %B : index
  %5 = arith.muli %3, %4 : index
  %b5 = tile.arena at %c0 sizes(%5) : !tile.buf<?xi8, global>
  tile.memset %b5, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":"S"
  %6 = arith.muli %S, %c1 : index
  %7 = arith.addi %6, %c0 : index
  %8 = arith.divui %7, %c1 : index
  %b8 = tile.arena at %c0 sizes(%8) : !tile.buf<?xi8, global>
  tile.memset %b8, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":0
  %9 = arith.muli %S, %c0 : index
  %b9 = tile.arena at %c0 sizes(%9) : !tile.buf<?xi8, global>
  tile.memset %b9, 0 : !tile.buf<?xi8, global>

  // Numbers that are added and subtracted meet; none stays negative.
  // CHECK: "bytes":["-","S",2]
  %10 = arith.addi %S, %m2 : index
  %b10 = tile.arena at %c0 sizes(%10) : !tile.buf<?xi8, global>
  tile.memset %b10, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":["+","S",1]
  %11 = arith.addi %10, %c3 : index
  %b11 = tile.arena at %c0 sizes(%11) : !tile.buf<?xi8, global>
  tile.memset %b11, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":["-","S","B"]
  %12 = arith.subi %S, %B : index
  %b12 = tile.arena at %c0 sizes(%12) : !tile.buf<?xi8, global>
  tile.memset %b12, 0 : !tile.buf<?xi8, global>

  // A division that the number of a product allows is done.
  // CHECK: "bytes":["*","S",2]
  %13 = arith.constant 128 : index
  %14 = arith.muli %S, %13 : index
  %15 = arith.ceildivui %14, %c64 : index
  %b15 = tile.arena at %c0 sizes(%15) : !tile.buf<?xi8, global>
  tile.memset %b15, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":["ceildiv",["*","S",3],64]
  %16 = arith.muli %S, %c3 : index
  %17 = arith.ceildivui %16, %c64 : index
  %b17 = tile.arena at %c0 sizes(%17) : !tile.buf<?xi8, global>
  tile.memset %b17, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":["floordiv","S",3]
  %18 = arith.divui %S, %c3 : index
  %b18 = tile.arena at %c0 sizes(%18) : !tile.buf<?xi8, global>
  tile.memset %b18, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":["mod","S",3]
  %19 = arith.remui %S, %c3 : index
  %b19 = tile.arena at %c0 sizes(%19) : !tile.buf<?xi8, global>
  tile.memset %b19, 0 : !tile.buf<?xi8, global>

  // What another operand implies is left out of a maximum or minimum.
  // CHECK: "bytes":["max","B",["+","S",5]]
  %20 = arith.maxui %0, %S : index
  %21 = arith.maxsi %20, %B : index
  %22 = arith.maxui %21, %c3 : index
  %b22 = tile.arena at %c0 sizes(%22) : !tile.buf<?xi8, global>
  tile.memset %b22, 0 : !tile.buf<?xi8, global>
  // CHECK: "bytes":["min","B","S",3]
  %23 = arith.minui %0, %S : index
  %24 = arith.minsi %23, %B : index
  %25 = arith.minui %24, %c3 : index
  %b25 = tile.arena at %c0 sizes(%25) : !tile.buf<?xi8, global>
  tile.memset %b25, 0 : !tile.buf<?xi8, global>

  // A size of an argument or of a view.
  // CHECK: "bytes":["*","B","B","S"]
  %26 = tile.dim %x, 1 : !tile.buf<?x?xf32, global>
  %v = tile.view %x sizes(%5, %26) strides [1, 1] : !tile.buf<?x?xf32, global> to !tile.buf<?x?xf32, global>
  %27 = tile.dim %v, 1 : !tile.buf<?x?xf32, global>
  %28 = tile.dim %x, 0 : !tile.buf<?x?xf32, global>
  %29 = arith.muli %27, %28 : index
  %30 = arith.muli %29, %B : index
  %b30 = tile.arena at %c0 sizes(%30) : !tile.buf<?xi8, global>
  tile.memset %b30, 0 : !tile.buf<?xi8, global>
}
