// RUN: attnc-opt %s --tile-plan-arena --cse --split-input-file | FileCheck %s

// Buffers that live at one time lie one after another, at multiples of 64 bytes.
// CHECK-LABEL: tile.program @overlapping
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[NEXT:.*]] = arith.constant 128 : index
// CHECK: tile.arena at %[[ZERO]] : <17xf32, global>
// CHECK: tile.arena at %[[NEXT]] : <4xf32, global>
tile.program @overlapping(%x: !tile.buf<4xf32, global> {tile.role = "input"}, %y: !tile.buf<4xf32, global> {tile.role = "output"}) {
  %0 = tile.alloc : !tile.buf<17xf32, global>
  %1 = tile.alloc : !tile.buf<4xf32, global>
  tile.memset %0, 0 : !tile.buf<17xf32, global>
  tile.memset %1, 0 : !tile.buf<4xf32, global>
}

// -----

// A buffer takes the bytes of one whose last use has passed.
// CHECK-LABEL: tile.program @dead
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: tile.arena at %[[ZERO]]
// CHECK: tile.memset
// CHECK: tile.arena at %[[ZERO]]
tile.program @dead(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %0 = tile.alloc : !tile.buf<16xf32, global>
  tile.memset %0, 0 : !tile.buf<16xf32, global>
  %1 = tile.alloc : !tile.buf<8xf32, global>
  tile.memset %1, 0 : !tile.buf<8xf32, global>
}

// -----

// One step reads the first buffer and writes the second: their lives meet.
// CHECK-LABEL: tile.program @meet_in_a_step
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[NEXT:.*]] = arith.constant 64 : index
// CHECK: tile.arena at %[[ZERO]]
// CHECK: tile.arena at %[[NEXT]]
tile.program @meet_in_a_step(%x: !tile.buf<16xf32, global> {tile.role = "input"}) {
  %0 = tile.alloc : !tile.buf<16xf32, global>
  tile.copy %x to %0 : !tile.buf<16xf32, global> to !tile.buf<16xf32, global>
  %1 = tile.alloc : !tile.buf<16xf32, global>
  tile.copy %0 to %1 : !tile.buf<16xf32, global> to !tile.buf<16xf32, global>
}

// -----

// Neither B · 512 nor S · 512 is the larger for all sizes: no reuse, though the first is dead.
// CHECK-LABEL: tile.program @not_comparable
// CHECK-DAG: %[[S:.*]] = tile.size "S"
// CHECK-DAG: %[[B:.*]] = tile.size "B"
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: tile.arena at %[[ZERO]] sizes(%[[B]])
// CHECK-NOT: at %[[ZERO]]
// CHECK: tile.arena at %{{.*}} sizes(%[[S]])
tile.program @not_comparable(%x: !tile.buf<?x?xf32, global> {tile.role = "input", attn.dims = ["B", "S"]}) {
  %b = tile.size "B"
  %s = tile.size "S"
  %0 = tile.alloc(%b) : !tile.buf<?x512xf32, global>
  tile.memset %0, 0 : !tile.buf<?x512xf32, global>
  %1 = tile.alloc(%s) : !tile.buf<?x512xf32, global>
  tile.memset %1, 0 : !tile.buf<?x512xf32, global>
}

// -----

// 512 · S fits into 512 · B · S, as every size is at least 1.
// CHECK-LABEL: tile.program @factor
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: tile.arena at %[[ZERO]] sizes(%{{.*}}, %{{.*}}) : <?x?x512xf32, global>
// CHECK: tile.arena at %[[ZERO]] sizes(%{{.*}}) : <?x512xf32, global>
tile.program @factor(%x: !tile.buf<?x?xf32, global> {tile.role = "input", attn.dims = ["B", "S"]}) {
  %b = tile.size "B"
  %s = tile.size "S"
  %0 = tile.alloc(%b, %s) : !tile.buf<?x?x512xf32, global>
  tile.memset %0, 0 : !tile.buf<?x?x512xf32, global>
  %1 = tile.alloc(%s) : !tile.buf<?x512xf32, global>
  tile.memset %1, 0 : !tile.buf<?x512xf32, global>
}

// -----

