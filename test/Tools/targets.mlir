// --target: which there are, and the stages of each.
// RUN: rm -f %t.attnc
// RUN: not attnc %s -o %t.attnc --target=vax 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not attnc %s -o %t.attnc --target= 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not attnc %s -o %t.attnc --target=sm_90a, 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not attnc %s -o %t.attnc --target=cpu,sm_90a,cpu 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not attnc %s -o %t.attnc --target=cpu --target=cpu 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not attnc %s --emit=scheduled 2>&1 | FileCheck %s --check-prefix=SCHEDULED
// RUN: not attnc %s --emit=ptx --target=cpu 2>&1 | FileCheck %s --check-prefix=PTX
// RUN: not attnc %s --emit=cubin 2>&1 | FileCheck %s --check-prefix=CUBIN
// RUN: not attnc %s --emit=vector --target=sm_90a 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: not attnc %s --emit=object --target=sm_90a 2>&1 | FileCheck %s --check-prefix=OBJECT
// RUN: not attnc %s --emit=tile --mcpu=z80 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not ls %t.attnc

// UNKNOWN: error: expected --target to name some of cpu, sm_90a, got 'vax'
// EMPTY: error: expected --target to name some of cpu, sm_90a, got ''
// TWICE: error: expected --target to name each of cpu, sm_90a at most once, got 'cpu' twice
// SCHEDULED: error: expected --target to name sm_90a, which alone has the stage scheduled, got cpu
// PTX: error: expected --target to name sm_90a, which alone has the stage ptx, got cpu
// CUBIN: error: expected --target to name sm_90a, which alone has the stage cubin, got cpu
// VECTOR: error: expected --target to name cpu, which alone has the stage vector, got sm_90a
// OBJECT: error: expected --target to name cpu, which alone has the stage object, got sm_90a
// CPU: error: unknown cpu 'z80'

// A CPU is of interest to its target only, and what targets share is printed once.
// RUN: attnc %s --emit=sharded --mcpu=z80 --target=sm_90a | FileCheck %s --check-prefix=SHARDED
// RUN: attnc %s --emit=sharded --target=cpu,sm_90a | FileCheck %s --check-prefix=SHARDED
// SHARDED-NOT: //
// SHARDED: func.func @f
// SHARDED-NOT: func.func

// Each target has a module of its own from the stage tile on; here they have a program without a kernel. Where both are
// printed, lines tell which is which, and attnc-opt can split them.
// RUN: attnc %s --emit=tile --target=sm_90a,cpu | FileCheck %s --check-prefix=TILE
// RUN: attnc %s --emit=tile --target=cpu,sm_90a | attnc-opt --split-input-file | FileCheck %s --check-prefix=SPLIT
// RUN: attnc %s --emit=tile --target=sm_90a | FileCheck %s --check-prefix=ALONE
// RUN: attnc %s --emit=vector --target=cpu,sm_90a | FileCheck %s --check-prefix=ALONE
// TILE: {{^}}// cpu
// TILE: tile.program @f
// TILE: // -----
// TILE: {{^}}// sm_90a
// TILE: tile.program @f
// SPLIT-COUNT-2: tile.program @f
// ALONE-NOT: //
// ALONE: module

// Dumped files have the target in their names where there are several.
// RUN: rm -rf %t.one %t.two
// RUN: attnc %s -o %t.attnc --target=sm_90a --dump-dir=%t.one && ls %t.one | FileCheck %s --check-prefix=ONE
// RUN: attnc %s -o %t.attnc --target=cpu,sm_90a --dump-dir=%t.two && ls %t.two | FileCheck %s --check-prefix=TWO
// ONE: 01-attn.mlir
// ONE-NEXT: 02-sharded.mlir
// ONE-NEXT: 03-tile.mlir
// ONE-NEXT: 04-scheduled.mlir
// ONE-NEXT: 05-llvm.mlir
// ONE-NOT: {{.}}
// TWO: 01-attn.mlir
// TWO-NEXT: 02-sharded.mlir
// TWO-NEXT: 03-tile.cpu.mlir
// TWO-NEXT: 03-tile.sm_90a.mlir
// TWO-NEXT: 04-scheduled.sm_90a.mlir
// TWO-NEXT: 04-vector.cpu.mlir
// TWO-NEXT: 05-llvm.cpu.mlir
// TWO-NEXT: 05-llvm.sm_90a.mlir
// TWO-NEXT: 06-object.cpu.so
// TWO-NOT: {{.}}

// Without kernels there is PTX of none, but no cubin.
// RUN: attnc %s --emit=ptx --target=sm_90a | count 0
// RUN: not attnc %s --emit=cubin --target=sm_90a 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected one kernel to write the cubin of, got 0

func.func @f(%x: tensor<?x8xf32> {attn.dims = ["S", ""]}) -> tensor<?x8xf32> {
  return %x : tensor<?x8xf32>
}
