// The stages of `--emit`, in order, and the folder of `--dump-dir`.
// RUN: attnc %s --emit=attn | FileCheck %s --check-prefix=ATTN
// RUN: attnc %s --emit=sharded | FileCheck %s --check-prefix=SHARDED
// RUN: attnc %s --emit=tile | FileCheck %s --check-prefix=TILE
// RUN: attnc %s --emit=vector | FileCheck %s --check-prefix=VECTOR
// RUN: attnc %s --emit=llvm | FileCheck %s --check-prefix=LLVM
// RUN: attnc %s --emit=object -o %t.so && llvm-readelf -h %t.so | FileCheck %s --check-prefix=ELF
// RUN: rm -rf %t && attnc %s -o %t.attnc --dump-dir=%t && ls %t | FileCheck %s --check-prefix=DUMP
// RUN: attnc-run %t.attnc --verify

// Pass timing and the crash reproducer of MLIR work in the driver too.
// RUN: attnc %s -o %t.attnc --mlir-timing 2>&1 | FileCheck %s --check-prefix=TIMING
// RUN: not attnc %s -o %t.attnc --target=cpu --mcpu=x86-64-v4 --mlir-pass-pipeline-crash-reproducer=%t/repro.mlir --grid tp=2
// RUN: attnc %s -o %t.attnc --remarks 2>&1 | FileCheck %s --check-prefix=REMARKS
// RUN: attnc %s -o %t.attnc --remarks=%t/remarks.yaml && FileCheck %s --check-prefix=YAML < %t/remarks.yaml

// ATTN: attn.mlp
// SHARDED-NOT: attn.mlp
// SHARDED: attn.linear
// TILE: tile.program @f
// TILE: tile.kernel @linear_0
// VECTOR: func.func @linear_0
// VECTOR: vector.fma
// LLVM: llvm.func @linear_0
// ELF: DYN (Shared object file)
// DUMP: 01-attn.mlir
// DUMP-NEXT: 02-sharded.mlir
// DUMP-NEXT: 03-tile.mlir
// DUMP-NEXT: 04-vector.mlir
// DUMP-NEXT: 05-llvm.mlir
// DUMP-NEXT: 06-object.so
// TIMING: Execution time report
// TIMING: PlanPass
// REMARKS: remark: {{.*}}linear: block
// YAML: --- !Analysis
// YAML: Name: {{.*}}plan
func.func @f(%x: tensor<?x?x8xf32> {attn.dims = ["B", "S", ""]}, %u: tensor<8x16xf32>, %d: tensor<16x8xf32>)
    -> tensor<?x?x8xf32> {
  %y = attn.mlp %x, %u, %d {activation = #attn.mlp_activation<silu>} :
    (tensor<?x?x8xf32>, tensor<8x16xf32>, tensor<16x8xf32>) -> tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}
