// RUN: attnc-test-package %s -o %t.attnc --split-input-file --verify-diagnostics
// RUN: not ls %t.attnc

// A caller need not know which target runs an entry.
module {
module @cpu {
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
}
module @sm_90a {
  // expected-error@+1 {{expected symbols, inputs and outputs of "p" to be those of the target cpu}}
  tile.program @p(%x: !tile.buf<5xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
}
}

// -----

module {
module @cpu {
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
  tile.program @q(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
}
// expected-error@+1 {{expected 2 entries as for the target cpu, got 1}}
module @sm_90a {
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
}
}

// -----

module {
module @cpu {
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"})
      attributes {tile.ranks = #tile.ranks<"tp", [2]>} {
  }
}
module @sm_90a {
  // expected-error@+1 {{expected all programs of a package to have the same tile.ranks}}
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
}
}

// -----

module {
module @sm_90a {
  // expected-error@+1 {{expected a kernel for the target sm_90a, got "cpu"}}
  tile.kernel @k(%x: !tile.buf<4xf32, global> {tile.access = "read"}) attributes {target = "cpu"} {
    %c1 = arith.constant 1 : index
    %i = tile.grid %c1
  }
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
    tile.launch @k(%x) : !tile.buf<4xf32, global>
  }
}
}

// -----

// What a kernel was lowered to must say how to launch it.
module {
module @sm_90a {
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
  gpu.module @module {
    // expected-error@+1 {{expected a tile.kernel of this name, attnc.params and the threads and shared_bytes of attnc.launch}}
    llvm.func @k() attributes {attnc.launch = {threads = 1 : i64}, attnc.params = []} {
      llvm.return
    }
  }
}
}

// -----

module {
module @sm_90a {
  // expected-error@+1 {{expected argument 0 to hold f32, bf16, f16, i32, i8 or i1, got 'f64'}}
  tile.kernel @k(%x: !tile.buf<4xf64, global> {tile.access = "read"}) attributes {target = "sm_90a"} {
  }
  tile.program @p(%x: !tile.buf<4xf32, global> {attn.name = "x", tile.role = "input"}) {
  }
  gpu.module @module {
    llvm.func @k() attributes {attnc.launch = {threads = 1 : i64, shared_bytes = 0 : i64}, attnc.params = []} {
      llvm.return
    }
  }
}
}
