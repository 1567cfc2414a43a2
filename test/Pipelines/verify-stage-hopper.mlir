// RUN: attnc-opt %s --attnc-verify-stage="stage=llvm target=sm_90a" --split-input-file --verify-diagnostics

// A kernel's shell, what it holds, and a program, which goes into the package as it is.
tile.program @program(%x: !tile.buf<4xf32, global> {tile.role = "input"}) {
  %0 = tile.size "S"
}
gpu.module @shell {
  llvm.func @kernel() {
    nvvm.barrier0
    llvm.return
  }
}

// -----

gpu.module @other {
  llvm.func @kernel() {
    // expected-error @below {{expected only ops of builtin, gpu, llvm, nvvm at the end of the stage llvm, got 'gpu.thread_id'}}
    %0 = gpu.thread_id x
    llvm.return
  }
}
