// RUN: attnc-test-kernel %s --trials=1 -o %t.1 && attnc-test-kernel %s --trials=1 -o %t.2
// RUN: cmp %t.1 %t.2
// RUN: llvm-readelf --dyn-syms --dynamic %t.1 | FileCheck %s

// The same input gives the same bytes; the table alone is exported, nothing is
// needed, nothing runs when loaded.
// CHECK-NOT: {{NEEDED|INIT|FINI|TEXTREL}}
// CHECK: Symbol table '.dynsym' contains 2 entries
// CHECK: attnc_kernel_table
tile.kernel @first(%a: !tile.buf<4xf32, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
}
tile.kernel @second(%a: !tile.buf<4xbf16, global> {tile.access = "read_write"}) attributes {target = "cpu"} {
  %c1 = arith.constant 1 : index
  %x = tile.grid %c1
}

// Programs beside the kernels keep their arith ops: not the pipeline's business.
tile.program @main(%a: !tile.buf<?xf32, global> {tile.role = "input"}) {
  %n = tile.size "N"
  %c4 = arith.constant 4 : index
  %m = arith.muli %n, %c4 : index
  %w = tile.alloc(%m) : !tile.buf<?xf32, global>
}
