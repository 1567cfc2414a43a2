// RUN: attnc-opt %s --attnc-verify-stage=stage=vector --split-input-file --verify-diagnostics
// RUN: not attnc-opt %s --attnc-verify-stage=stage=llvm --split-input-file 2>&1 | FileCheck %s --check-prefix=LLVM

// A program goes into the package as it is; what it launches does not stay.
tile.program @program(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %0 = tile.size "S"
}
// expected-error @below {{at the end of the stage vector, got 'tile.kernel'}}
tile.kernel @kernel(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
}

// -----

// LLVM: error: expected only ops of builtin, llvm at the end of the stage llvm, got 'tile.kernel'
func.func @legal(%x: f32) {
  %0 = vector.broadcast %x : f32 to vector<16xf32>
  return
}