// Of two dead slots the second fits; the first, which would have to grow, stays as it is.
// CHECK-LABEL: tile.program @best_fit
// CHECK-DAG: %[[NEXT:.*]] = arith.constant 64 : index
// CHECK: tile.arena at %{{.*}} : <16xf32, global>
// CHECK: tile.arena at %[[NEXT]] : <64xf32, global>
// CHECK: tile.arena at %[[NEXT]] : <32xf32, global>
tile.program @best_fit(%x: !tile.buf<16xf32, global> {tile.role = "input"}) {
  %0 = tile.alloc : !tile.buf<16xf32, global>
  %1 = tile.alloc : !tile.buf<64xf32, global>
  tile.memset %0, 0 : !tile.buf<16xf32, global>
  tile.memset %1, 0 : !tile.buf<64xf32, global>
  %2 = tile.alloc : !tile.buf<32xf32, global>
  tile.memset %2, 0 : !tile.buf<32xf32, global>
}

// -----

// A slot grows to its largest buffer, and what lies behind it moves.
// CHECK-LABEL: tile.program @growth
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[BEHIND:.*]] = arith.constant 256 : index
// CHECK: tile.arena at %[[ZERO]] : <16xf32, global>
// CHECK: tile.arena at %[[BEHIND]] : <32xf32, global>
// CHECK: tile.arena at %[[ZERO]] : <64xf32, global>
tile.program @growth(%x: !tile.buf<32xf32, global> {tile.role = "input"}) {
  %0 = tile.alloc : !tile.buf<16xf32, global>
  %1 = tile.alloc : !tile.buf<32xf32, global>
  tile.memset %0, 0 : !tile.buf<16xf32, global>
  %2 = tile.alloc : !tile.buf<64xf32, global>
  tile.memset %2, 0 : !tile.buf<64xf32, global>
  tile.memset %1, 0 : !tile.buf<32xf32, global>
}

// -----

// A use of a view of a view is a use of the buffer.
// CHECK-LABEL: tile.program @views
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[NEXT:.*]] = arith.constant 64 : index
// CHECK: tile.arena at %[[ZERO]]
// CHECK: tile.arena at %[[NEXT]]
tile.program @views(%x: !tile.buf<16xf32, global> {tile.role = "input"}) {
  %0 = tile.alloc : !tile.buf<16xf32, global>
  %1 = tile.view %0 strides [4, 1] : !tile.buf<16xf32, global> to !tile.buf<4x4xf32, global>
  %2 = tile.view %1 strides [8, 1] : !tile.buf<4x4xf32, global> to !tile.buf<2x8xf32, global>
  %3 = tile.alloc : !tile.buf<16xf32, global>
  tile.memset %3, 0 : !tile.buf<16xf32, global>
  tile.memset %2, 0 : !tile.buf<2x8xf32, global>
}

// -----

// So are a slice, a use in a region, and a buffer that a region yields.
// CHECK-LABEL: tile.program @other_aliases
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[N1:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[N2:.*]] = arith.constant 128 : index
// CHECK-DAG: %[[N3:.*]] = arith.constant 192 : index
// CHECK: tile.arena at %[[ZERO]]
// CHECK: tile.arena at %[[N1]]
// CHECK: tile.arena at %[[N2]]
// CHECK: tile.arena at %[[N3]]
tile.program @other_aliases(%x: !tile.buf<16xf32, global> {tile.role = "input"}) {
  %true = arith.constant true
  %c0 = arith.constant 0 : index
  %0 = tile.alloc : !tile.buf<16xf32, global>
  %1 = tile.slice %0[%c0] : !tile.buf<16xf32, global> to !tile.buf<8xf32, global>
  %2 = tile.alloc : !tile.buf<16xf32, global>
  %3 = scf.if %true -> !tile.buf<16xf32, global> {
    scf.yield %2 : !tile.buf<16xf32, global>
  } else {
    scf.yield %x : !tile.buf<16xf32, global>
  }
  %4 = tile.alloc : !tile.buf<16xf32, global>
  %5 = tile.alloc : !tile.buf<16xf32, global>
  tile.memset %5, 0 : !tile.buf<16xf32, global>
  tile.copy %1 to %1 : !tile.buf<8xf32, global> to !tile.buf<8xf32, global>
  tile.copy %3 to %x : !tile.buf<16xf32, global> to !tile.buf<16xf32, global>
  scf.if %true {
    tile.copy %x to %4 : !tile.buf<16xf32, global> to !tile.buf<16xf32, global>
  }
}

// -----

