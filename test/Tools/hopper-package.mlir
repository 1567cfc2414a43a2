// Attention for the CPU and a GPU in one package, alone and divided by heads between two ranks.
// REQUIRES: ptxas

// RUN: rm -rf %t && mkdir %t
// RUN: attnc %s --target=cpu,sm_90a -o %t/two.attnc --dump-dir=%t/two --remarks 2>&1 | FileCheck %s --check-prefix=REMARKS
// RUN: attnc-run %t/two.attnc --verify
// RUN: %python %S/Inputs/check_hopper_package.py %t/two.attnc %t/two 1

// RUN: attnc %s --target=sm_90a,cpu -o %t/same.attnc && cmp %t/two.attnc %t/same.attnc
// RUN: attnc %s --target=sm_90a -o %t/gpu.attnc && attnc-run %t/gpu.attnc --verify
// RUN: attnc-run %t/gpu.attnc --inspect | FileCheck %s --check-prefix=GPU
// RUN: attnc %s --target=cpu -o %t/cpu.attnc && attnc-run %t/cpu.attnc --inspect | FileCheck %s --check-prefix=CPU

// RUN: attnc %s --target=cpu,sm_90a --grid tp=2 -o %t/ranks.attnc --dump-dir=%t/ranks
// RUN: attnc-run %t/ranks.attnc --verify
// RUN: %python %S/Inputs/check_hopper_package.py %t/ranks.attnc %t/ranks 2

// One cubin is a file; several are told apart by --dump-dir.
// RUN: attnc %s --target=sm_90a --emit=cubin --disable-pass=attn-classify-tiles -o %t/alone.cubin && llvm-readelf -hs %t/alone.cubin | FileCheck %s --check-prefix=CUBIN
// RUN: not attnc %S/hopper-stages.mlir --target=sm_90a --emit=cubin -o %t/both.cubin 2>&1 | FileCheck %s --check-prefix=SEVERAL
// RUN: not ls %t/both.cubin

// REMARKS: remark: {{.*}}attention_0: {{[0-9]+}} registers a thread at launch, {{[0-9]+}} threads, {{[0-9]+}} bytes of shared memory
// GPU: format 1.2
// GPU-NOT: target cpu
// GPU: target sm_90a
// GPU: kernel {{ *}}attention_0
// CPU: format 1.0
// CPU-NOT: sm_90a
// CUBIN: NVIDIA CUDA
// CUBIN: FUNC {{.*}} attention_0
// SEVERAL: error: expected one kernel to write the cubin of, got 2: attention_0, attention_1; --dump-dir writes each

shard.grid @tp(shape = ?)
!q = tensor<?x4x?x64xbf16>
func.func @f(%q: !q {attn.name = "q", attn.dims = ["B", "", "Sq", ""]}, %k: !q {attn.name = "k", attn.dims = ["B", "", "Sk", ""]},
             %v: !q {attn.name = "v", attn.dims = ["B", "", "Sk", ""]}) -> (!q {attn.name = "o"}) {
  %heads = shard.sharding @tp split_axes = [[], [0]] : !shard.sharding
  %qs = shard.shard %q to %heads annotate_for_users : !q
  %causal = attn.mask.causal
  %o = attn.attention %qs, %k, %v mask %causal : (!q, !q, !q, !attn.mask) -> !q
  return %o : !q
}
