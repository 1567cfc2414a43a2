// A package with code for the CPU and for a GPU: a table of the GPU's kernels, a plan for each target, and weights that
// both read in one order once.
// RUN: %python %S/Inputs/write_weights.py %t.safetensors
// RUN: attnc-test-package %s --weights=%t.safetensors -o %t.attnc --print | FileCheck %s
// RUN: %python %S/Inputs/check_two_targets.py %t.attnc

// CHECK-DAG: tensor attnc.kernels.cpu {
// CHECK-DAG: tensor attnc.kernels.sm_90a.persistent {
// CHECK-DAG: tensor matrix {
// CHECK-DAG: tensor matrix@panels32 {

// What a launch passes is the kernel's own; a dynamic size is null.
// CHECK{LITERAL}: kernel {"arguments":[{"access":"read","dtype":"F32","sizes":[null,40]},{"access":"read","dtype":"F32","sizes":[40,48]},{"access":"write","dtype":"F32","sizes":[null,48]}],
// CHECK-SAME: "blob":"attnc.kernels.sm_90a.persistent","name":"persistent",
// CHECK-SAME{LITERAL}: "params":[{"argument":0,"box":[32,64],"kind":"tensor_map"},{"argument":1,"kind":"pointer"},{"argument":0,"dim":0,"kind":"size"},{"argument":2,"dim":0,"kind":"stride"},{"kind":"counter"}],
// CHECK-SAME: "persistent":true,"shared_bytes":1024,"threads":384}
// CHECK: kernel {{.*}}"name":"points",{{.*}}"persistent":false,"shared_bytes":0,"threads":128}

module {
// CHECK-LABEL: entry linear
// CHECK-NEXT:  buffers {"bytes":["*","S",160],"kind":"input"}
// CHECK-NEXT:  buffers {"bytes":10240,"kind":"weight","tensor":"matrix@panels32"}
// CHECK:       steps {{.*}}"target":"cpu"}
module @cpu {
  tile.kernel @linear_0(%x: !tile.buf<?x40xf32, global> {tile.access = "read"},
                        %w: !tile.buf<2x40x32xf32, global> {tile.access = "read"},
                        %y: !tile.buf<?x48xf32, global> {tile.access = "write"}) attributes {target = "cpu"} {
    %c1 = arith.constant 1 : index
    %i = tile.grid %c1
  }
  tile.program @linear(%x: !tile.buf<?x40xf32, global> {attn.name = "x", attn.dims = ["S", ""], tile.role = "input"},
                       %w: !tile.buf<2x40x32xf32, global> {attn.weight = "matrix", tile.role = "weight",
                           tile.layout = {width = 32 : i64, depth = 1 : i64, transposed = false}},
                       %y: !tile.buf<?x48xf32, global> {attn.name = "y", attn.dims = ["S", ""], tile.role = "output"}) {
    tile.launch @linear_0(%x, %w, %y) : !tile.buf<?x40xf32, global>, !tile.buf<2x40x32xf32, global>, !tile.buf<?x48xf32, global>
  }
}

// A scheduler hands out the points of its sizes; a block of `points` computes as many.
// CHECK-LABEL: entry linear
// CHECK-NEXT:  buffers {"bytes":["*","S",160],"kind":"input"}
// CHECK-NEXT:  buffers {"bytes":7680,"kind":"weight","tensor":"matrix"}
// CHECK{LITERAL}: "grid":[["*",["ceildiv","S",64],3],1,1],"kernel":"persistent","op":"launch","target":"sm_90a"}
// CHECK{LITERAL}: "grid":[["ceildiv",["*","S",5],128],2,1],"kernel":"points","op":"launch","target":"sm_90a"}
module @sm_90a {
  tile.kernel @persistent(%x: !tile.buf<?x40xf32, global> {tile.access = "read"},
                          %w: !tile.buf<40x48xf32, global> {tile.access = "read"},
                          %y: !tile.buf<?x48xf32, global> {tile.access = "write"}) attributes {target = "sm_90a"} {
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %c64 = arith.constant 64 : index
    %rows = tile.dim %x, 0 : !tile.buf<?x40xf32, global>
    %blocks = arith.ceildivui %rows, %c64 : index
    %s = tile.scheduler %blocks, %c3 group %c1 dynamic : !tile.scheduler<2>
  }
  tile.kernel @points(%y: !tile.buf<?x48xf32, global> {tile.access = "read_write"}) attributes {target = "sm_90a"} {
    %c2 = arith.constant 2 : index
    %c5 = arith.constant 5 : index
    %rows = tile.dim %y, 0 : !tile.buf<?x48xf32, global>
    %points = arith.muli %rows, %c5 : index
    %i, %j = tile.grid %points, %c2
  }
  tile.program @linear(%x: !tile.buf<?x40xf32, global> {attn.name = "x", attn.dims = ["S", ""], tile.role = "input"},
                       %w: !tile.buf<40x48xf32, global> {attn.weight = "matrix", tile.role = "weight"},
                       %y: !tile.buf<?x48xf32, global> {attn.name = "y", attn.dims = ["S", ""], tile.role = "output"}) {
    tile.launch @persistent(%x, %w, %y) : !tile.buf<?x40xf32, global>, !tile.buf<40x48xf32, global>, !tile.buf<?x48xf32, global>
    tile.launch @points(%y) : !tile.buf<?x48xf32, global>
  }
  gpu.module @persistent_module {
    llvm.func @persistent() attributes {
        attnc.launch = {threads = 384 : i64, shared_bytes = 1024 : i64, persistent},
        attnc.params = [{kind = "tensor_map", argument = 0 : i64, box = array<i64: 32, 64>},
                        {kind = "pointer", argument = 1 : i64}, {kind = "size", argument = 0 : i64, dim = 0 : i64},
                        {kind = "stride", argument = 2 : i64, dim = 0 : i64}, {kind = "counter"}]} {
      llvm.return
    }
  }
  gpu.module @points_module {
    llvm.func @points() attributes {
        attnc.launch = {threads = 128 : i64, shared_bytes = 0 : i64, points = 128 : i64}, attnc.params = []} {
      llvm.return
    }
  }
}
}