// Sums and products of named sizes are compared term by term: 4 · (S · 2 + 1) ≤ 4 · (S · 3 + 2).
// CHECK-LABEL: tile.program @expressions
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: tile.arena at %[[ZERO]]
// CHECK: tile.arena at %[[ZERO]]
tile.program @expressions(%x: !tile.buf<?xf32, global> {tile.role = "input", attn.dims = ["S"]}) {
  %s = tile.size "S"
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %a = arith.muli %s, %c3 : index
  %b = arith.addi %a, %c2 : index
  %c = arith.muli %s, %c2 : index
  %d = arith.addi %c, %c1 : index
  %0 = tile.alloc(%b) : !tile.buf<?xf32, global>
  tile.memset %0, 0 : !tile.buf<?xf32, global>
  %1 = tile.alloc(%d) : !tile.buf<?xf32, global>
  tile.memset %1, 0 : !tile.buf<?xf32, global>
}

// -----

// The second buffer lies behind 4 · B · S bytes, rounded up.
// CHECK-LABEL: tile.program @dynamic_offset
// CHECK-DAG: %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[B:.*]] = tile.size "B"
// CHECK-DAG: %[[S:.*]] = tile.size "S"
// CHECK-DAG: %[[T0:.*]] = arith.muli %[[B]], %[[C4]]
// CHECK: %[[T1:.*]] = arith.muli %[[S]], %[[T0]]
// CHECK: %[[T2:.*]] = arith.ceildivui %[[T1]], %[[C64]]
// CHECK: %[[OFFSET:.*]] = arith.muli %[[T2]], %[[C64]]
// CHECK: tile.arena at %{{.*}} sizes(%[[B]], %[[S]])
// CHECK: tile.arena at %[[OFFSET]] : <4xf32, global>
tile.program @dynamic_offset(%x: !tile.buf<?x?xf32, global> {tile.role = "input", attn.dims = ["B", "S"]}) {
  %b = tile.size "B"
  %s = tile.size "S"
  %0 = tile.alloc(%b, %s) : !tile.buf<?x?xf32, global>
  %1 = tile.alloc : !tile.buf<4xf32, global>
  tile.memset %0, 0 : !tile.buf<?x?xf32, global>
  tile.memset %1, 0 : !tile.buf<4xf32, global>
}

// -----

// Elements of less than a byte take one.
// CHECK-LABEL: tile.program @bits
// CHECK-DAG: %[[NEXT:.*]] = arith.constant 128 : index
// CHECK: tile.arena at %{{.*}} : <65xi1, global>
// CHECK: tile.arena at %[[NEXT]] : <4xf32, global>
tile.program @bits(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %0 = tile.alloc : !tile.buf<65xi1, global>
  %1 = tile.alloc : !tile.buf<4xf32, global>
  tile.memset %0, 0 : !tile.buf<65xi1, global>
  tile.memset %1, 0 : !tile.buf<4xf32, global>
}

// -----

// CHECK-LABEL: tile.program @nothing
// CHECK-NEXT: tile.memset
// CHECK-NEXT: }
tile.program @nothing(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  tile.memset %x, 0 : !tile.buf<4xf32, global>
}

// -----

// A size that is divided counts in parts, rounded up: two halves reuse the bytes of a whole, a whole not those of a half.
// CHECK-LABEL: tile.program @quotients
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: %[[S:.*]] = tile.size "S"
// CHECK: %[[PARTS:.*]] = arith.ceildivui %[[S]], %c2
// CHECK: %[[BYTES:.*]] = arith.muli %[[PARTS]], %c8
// CHECK: tile.arena at %[[ZERO]] sizes(%{{.*}}) : <?xf32, global>
// CHECK: tile.arena at %[[ZERO]] sizes(%{{.*}}) : <?x2xf32, global>
tile.program @quotients(%x: !tile.buf<?xf32, global> {tile.role = "input", attn.dims = ["S"]}) {
  %s = tile.size "S"
  %c2 = arith.constant 2 : index
  %half = arith.divui %s, %c2 : index
  %0 = tile.alloc(%s) : !tile.buf<?xf32, global>
  tile.memset %0, 0 : !tile.buf<?xf32, global>
  %1 = tile.alloc(%half) : !tile.buf<?x2xf32, global>
  tile.memset %1, 0 : !tile.buf<?x2xf32, global>
}
